"""Stability: how much two trainings with other seeds agree on what is near a track.

Of the nearest tracks of one model, the share that are among as many nearest of the other. What two seeds do not agree
on is chance, however near it looks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import EvaluationError
from skipgramophone.evaluation.scorecard import STRATA, Catalogued, Estimate, estimate
from skipgramophone.experiment.embeddings import Matrix, is_learnt, unit_rows
from skipgramophone.lookup.exact_search import exact_search

ASKED = 2000  # tracks, drawn by the seed


@dataclass(frozen=True, slots=True)
class Stability:
    """How far two models agree.

    Attributes:
        neighbours: how many nearest tracks are compared.
        asked: tracks whose neighbours are compared.
        agreement: mean share of a track's neighbours that both models name.
        by_chance: what two models that know nothing of each other would agree on.
        by_frequency: the same for tracks of the head, the middle and the tail; absent where none was drawn.
        least: the least count of a track of each of these.
    """

    neighbours: int
    asked: int
    agreement: Estimate
    by_chance: float
    by_frequency: dict[str, Estimate]
    least: dict[str, int]


def stability(one: Matrix, other: Matrix, counts: npt.NDArray[np.int64], neighbours: int, seed: int) -> Stability:
    """Compare the nearest tracks of two models of one catalogue.

    Args:
        one: float32 (tracks, embedding_dim); rows of zeros are tracks that were not learnt.
        other: the same of the other model; its dimension may be another.
        counts: int64 (tracks,), occurrences.
        neighbours: how many nearest tracks to compare.
        seed: of the draw of tracks, and of the intervals.

    Raises:
        EvaluationError: fewer tracks than `neighbours` + 1 were learnt by both.
    """
    learnt = np.flatnonzero(is_learnt(one) & is_learnt(other))
    if len(learnt) <= neighbours:
        raise EvaluationError(
            f"{len(learnt):,} tracks are too few to compare {neighbours} neighbours of: give a smaller -k"
        )
    rows = np.random.default_rng(seed).choice(learnt, min(ASKED, len(learnt)), replace=False)
    itself = np.split(rows, len(rows))  # is not among its neighbours
    near = [
        exact_search(matrix).nearest_to_many(unit_rows(np.asarray(matrix[rows])), neighbours, itself)
        for matrix in (one, other)
    ]
    shared = np.array([np.isin(a.rows, b.rows).mean() for a, b in zip(*near, strict=True)])
    strata = Catalogued(counts, np.arange(len(counts))).stratum()
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
