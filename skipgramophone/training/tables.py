"""The tables: centre and context rows with their accumulators, as TensorFlow variables that only ever add.

This is the far side of the unit of work: a macro-batch pulls the rows that it needs, trains on its own small copies,
and pushes the differences. The rows could lie on other machines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.embeddings import Embeddings, Matrix
from skipgramophone.training.batches import START

Tensor = Any
START_SCALE = 0.1
START_ACCUMULATOR = 0.01  # chosen on held-out playlists (docs/quality.md): 0 and 0.05 are near, 1 is far worse


@dataclass(frozen=True, slots=True)
class Table:
    """Rows and the optimiser's accumulator of each.

    Attributes:
        rows: variable, float32 (tracks, embedding_dim).
        accumulator: variable, float32 (tracks,).
    """

    rows: Any
    accumulator: Any


@dataclass(frozen=True, slots=True)
class Tables:
    """The two tables of a model."""

    centre: Table
    context: Table

    def embeddings(self, learnt: npt.NDArray[np.bool_]) -> Embeddings:
        """The vectors as they are, the centre ones moved so that their mean is 0; zeros for tracks not learnt.

        What all centre vectors have in common tells no tracks apart, and drowns the cosines: taking it out raises
        every measure on held-out playlists (docs/quality.md). The products centre . context lose mean . context by it,
        which is kept as the bias of each context row, so that what the model predicts is unchanged.
        """
        keep = learnt[:, None]
        centre, context = self.centre.rows.numpy(), self.context.rows.numpy()
        mean = centre[learnt].mean(axis=0, dtype=np.float64).astype(np.float32)
        bias = np.where(learnt, context @ mean, 0).astype(np.float32)
        return Embeddings(np.where(keep, centre - mean, 0), np.where(keep, context, 0), bias)

    def state(self) -> dict[str, npt.NDArray[np.float32]]:
        """Everything that training changes, by name."""
        return {
            "centre": self.centre.rows.numpy(),
            "context": self.context.rows.numpy(),
            "centre_accumulator": self.centre.accumulator.numpy(),
            "context_accumulator": self.context.accumulator.numpy(),
        }

    def restore(self, state: Mapping[str, npt.NDArray[np.float32]]) -> None:
        """Set the tables to what `state` told."""
        self.centre.rows.assign(state["centre"])
        self.context.rows.assign(state["context"])
        self.centre.accumulator.assign(state["centre_accumulator"])
        self.context.accumulator.assign(state["context_accumulator"])

    def accumulators(self) -> npt.NDArray[np.float32]:
        """The accumulators of centre and context rows, float32 (2, tracks)."""
        return np.stack([self.centre.accumulator.numpy(), self.context.accumulator.numpy()])


def new_tables(tf: Any, tracks: int, dim: int, seed: int) -> Tables:
    """Tables at their start: small normal numbers, drawn by the seed."""
    rng = np.random.default_rng([seed, START])

    def table() -> Table:
        rows: Matrix = rng.standard_normal((tracks, dim), np.float32) * np.float32(START_SCALE)
        return Table(tf.Variable(rows), tf.Variable(np.full(tracks, START_ACCUMULATOR, np.float32)))

    return Tables(table(), table())


def compile_push(tf: Any) -> Callable[[Any, Any, Tensor, Tensor, Tensor], None]:
    """Compile the adding of differences to rows; a row that is named several times adds up."""

    def push(rows: Any, accumulator: Any, which: Tensor, difference: Tensor, accumulated: Tensor) -> None:
        at = which[:, None]
        rows.assign(tf.tensor_scatter_nd_add(rows, at, difference))
        accumulator.assign(tf.tensor_scatter_nd_add(accumulator, at, accumulated))

    compiled: Callable[..., None] = tf.function(push, jit_compile=True, autograph=False)
    return compiled
