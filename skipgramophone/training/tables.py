"""The tables: centre and context rows with their accumulators, as TensorFlow variables.

A macro-batch is trained on the tables themselves or on copies of rows: it pulls (copies) the rows that it needs, trains
the copies, and pushes their changes: it adds to the tables the differences between new and old values. The tables are
in this process or on parameter servers. A whole table is read and written piece by piece.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.arrays import RowSource, pieces, write_array, write_rows
from skipgramophone.experiment.embeddings import ACCUMULATORS, CENTRE, CENTRE_MEAN, CONTEXT, CONTEXT_BIAS, Matrix
from skipgramophone.parallel import run_in_order
from skipgramophone.training.huge_pages import request_huge_pages
from skipgramophone.training.memory import TABLES
from skipgramophone.training.start_rows import start_rows
from skipgramophone.training.step import Parameters
from skipgramophone.training.tensorflow_runtime import assign_rows, read_rows

Tensor = Any
# Maximum number of programs of each kind that are kept for later runs in this process. Keeping fewer programs would not
# save memory.
PROGRAMS = 32
START_ACCUMULATOR = 0.01  # chosen on held-out playlists (docs/quality.md): 0 and 0.05 are equally good, 1 is much worse


class RowArray(RowSource, Protocol):
    """An array of row values, in this process or on servers.

    Reading a slice may return a view, which is valid only until the tables change.
    """

    def __setitem__(self, rows: slice, values: Matrix) -> None:
        """Set some rows."""


@dataclass(frozen=True, slots=True)
class Variable:
    """An array of row values in the memory of this process or of its GPU.

    Attributes:
        variable: a TensorFlow variable, float32.
    """

    variable: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the whole array."""
        return tuple(self.variable.shape)

    def __getitem__(self, rows: slice) -> Matrix:
        """Return a copy of some rows."""
        return read_rows(self.variable, rows)

    def __setitem__(self, rows: slice, values: Matrix) -> None:
        """Set some rows."""
        assign_rows(self.variable, rows, values)

    def request_huge_pages(self) -> None:
        """Ask for huge pages for the memory of the array, which must not have been used yet."""
        if "CPU" in self.variable.device:
            request_huge_pages(np.asarray(memoryview(self.variable.read_value())))


RowArrayT = TypeVar("RowArrayT", bound=RowArray, covariant=True)


@dataclass(frozen=True, slots=True)
class Table(Generic[RowArrayT]):
    """The rows of a table, and the Adagrad accumulator of each row.

    Attributes:
        rows: float32 (tracks, embedding_dim).
        accumulator: float32 (tracks,).
    """

    rows: RowArrayT
    accumulator: RowArrayT


@dataclass(frozen=True, slots=True)
class Tables(Generic[RowArrayT]):
    """The centre and context vectors of a model, each with its Adagrad accumulators."""

    centre: Table[RowArrayT]
    context: Table[RowArrayT]

    def arrays(self) -> tuple[RowArrayT, RowArrayT, RowArrayT, RowArrayT]:
        """Return the rows of both tables (centre, context), then their accumulators."""
        return self.centre.rows, self.context.rows, self.centre.accumulator, self.context.accumulator

    def state(self) -> dict[str, RowArrayT]:
        """Return all arrays that training changes, by name."""
        return dict(zip(("centre", "context", "centre_accumulator", "context_accumulator"), self.arrays(), strict=True))

    def initialize(self, dim: int, seed: int) -> None:
        """Fill the rows with random numbers, and set the accumulators; each table is filled in a thread of its own."""
        starts = [start_rows(self.centre.rows.shape[0], dim, seed=seed, table=number) for number in range(TABLES)]
        tables = zip((self.centre, self.context), starts, strict=True)
        for _filled in run_in_order([partial(_initialize, table, start) for table, start in tables]):
            pass

    def initialize_from(self, earlier: Earlier) -> None:
        """Replace rows and accumulators by those of an earlier model."""
        order = np.argsort(earlier.rows)
        taken = earlier.rows[order]
        for array, values in zip(self.arrays(), earlier.values(), strict=True):
            for rows in pieces(array.shape[0]):
                here = slice(*np.searchsorted(taken, (rows.start, rows.stop)))
                piece = array[rows].copy()
                piece[taken[here] - rows.start] = values[order[here]]
                array[rows] = piece

    def restore(self, state: Mapping[str, RowSource]) -> None:
        """Set the tables to the arrays that `state` returned earlier."""
        for name, array in self.state().items():
            for rows in pieces(array.shape[0]):
                array[rows] = state[name][rows]

    def write(self, directory: Path, learnt: npt.NDArray[np.bool_]) -> None:
        """Write the vectors of the model; tracks without a vector get zeros.

        The mean of all centre vectors is subtracted from each of them. The mean does not distinguish tracks, but it
        dominates their cosine similarities, and subtracting it improves every metric on held-out playlists
        (docs/quality.md). The subtraction reduces each product centre . context by mean . context. This amount is
        stored as the bias of the context row, so that the predictions of the model stay the same. The mean and the
        accumulators are stored too, so that training can continue from the files.

        Rows are read and written piece by piece; they are never all in memory.

        Args:
            directory: directory for the files, which `skipgramophone.experiment.embeddings` describes.
            learnt: bool (tracks,), whether each track gets a vector.
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
        write_array(directory / CENTRE_MEAN, mean)
        seen = (self.centre.accumulator, self.context.accumulator)
        write_rows(directory / ACCUMULATORS, (2, tracks), (array[rows] for array in seen for rows in pieces(tracks)))


def _initialize(table: Table[RowArray], start: Iterator[Matrix]) -> None:
    """Fill the rows of a table, and set the accumulators."""
    for rows, drawn in zip(pieces(table.rows.shape[0]), start, strict=True):
        table.rows[rows] = drawn
        table.accumulator[rows] = np.full(len(drawn), START_ACCUMULATOR, np.float32)


@dataclass(frozen=True, slots=True)
class Earlier:
    """Rows of an earlier model from which training starts.

    Attributes:
        rows: int64 (taken,), row in the new catalogue of each track that has a vector in the earlier model.
        centre: float32 (taken, embedding_dim); the mean that `Tables.write` subtracted is added again.
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
        """Return the arrays in the order of `Tables.arrays`."""
        return self.centre, self.context, self.centre_accumulator, self.context_accumulator


def new_tables(tf: Any, tracks: int, dim: int, seed: int) -> Tables[Variable]:
    """Return tables in the memory of this machine, filled with random numbers."""

    def variable(*shape: int) -> Variable:
        return Variable(tf.Variable(tf.raw_ops.Empty(shape=shape, dtype=tf.float32)))

    tables = Tables(*(Table(variable(tracks, dim), variable(tracks)) for _ in range(TABLES)))
    for array in tables.arrays():
        array.request_huge_pages()
    tables.initialize(dim, seed)
    return tables


@lru_cache(PROGRAMS)
def compile_pull(tf: Any, _table: tuple[int, int]) -> Callable[..., Parameters]:
    """Compile a program that copies rows of both tables.

    The program takes the four arrays of `Tables.arrays`, the rows of the centre table, and those of the context table.
    Runs whose tables have the same shape (tracks, embedding_dim) share the program.
    """

    def pull(centre: Any, context: Any, centre_seen: Any, context_seen: Any, rows_h: Any, rows_o: Any) -> Parameters:
        return Parameters(
            tf.gather(centre, rows_h),
            tf.gather(context, rows_o),
            tf.gather(centre_seen, rows_h),
            tf.gather(context_seen, rows_o),
        )

    compiled: Callable[..., Parameters] = tf.function(pull, jit_compile=True, autograph=False)
    return compiled


@lru_cache(PROGRAMS)
def compile_push(tf: Any, _table: tuple[int, int]) -> Callable[[Any, Any, Tensor, Tensor, Tensor], None]:
    """Compile a program that adds differences to the rows of a table and to their accumulators.

    A row may occur several times. Runs whose tables have the same shape (tracks, embedding_dim) share the program.
    """

    def push(rows: Any, accumulator: Any, which: Tensor, difference: Tensor, accumulated: Tensor) -> None:
        at = which[:, None]
        rows.assign(tf.tensor_scatter_nd_add(rows, at, difference))
        accumulator.assign(tf.tensor_scatter_nd_add(accumulator, at, accumulated))

    compiled: Callable[..., None] = tf.function(push, jit_compile=True, autograph=False)
    return compiled
