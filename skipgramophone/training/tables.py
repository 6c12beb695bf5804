"""The tables: centre and context rows with their accumulators, as TensorFlow variables that only ever add.

This is the far side of the unit of work: a macro-batch pulls the rows that it needs, trains on its own small copies,
and pushes the differences. The rows may lie in this process, or on servers; what is done to whole tables is done
a piece at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.arrays import Sliced, pieces, write_rows
from skipgramophone.experiment.embeddings import ACCUMULATORS, CENTRE, CENTRE_MEAN, CONTEXT, CONTEXT_BIAS, Matrix
from skipgramophone.training.batches import START

Tensor = Any
START_SCALE = 0.1
START_ACCUMULATOR = 0.01  # chosen on held-out playlists (docs/quality.md): 0 and 0.05 are near, 1 is far worse


class Held(Sliced, Protocol):
    """Numbers of each row that are held somewhere, here or on servers; a view of some holds until the next push."""

    def __setitem__(self, rows: slice, values: Matrix) -> None:
        """Set some rows."""


@dataclass(frozen=True, slots=True)
class Variable:
    """Rows in the memory of this process, or of its GPU.

    Attributes:
        variable: TensorFlow's, float32.
    """

    variable: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole."""
        return tuple(self.variable.shape)

    def __getitem__(self, rows: slice) -> Matrix:
        """A view where it lies in this machine's memory."""
        if "CPU" in self.variable.device:
            return np.asarray(memoryview(self.variable.read_value()))[rows]
        return np.asarray(self.variable[rows])

    def __setitem__(self, rows: slice, values: Matrix) -> None:
        """Set some rows."""
        self.variable[rows].assign(values)


HeldRows = TypeVar("HeldRows", bound=Held, covariant=True)


@dataclass(frozen=True, slots=True)
class Table(Generic[HeldRows]):
    """Rows and the optimiser's accumulator of each.

    Attributes:
        rows: float32 (tracks, embedding_dim).
        accumulator: float32 (tracks,).
    """

    rows: HeldRows
    accumulator: HeldRows


@dataclass(frozen=True, slots=True)
class Tables(Generic[HeldRows]):
    """The two tables of a model."""

    centre: Table[HeldRows]
    context: Table[HeldRows]

    def held(self) -> tuple[HeldRows, HeldRows, HeldRows, HeldRows]:
        """Rows of centre and context, then their accumulators."""
        return self.centre.rows, self.context.rows, self.centre.accumulator, self.context.accumulator

    def state(self) -> dict[str, HeldRows]:
        """Everything that training changes, by name."""
        return dict(zip(("centre", "context", "centre_accumulator", "context_accumulator"), self.held(), strict=True))

    def begin(self, seed: int) -> None:
        """Set rows to their start: small normal numbers, drawn by the seed."""
        rng = np.random.default_rng([seed, START])
        for table in (self.centre, self.context):
            tracks, dim = table.rows.shape
            for rows in pieces(tracks):
                drawn = rng.standard_normal((rows.stop - rows.start, dim), np.float32)
                table.rows[rows] = drawn * np.float32(START_SCALE)
                table.accumulator[rows] = np.full(len(drawn), START_ACCUMULATOR, np.float32)

    def begin_with(self, earlier: Earlier) -> None:
        """Take over the rows of tracks that an earlier model has learnt."""
        order = np.argsort(earlier.rows)
        taken = earlier.rows[order]
        for held, values in zip(self.held(), earlier.values(), strict=True):
            for rows in pieces(held.shape[0]):
                here = slice(*np.searchsorted(taken, (rows.start, rows.stop)))
                piece = held[rows].copy()
                piece[taken[here] - rows.start] = values[order[here]]
                held[rows] = piece

    def restore(self, state: Mapping[str, Sliced]) -> None:
        """Set the tables to what `state` told."""
        for name, held in self.state().items():
            for rows in pieces(held.shape[0]):
                held[rows] = state[name][rows]

    def write(self, directory: Path, learnt: npt.NDArray[np.bool_]) -> None:
        """Write the vectors as they are, the centre ones moved so that their mean is 0; zeros for tracks not learnt.

        What all centre vectors have in common tells no tracks apart, and drowns the cosines: taking it out raises
        every measure on held-out playlists (docs/quality.md). The products centre . context lose mean . context by it,
        which is kept as the bias of each context row, so that what the model predicts is unchanged. The mean and the
        accumulators are kept too, to train on from there.

        Nothing is whole in memory: rows are read and written a piece at a time.

        Args:
            directory: where the files that `embeddings` describes go.
            learnt: bool (tracks,).
        """
        centre, context = self.centre.rows, self.context.rows
        tracks, dim = centre.shape
        total = np.zeros(dim)
        for rows in pieces(tracks):
            total += centre[rows][learnt[rows]].sum(axis=0, dtype=np.float64)
        mean = (total / np.count_nonzero(learnt)).astype(np.float32)

        def kept(of: Callable[[slice], Matrix]) -> Iterator[Matrix]:
            for rows in pieces(tracks):
                piece = of(rows)
                piece[~learnt[rows]] = 0
                yield piece

        write_rows(directory / CENTRE, (tracks, dim), kept(lambda rows: centre[rows] - mean))
        write_rows(directory / CONTEXT, (tracks, dim), kept(lambda rows: context[rows].copy()))
        write_rows(directory / CONTEXT_BIAS, (tracks,), kept(lambda rows: context[rows] @ mean))
        np.save(directory / CENTRE_MEAN, mean)
        seen = (self.centre.accumulator, self.context.accumulator)
        write_rows(directory / ACCUMULATORS, (2, tracks), (held[rows] for held in seen for rows in pieces(tracks)))


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

    def values(self) -> tuple[Matrix, Matrix, Matrix, Matrix]:
        """In the order of `Tables.held`."""
        return self.centre, self.context, self.centre_accumulator, self.context_accumulator


def new_tables(tf: Any, tracks: int, dim: int, seed: int) -> Tables[Variable]:
    """Tables in this machine's memory, at their start."""

    def table() -> Table[Variable]:
        return Table(Variable(tf.Variable(tf.zeros((tracks, dim)))), Variable(tf.Variable(tf.zeros(tracks))))

    tables = Tables(table(), table())
    tables.begin(seed)
    return tables


@cache
def compile_push(tf: Any) -> Callable[[Any, Any, Tensor, Tensor, Tensor], None]:
    """Compile the adding of differences to rows; a row that is named several times adds up."""

    def push(rows: Any, accumulator: Any, which: Tensor, difference: Tensor, accumulated: Tensor) -> None:
        at = which[:, None]
        rows.assign(tf.tensor_scatter_nd_add(rows, at, difference))
        accumulator.assign(tf.tensor_scatter_nd_add(accumulator, at, accumulated))

    compiled: Callable[..., None] = tf.function(push, jit_compile=True, autograph=False)
    return compiled
