"""Stability: how much two models that were trained with different seeds agree on the best tracks for a query track.

Stability is the share of the k best tracks of one model that are also among the k best of the other model. If a
neighbour changes with the seed, it is in the list by chance, even if its score is high.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import EvaluationError
from skipgramophone.evaluation.comparison import model_rankers
from skipgramophone.evaluation.rankers import Ranker
from skipgramophone.evaluation.scorecard import SCORE_BYTES, STRATA, Estimate, RankedCatalogue, estimate
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import Embeddings
from skipgramophone.experiment.postings import membership
from skipgramophone.lookup.exact_search import highest
from skipgramophone.settings import EvaluateSettings, Score, TrainSettings
from skipgramophone.wording import plural

MAX_TRACKS = 2000  # maximum number of tracks to compare; from a larger catalogue, a random sample is drawn


@dataclass(frozen=True, slots=True)
class Stability:
    """How much two models agree on the best tracks for a query track.

    Attributes:
        ranking: the ranking that was measured.
        neighbours: number of best tracks that are compared per query track.
        asked: number of query tracks.
        agreement: share of a query track's best tracks that both models have in common, averaged over query tracks.
        by_chance: expected agreement of two unrelated models.
        by_frequency: agreement for query tracks of the head (the most frequent tracks), the middle and the tail, each
            of which has about a third of all occurrences. A part without query tracks is left out.
        least: for each of the three parts, the number of occurrences of its rarest track.
    """

    ranking: Score
    neighbours: int
    asked: int
    agreement: Estimate
    by_chance: float
    by_frequency: dict[str, Estimate]
    least: dict[str, int]


def stability_of(
    corpus: Corpus,
    one: Embeddings,
    other: Embeddings,
    *,
    training: TrainSettings,
    ranking: Score,
    neighbours: int,
) -> Stability:
    """Compare the best tracks of two models of a corpus.

    Args:
        corpus: the playlists on which both models were trained.
        one: the model of an experiment; its artists are used for both.
        other: a model that was trained with another seed.
        training: settings of the second training.
        ranking: the ranking to compare.
        neighbours: number of best tracks to compare per query track.

    Raises:
        EvaluationError: too few tracks have a vector in both models, or a model lacks data that the ranking needs.
    """
    counts, rows = corpus.counts(len(one)), np.flatnonzero(one.learnt() & other.learnt())
    whole, asked = membership(corpus, len(one)), EvaluateSettings(score=ranking)
    playlists, lengths = whole[:, rows].tocsr(), np.asarray(whole.sum(axis=1), np.float32).ravel()
    first, second = (
        model_rankers(
            playlists,
            lengths,
            replace(model, artists=one.artists).take(rows),
            counts=counts[rows],
            training=training,
            settings=asked,
        )[ranking]
        for model in (one, other)
    )
    return stability(first, second, counts[rows], ranking=ranking, neighbours=neighbours, seed=training.random_seed)


def stability(
    one: Ranker, other: Ranker, counts: npt.NDArray[np.int64], *, ranking: Score, neighbours: int, seed: int
) -> Stability:
    """Compare the best tracks of two rankers of the same tracks.

    Args:
        one: ranker of the tracks that have a vector in both models.
        other: ranker of the same tracks by the other model.
        counts: int64 (tracks,), occurrences.
        ranking: name of the ranking.
        neighbours: number of best tracks to compare per query track.
        seed: random seed for the sample of tracks and for the intervals.

    Raises:
        EvaluationError: there are at most `neighbours` tracks.
    """
    if len(counts) <= neighbours:
        raise EvaluationError.naming(
            lambda named: (
                f"cannot compare {neighbours} neighbours: only {plural(len(counts), 'track')} have vectors in both "
                f"models; use a smaller {named('k')}"
            )
        )
    rows = np.random.default_rng(seed).choice(len(counts), min(MAX_TRACKS, len(counts)), replace=False)
    best = [_best(ranker, rows, len(counts), neighbours) for ranker in (one, other)]
    shared = np.array([np.isin(a, b).mean() for a, b in zip(*best, strict=True)])
    strata = RankedCatalogue(counts, np.arange(len(counts))).strata()
    stratum = strata[rows]
    groups = np.arange(len(rows))
    return Stability(
        ranking=ranking,
        neighbours=neighbours,
        asked=len(rows),
        agreement=estimate(shared, groups, seed),
        by_chance=neighbours / (len(counts) - 1),
        by_frequency={
            name: estimate(shared[stratum == at], groups[stratum == at], seed)
            for at, name in enumerate(STRATA)
            if (stratum == at).any()
        },
        least={name: int(counts[strata == at].min()) for at, name in enumerate(STRATA) if (strata == at).any()},
    )


def _best(ranker: Ranker, rows: Rows, tracks: int, number: int) -> list[Rows]:
    """Return the `number` best tracks for each of the given rows, best first, without the row itself."""
    from scipy import sparse

    found: list[Rows] = []
    batch = max(1, SCORE_BYTES // (4 * tracks))
    for start in range(0, len(rows), batch):
        some = rows[start : start + batch]
        given = (np.ones(len(some), np.float32), some, np.arange(len(some) + 1))
        scores = ranker.scores(sparse.csr_array(given, shape=(len(some), tracks)))
        scores[np.arange(len(some)), some] = -np.inf  # a track is not its own neighbour
        found += [highest(np.arange(tracks), one, number).rows for one in scores]
    return found
