"""Scorecards: the metrics of a ranker over all questions, with their uncertainty, and paired against another's.

Intervals are 95 % percentile bootstrap intervals over playlists (over groups of them, where playlists stay together),
because playlists of one origin are no independent evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.evaluation.metrics import DEPTH, clicks, hit_rate, ndcg, r_precision, recall, reciprocal_rank
from skipgramophone.evaluation.protocols import Question, Rows
from skipgramophone.evaluation.rankers import Ranker, Scores

DRAWS = 2000
SCORE_BYTES = 256 << 20  # of one batch of scores
LOTS = 1 << 20  # what the lots are drawn by
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scorecard:
    """What a ranker did.

    Attributes:
        values: metric -> float64 (questions,).
        coverage: share of the catalogue that stands among the first k of some question.
        popularity: mean over the first k of the share of the catalogue that is rarer; 0.5 favours nobody.
        artists: mean share of distinct artists among the first k.
        found_by_frequency: share of what was wanted within 500, for tracks of the head, the middle and the tail.
    """

    values: dict[str, Values]
    coverage: float
    popularity: float
    artists: float
    found_by_frequency: dict[str, float]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Catalogued:
    """What is known of the tracks that are ranked.

    Attributes:
        counts: int64 (tracks,), occurrences in the training part.
        artists: int64 (tracks,), equal for tracks of one artist.
    """

    counts: npt.NDArray[np.int64]
    artists: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.counts)

    def rarer(self) -> Values:
        """Share of the catalogue that is rarer than each track (half of those that are as frequent), (tracks,)."""
        ordered = np.sort(self.counts)
        below = np.searchsorted(ordered, self.counts, "left") + np.searchsorted(ordered, self.counts, "right")
        return np.asarray(below / (2 * len(ordered)), np.float64)

    def stratum(self) -> npt.NDArray[np.int64]:
        """0, 1, 2 for head, middle and tail: a third of all occurrences each, the most frequent first."""
        order = np.argsort(-self.counts, kind="stable")
        before = np.cumsum(self.counts[order]) - self.counts[order]
        stratum = np.empty(len(self.counts), np.int64)
        stratum[order] = np.minimum(2, 3 * before // max(1, int(self.counts.sum())))
        return stratum


STRATA = ("head", "middle", "tail")


def first_places(scores: Scores, given: Rows, depth: int, lots: Rows) -> Rows:
    """Rows of the highest scores, best first, ties by lot; what is given is left out.

    >>> first_places(np.array([3, 1, 2, 2], np.float32), np.array([0]), 2, np.array([3, 0, 2, 1])).tolist()
    [3, 2]
    """
    scores = scores.copy()
    scores[given] = -np.inf
    depth = min(depth, len(scores) - len(given))
    if depth <= 0:
        return np.empty(0, np.int64)
    bar = np.partition(scores, len(scores) - depth)[len(scores) - depth]
    above = np.flatnonzero(scores > bar)
    level = np.flatnonzero((scores == bar) & np.isfinite(scores))
    places = depth - len(above)
    if places < len(level):
        level = level[np.argpartition(lots[level], places)[:places]]
    rows = np.concatenate([above, level])
    return rows[np.lexsort((lots[rows], -scores[rows]))]


def judge(
    ranker: Ranker,
    questions: Sequence[Question],
    catalogue: Catalogued,
    k: int,
    answered: Callable[[int, int], None] = lambda _done, _all: None,
) -> Scorecard:
    """Put all questions to a ranker, a batch at a time, and rank the whole catalogue for each.

    Ties fall by lots that are drawn once, the same for every ranker. The order of rows would not do: it is by count,
    held-out playlists included, and would tell a ranker with many ties what they hold.

    Args:
        ranker: scores tracks.
        questions: rows are those of the catalogue.
        catalogue: the tracks that are ranked.
        k: depth of recall@k and hit@k.
        answered: is told how many questions have been answered so far, and how many there are.
    """
    values: dict[str, list[float]] = {}
    shown, artists, rarer = np.zeros(len(catalogue), np.bool_), [], []
    stratum, popularity = catalogue.stratum(), catalogue.rarer()
    lots = np.random.default_rng(LOTS).permutation(len(catalogue))
    found, wanted = np.zeros(3), np.zeros(3)
    batch = max(1, SCORE_BYTES // (4 * len(catalogue)))
    for start in range(0, len(questions), batch):
        some = questions[start : start + batch]
        for question, scores in zip(some, ranker.scores(given_matrix(some, len(catalogue))), strict=True):
            places = first_places(scores, question.given, max(DEPTH, len(question.wanted) + question.unknown), lots)
            if question.repeats:
                places = np.concatenate([question.wanted, places])
            hits = np.isin(places, question.wanted)
            for name, value in _metrics(hits, len(question.wanted), question.unknown, k).items():
                values.setdefault(name, []).append(value)
            first = places[:k]
            shown[first] = True
            rarer.append(float(popularity[first].mean()))
            artists.append(len(np.unique(catalogue.artists[first])) / max(1, len(first)))
            np.add.at(wanted, stratum[question.wanted], 1)
            np.add.at(found, stratum[places[:DEPTH][hits[:DEPTH]]], 1)
        answered(min(start + batch, len(questions)), len(questions))
    return Scorecard(
        values={name: np.array(column) for name, column in values.items()},
        coverage=float(shown.mean()),
        popularity=float(np.mean(rarer)),
        artists=float(np.mean(artists)),
        found_by_frequency={
            name: float(found[at] / wanted[at]) if wanted[at] else float("nan") for at, name in enumerate(STRATA)
        },
    )


def _metrics(hits: npt.NDArray[np.bool_], wanted: int, unknown: int, k: int) -> dict[str, float]:
    """Every metric of one ranking; those called "whole" want the unknown tracks too."""
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
    """Mean of a metric and its interval, resampling whole groups.

    Args:
        values: float64 (questions,).
        groups: int64 (questions,), equal for playlists that are no independent evidence.
        seed: of the resampling; the same groups are drawn for the same seed, so that differences are paired.
    """
    names, member = np.unique(groups, return_inverse=True)
    total = np.bincount(member, values)
    size = np.bincount(member).astype(np.float64)
    drawn = _resampled(len(names), seed)
    low, high = np.percentile((drawn @ total) / (drawn @ size), [2.5, 97.5])
    return Estimate(float(values.mean()), float(low), float(high))


@lru_cache(maxsize=1)  # every metric of a report, and every difference, is judged by the same draws
def _resampled(groups: int, seed: int) -> Values:
    """How often each group is drawn, float64 (DRAWS, groups)."""
    rng = np.random.default_rng([seed, DRAWS, groups])
    return np.asarray(rng.multinomial(groups, np.full(groups, 1 / groups), DRAWS), np.float64)


def given_matrix(questions: Sequence[Question], tracks: int) -> Any:
    """What is given, scipy.sparse.csr_array (questions, tracks) of float32 ones."""
    from scipy import sparse

    rows = np.concatenate([question.given for question in questions])
    offsets = np.cumsum([0, *(len(question.given) for question in questions)])
    return sparse.csr_array((np.ones(len(rows), np.float32), rows, offsets), shape=(len(questions), tracks))
