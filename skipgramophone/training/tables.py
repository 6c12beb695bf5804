"""The tables: centre and context rows with their accumulators, pulled from and pushed to by unique row.

This is the unit of work's far side. A macro-batch pulls the rows that it needs, trains on its own small copies, and
pushes the differences; the tables themselves only ever add. They could lie on other machines.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.embeddings import Embeddings, Matrix
from skipgramophone.training.batches import START
from skipgramophone.training.step import INITIAL_ACCUMULATOR

START_SCALE = 0.1
Rows = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows and the optimiser's accumulator of each.

    Attributes:
        rows: float32 (tracks, embedding_dim).
        accumulator: float32 (tracks,).
    """

    rows: Matrix
    accumulator: npt.NDArray[np.float32]

    def pull(self, rows: Rows, places: int) -> tuple[Matrix, npt.NDArray[np.float32]]:
        """Copy rows and accumulators into the first of `places` places; the others are zeros and ones."""
        pulled = np.zeros((places, self.rows.shape[1]), np.float32)
        accumulator = np.ones(places, np.float32)
        np.take(self.rows, rows, 0, out=pulled[: len(rows)], mode="clip")
        accumulator[: len(rows)] = self.accumulator[rows]
        return pulled, accumulator

    def push(self, rows: Rows, difference: Matrix, accumulated: npt.NDArray[np.float32]) -> None:
        """Add differences to rows, each named once."""
        self.rows[rows] += difference
        self.accumulator[rows] += accumulated


@dataclass(frozen=True, slots=True)
class Tables:
    """The two tables of a model."""

    centre: Table
    context: Table

    def embeddings(self, learnt: npt.NDArray[np.bool_]) -> Embeddings:
        """The vectors as they are, with zeros for tracks that were not learnt."""
        keep = learnt[:, None]
        return Embeddings(np.where(keep, self.centre.rows, 0), np.where(keep, self.context.rows, 0))

    def accumulators(self) -> npt.NDArray[np.float32]:
        """The accumulators of centre and context rows, float32 (2, tracks)."""
        return np.stack([self.centre.accumulator, self.context.accumulator])


def new_tables(tracks: int, dim: int, seed: int) -> Tables:
    """Tables at their start: small normal numbers, drawn by the seed."""
    rng = np.random.default_rng([seed, START])

    def table() -> Table:
        rows = rng.standard_normal((tracks, dim), np.float32) * np.float32(START_SCALE)
        return Table(rows, np.full(tracks, INITIAL_ACCUMULATOR, np.float32))

    return Tables(table(), table())
