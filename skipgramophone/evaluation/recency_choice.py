"""Chooses how much more the end of a playlist says about the next track than its beginning.

A given track counts `recency` times as much as the track after it: at 1 all tracks count the same, at 0.8 the third to
last track counts 0.64 times as much as the last. Some playlists are held out, and the last track of each is predicted
from the tracks before it, by the co-occurrence counts of the other playlists. A value below 1 is chosen if it is
significantly better than 1.

Counts stand in for trained vectors, because they take a second and give the same answer: whether order carries
information is a property of the playlists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skipgramophone.errors import EvaluationError
from skipgramophone.evaluation.metrics import DEPTH
from skipgramophone.evaluation.protocols import EvaluationQuery, make_queries
from skipgramophone.evaluation.rankers import Ranker, item_knn
from skipgramophone.evaluation.scorecard import Estimate, Values, estimate, given_matrix
from skipgramophone.evaluation.splits import split_at_random
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.postings import membership
from skipgramophone.playlists.near_duplicates import join_near_duplicates

RECENCIES = (1.0, 0.95, 0.9, 0.8, 0.65, 0.5)
SAMPLE_TOKENS = 200_000  # maximum number of occurrences in the sample
SHARE = 0.1  # share of the sample that is held out
MAX_QUERIES = 600
QUERIES_AT_ONCE = 100
MIN_QUERIES = 50  # fewer queries give no reliable comparison


@dataclass(frozen=True, slots=True)
class RecencyChoice:
    """The chosen recency, with the evidence.

    Attributes:
        recency: weight of a given track relative to the next one.
        asked: number of held-out playlists; with fewer than 50, nothing is compared and all tracks count the same.
        gain: gain in NDCG@500 over equal weights; None if all tracks count the same.
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
    sample = corpus.playlists(corpus.draw(SAMPLE_TOKENS, np.random.default_rng([seed, SAMPLE_TOKENS])))
    try:
        split = split_at_random(join_near_duplicates(sample, np.arange(len(sample)), seed), SHARE, seed)
        trained_on = split.training_part(sample)
        counts = trained_on.counts(tracks)
        rows = np.flatnonzero(counts >= 2)
        query_set = make_queries(sample, split.held_out, counts >= 2, protocol="next-item", seed=seed)
    except EvaluationError:
        return RecencyChoice(1.0, 0)
    queries = query_set.renumbered(rows, tracks).queries[:MAX_QUERIES]
    if len(queries) < MIN_QUERIES:
        return RecencyChoice(1.0, len(queries))
    whole = membership(trained_on, tracks)
    ranker = item_knn(whole[:, rows].tocsr(), np.asarray(whole.sum(axis=1), np.float32).ravel())
    values = {recency: _ndcg(ranker, queries, len(rows), recency) for recency in RECENCIES}
    best = max(RECENCIES, key=lambda recency: float(values[recency].mean()))
    gain = estimate(values[best] - values[1.0], split.groups[[query.playlist for query in queries]], seed)
    return RecencyChoice(best, len(queries), gain) if gain.low > 0 else RecencyChoice(1.0, len(queries))


def _ndcg(ranker: Ranker, queries: Sequence[EvaluationQuery], tracks: int, recency: float) -> Values:
    """Return the NDCG@500 of queries with one track to find, float64 (queries,); tied tracks share the mean rank."""
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
