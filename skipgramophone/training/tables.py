"""The tables: centre and context rows with their accumulators, as TensorFlow variables that only ever add.

This is the far side of the unit of work: a macro-batch pulls the rows that it needs, trains on its own small copies,
and pushes the differences. The rows could lie on other machines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.arrays import write_rows
from skipgramophone.embeddings import ACCUMULATORS, CENTRE, CENTRE_MEAN, CONTEXT, CONTEXT_BIAS, Matrix
from skipgramophone.training.batches import START

Tensor = Any
START_SCALE = 0.1
PIECE = 1 << 16  # rows that are copied at once
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

    def write(self, directory: Path, learnt: npt.NDArray[np.bool_]) -> None:
        """Write the vectors as they are, the centre ones moved so that their mean is 0; zeros for tracks not learnt.

        What all centre vectors have in common tells no tracks apart, and drowns the cosines: taking it out raises
        every measure on held-out playlists (docs/quality.md). The products centre . context lose mean . context by it,
        which is kept as the bias of each context row, so that what the model predicts is unchanged. The mean and the
        accumulators are kept too, to train on from there.

        Args:
            directory: where the files that `embeddings` describes go.
            learnt: bool (tracks,).
        """
        centre, context = _view(self.centre.rows), _view(self.context.rows)
        total = np.zeros(centre.shape[1])
        for rows in _pieces(len(centre)):
            total += centre[rows][learnt[rows]].sum(axis=0, dtype=np.float64)
        mean = (total / np.count_nonzero(learnt)).astype(np.float32)

        def kept(of: Callable[[slice], Matrix]) -> Iterator[Matrix]:
            for rows in _pieces(len(centre)):
                piece = of(rows)
                piece[~learnt[rows]] = 0
                yield piece

        write_rows(directory / CENTRE, centre.shape, kept(lambda rows: centre[rows] - mean))
        write_rows(directory / CONTEXT, context.shape, kept(lambda rows: context[rows].copy()))
        write_rows(directory / CONTEXT_BIAS, context.shape[:1], kept(lambda rows: context[rows] @ mean))
        np.save(directory / CENTRE_MEAN, mean)
        np.save(directory / ACCUMULATORS, np.stack([_view(self.centre.accumulator), _view(self.context.accumulator)]))

    def state(self) -> dict[str, npt.NDArray[np.float32]]:
        """Everything that training changes, by name: views, which hold until the next push."""
        return {
            "centre": _view(self.centre.rows),
            "context": _view(self.context.rows),
            "centre_accumulator": _view(self.centre.accumulator),
            "context_accumulator": _view(self.context.accumulator),
        }

    def begin_with(self, earlier: Earlier) -> None:
        """Take over the rows of tracks that an earlier model has learnt."""
        for table, rows, accumulator in (
            (self.centre, earlier.centre, earlier.centre_accumulator),
            (self.context, earlier.context, earlier.context_accumulator),
        ):
            for variable, taken in ((table.rows, rows), (table.accumulator, accumulator)):
                whole = variable.numpy()
                whole[earlier.rows] = taken
                variable.assign(whole)

    def restore(self, state: Mapping[str, npt.NDArray[np.float32]]) -> None:
        """Set the tables to what `state` told."""
        self.centre.rows.assign(state["centre"])
        self.context.rows.assign(state["context"])
        self.centre.accumulator.assign(state["centre_accumulator"])
        self.context.accumulator.assign(state["context_accumulator"])


@dataclass(frozen=True, slots=True)
class Earlier:
    """Rows that an earlier model has learnt.

    Attributes:
        rows: int64 (taken,), the row that each has now.
        centre: float32 (taken, embedding_dim), with the mean that was taken out of them.
        context: float32 (taken, embedding_dim).
        centre_accumulator: float32 (taken,).
        context_accumulator: float32 (taken,).
    """

    rows: npt.NDArray[np.int64]
    centre: Matrix
    context: Matrix
    centre_accumulator: npt.NDArray[np.float32]
    context_accumulator: npt.NDArray[np.float32]


def new_tables(tf: Any, tracks: int, dim: int, seed: int) -> Tables:
    """Tables at their start: small normal numbers, drawn by the seed."""
    rng = np.random.default_rng([seed, START])

    def table() -> Table:
        rows: Matrix = rng.standard_normal((tracks, dim), np.float32) * np.float32(START_SCALE)
        return Table(tf.Variable(rows), tf.Variable(np.full(tracks, START_ACCUMULATOR, np.float32)))

    return Tables(table(), table())


def _view(variable: Any) -> npt.NDArray[np.float32]:
    """What a variable holds, without a copy where it lies in this machine's memory."""
    return np.asarray(memoryview(variable.read_value())) if "CPU" in variable.device else variable.numpy()


def _pieces(rows: int) -> Iterator[slice]:
    """Slices of so many rows that a copy of one is small."""
    return (slice(start, min(start + PIECE, rows)) for start in range(0, rows, PIECE))


def compile_push(tf: Any) -> Callable[[Any, Any, Tensor, Tensor, Tensor], None]:
    """Compile the adding of differences to rows; a row that is named several times adds up."""

    def push(rows: Any, accumulator: Any, which: Tensor, difference: Tensor, accumulated: Tensor) -> None:
        at = which[:, None]
        rows.assign(tf.tensor_scatter_nd_add(rows, at, difference))
        accumulator.assign(tf.tensor_scatter_nd_add(accumulator, at, accumulated))

    compiled: Callable[..., None] = tf.function(push, jit_compile=True, autograph=False)
    return compiled
