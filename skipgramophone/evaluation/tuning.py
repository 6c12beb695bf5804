"""Tuning: searches for training settings that predict held-out playlists better than the present settings.

Playlists are split into three parts: training, validation (to compare trials) and test (only for the final winner).
The search uses Optuna with tree-structured Parzen estimators. Trials whose intermediate result is below the median are
stopped early. Every trial is recorded in a journal, so a search can be continued. It then proposes the same settings as
a search that was not interrupted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from skipgramophone.errors import TrainingError
from skipgramophone.evaluation.comparison import model_rankers
from skipgramophone.evaluation.protocols import make_queries
from skipgramophone.evaluation.rankers import Cosine
from skipgramophone.evaluation.scorecard import Estimate, RankedCatalogue, Values, estimate, score_ranker
from skipgramophone.evaluation.search_space import SearchSpace
from skipgramophone.evaluation.search_time import SearchClock, SearchTime
from skipgramophone.evaluation.seeded_study import SeededStudy, load_optuna
from skipgramophone.evaluation.splits import Groups, Split, split_at_random
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import Matrix, read_embeddings, unit_rows
from skipgramophone.experiment.postings import membership
from skipgramophone.experiment.track_artists import TrackArtists
from skipgramophone.settings import (
    EvaluateSettings,
    RunSettings,
    SimilarSettings,
    TrainSettings,
    TuneSettings,
)
from skipgramophone.training.program_cache import kept_programs
from skipgramophone.training.run import fit

if TYPE_CHECKING:
    from optuna import Trial
    from optuna.trial import FrozenTrial

    from skipgramophone.training.trainer import Progress, Trainer

METRIC = "ndcg"
SAMPLE_TOKENS = 1_000_000  # on a larger corpus, the search uses a sample of this many occurrences
MAX_QUERIES = 600
EARLY_QUERIES = 200  # number of queries for the evaluation of unfinished trials
EARLY_STOPS = (0.25, 0.5)  # a bad trial may be stopped after these shares of its epochs


@dataclass(frozen=True, slots=True)
class TrialReport:
    """The result of one trial, which is one training with one choice of settings."""

    number: int
    state: str  # "complete", or "pruned" if the trial was stopped early
    value: float  # NDCG@500 on the validation playlists
    settings: dict[str, Any]  # `rate` is the learning rate divided by the default learning rate
    learning_rate: float  # initial learning rate with which these settings train the whole corpus


@dataclass(frozen=True, slots=True)
class TuneReport:
    """The result of a search for better settings.

    Attributes:
        trials: all trials, best first.
        winner: the settings to train with; the present settings if no trial was significantly better.
        is_new: whether the winner differs from the present settings.
        gain: maps each metric to the paired difference (winner minus present settings) on the test playlists.
        test_playlists: number of test playlists.
        earlier_trials: how many of the trials were run by earlier runs of the same search.
        time: why the search stopped, and the times that decided it.
    """

    experiment: str
    settings: dict[str, Any]
    trials: list[TrialReport]
    winner: dict[str, Any]
    is_new: bool
    gain: dict[str, Estimate]
    test_playlists: int
    earlier_trials: int
    time: SearchTime


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
        with TemporaryDirectory(prefix="sgp-") as directory, kept_programs():
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
    found: Callable[[int], None] = lambda _trials: None,
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
        found: called before the first trial with the number of trials in the journal that belong to this search.
        tell: called after each trial with its report.

    Raises:
        EvaluationError: there are too few playlists for a split.
        SettingError: Optuna is not installed.
    """
    load_optuna()  # at the beginning, so that an error because Optuna is missing comes before the long work
    clock = SearchClock(settings.budget)
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
    usual = replace(TrainSettings(), window_size="bag", embedding_dim=own.embedding_dim)
    fixed = [space.parameters(first, occurrences) for first in (own, usual)]
    study = SeededStudy(
        journal, _study_name(own=own, test=test, settings=settings), seed=settings.random_seed, fixed=fixed
    )
    earlier = len(study.finished)
    found(earlier)

    run_trial = partial(_run_trial, searched=searched, space=space, study=study, run=run)
    while (number := len(study.finished)) < settings.trials and clock.allows_trial():
        tell(_report_of(number, study.run(run_trial), space, corpus.occurrences))
        clock.end_trial()
    time = clock.report(is_full=number >= settings.trials)
    best = space.settings(study.best.params, rest.occurrences)
    is_new = _is_significantly_better(best, own, validation, run=run, seed=settings.random_seed)
    winner = space.settings(study.best.params, corpus.occurrences) if is_new else own
    final = Evaluator(corpus, test, tracks, artists=artists, settings=settings, min_count=own.min_count)
    gain = _gain(final, own, winner, run=run, seed=settings.random_seed) if is_new else {}
    trials = [_report_of(number, trial, space, corpus.occurrences) for number, trial in enumerate(study.finished)]
    return TuneReport(
        experiment=name,
        settings=asdict(settings),
        trials=sorted(trials, key=lambda trial: (trial.state != "complete", -trial.value)),
        winner=asdict(winner),
        is_new=is_new,
        gain=gain,
        test_playlists=len({query.playlist for query in final.queries}),
        earlier_trials=earlier,
        time=time,
    )


def _run_trial(trial: Trial, searched: Evaluator, space: SearchSpace, study: SeededStudy, *, run: RunSettings) -> float:
    """Train with the settings that a trial suggests, and return the mean of `METRIC`; stop early if it is too low."""
    space.suggest(trial)
    tried = space.settings(trial.params, searched.part.occurrences)
    stops = [max(1, round(share * tried.epochs)) for share in EARLY_STOPS]

    def watch(trainer: Trainer, at: Progress, _history: list[dict[str, Any]]) -> None:
        if not at.epoch_done or at.epoch not in stops or at.epoch == tried.epochs:
            return
        rows = trainer.tables.centre.rows[:]
        values = searched.evaluate_early(rows - rows.mean(axis=0))
        trial.report(float(values.mean()), stops.index(at.epoch))
        if trial.should_prune():
            raise study.pruned

    try:
        return float(searched.train(tried, run, watch)[METRIC].mean())
    except TrainingError as error:  # a learning rate so high that the loss diverges counts as a stopped trial
        raise study.pruned from error


def _study_name(*, own: TrainSettings, test: Split, settings: TuneSettings) -> str:
    """Return the name of the study: a checksum of the present settings, test playlists, protocol, share and seed."""
    score = SimilarSettings().by
    made_of = [asdict(own), test.digest, settings.protocol, score, settings.share, settings.random_seed]
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:16]


def _sample(rest: Corpus, groups: Groups, settings: TuneSettings) -> tuple[Corpus, Split] | None:
    """Return a sample of a large corpus and the split of this sample; None if the corpus needs no sample."""
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


def _gain(
    final: Evaluator, own: TrainSettings, winner: TrainSettings, *, run: RunSettings, seed: int
) -> dict[str, Estimate]:
    """Return the gain of the winner over the present settings on the test playlists, for each reported metric."""
    before, after = final.train(own, run), final.train(winner, run)
    return {metric: estimate(after[metric] - before[metric], final.groups, seed) for metric in ("r_precision", METRIC)}


def _report_of(number: int, trial: FrozenTrial, space: SearchSpace, occurrences: int) -> TrialReport:
    """Return the report of a finished trial. If it was stopped early, its value is the last intermediate value.

    `number` is its position among the finished trials, counted from 0.
    """
    intermediate = list(trial.intermediate_values.values())
    value = trial.value if trial.value is not None else intermediate[-1] if intermediate else 0.0
    rate = space.learning_rate(trial.params, occurrences)
    state = trial.state.name.lower()
    return TrialReport(number, state, value, trial.params, learning_rate=rate)
