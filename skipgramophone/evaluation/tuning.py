"""Tuning: a search for settings that find more of held-out playlists than the defaults do.

Playlists fall into three parts: those that trials train on, those that trials are judged by (validation), and the test
playlists, which nothing sees until the winner stands. The search is Optuna's (tree-structured Parzen estimators, bad
trials stopped early by the median); every trial is kept in a journal, so that a search that was killed goes on.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from skipgramophone.errors import SettingError, TrainingError
from skipgramophone.evaluation.protocols import Questions, ask
from skipgramophone.evaluation.rankers import Cosine
from skipgramophone.evaluation.scorecard import Catalogued, Estimate, Values, estimate, judge
from skipgramophone.evaluation.splits import Groups, Split, split_at_random
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import Matrix, read_embeddings, unit_rows
from skipgramophone.settings import Context, RunSettings, TrainSettings, TuneSettings
from skipgramophone.training.batches import rate_for
from skipgramophone.training.run import fit

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

    from skipgramophone.training.trainer import Progress, Trainer

METRIC = "ndcg"
SAMPLE_TOKENS = 1_000_000  # a larger corpus is searched on so many of its occurrences
MOST_QUESTIONS = 600
JUDGED_EARLY = (0.25, 0.5)  # parts of the epochs after which a bad trial may be stopped
WINDOWS = ("bag", 3, 5, 10)
DIMENSIONS = (64, 100, 128, 192)
SUBSAMPLES = (0.0, 1e-2, 1e-3, 1e-4)


@dataclass(frozen=True, slots=True)
class TrialReport:
    """What one trial came to."""

    number: int
    state: str  # "complete" or "pruned"
    value: float  # NDCG@500 on the validation playlists
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TuneReport:
    """What a search found.

    Attributes:
        trials: all of them, the best first.
        winner: the settings to train with; those of the experiment where nothing was surely better.
        is_new: whether they are others than the experiment's own.
        gain: metric -> by how much the winner finds more than the experiment's settings, on the test playlists.
        test_playlists: how many those are.
    """

    experiment: str
    settings: dict[str, Any]
    trials: list[TrialReport]
    winner: dict[str, Any]
    is_new: bool
    gain: dict[str, Estimate]
    test_playlists: int


class Bench:
    """Trains on some playlists and asks others."""

    def __init__(self, corpus: Corpus, split: Split, tracks: int, settings: TuneSettings, min_count: int) -> None:
        """Draw up the questions.

        Raises:
            EvaluationError: there is nothing to ask.
        """
        self.part = split.training_part(corpus)
        self._tracks = tracks
        counts = self.part.counts(tracks)
        ranked = counts >= max(1, min_count)
        self._rows = np.flatnonzero(ranked)
        questions: Questions = ask(corpus, split.held_out, ranked, settings.protocol, settings.random_seed)
        self.asked = questions.renumbered(self._rows, tracks).asked[:MOST_QUESTIONS]
        self.groups = split.groups[[question.playlist for question in self.asked]]
        self._catalogue = Catalogued(counts[self._rows], np.arange(len(self._rows)))

    def train(
        self,
        settings: TrainSettings,
        run: RunSettings,
        watch: Callable[[Trainer, Progress, list[dict[str, Any]]], None] = lambda _trainer, _progress, _history: None,
    ) -> dict[str, Values]:
        """Train with settings, and judge the cosines of the vectors: metric -> float64 (questions,)."""
        with TemporaryDirectory(prefix="sgp-") as directory:
            fit(self.part, self._tracks, settings, Path(directory), run, None, keep=watch)
            return self.judge(np.asarray(read_embeddings(Path(directory), self._tracks).centre))

    def judge(self, centre: Matrix, some: int | None = None) -> dict[str, Values]:
        """Judge vectors by all questions, or by the first of them."""
        ranker = Cosine(unit_rows(centre[self._rows]))
        return judge(ranker, self.asked[:some], self._catalogue, k=10).values


def tune(
    name: str,
    corpus: Corpus,
    tracks: int,
    test: Split,
    own: TrainSettings,
    settings: TuneSettings,
    journal: Path,
    run: RunSettings,
    tell: Callable[[TrialReport], None] = lambda _trial: None,
) -> TuneReport:
    """Search, confirm, and measure the gain.

    Args:
        name: of the experiment.
        corpus: all playlists.
        tracks: rows of the catalogue.
        test: which playlists nothing may see until the end.
        own: the settings to beat.
        settings: of the search.
        journal: where the trials are kept.
        run: how to carry out the trainings.
        tell: is told of each trial as it ends.

    Raises:
        EvaluationError: there is too little to hold out.
        SettingError: Optuna is not installed.
    """
    optuna = _optuna()
    started = time.monotonic()
    rest, groups = test.training_part(corpus), test.groups[~test.held_out]
    split = split_at_random(groups, settings.share, settings.random_seed + 1)
    validation = Bench(rest, split, tracks, settings, own.min_count)
    sample = _sampled(rest, groups, settings)
    searched = Bench(*sample, tracks, settings, own.min_count) if sample else validation
    occurrences = searched.part.occurrences
    space = Space(own, occurrences)
    study = _study(optuna, journal, own, test, settings)
    if not study.trials:
        usual = replace(TrainSettings(), window_size="bag", embedding_dim=own.embedding_dim)
        for settled in (own, usual):
            study.enqueue_trial(space.parameters(settled, occurrences), skip_if_exists=True)

    def run_trial(trial: Trial) -> float:
        space.suggest(trial)
        tried = space.settings(trial.params, occurrences)
        marks = [max(1, round(part * tried.epochs)) for part in JUDGED_EARLY]

        def watch(trainer: Trainer, at: Progress, _history: list[dict[str, Any]]) -> None:
            if not at.epoch_done or at.epoch not in marks or at.epoch == tried.epochs:
                return
            rows = trainer.tables.centre.rows[:]
            trial.report(float(searched.judge(rows - rows.mean(axis=0), 200)[METRIC].mean()), marks.index(at.epoch))
            if trial.should_prune():
                raise optuna.TrialPruned

        try:
            return float(searched.train(tried, run, watch)[METRIC].mean())
        except TrainingError as error:  # a rate at which the loss is no longer a number
            raise optuna.TrialPruned from error

    # Time is left for two trainings on all but the test playlists, and for two to confirm what was found.
    slowest = 0.0
    while len(_ended(study)) < settings.trials or not slowest:
        begun = time.monotonic()
        if slowest and begun - started + 5 * slowest > settings.budget:
            break
        study.optimize(run_trial, n_trials=1, callbacks=[lambda _study, trial: tell(_report_of(trial))])
        slowest = max(slowest, time.monotonic() - begun)
    best = space.settings(study.best_trial.params, rest.occurrences)
    is_new = _is_surely_better(best, own, validation, run, settings)
    winner = space.settings(study.best_trial.params, corpus.occurrences) if is_new else own
    bench = Bench(corpus, test, tracks, settings, own.min_count)
    gain: dict[str, Estimate] = {}
    if is_new:
        before, after = bench.train(own, run), bench.train(winner, run)
        gain = {
            metric: estimate(after[metric] - before[metric], bench.groups, settings.random_seed)
            for metric in ("r_precision", METRIC)
        }
    trials = map(_report_of, _ended(study))
    return TuneReport(
        experiment=name,
        settings=asdict(settings),
        trials=sorted(trials, key=lambda trial: (trial.state != "complete", -trial.value)),
        winner=asdict(winner),
        is_new=is_new,
        gain=gain,
        test_playlists=len({question.playlist for question in bench.asked}),
    )


def _study(optuna: Any, journal: Path, own: TrainSettings, test: Split, settings: TuneSettings) -> Study:
    """The search as far as its journal tells; settings to beat, playlists and seed make it what it is."""
    made_of = [asdict(own), test.digest, settings.protocol, settings.share, settings.random_seed]
    journal.parent.mkdir(parents=True, exist_ok=True)
    study: Study = optuna.create_study(
        storage=optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(journal))),
        study_name=hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:16],
        sampler=optuna.samplers.TPESampler(seed=settings.random_seed, n_startup_trials=8),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4),
        direction="maximize",
        load_if_exists=True,
    )
    return study


def _optuna() -> Any:
    """Optuna, quiet.

    Raises:
        SettingError: it is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise SettingError("tuning needs Optuna: pip install 'skipgramophone[tune]'") from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def _sampled(rest: Corpus, groups: Groups, settings: TuneSettings) -> tuple[Corpus, Split] | None:
    """Part of a large corpus with a split of its own, or None where the whole is small enough."""
    if rest.occurrences <= SAMPLE_TOKENS:
        return None
    taken = rest.draw(SAMPLE_TOKENS, np.random.default_rng([settings.random_seed, SAMPLE_TOKENS]))
    split = split_at_random(groups[taken], settings.share, settings.random_seed + 1)
    return rest.playlists(taken), split


def _is_surely_better(
    best: TrainSettings, own: TrainSettings, validation: Bench, run: RunSettings, settings: TuneSettings
) -> bool:
    """Whether settings find more of the validation playlists than others, with an interval above 0."""
    if best == own:
        return False
    before, after = validation.train(own, run)[METRIC], validation.train(best, run)[METRIC]
    return estimate(after - before, validation.groups, settings.random_seed).low > 0


class Space:
    """What a search may choose from: the usual ranges, widened to hold the settings that are to be beaten."""

    def __init__(self, own: TrainSettings, occurrences: int) -> None:
        self._own, self._occurrences = own, occurrences
        self._rate = self.parameters(own, occurrences)["rate"]
        self._windows = list(dict.fromkeys([*map(str, WINDOWS), str(own.context)]))
        self._dimensions = sorted({*DIMENSIONS, own.embedding_dim})
        self._subsamples = sorted({*SUBSAMPLES, own.subsample})

    def parameters(self, settings: TrainSettings, occurrences: int) -> dict[str, Any]:
        """Settings as a trial for a corpus of some size."""
        usual = rate_for(occurrences, settings.context)
        return {
            "window_size": str(settings.context),
            "embedding_dim": settings.embedding_dim,
            "epochs": settings.epochs,
            "negatives": settings.negatives,
            "noise_exponent": settings.noise_exponent,
            "rate": 1.0 if settings.learning_rate is None else settings.learning_rate / usual,
            "subsample": settings.subsample,
        }

    def suggest(self, trial: Trial) -> None:
        """Choose the parameters of a trial."""
        own = self._own
        trial.suggest_categorical("window_size", self._windows)
        trial.suggest_categorical("embedding_dim", self._dimensions)
        trial.suggest_int("epochs", min(5, own.epochs), max(40, own.epochs))
        trial.suggest_int("negatives", min(2, own.negatives), max(15, own.negatives))
        trial.suggest_float("noise_exponent", min(-0.5, own.noise_exponent), max(1.0, own.noise_exponent))
        trial.suggest_float("rate", min(0.1, self._rate), max(5.0, self._rate), log=True)  # times the usual one
        trial.suggest_categorical("subsample", self._subsamples)

    def settings(self, parameters: dict[str, Any], occurrences: int) -> TrainSettings:
        """The settings that parameters mean for a corpus of some size."""
        if parameters["rate"] == self._rate and parameters == self.parameters(self._own, self._occurrences):
            return self._own
        window, rate = parameters["window_size"], parameters["rate"]
        context: Context = "bag" if window == "bag" else int(window)
        taken = {name: value for name, value in parameters.items() if name != "rate"}
        learning_rate = None if rate == 1.0 else rate * rate_for(occurrences, context)
        return replace(self._own, **taken | {"window_size": context, "learning_rate": learning_rate})


def _ended(study: Study) -> list[FrozenTrial]:
    """The trials that came to an end; a search that was killed leaves one that did not."""
    return [trial for trial in study.trials if trial.state.name in ("COMPLETE", "PRUNED")]


def _report_of(trial: FrozenTrial) -> TrialReport:
    """What a trial came to; one that was stopped has the value it had come to by then."""
    seen = list(trial.intermediate_values.values())
    value = trial.value if trial.value is not None else seen[-1] if seen else 0.0
    return TrialReport(trial.number, trial.state.name.lower(), value, trial.params)
