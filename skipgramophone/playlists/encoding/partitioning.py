"""Partition strings and integers, so that the hash table of each part fits into the processor's cache.

With a single large table, nearly every access waits for memory. For ten million strings with two million distinct
values, a single table takes six times as long as partitioning the strings and using 64 smaller tables.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ids = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
WORD = 8  # number of bytes in a word
PART_BITS = 6  # there are 2^6 parts
FEW_VALUES = 1 << 14  # up to this number of values, a single table fits into the cache, and 64 tables would be slower
SCATTER = np.uint64(0x9E3779B97F4A7C15)  # Knuth's multiplicative hash (TAOCP 3, 6.4): odd, near 2^64 / golden ratio


@dataclass(frozen=True, slots=True)
class Partition:
    """Values that are split into parts; equal values are in the same part.

    Attributes:
        values: the values, one part after the other; within a part, in their original order.
        order: int64 (values,), original index of each of `values`.
        ends: int64 (parts + 1,), bounds of the parts in `values`.
    """

    values: pa.Array
    order: Ids
    ends: Ids

    def __len__(self) -> int:
        return len(self.ends) - 1

    def part(self, number: int) -> pa.Array:
        """Return the values of a part."""
        return self.values[self.ends[number] : self.ends[number + 1]]

    def places(self, number: int) -> Ids:
        """Return the original indices of the values of a part."""
        return self.order[self.ends[number] : self.ends[number + 1]]


def single_part(values: pa.Array) -> Partition:
    """Return a partition with a single part, which contains all values."""
    return Partition(values, np.arange(len(values)), np.array([0, len(values)]))


def partition_by_letters(strings: pa.Array) -> Partition:
    """Partition strings (large_string, no nulls) by their first and last letters."""
    starts, ends_of_strings, words = _words(strings)
    lengths = ends_of_strings - starts
    first, last = _cut(words[starts], lengths), _cut(words[np.maximum(ends_of_strings - WORD, starts)], lengths)
    part = part_numbers(first ^ (last * SCATTER))
    order = np.argsort(part, kind="stable")
    ends = np.concatenate([[0], np.cumsum(np.bincount(part, minlength=1 << PART_BITS))])
    return Partition(strings.take(pa.array(order)), order, ends)


def part_numbers(keys: Words) -> npt.NDArray[np.uint8]:
    """Return the number of the part that each key belongs to, uint8; equal keys belong to the same part."""
    return ((keys * SCATTER) >> np.uint64(8 * WORD - PART_BITS)).astype(np.uint8)


def first_bytes(strings: pa.Array) -> Words:
    """Return the first eight bytes of each string as a big-endian number, uint64; shorter strings end in zeros.

    If the numbers of two strings differ, they have the same order as the strings.
    """
    starts, ends, words = _words(strings)
    return _cut(words[starts], ends - starts)


def _words(strings: pa.Array) -> tuple[Ids, Ids, Words]:
    """Return the start and the end of each string in the data of the array, and the word at each byte of this data.

    A word is the big-endian number of the 8 bytes that begin at a byte.
    """
    _, places, data = strings.buffers()
    at = np.frombuffer(places, np.int64, len(strings) + 1, 8 * strings.offset)
    letters = np.zeros(at[-1] - at[0] + WORD, np.uint8)
    letters[:-WORD] = np.frombuffer(data or b"", np.uint8)[at[0] : at[-1]]
    words = np.ndarray(len(letters) - WORD + 1, ">u8", letters, strides=(1,))
    return at[:-1] - at[0], at[1:] - at[0], words


def _cut(words: npt.NDArray[np.uint64], lengths: Ids) -> Words:
    """Keep the first `lengths[i]` bytes of word i, and set its other bytes to zero."""
    kept = np.array([(1 << 8 * WORD) - (1 << 8 * (WORD - length)) for length in range(WORD + 1)], np.uint64)
    return words.astype(np.uint64) & kept[np.minimum(lengths, WORD)]
