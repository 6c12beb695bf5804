"""Chooses the recency: the factor by which earlier tracks count less than later ones when predicting the next track.

The weight of a given track is `recency` times the weight of the track after it. With recency 1, all tracks have the
same weight. With 0.8, the weight of the third to last track is 0.64 times the weight of the last one. To choose a
value, some playlists are held out. The last track of each held-out playlist is predicted from the tracks before it,
with the co-occurrence counts of the other playlists. A value below 1 is chosen if it is significantly better than 1.

Co-occurrence counts are used instead of trained vectors, because counting takes only a second. Counts and vectors lead
to the same choice, because whether order carries information is a property of the playlists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skipgramophone.evaluation.metrics import DEPTH
from skipgramophone.evaluation.order_sample import MIN_QUERIES, draw_order_sample
from skipgramophone.evaluation.protocols import EvaluationQuery
from skipgramophone.evaluation.rankers import Ranker, item_knn
from skipgramophone.evaluation.scorecard import Estimate, Values, estimate, given_matrix
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.postings import membership

SAMPLE_TOKENS = 200_000  # maximum number of occurrences in the sample
RECENCIES = (1.0, 0.95, 0.9, 0.8, 0.65, 0.5)
QUERIES_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class RecencyChoice:
    """The chosen recency, and the measurement on which the choice is based.

    Attributes:
        recency: weight of a track of a playlist, relative to the weight of the track after it.
        asked: number of held-out playlists; with fewer than 50, nothing is compared and all tracks have the same
            weight.
        gain: gain in NDCG@500 over equal weights; None if all tracks have the same weight.
    """

    recency: float
    asked: int
    gain: Estimate | None = None


def choose_recency(corpus: Corpus, tracks: int, seed: int) -> RecencyChoice:
    """Choose the recency for a corpus.

    Args:
        corpus: the playlists.
        tracks: number of rows of the catalogue.
        seed: random seed. The result depends only on the seed and the corpus.
    """
    rng = np.random.default_rng([seed, SAMPLE_TOKENS])
    sample = draw_order_sample(corpus, tracks, "next-item", most=SAMPLE_TOKENS, seed=seed, rng=rng)
    asked = len(sample.queries)
    if asked < MIN_QUERIES:
        return RecencyChoice(1.0, asked)
    whole, rows = membership(sample.trained_on, tracks), sample.rows
    ranker = item_knn(whole[:, rows].tocsr(), np.asarray(whole.sum(axis=1), np.float32).ravel())
    values = {recency: _ndcg(ranker, sample.queries, len(rows), recency) for recency in RECENCIES}
    best = max(RECENCIES, key=lambda recency: float(values[recency].mean()))
    gain = estimate(values[best] - values[1.0], sample.groups, seed)
    return RecencyChoice(best, asked, gain) if gain.low > 0 else RecencyChoice(1.0, asked)


def _ndcg(ranker: Ranker, queries: Sequence[EvaluationQuery], tracks: int, recency: float) -> Values:
    """Return the NDCG@500 of queries with one track to find, float64 (queries,); tied tracks get their mean rank."""
    found = []
    for start in range(0, len(queries), QUERIES_AT_ONCE):
        some = queries[start : start + QUERIES_AT_ONCE]
        scores = ranker.scores(given_matrix(some, tracks, recency))
        for query, row in zip(some, scores, strict=True):
            row[query.given] = -np.inf
            wanted = row[query.wanted[0]]
            found.append(1 + np.count_nonzero(row > wanted) + (np.count_nonzero(row == wanted) - 1) / 2)
    ranks = np.array(found)
    return np.where(ranks <= DEPTH, 1 / np.log2(1 + ranks), 0)
