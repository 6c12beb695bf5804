"""Stability: how much two models that were trained with different seeds agree on nearest neighbours.

It is the share of the k nearest tracks in one model that are also among the k nearest in the other model. Neighbours
that change with the seed are due to chance, however high their similarity is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import EvaluationError
from skipgramophone.evaluation.scorecard import STRATA, Estimate, RankedCatalogue, estimate
from skipgramophone.experiment.embeddings import Matrix, is_learnt, unit_rows
from skipgramophone.lookup.exact_search import exact_search
from skipgramophone.wording import plural

MAX_TRACKS = 2000  # maximum number of tracks to compare; a random sample of a larger catalogue


@dataclass(frozen=True, slots=True)
class Stability:
    """Agreement of two models.

    Attributes:
        neighbours: number of nearest tracks that are compared.
        asked: number of tracks whose neighbours are compared.
        agreement: mean share of a track's neighbours that both models have in common.
        by_chance: expected agreement of two unrelated models.
        by_frequency: agreement for tracks of the head, the middle and the tail, without strata that have no sampled
            track.
        least: for each stratum, the smallest number of occurrences of a track.
    """

    neighbours: int
    asked: int
    agreement: Estimate
    by_chance: float
    by_frequency: dict[str, Estimate]
    least: dict[str, int]


def stability(one: Matrix, other: Matrix, counts: npt.NDArray[np.int64], neighbours: int, seed: int) -> Stability:
    """Compare the nearest tracks of two models of the same catalogue.

    Args:
        one: float32 (tracks, embedding_dim); rows of zeros are tracks without a vector.
        other: vectors of the other model; its dimension may differ.
        counts: int64 (tracks,), occurrences.
        neighbours: number of nearest tracks to compare.
        seed: random seed for the sample of tracks and for the intervals.

    Raises:
        EvaluationError: at most `neighbours` tracks have a vector in both models.
    """
    learnt = np.flatnonzero(is_learnt(one) & is_learnt(other))
    if len(learnt) <= neighbours:
        raise EvaluationError(
            f"cannot compare {neighbours} neighbours: only {plural(len(learnt), 'track')} have vectors in both models; "
            "use a smaller -k"
        )
    rows = np.random.default_rng(seed).choice(learnt, min(MAX_TRACKS, len(learnt)), replace=False)
    itself = np.split(rows, len(rows))  # a track is not its own neighbour
    near = [
        exact_search(matrix).nearest_to_many(unit_rows(np.asarray(matrix[rows])), neighbours, itself)
        for matrix in (one, other)
    ]
    shared = np.array([np.isin(a.rows, b.rows).mean() for a, b in zip(*near, strict=True)])
    strata = RankedCatalogue(counts, np.arange(len(counts))).strata()
    stratum = strata[rows]
    groups = np.arange(len(rows))
    return Stability(
        neighbours=neighbours,
        asked=len(rows),
        agreement=estimate(shared, groups, seed),
        by_chance=neighbours / (len(learnt) - 1),
        by_frequency={
            name: estimate(shared[stratum == at], groups[stratum == at], seed)
            for at, name in enumerate(STRATA)
            if (stratum == at).any()
        },
        least={name: int(counts[strata == at].min()) for at, name in enumerate(STRATA) if (strata == at).any()},
    )
