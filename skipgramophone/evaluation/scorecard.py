"""Computes the metrics of a ranker over all queries, and bootstrap intervals of means and paired differences.

Intervals are 95 % percentile bootstrap intervals. Whole groups of playlists are resampled, because playlists of the
same group are not independent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.evaluation.metrics import DEPTH, clicks, hit_rate, ndcg, r_precision, recall, reciprocal_rank
from skipgramophone.evaluation.protocols import EvaluationQuery
from skipgramophone.evaluation.rankers import Ranker, Scores
from skipgramophone.experiment.arrays import Rows
from skipgramophone.lookup.ranking import recency_weights, scaled

DRAWS = 2000  # number of bootstrap samples
SCORE_BYTES = 256 << 20  # maximum size in bytes of the scores of one batch of queries
GROUPS = 4  # number of groups of scores in `_bound` per requested row; the best 10 rows need 40 groups
TIE_SEED = 1 << 20  # seed of the permutation that breaks ties
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Results of a ranker.

    Attributes:
        values: maps each metric to its values, float64 (queries,).
        coverage: share of the catalogue that is among the top k of at least one query.
        popularity: mean popularity percentile of the top k, from 0 to 1; 0.5 means no preference for rare or popular
            tracks.
        artists: mean over queries of (number of distinct artists in the top k) / (number of tracks in the top k).
        found_by_frequency: recall@500 for the most frequent tracks (head), the rarest tracks (tail) and those between
            (middle); each part has a third of all occurrences. None for a part without tracks to find.
    """

    values: dict[str, Values]
    coverage: float
    popularity: float
    artists: float
    found_by_frequency: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its 95 % confidence interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RankedCatalogue:
    """Counts and artists of the tracks that are ranked.

    Attributes:
        counts: int64 (tracks,), occurrences in the training playlists.
        artists: int64 (tracks,), the artist id of each track.
    """

    counts: npt.NDArray[np.int64]
    artists: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.counts)

    def popularity(self) -> Values:
        """For each track, return the share of tracks that are rarer, float64.

        Half of the tracks that have the same count as this track are counted as rarer.
        """
        ordered = np.sort(self.counts)
        below = np.searchsorted(ordered, self.counts, "left") + np.searchsorted(ordered, self.counts, "right")
        return np.asarray(below / (2 * len(ordered)), np.float64)

    def strata(self) -> npt.NDArray[np.int64]:
        """Return the stratum of each track, int64 (tracks,): 0 for the head, 1 for the middle, 2 for the tail.

        Each stratum has about a third of all occurrences. The head contains the most frequent tracks.
        """
        order = np.argsort(-self.counts, kind="stable")
        before = np.cumsum(self.counts[order]) - self.counts[order]
        stratum = np.empty(len(self.counts), np.int64)
        stratum[order] = np.minimum(2, 3 * before // max(1, int(self.counts.sum())))
        return stratum


STRATA = ("head", "middle", "tail")


def top_rows(scores: Scores, given: Rows, depth: int, tie_order: Rows) -> Rows:
    """Return the `depth` rows with the highest scores, best first, without the given rows; `tie_order` breaks ties.

    >>> top_rows(np.array([3, 1, 2, 2], np.float32), np.array([0]), 2, np.array([3, 0, 2, 1])).tolist()
    [3, 2]
    """
    scores = scores.copy()
    scores[given] = -np.inf
    depth = min(depth, len(scores) - len(given))
    if depth <= 0:
        return np.empty(0, np.int64)
    rows = np.flatnonzero(scores >= _bound(scores, depth))
    values = scores[rows]
    lowest = np.partition(values, len(values) - depth)[len(values) - depth]
    above = rows[values > lowest]
    tied = rows[(values == lowest) & np.isfinite(values)]
    free = depth - len(above)
    if free < len(tied):
        tied = tied[np.argpartition(tie_order[tied], free)[:free]]
    rows = np.concatenate([above, tied])
    return rows[np.lexsort((tie_order[rows], -scores[rows]))]


def _bound(scores: Scores, depth: int) -> np.float32:
    """Return a value such that at least `depth` scores are equal to it or higher.

    The scores are divided into groups, and the maximum of each group is computed. The value is the `depth`-th largest
    of these maxima. Partitioning the maxima, and then the few scores that are not below this value, is much faster than
    partitioning all scores.
    """
    groups = GROUPS * depth
    width = len(scores) // groups
    if width < 2:
        return np.float32(-np.inf)
    largest = scores[: width * groups].reshape(width, groups).max(axis=0)
    return np.float32(np.partition(largest, groups - depth)[groups - depth])


class _Tally:
    """The results of one ranker on the queries that have been scored so far."""

    def __init__(self, catalogue: RankedCatalogue) -> None:
        self.values: dict[str, list[float]] = {}
        self.covered = np.zeros(len(catalogue), np.bool_)
        self.artists: list[float] = []
        self.popularities: list[float] = []
        self.found, self.wanted = np.zeros(3), np.zeros(3)

    def card(self) -> Scorecard:
        """Return the results so far as a scorecard."""
        return Scorecard(
            values={name: np.array(column) for name, column in self.values.items()},
            coverage=float(self.covered.mean()),
            popularity=float(np.mean(self.popularities)),
            artists=float(np.mean(self.artists)),
            found_by_frequency={
                name: float(self.found[at] / self.wanted[at]) if self.wanted[at] else None
                for at, name in enumerate(STRATA)
            },
        )


def score_ranker(
    ranker: Ranker, queries: Sequence[EvaluationQuery], catalogue: RankedCatalogue, k: int, recency: float = 1.0
) -> Scorecard:
    """Return the result of `score_rankers` for one ranker."""
    return score_rankers({"": ranker}, queries, catalogue, k, recency=recency)[""]


def score_rankers(
    rankers: Mapping[str, Ranker],
    queries: Sequence[EvaluationQuery],
    catalogue: RankedCatalogue,
    k: int,
    recency: float = 1.0,
    progress: Callable[[str, int, int], None] = lambda _name, _done, _all: None,
) -> dict[str, Scorecard]:
    """For each query, rank the whole catalogue with each ranker, and compute all metrics; queries are in batches.

    Ties are broken by one fixed permutation, the same for every ranker. Row order must not break ties: rows are sorted
    by counts that include the held-out playlists, so row order contains information about the tracks to find.

    Args:
        rankers: name -> ranker. All rankers score one batch of queries before the next batch is started, so that they
            can share results.
        queries: queries whose tracks are rows of the catalogue.
        catalogue: the tracks that are ranked.
        k: depth of NDCG@k, recall@k and hit@k.
        recency: weight of a given track relative to the weight of the given track after it in the playlist.
        progress: called with the name of a ranker, the number of finished rankings and the total, which is one ranking
            per query and ranker.
    """
    tallies = {name: _Tally(catalogue) for name in rankers}
    strata, popularity = catalogue.strata(), catalogue.popularity()
    tie_order = np.random.default_rng(TIE_SEED).permutation(len(catalogue))
    is_wanted = np.zeros(len(catalogue), np.bool_)
    batch = max(1, SCORE_BYTES // (4 * len(catalogue)))
    for start in range(0, len(queries), batch):
        some = queries[start : start + batch]
        given = given_matrix(some, len(catalogue), recency)
        for at, (ranker_name, ranker) in enumerate(rankers.items(), 1):
            tally = tallies[ranker_name]
            for query, scores in zip(some, ranker.scores(given), strict=True):
                ranking = top_rows(scores, query.given, max(DEPTH, len(query.wanted) + query.unknown), tie_order)
                if query.repeats:
                    ranking = np.concatenate([query.wanted, ranking])
                is_wanted[query.wanted] = True
                hits = is_wanted[ranking]
                is_wanted[query.wanted] = False
                for name, value in _metrics(hits, len(query.wanted), query.unknown, k).items():
                    tally.values.setdefault(name, []).append(value)
                top = ranking[:k]
                tally.covered[top] = True
                tally.popularities.append(float(popularity[top].mean()))
                tally.artists.append(len(np.unique(catalogue.artists[top])) / max(1, len(top)))
                np.add.at(tally.wanted, strata[query.wanted], 1)
                np.add.at(tally.found, strata[ranking[:DEPTH][hits[:DEPTH]]], 1)
            progress(ranker_name, start * len(rankers) + at * len(some), len(queries) * len(rankers))
    return {name: tally.card() for name, tally in tallies.items()}


def _metrics(hits: npt.NDArray[np.bool_], wanted: int, unknown: int, k: int) -> dict[str, float]:
    """Return all metrics of one ranking.

    Unknown tracks (tracks to find that do not occur in the training playlists) count as not found in the metrics whose
    names end in "_whole"; the other metrics ignore them.
    """
    return {
        "r_precision": r_precision(hits, wanted),
        "ndcg": ndcg(hits, wanted),
        f"ndcg@{k}": ndcg(hits, wanted, k),
        f"recall@{k}": recall(hits, wanted, k),
        f"hit@{k}": hit_rate(hits, k),
        "mrr": reciprocal_rank(hits),
        "clicks": clicks(hits),
        "r_precision_whole": r_precision(hits, wanted + unknown),
        "ndcg_whole": ndcg(hits, wanted + unknown),
    }


def estimate(values: Values, groups: npt.NDArray[np.int64], seed: int) -> Estimate:
    """Return the mean of a metric with its bootstrap interval; whole groups are resampled.

    Args:
        values: float64 (queries,).
        groups: int64 (queries,), group of each query's playlist; playlists of one group are not independent.
        seed: random seed of the bootstrap. With the same seed, the same groups are drawn, so that differences between
            rankers are paired.
    """
    names, member = np.unique(groups, return_inverse=True)
    total = np.bincount(member, values)
    size = np.bincount(member).astype(np.float64)
    weights = _bootstrap_weights(len(names), seed)
    low, high = np.percentile((weights @ total) / (weights @ size), [2.5, 97.5])
    return Estimate(float(values.mean()), float(low), float(high))


@lru_cache(maxsize=1)  # all metrics and differences of a report use the same draws
def _bootstrap_weights(groups: int, seed: int) -> Values:
    """Return the number of times that each bootstrap sample contains each group, float64 (DRAWS, groups)."""
    rng = np.random.default_rng([seed, DRAWS, groups])
    return np.asarray(rng.multinomial(groups, np.full(groups, 1 / groups), DRAWS), np.float64)


def given_matrix(queries: Sequence[EvaluationQuery], tracks: int, recency: float = 1.0) -> Any:
    """Return the weights of the given tracks, scipy.sparse.csr_array (queries, tracks) of float32.

    As in a look-up, the weights of each query are scaled so that their sum is the effective number of given tracks (see
    `ranking.scaled`). Weights that are too small for float32 are left out.
    """
    from scipy import sparse

    rows = np.concatenate([query.given for query in queries])
    offsets = np.cumsum([0, *(len(query.given) for query in queries)])
    weights = np.concatenate([scaled(recency_weights(len(query.given), recency)) for query in queries])
    given = sparse.csr_array((weights.astype(np.float32), rows, offsets), shape=(len(queries), tracks))
    given.eliminate_zeros()
    return given
