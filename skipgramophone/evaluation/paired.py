"""Compares two models of one corpus on the same queries and the same ranked tracks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from skipgramophone.errors import EvaluationError
from skipgramophone.evaluation.comparison import model_rankers, queries_over, rankable
from skipgramophone.evaluation.scorecard import Estimate, RankedCatalogue, estimate, score_rankers
from skipgramophone.evaluation.splits import Split
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import Embeddings
from skipgramophone.experiment.postings import membership
from skipgramophone.settings import MAIN_SCORES, EvaluateSettings, Score, TrainSettings
from skipgramophone.wording import plural


@dataclass(frozen=True, slots=True)
class PairedMetric:
    """The means of a metric for two models, and the paired difference (second model minus first model)."""

    first: Estimate
    second: Estimate
    difference: Estimate


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """Results of two models on the same queries; `scores` maps the name of each ranking to its metrics."""

    held_out: int  # number of held-out playlists
    asked: int  # number of held-out playlists from which queries were made
    tracks_ranked: int
    scores: dict[str, dict[str, PairedMetric]]


def compare_models(
    corpus: Corpus,
    split: Split,
    models: Sequence[tuple[Embeddings, TrainSettings]],
    *,
    artists: Rows,
    settings: EvaluateSettings,
    progress: Callable[[str, int, int], None] = lambda _name, _done, _all: None,
) -> PairedComparison:
    """Compare two models that were trained on the training playlists of a split.

    Tracks that only one of the models can rank are neither given nor ranked.

    Args:
        corpus: all playlists.
        split: the held-out playlists.
        models: the two models, each with its training settings.
        artists: int64 (tracks,), the artist id of each track.
        settings: protocol, k and score.
        progress: called with the score, the number of finished rankings and the total, which is one ranking per query,
            score and model.

    Raises:
        EvaluationError: no held-out playlist has enough trained tracks, or fewer than k tracks are ranked.
        ExperimentError: a vector is not finite.
    """
    trained_on = split.training_part(corpus)
    ranked = np.ones(len(models[0][0]), np.bool_)
    counts = trained_on.counts(len(ranked))
    for embeddings, training in models:
        least = settings.min_count if settings.min_count is not None else training.min_count
        ranked &= rankable(embeddings, counts, least)
    rows = np.flatnonzero(ranked)
    queries = queries_over(corpus, split, ranked, settings).queries
    if settings.k > len(rows):
        raise EvaluationError.naming(
            lambda named: (
                f"k is {settings.k}, but both models rank only {plural(len(rows), 'track')}: use a smaller {named('k')}"
            )
        )
    catalogue = RankedCatalogue(counts[rows], artists[rows])
    groups = split.groups[[query.playlist for query in queries]]
    whole = membership(trained_on, len(ranked))
    playlists, lengths = whole[:, rows].tocsr(), np.asarray(whole.sum(axis=1), np.float32).ravel()
    kept = [(embeddings.take(rows), training) for embeddings, training in models]
    scores: dict[str, dict[str, PairedMetric]] = {}
    compared: tuple[Score, ...] = (settings.score,) if settings.score else MAIN_SCORES
    finished = 0

    def tell(score: str, done: int, _of: int) -> None:
        progress(score, finished + done, len(queries) * len(compared) * len(kept))

    for score in compared:
        values = []
        chosen = replace(settings, score=score)
        for embeddings, training in kept:
            rankers = model_rankers(
                playlists, lengths, embeddings, counts=counts[rows], training=training, settings=chosen
            )
            cards = score_rankers(
                rankers, queries, catalogue, settings.k, recency=settings.recency or 1.0, progress=tell
            )
            finished += len(queries)
            values.append(cards[score].values)
        first, second = values
        of = partial(estimate, groups=groups, seed=settings.random_seed)
        scores[score] = {
            metric: PairedMetric(of(first[metric]), of(second[metric]), of(second[metric] - first[metric]))
            for metric in first
        }
    return PairedComparison(
        held_out=int(split.held_out.sum()),
        asked=len({query.playlist for query in queries}),
        tracks_ranked=len(rows),
        scores=scores,
    )
