"""The rank of a track in the default ranking of another track, and the terms of its score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.embeddings import Matrix
from skipgramophone.lookup.ranking import evidence
from skipgramophone.lookup.scoring import Question, Scored, Scoring

SCORED_AT_ONCE = 1 << 16  # number of tracks whose smoothed vectors are in memory at the same time


@dataclass(frozen=True, slots=True)
class HybridTerms:
    """The terms of the hybrid score of a track for a single query track; see `ranking` for the formula.

    Factors and EASE have no term, because their weight is 0 for a single query track.
    """

    playlists: float  # agreement of the playlists of both tracks
    count: float
    artist: float
    similarity: float  # weighted cosine
    smoothed: float  # weighted cosine of the smoothed vectors


@dataclass(frozen=True, slots=True)
class HybridRank:
    """The place of a track in the default ranking of a query track."""

    rank: int  # from 1, as in the list of `sgp similar`
    score: float  # the sum of the terms
    terms: HybridTerms


def hybrid_rank(scoring: Scoring, asked: Question, row: int, *, rows: Rows, cosines: Matrix) -> HybridRank:
    """Return the place of a track in the default ranking of a single query track.

    All tracks are scored, without the index and without filters.

    Args:
        scoring: computes scores.
        asked: the query, which consists of one track.
        row: row of the track to rank.
        rows: rows of all tracks with a vector, except the query track, int64.
        cosines: cosine of each track with the query, float32 (tracks,).
    """
    agreed = scoring.agreed(asked)
    known = scoring.evidence(asked, agreed)
    with_cosines = scoring.with_cosines(asked, rows, known[rows], cosines[rows])
    scores = np.concatenate(
        [
            scoring.all_terms(asked, Scored(some, first_terms, cosines, agreed), width=None)[1]
            for some, first_terms in _blocks(rows, with_cosines)
        ]
    )
    place = int(np.searchsorted(rows, row))
    score = scores[place]
    count = evidence(np.zeros(1, np.float32), scoring.counts[[row]], asked.number, in_common=None, has_factors=False)[0]
    return HybridRank(
        rank=1 + int(np.count_nonzero(scores > score)) + int(np.count_nonzero(scores[:place] == score)),
        score=float(score),
        terms=HybridTerms(
            playlists=float(agreed[row]),
            count=float(count),
            artist=float(known[row] - agreed[row] - count),
            similarity=float(with_cosines[place] - known[row]),
            smoothed=float(score - with_cosines[place]),
        ),
    )


def _blocks(rows: Rows, scores: npt.NDArray[np.float32]) -> list[tuple[Rows, npt.NDArray[np.float32]]]:
    """Split rows and their scores into blocks of at most `SCORED_AT_ONCE` rows."""
    starts = range(0, len(rows), SCORED_AT_ONCE)
    return [(rows[at : at + SCORED_AT_ONCE], scores[at : at + SCORED_AT_ONCE]) for at in starts]
