"""Numbering: what stands in each row as a number, block after block, so that a dump need not be in memory.

Values are kept once each. The numbers of rows lie in a file without a name, mapped into memory, which the system may
write out and forget when memory is short.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skipgramophone.experiment.arrays import scratch, spooling
from skipgramophone.parallel import in_order
from skipgramophone.playlists.partitioning import Partition, single_part

Codes = npt.NDArray[np.int32]
ROWS_AT_ONCE = 1 << 20
PENDING = 1 << 24  # values of blocks that are not united yet, at the least


class Numbering:
    """Numbers values from 0: those of a part in order of first appearance among those that blocks hold once each."""

    def __init__(self, kind: pa.DataType, partition: Callable[[pa.Array], Partition] = single_part) -> None:
        self._partition = partition
        known = partition(pa.array([], kind))
        self._known = [known.part(part) for part in range(len(known))]
        self._numbers = [np.empty(0, np.int32)] * len(known)  # of the known ones
        self._values = [known.values]  # in order of their numbers, in pieces
        self._length = 0
        self._pending: list[tuple[int, Partition]] = []  # where the rows of a block begin, and its values
        self._pending_values = 0
        self._rows = 0
        self._leading_nulls = 0  # of them, which hold nothing; -1 from the first on that holds something
        self._file = tempfile.TemporaryFile(prefix="sgp-")  # noqa: SIM115 (it lives as long as this)
        self._close = weakref.finalize(self, self._file.close)

    def add(self, block: pa.DictionaryArray) -> None:
        """Take in the rows of a block."""
        if not len(block):
            return  # it may hold values all the same
        if block.null_count == len(block) and self._rows == self._leading_nulls:
            self._rows = self._leading_nulls = self._rows + len(block)
            return
        if self._rows == self._leading_nulls:
            self._write(np.full(self._leading_nulls, -1, np.int32))
            self._leading_nulls = -1
        codes = block.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
        self._write(codes)
        self._pending.append((self._rows, self._partition(block.dictionary)))
        self._rows += len(codes)
        self._pending_values += len(block.dictionary)
        if self._pending_values > max(PENDING, self._length):
            self._number_pending()

    def finish(self) -> tuple[Codes, pa.Array]:
        """The number of each row (-1: null), int32 (rows,), and the values in order of their numbers."""
        self._number_pending()
        nothing: Codes = np.broadcast_to(np.int32(-1), self._rows)
        codes = nothing if self._leading_nulls == self._rows else self._codes()  # mapped, it outlives the file
        self._close()
        return codes, pa.concat_arrays(self._values)

    def _write(self, codes: Codes) -> None:
        """Put the numbers of rows behind those before them."""
        with spooling():
            self._file.write(codes.data)

    def _number_pending(self) -> None:
        """Number the values of the blocks that wait, and the rows of these blocks."""
        if not self._pending:
            return
        with spooling():
            self._file.flush()
        starts, blocks = zip(*self._pending, strict=True)
        self._pending, self._pending_values = [], 0
        number = [np.full(len(block.order) + 1, -1, np.int32) for block in blocks]  # the last is of null
        united = in_order(partial(_unify, known, blocks, part) for part, known in enumerate(self._known))
        for part, chunks in enumerate(united):
            self._number_new(part, chunks[-1].dictionary)
            for block, numbers, chunk in zip(blocks, number, chunks[1:], strict=True):
                numbers[block.places(part)] = self._numbers[part][chunk.indices.to_numpy()]
        codes = self._codes()
        for start, end, numbers in zip(starts, [*starts[1:], self._rows], number, strict=True):
            codes[start:end] = numbers[codes[start:end]]

    def _number_new(self, part: int, values: pa.Array) -> None:
        """Number the values of a part that are new, behind those that are known."""
        new = values[len(self._known[part]) :]
        numbers = np.arange(self._length, self._length + len(new), dtype=np.int32)
        self._known[part], self._numbers[part] = values, np.concatenate([self._numbers[part], numbers])
        self._values.append(new)
        self._length += len(new)

    def _codes(self) -> Codes:
        """The numbers of all rows, mapped."""
        return np.memmap(self._file, np.int32, "r+").view(np.ndarray) if self._rows else np.empty(0, np.int32)


def number_keys(rows: int, keys: Callable[[slice], npt.NDArray[np.int64]]) -> Codes:
    """Number what the keys of some rows tell apart, in order of first appearance; `keys` gives those of a part."""
    numbering = Numbering(pa.int64())
    for block in in_order(partial(_encode_keys, keys, part) for part in row_slices(rows)):
        numbering.add(block)
    return numbering.finish()[0]


def row_slices(rows: int) -> Iterator[slice]:
    """So many rows, a part at a time."""
    return (slice(start, min(start + ROWS_AT_ONCE, rows)) for start in range(0, rows, ROWS_AT_ONCE))


def playlist_slices(offsets: npt.NDArray[np.int64]) -> Iterator[slice]:
    """Playlists some at a time, so that they hold no more than `ROWS_AT_ONCE` occurrences, or are one."""
    start = 0
    while start < len(offsets) - 1:
        end = max(start + 1, int(np.searchsorted(offsets, offsets[start] + ROWS_AT_ONCE, "right")) - 1)
        yield slice(start, end)
        start = end


def count_codes(codes: Codes, distinct: int) -> npt.NDArray[np.int64]:
    """How often each number stands there, int64 (distinct,)."""
    counts = np.zeros(distinct, np.int64)
    for part in row_slices(len(codes)):
        counts += np.bincount(codes[part], minlength=distinct)
    return counts


def rows_by_code(codes: Codes, ends: npt.NDArray[np.int64]) -> Codes:
    """Rows in order of their numbers, those of one number as they come; `ends` says where those of each begin."""
    rows, free = scratch(len(codes), np.int32), ends[:-1].copy()
    for part in row_slices(len(codes)):
        order = np.argsort(codes[part], kind="stable")
        sorted_codes = codes[part][order]
        begins = np.flatnonzero(np.diff(sorted_codes, prepend=-1))
        number = np.diff(begins, append=len(order))
        of_code = sorted_codes[begins]
        rows[np.repeat(free[of_code] - begins, number) + np.arange(len(order))] = order + part.start
        free[of_code] += number
    return rows


def take_codes(codes: Codes, rows: Codes) -> Codes:
    """The numbers of some rows, int32 (rows,)."""
    found = scratch(len(rows), np.int32)
    for part in row_slices(len(rows)):
        found[part] = codes[rows[part]]
    return found


def first_rows(codes: Codes) -> npt.NDArray[np.int64]:
    """The first row of each number, int64; they are number_keys in order of first appearance."""
    found, known = [np.empty(0, np.int64)], -1
    for part in row_slices(len(codes)):
        highest = np.maximum.accumulate(np.concatenate([[known], codes[part]]))
        found.append(np.flatnonzero(np.diff(highest)) + part.start)
        known = int(highest[-1])
    return np.concatenate(found)


def _unify(known: pa.Array, blocks: Sequence[Partition], part: int) -> list[pa.DictionaryArray]:
    """What is known of a part and what blocks hold of it, as rows, one a value, number_keys alike."""
    each = (_one_row_each(values) for values in (known, *(block.part(part) for block in blocks)))
    chunks: list[pa.DictionaryArray] = pa.chunked_array(list(each)).unify_dictionaries().chunks
    return chunks


def _one_row_each(values: pa.Array) -> pa.DictionaryArray:
    """Values that stand once each as rows, one a value."""
    return pa.DictionaryArray.from_arrays(pa.array(np.arange(len(values), dtype=np.int32)), values)


def _encode_keys(keys: Callable[[slice], npt.NDArray[np.int64]], part: slice) -> pa.DictionaryArray:
    """The keys of a part, kept once each."""
    return pa.array(keys(part)).dictionary_encode()
