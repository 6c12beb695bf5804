"""Tuning: searches for training settings that predict held-out playlists better than the present settings.

Playlists are split into three parts: training, validation (to compare trials) and test (only for the final winner).
The search uses Optuna with tree-structured Parzen estimators. Trials whose intermediate result is below the median are
stopped early. Every trial is recorded in a journal, so an interrupted search continues where it stopped.
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
from skipgramophone.evaluation.comparison import model_rankers
from skipgramophone.evaluation.protocols import make_queries
from skipgramophone.evaluation.rankers import Cosine
from skipgramophone.evaluation.scorecard import Estimate, RankedCatalogue, Values, estimate, score_ranker
from skipgramophone.evaluation.splits import Groups, Split, split_at_random
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import Matrix, read_embeddings, unit_rows
from skipgramophone.experiment.postings import membership
from skipgramophone.experiment.track_artists import TrackArtists
from skipgramophone.settings import (
    Context,
    EvaluateSettings,
    RunSettings,
    SimilarSettings,
    TrainSettings,
    TuneSettings,
)
from skipgramophone.training.batches import rate_for
from skipgramophone.training.run import fit

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

    from skipgramophone.training.trainer import Progress, Trainer

METRIC = "ndcg"
SAMPLE_TOKENS = 1_000_000  # on a larger corpus, the search uses a sample of this many occurrences
MAX_QUERIES = 600
EARLY_QUERIES = 200  # number of queries for the evaluation of unfinished trials
EARLY_STOPS = (0.25, 0.5)  # a bad trial may be stopped after these shares of its epochs
WINDOWS = ("bag", 3, 5, 10)
DIMENSIONS = (64, 100, 128, 192)
SUBSAMPLES = (0.0, 1e-2, 1e-3, 1e-4)


@dataclass(frozen=True, slots=True)
class TrialReport:
    """The result of one trial, which is one training with one choice of settings."""

    number: int
    state: str  # "complete", or "pruned" if the trial was stopped early
    value: float  # NDCG@500 on the validation playlists
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TuneReport:
    """The result of a search for better settings.

    Attributes:
        trials: all trials, best first.
        winner: the settings to train with; the present settings if no trial was significantly better.
        is_new: whether the winner differs from the present settings.
        gain: maps each metric to the paired difference (winner minus present settings) on the test playlists.
        test_playlists: number of test playlists.
    """

    experiment: str
    settings: dict[str, Any]
    trials: list[TrialReport]
    winner: dict[str, Any]
    is_new: bool
    gain: dict[str, Estimate]
    test_playlists: int


class Evaluator:
    """Trains on the training playlists of a split and evaluates on its held-out playlists."""

    def __init__(
        self,
        corpus: Corpus,
        split: Split,
        tracks: int,
        *,
        artists: TrackArtists | None,
        settings: TuneSettings,
        min_count: int,
    ) -> None:
        """Apply the split to the corpus, and make the queries from the held-out playlists.

        Raises:
            EvaluationError: no held-out playlist has enough trained tracks.
        """
        self.part = split.training_part(corpus)
        self._tracks, self._artists = tracks, artists
        counts = self.part.counts(tracks)
        ranked = counts >= max(1, min_count)
        self._rows = np.flatnonzero(ranked)
        query_set = make_queries(corpus, split.held_out, ranked, protocol=settings.protocol, seed=settings.random_seed)
        self.queries = query_set.renumbered(self._rows, tracks).queries[:MAX_QUERIES]
        self.groups = split.groups[[query.playlist for query in self.queries]]
        self._catalogue = RankedCatalogue(counts[self._rows], np.arange(len(self._rows)))
        self._protocol = settings.protocol
        whole = membership(self.part, tracks)
        self._playlists, self._lengths = whole[:, self._rows].tocsr(), np.asarray(whole.sum(axis=1)).ravel()

    def train(
        self,
        settings: TrainSettings,
        run: RunSettings,
        watch: Callable[[Trainer, Progress, list[dict[str, Any]]], None] = lambda _trainer, _progress, _history: None,
    ) -> dict[str, Values]:
        """Train a model, evaluate the default ranking of look-ups, and return each metric as float64 (queries,)."""
        with TemporaryDirectory(prefix="sgp-") as directory:
            fit(self.part, self._tracks, settings, directory=Path(directory), run=run, progress=None, keep=watch)
            kept = replace(read_embeddings(Path(directory), self._tracks), artists=self._artists).take(self._rows)
        counts, score = self._catalogue.counts, SimilarSettings().by
        asked = EvaluateSettings(score=score)
        rankers = model_rankers(self._playlists, self._lengths, kept, counts=counts, training=settings, settings=asked)
        return score_ranker(rankers[score], self.queries, self._catalogue, k=10).values

    def evaluate_early(self, centre: Matrix) -> Values:
        """Evaluate vectors of an unfinished trial by cosine; return `METRIC` for each of `EARLY_QUERIES` queries."""
        ranker = Cosine(unit_rows(centre[self._rows]))
        return score_ranker(ranker, self.queries[:EARLY_QUERIES], self._catalogue, k=10).values[METRIC]


def tune(
    name: str,
    corpus: Corpus,
    tracks: int,
    *,
    artists: TrackArtists | None,
    test: Split,
    own: TrainSettings,
    settings: TuneSettings,
    journal: Path,
    run: RunSettings,
    tell: Callable[[TrialReport], None] = lambda _trial: None,
) -> TuneReport:
    """Search for better settings, confirm the best on validation playlists, and measure the gain on test playlists.

    Args:
        name: name of the experiment.
        corpus: all playlists.
        tracks: number of rows of the catalogue.
        artists: artists of the tracks, for the hybrid ranking; None if the model has none.
        test: split whose held-out playlists stay unseen until the end.
        own: the present settings of the experiment.
        settings: settings of the search.
        journal: file that records the trials.
        run: settings of the training run, such as the number of threads.
        tell: called after each trial with its report.

    Raises:
        EvaluationError: there are too few playlists for a split.
        SettingError: Optuna is not installed.
    """
    optuna = _optuna()
    started = time.monotonic()
    rest, groups = test.training_part(corpus), test.groups[~test.held_out]
    split = split_at_random(groups, settings.share, settings.random_seed + 1)
    validation = Evaluator(rest, split, tracks, artists=artists, settings=settings, min_count=own.min_count)
    sample = _sample(rest, groups, settings)
    searched = (
        Evaluator(*sample, tracks, artists=artists, settings=settings, min_count=own.min_count)
        if sample
        else validation
    )
    occurrences = searched.part.occurrences
    space = SearchSpace(own, occurrences)
    study = _open_study(optuna, journal, own=own, test=test, settings=settings)
    if not study.trials:
        usual = replace(TrainSettings(), window_size="bag", embedding_dim=own.embedding_dim)
        for first in (own, usual):
            study.enqueue_trial(space.parameters(first, occurrences), skip_if_exists=True)

    def run_trial(trial: Trial) -> float:
        space.suggest(trial)
        tried = space.settings(trial.params, occurrences)
        stops = [max(1, round(share * tried.epochs)) for share in EARLY_STOPS]

        def watch(trainer: Trainer, at: Progress, _history: list[dict[str, Any]]) -> None:
            if not at.epoch_done or at.epoch not in stops or at.epoch == tried.epochs:
                return
            rows = trainer.tables.centre.rows[:]
            values = searched.evaluate_early(rows - rows.mean(axis=0))
            trial.report(float(values.mean()), stops.index(at.epoch))
            if trial.should_prune():
                raise optuna.TrialPruned

        try:
            return float(searched.train(tried, run, watch)[METRIC].mean())
        except TrainingError as error:  # a learning rate so high that the loss diverges counts as a stopped trial
            raise optuna.TrialPruned from error

    # After the search, four more models are trained: two for the comparison on the validation playlists, and two for
    # the test. Time for these models is reserved.
    slowest = 0.0
    while len(_finished(study)) < settings.trials or not slowest:
        begun = time.monotonic()
        if slowest and begun - started + 5 * slowest > settings.budget:
            break
        study.optimize(run_trial, n_trials=1, callbacks=[lambda _study, trial: tell(_report_of(trial))])
        slowest = max(slowest, time.monotonic() - begun)
    best = space.settings(study.best_trial.params, rest.occurrences)
    is_new = _is_significantly_better(best, own, validation, run=run, seed=settings.random_seed)
    winner = space.settings(study.best_trial.params, corpus.occurrences) if is_new else own
    final = Evaluator(corpus, test, tracks, artists=artists, settings=settings, min_count=own.min_count)
    gain: dict[str, Estimate] = {}
    if is_new:
        before, after = final.train(own, run), final.train(winner, run)
        gain = {
            metric: estimate(after[metric] - before[metric], final.groups, settings.random_seed)
            for metric in ("r_precision", METRIC)
        }
    trials = map(_report_of, _finished(study))
    return TuneReport(
        experiment=name,
        settings=asdict(settings),
        trials=sorted(trials, key=lambda trial: (trial.state != "complete", -trial.value)),
        winner=asdict(winner),
        is_new=is_new,
        gain=gain,
        test_playlists=len({query.playlist for query in final.queries}),
    )


def _open_study(optuna: Any, journal: Path, *, own: TrainSettings, test: Split, settings: TuneSettings) -> Study:
    """Open the Optuna study in a journal, or create it.

    There is one study for each combination of present settings, test playlists, protocol, share and seed.
    """
    score = SimilarSettings().by
    made_of = [asdict(own), test.digest, settings.protocol, score, settings.share, settings.random_seed]
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
    """Import Optuna, and silence its log.

    Raises:
        SettingError: Optuna is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise SettingError("tuning needs Optuna: pip install 'skipgramophone[tune]'") from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def _sample(rest: Corpus, groups: Groups, settings: TuneSettings) -> tuple[Corpus, Split] | None:
    """Return a sample of a large corpus and the split of this sample. Return None if the corpus is small enough."""
    if rest.occurrences <= SAMPLE_TOKENS:
        return None
    sampled = rest.draw(SAMPLE_TOKENS, np.random.default_rng([settings.random_seed, SAMPLE_TOKENS]))
    split = split_at_random(groups[sampled], settings.share, settings.random_seed + 1)
    return rest.playlists(sampled), split


def _is_significantly_better(
    best: TrainSettings, own: TrainSettings, validation: Evaluator, *, run: RunSettings, seed: int
) -> bool:
    """Return whether the best settings are significantly better than the present ones on validation playlists."""
    if best == own:
        return False
    before, after = validation.train(own, run)[METRIC], validation.train(best, run)[METRIC]
    return estimate(after - before, validation.groups, seed).low > 0


class SearchSpace:
    """The ranges in which settings are searched: fixed ranges, extended to include the present settings."""

    def __init__(self, own: TrainSettings, occurrences: int) -> None:
        self._own, self._occurrences = own, occurrences
        self._rate = self.parameters(own, occurrences)["rate"]
        self._windows = list(dict.fromkeys([*map(str, WINDOWS), str(own.context)]))
        self._dimensions = sorted({*DIMENSIONS, own.embedding_dim})
        self._subsamples = sorted({*SUBSAMPLES, own.subsample})

    def parameters(self, settings: TrainSettings, occurrences: int) -> dict[str, Any]:
        """Convert training settings into trial parameters, for a corpus of a given size."""
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
        """Let Optuna choose the parameters of a trial."""
        own = self._own
        trial.suggest_categorical("window_size", self._windows)
        trial.suggest_categorical("embedding_dim", self._dimensions)
        trial.suggest_int("epochs", min(5, own.epochs), max(40, own.epochs))
        trial.suggest_int("negatives", min(2, own.negatives), max(15, own.negatives))
        trial.suggest_float("noise_exponent", min(-0.5, own.noise_exponent), max(1.0, own.noise_exponent))
        trial.suggest_float("rate", min(0.1, self._rate), max(5.0, self._rate), log=True)  # times the default rate
        trial.suggest_categorical("subsample", self._subsamples)

    def settings(self, parameters: dict[str, Any], occurrences: int) -> TrainSettings:
        """Convert trial parameters into training settings, for a corpus of a given size."""
        if parameters["rate"] == self._rate and parameters == self.parameters(self._own, self._occurrences):
            return self._own
        window, rate = parameters["window_size"], parameters["rate"]
        context: Context = "bag" if window == "bag" else int(window)
        others = {name: value for name, value in parameters.items() if name != "rate"}
        learning_rate = None if rate == 1.0 else rate * rate_for(occurrences, context)
        return replace(self._own, **others | {"window_size": context, "learning_rate": learning_rate})


def _finished(study: Study) -> list[FrozenTrial]:
    """Return the finished trials, without trials that were running when a search was killed."""
    return [trial for trial in study.trials if trial.state.name in ("COMPLETE", "PRUNED")]


def _report_of(trial: FrozenTrial) -> TrialReport:
    """Return the report of a trial. If the trial was stopped early, its value is the last intermediate value."""
    intermediate = list(trial.intermediate_values.values())
    value = trial.value if trial.value is not None else intermediate[-1] if intermediate else 0.0
    return TrialReport(trial.number, trial.state.name.lower(), value, trial.params)
