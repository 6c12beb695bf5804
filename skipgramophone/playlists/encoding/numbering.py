"""Replace the values of a column by numbers, block by block, so that the rows need not fit into memory.

Distinct values are kept in memory. The numbers of the rows are in a memory-mapped temporary file, so the system can
write them to disk when memory is short. A column that has the same value in all rows needs no file.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skipgramophone.experiment.arrays import scratch, temporary_file_errors
from skipgramophone.parallel import run_in_order, stop_if_cancelled
from skipgramophone.playlists.encoding.partitioning import FEW_VALUES, Partition, single_part
from skipgramophone.playlists.encoding.row_numbers import AllRows, RowNumbers

Codes = npt.NDArray[np.int32]
Column = tuple[Codes, pa.Array]  # for each row, the number of its value (-1: null); the distinct values
ROWS_AT_ONCE = 1 << 20
PENDING = 1 << 24  # maximum number of distinct values in the blocks that wait to be numbered together


class Numbering:
    """Numbers the distinct values of a column from 0.

    Blocks are dictionary-encoded, and `partition` splits their dictionaries into parts that are numbered in parallel.
    The first `FEW_VALUES` values always form one part. Within a part, values are numbered in order of first appearance.
    """

    def __init__(self, kind: pa.DataType, partition: Callable[[pa.Array], Partition] = single_part) -> None:
        self._nothing = pa.array([], kind)
        self._values = [self._nothing]  # arrays of distinct values, in order of their numbers
        self._length = 0
        self._pending: list[tuple[int, Partition]] = []  # blocks not yet numbered: first row, distinct values
        self._pending_values = 0
        self._later = partition
        self._known: list[pa.Array] = []
        self._numbers: list[Codes] = []
        self._begin(single_part)
        self._rows = 0
        # The first rows may all have the same value, or null. Their codes are written when another value follows.
        self._unwritten = 0  # number of these rows; -1 after their codes were written
        self._common = self._nothing  # their value as an array of length 1; empty for null
        self._file = tempfile.TemporaryFile(prefix="sgp-")  # noqa: SIM115 (closed by finish or with the object)
        self._close = weakref.finalize(self, self._file.close)

    def add(self, block: pa.DictionaryArray) -> None:
        """Add the rows of a block."""
        if not len(block):
            return  # the block has no rows, but its dictionary may nevertheless contain values
        if self._unwritten == self._rows:
            common = self._common_value(block)
            if common is not None and (not self._rows or common.equals(self._common)):
                self._common = common
                self._rows = self._unwritten = self._rows + len(block)
                return
            self._write_first_rows()
        codes = block.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
        self._write(codes)
        self._append(self._rows, block.dictionary)
        self._rows += len(codes)
        if self._pending_values > FEW_VALUES and not self._length and self._partition is not self._later:
            self._begin(self._later)
        if self._pending_values > max(PENDING, self._length):
            self._number_pending()

    def finish(self) -> Column:
        """Return the number of each row (-1: null), int32 (rows,), and the values in order of their numbers.

        Afterwards, nothing can be added: the memory that adding needs is released.
        """
        if self._unwritten == self._rows:
            self._close()
            return np.broadcast_to(np.int32(len(self._common) - 1), self._rows), self._common
        self._number_pending()
        self._known, self._numbers = [], []
        codes = self._codes()  # stays valid after `_close`
        self._close()
        values, self._values = self._values, []
        return codes, pa.concat_arrays(values)

    def _begin(self, partition: Callable[[pa.Array], Partition]) -> None:
        """Partition the pending values; call this only before any value has a number."""
        known = partition(self._nothing)
        self._known = [known.part(part) for part in range(len(known))]
        self._numbers = [np.empty(0, np.int32)] * len(known)  # numbers of the known values of each part
        self._pending = [(row, partition(values.values)) for row, values in self._pending]
        self._partition = partition

    def _common_value(self, block: pa.DictionaryArray) -> pa.Array | None:
        """Return the value of all rows of a block as an array of length 1 (empty for null); None if they differ."""
        if block.null_count == len(block):
            return self._nothing
        return block.dictionary if len(block.dictionary) == 1 and not block.null_count else None

    def _write_first_rows(self) -> None:
        """Write the codes of the first rows, which all have the same value, because another value follows."""
        for part in row_slices(self._unwritten):
            self._write(np.full(part.stop - part.start, len(self._common) - 1, np.int32))
        if len(self._common):
            self._append(0, self._common)
        self._unwritten = -1

    def _append(self, row: int, values: pa.Array) -> None:
        """Let a block wait to be numbered: its first row, and its distinct values."""
        self._pending.append((row, self._partition(values)))
        self._pending_values += len(values)

    def _write(self, codes: Codes) -> None:
        """Append the codes of rows to the file."""
        with temporary_file_errors():
            self._file.write(codes.data)

    def _number_pending(self) -> None:
        """Number the values of the pending blocks, and replace the codes of their rows in the file by the numbers."""
        if not self._pending:
            return
        with temporary_file_errors():
            self._file.flush()
        starts, blocks = zip(*self._pending, strict=True)
        self._pending, self._pending_values = [], 0
        number = [np.full(len(block.order) + 1, -1, np.int32) for block in blocks]  # the last entry is for null
        united = run_in_order(partial(_unite, known, blocks, part) for part, known in enumerate(self._known))
        for part, values in enumerate(united):
            stop_if_cancelled()
            begin = len(self._known[part])
            self._number_new(part, values.dictionary)
            found = self._numbers[part][values.indices.to_numpy()]
            for block, numbers in zip(blocks, number, strict=True):
                places = block.places(part)
                numbers[places] = found[begin : begin + len(places)]
                begin += len(places)
        codes = self._codes()
        for start, end, numbers in zip(starts, [*starts[1:], self._rows], number, strict=True):
            stop_if_cancelled()
            codes[start:end] = numbers[codes[start:end]]

    def _number_new(self, part: int, values: pa.Array) -> None:
        """Assign the next numbers to the new values of a part. In `values`, they come after the known values."""
        new = values[len(self._known[part]) :]
        if len(self._known[part]):
            # A slice would keep a reference to all values, so that each call would keep another copy in memory.
            new = new.take(pa.array(np.arange(len(new))))
        numbers = np.arange(self._length, self._length + len(new), dtype=np.int32)
        self._known[part], self._numbers[part] = values, np.concatenate([self._numbers[part], numbers])
        self._values.append(new)
        self._length += len(new)

    def _codes(self) -> Codes:
        """Memory-map the numbers of all rows."""
        return np.memmap(self._file, np.int32, "r+").view(np.ndarray) if self._rows else np.empty(0, np.int32)


def row_slices(rows: int) -> Iterator[slice]:
    """Yield slices of at most `ROWS_AT_ONCE` rows that cover all rows.

    In a cancelled task, the iterator stops the task (see `stop_if_cancelled`).
    """
    for start in range(0, rows, ROWS_AT_ONCE):
        stop_if_cancelled()
        yield slice(start, min(start + ROWS_AT_ONCE, rows))


def playlist_slices(offsets: npt.NDArray[np.int64]) -> Iterator[slice]:
    """Yield slices of playlists with at most `ROWS_AT_ONCE` occurrences each; a longer playlist has its own slice.

    In a cancelled task, the iterator stops the task (see `stop_if_cancelled`).
    """
    start = 0
    while start < len(offsets) - 1:
        stop_if_cancelled()
        end = max(start + 1, int(np.searchsorted(offsets, offsets[start] + ROWS_AT_ONCE, "right")) - 1)
        yield slice(start, end)
        start = end


def is_constant(codes: Codes) -> bool:
    """Whether an array is one number that NumPy repeats without a copy, as `Numbering.finish` returns it."""
    return len(codes) > 0 and not codes.strides[0]


def count_codes(codes: Codes, distinct: int) -> npt.NDArray[np.int64]:
    """Count how often each number from 0 to `distinct` - 1 occurs, int64 (distinct,)."""
    counts = np.zeros(distinct, np.int64)
    for part in row_slices(len(codes)):
        np.add.at(counts, codes[part], 1)  # `bincount` would make another array of this length for each slice
    return counts


def take_codes(codes: Codes, rows: RowNumbers) -> Codes:
    """Return `codes[rows]`, int32 (rows,), in a temporary file (see `scratch`); for all rows, return `codes` itself."""
    if isinstance(rows, AllRows):
        return codes
    if is_constant(codes):
        return np.broadcast_to(codes[:1], len(rows))
    found = scratch(len(rows), np.int32)
    for part in row_slices(len(rows)):
        found[part] = codes[rows[part]]
    return found


def codes_at(codes: Codes, rows: npt.NDArray[np.int64], order: npt.NDArray[np.int64]) -> Codes:
    """Return `codes[rows]` in memory, reading `codes` from start to end; `order` is the argsort of `rows`."""
    found = np.empty(len(rows), np.int32)
    for part in row_slices(len(rows)):
        some = order[part]
        found[some] = codes[rows[some]]
    return found


def first_rows(codes: Codes) -> npt.NDArray[np.int64]:
    """Return the first row with each number, int64 (numbers,); numbers must be in order of first appearance."""
    found, known = [np.empty(0, np.int64)], -1
    for part in row_slices(len(codes)):
        highest = np.maximum.accumulate(np.concatenate([[known], codes[part]]))
        found.append(np.flatnonzero(np.diff(highest)) + part.start)
        known = int(highest[-1])
    return np.concatenate(found)


def _unite(known: pa.Array, blocks: Sequence[Partition], part: int) -> pa.DictionaryArray:
    """Dictionary-encode the known values of a part, followed by its values in each of the blocks."""
    return pa.concat_arrays([known, *(block.part(part) for block in blocks)]).dictionary_encode()
