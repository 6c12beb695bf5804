"""Number rows by integer keys, such as pairs of an artist and a title.

Rows with equal keys have the same number, and the numbers are in order of first appearance. If only a few keys are
possible, they are looked up in a table with one entry per possible key. Otherwise, the keys are split into parts, as in
`partitioning`: the parts are numbered in parallel, and the hash table of each part fits into the processor's cache.
Consecutive rows with equal keys, such as the rows of a playlist, form a run, and only one key per run is examined.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skipgramophone.experiment.arrays import scratch
from skipgramophone.parallel import run_in_order
from skipgramophone.playlists.encoding.numbering import Codes, is_constant, row_slices
from skipgramophone.playlists.encoding.partitioning import FEW_VALUES, PART_BITS, part_numbers

Ids = npt.NDArray[np.int64]
LARGEST_TABLE = 1 << 27  # maximum number of entries of a table with one entry per possible key


def number_keys(rows: int, keys: Callable[[slice], Ids], possible: int) -> tuple[Codes, int]:
    """Number the rows by their keys, in order of first appearance of a key.

    Args:
        rows: number of rows.
        keys: returns the keys of a slice of rows, int64; each is at least 0 and less than `possible`.
        possible: number of possible keys.

    Returns:
        int32 (rows,), equal for rows with equal keys; and the number of distinct keys.
    """
    if not rows:
        return np.empty(0, np.int32), 0
    if possible <= min(rows, LARGEST_TABLE):
        codes = scratch(rows, np.int32)
        return codes, _number_by_table(codes, keys, possible)
    return _KeyNumbering(rows, keys).codes()


def number_pairs(one: tuple[Codes, int], other: tuple[Codes, int]) -> tuple[Codes, int]:
    """Number the rows by pairs of numbers, in order of first appearance; see `number_keys`.

    Args:
        one: the first number of each row, int32 (rows,), at least -1 and less than a limit; and this limit.
        other: the second number of each row, in the same form.
    """
    # A column with the same number in all rows does not change the result. Without it, fewer keys are possible.
    (first, firsts), (second, seconds) = ((codes, 0 if is_constant(codes) else limit) for codes, limit in (one, other))

    def keys(part: slice) -> Ids:
        found = np.zeros(part.stop - part.start, np.int64)
        if firsts:
            found += (first[part].astype(np.int64) + 1) * (seconds + 1)
        if seconds:
            found += second[part].astype(np.int64) + 1
        return found

    return number_keys(len(first), keys, (firsts + 1) * (seconds + 1))


def _number_by_table(codes: Codes, keys: Callable[[slice], Ids], possible: int) -> int:
    """Write the numbers of keys into `codes`, and return how many distinct keys there are; see `number_keys`."""
    number_of, known = np.full(possible, -1, np.int32), 0
    for part in row_slices(len(codes)):
        key = keys(part)
        number = number_of[key]
        unknown = np.flatnonzero(number < 0)
        if len(unknown):
            added, place = key[unknown], np.arange(len(unknown), dtype=np.int32)
            number_of[added[::-1]] = place[::-1]  # of several equal keys, the first is written last, and stays
            is_first = number_of[added] == place
            new = int(np.count_nonzero(is_first))
            number_of[added[is_first]] = np.arange(known, known + new, dtype=np.int32)
            number[unknown] = number_of[added]
            known += new
        codes[part] = number
    return known


class _KeyNumbering:
    """Numbers keys in parts.

    The keys of the runs are in temporary files, slice after slice of rows. Within a slice, they are sorted by part.
    """

    def __init__(self, rows: int, keys: Callable[[slice], Ids]) -> None:
        self._rows = rows
        self._parts = 1 << PART_BITS if rows > FEW_VALUES else 1
        self._key = scratch(rows, np.int64)  # key of each run; after `_number_part`, its number within the part
        self._begin = scratch(rows, np.int32)  # first row of each run
        self._slices = list(row_slices(rows))
        # For each slice: bounds of its parts in `_key` and `_begin`, int64 (parts + 1,).
        self._ends = list(run_in_order(partial(self._split, keys, some) for some in self._slices))

    def codes(self) -> tuple[Codes, int]:
        """Number the keys; return the number of each row's key, int32 (rows,), and how many distinct keys there are."""
        firsts = list(run_in_order(partial(self._number_part, part) for part in range(self._parts)))
        first, known = np.concatenate(firsts), np.cumsum([0, *map(len, firsts[:-1])])
        is_first = np.zeros(self._rows, np.bool_)
        is_first[first] = True
        ranked, codes = np.flatnonzero(is_first), scratch(self._rows, np.int32)
        codes[ranked] = np.arange(len(ranked))
        number = codes[first]
        for _ in run_in_order(
            partial(self._write_numbers, codes[some], some.start, ends, number=number, known=known)
            for some, ends in zip(self._slices, self._ends, strict=True)
        ):
            pass
        return codes, len(ranked)

    def _split(self, keys: Callable[[slice], Ids], some: slice) -> Ids:
        """Split the runs of a slice of rows into parts, and return the bounds of the parts."""
        key = keys(some)
        begins = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
        key = key[begins]
        part = part_numbers(key.view(np.uint64)) if self._parts > 1 else np.zeros(len(key), np.uint8)
        order = np.argsort(part, kind="stable")
        here = slice(some.start, some.start + len(key))
        self._key[here], self._begin[here] = key[order], begins[order] + some.start
        return np.cumsum([some.start, *np.bincount(part, minlength=self._parts)])

    def _number_part(self, part: int) -> Codes:
        """Replace the keys of a part by numbers within the part; return the first row with each number, int32."""
        places = [slice(*ends[part : part + 2].tolist()) for ends in self._ends]
        keys = np.concatenate([self._key[place] for place in places])
        numbers = pa.array(keys).dictionary_encode().indices.to_numpy()
        ends = np.cumsum([place.stop - place.start for place in places])
        for place, some in zip(places, np.split(numbers, ends[:-1]), strict=True):
            self._key[place] = some
        new = np.flatnonzero(np.diff(np.maximum.accumulate(numbers), prepend=-1))
        return np.concatenate([self._begin[place] for place in places])[new]

    def _write_numbers(self, codes: Codes, start: int, ends: Ids, *, number: Codes, known: Ids) -> None:
        """Write the numbers of the rows of a slice.

        Args:
            codes: the array to fill, with one number per row of the slice.
            start: first row of the slice.
            ends: bounds of the parts of the slice.
            number: number of each distinct key, part after part.
            known: for each part, the index of its first key in `number`.
        """
        runs = slice(int(ends[0]), int(ends[-1]))
        key = self._key[runs] + np.repeat(known, np.diff(ends))
        begin = self._begin[runs] - np.int32(start)
        codes[begin] = number[key]
        if len(begin) < len(codes):
            begin.sort()
            codes[:] = np.repeat(codes[begin], np.diff(begin, append=len(codes)))
