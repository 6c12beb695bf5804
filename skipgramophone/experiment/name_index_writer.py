"""Write the name index of a catalogue (see `name_index`).

Each trigram of a block of names is packed into one 64-bit integer, together with the row of its name. Sorting these
integers sorts the block by trigram and row. The sorted blocks are then merged; each step merges one range of trigrams.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.arrays import Rows, temporary_file_errors, write_array, write_rows
from skipgramophone.experiment.name_index import OFFSETS, PLACES, ROWS, TRIGRAMS, Packed, SomeRows, TrigramIndex
from skipgramophone.experiment.trigrams import LENGTH, LETTER_BITS
from skipgramophone.parallel import run_in_order

LETTERS_AT_ONCE = 1 << 17  # number of letters to process per step; arrays of this length fit the processor's cache
PAIRS_AT_ONCE = 1 << 21  # number of (trigram, row) pairs to merge per step
KEY_BITS = 64
ASCII = 128
SPACE, END = ord(" "), ord("\n")  # END follows each name
Codes = npt.NDArray[np.uint8] | npt.NDArray[np.uint32]
Letters = npt.NDArray[np.uint8] | npt.NDArray[np.uint16] | npt.NDArray[np.uint32]
Keys = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class NameBlock:
    """The trigrams of some names.

    Attributes:
        trigrams: the distinct trigrams, packed and sorted, int64 (trigrams,).
        sizes: number of names that contain each trigram, int64 (trigrams,).
        rows: rows of these names, ascending for each trigram, int32 (pairs,).
    """

    trigrams: Packed
    sizes: Rows
    rows: SomeRows

    @classmethod
    def of_index(cls, index: TrigramIndex) -> NameBlock:
        """Return an existing index as a block."""
        return cls(index.trigrams, np.diff(index.offsets), index.all_rows)


def name_block(text: bytes, first: int) -> NameBlock:
    """Return the trigrams of consecutive names.

    Args:
        text: the folded names in UTF-8, each followed by a line feed; folded names contain no line feeds.
        first: row of the first name.
    """
    codes = _codes(text)
    letters, alphabet = _letters(codes)
    ends = np.flatnonzero(codes == END)
    bits = max(1, int(len(alphabet) - 1).bit_length())
    row_bits = max(1, len(ends).bit_length())
    # A key packs a trigram and a row. If there are too many different letters for 64 bits, split the block into halves.
    if LENGTH * bits + row_bits > KEY_BITS:
        middle = _byte_after_line(text, len(ends) // 2)
        halves = name_block(text[:middle], first), name_block(text[middle:], first + len(ends) // 2)
        return _joined(halves)
    row = np.repeat(np.arange(len(ends), dtype=np.uint32), np.diff(ends, prepend=-1))
    keys = np.concatenate([*_keys(letters, row, bits, row_bits), np.empty(0, np.uint64)])
    keys.sort()
    keys = keys[_is_new(keys)]
    rows = (keys & np.uint64((1 << row_bits) - 1)).astype(np.int32)
    rows += np.int32(first)
    keys >>= np.uint64(row_bits)
    begins = np.flatnonzero(_is_new(keys))
    packed = np.zeros(len(begins), np.int64)
    for place in reversed(range(LENGTH)):
        letter = keys[begins] >> np.uint64(bits * place) & np.uint64((1 << bits) - 1)
        packed = packed << LETTER_BITS | alphabet[letter.astype(np.int64)]
    return NameBlock(packed, np.diff(begins, append=len(keys)), rows)


def _codes(text: bytes) -> Codes:
    """Return the code points of a text."""
    return np.frombuffer(text, np.uint8) if text.isascii() else np.frombuffer(text.decode().encode("utf-32-le"), "<u4")


def _letters(codes: Codes) -> tuple[Letters, Packed]:
    """Replace code points by small numbers that sort in the same way.

    Returns:
        Two arrays: the number of each letter of the text (0 for spaces, line feeds and NUL), and the code point of each
        number, int64.
    """
    beyond = np.flatnonzero(codes >= ASCII)
    alphabet = np.concatenate([np.arange(ASCII), np.unique(codes[beyond])]).astype(np.int64)
    number = np.zeros(int(alphabet[-1]) + 1, np.min_scalar_type(len(alphabet) - 1))
    number[alphabet] = np.arange(len(alphabet))
    letters = codes.astype(number.dtype)  # ASCII letters keep their code points
    letters[beyond] = number[codes[beyond]]
    letters *= (codes != SPACE) & (codes != END)
    return letters, alphabet


def _keys(letters: Letters, row: npt.NDArray[np.uint32], bits: int, row_bits: int) -> Iterator[Keys]:
    """Yield the keys of all trigrams. A key is the numbers of three letters (`bits` bits each), followed by the row."""
    padded = np.zeros(len(letters) + LENGTH, letters.dtype)
    padded[1 : len(letters) + 1] = letters
    for start in range(0, len(letters), LETTERS_AT_ONCE):
        end = min(start + LETTERS_AT_ONCE, len(letters))
        some = padded[start : end + LENGTH]
        inside = some != 0
        begins, one, two, three = ~inside[:-3], inside[1:-2], inside[2:-1], inside[3:]
        longer = np.flatnonzero(one & two & (three | begins))  # three letters, or a whole word of two letters
        single = np.flatnonzero(one & begins & ~two)
        key = some[1:-2][longer].astype(np.uint64) << np.uint64(bits)
        key |= some[2:-1][longer]
        key <<= np.uint64(bits)
        key |= some[3:][longer]
        alone = some[1:-2][single].astype(np.uint64) << np.uint64(bits * (LENGTH - 1))
        for found, places in ((key, longer), (alone, single)):
            found <<= np.uint64(row_bits)
            found |= row[start:end][places]
            yield found


def _is_new(numbers: Keys) -> npt.NDArray[np.bool_]:
    """Return which of the sorted numbers differ from the number before them."""
    new = np.ones(len(numbers), np.bool_)
    np.not_equal(numbers[1:], numbers[:-1], out=new[1:])
    return new


def _byte_after_line(text: bytes, line: int) -> int:
    """Return the index of the first byte after line number `line`. The first line has the number 1."""
    return int(np.flatnonzero(np.frombuffer(text, np.uint8) == END)[line - 1]) + 1


def _joined(blocks: Sequence[NameBlock]) -> NameBlock:
    """Return several blocks of names as one block; `blocks` must be in the order of their row numbers."""
    merged = MergedBlocks(blocks)
    return NameBlock(merged.trigrams, np.diff(merged.offsets), np.concatenate([*merged.rows(), np.empty(0, np.int32)]))


class MergedBlocks:
    """Merges blocks of names, which must be given in the order of their row numbers."""

    def __init__(self, blocks: Iterable[NameBlock]) -> None:
        self._blocks = list(blocks)
        every = np.concatenate([np.empty(0, np.int64), *(block.trigrams for block in self._blocks)])
        self.trigrams = np.unique(every)
        sizes = np.zeros(len(self.trigrams), np.int64)
        for block in self._blocks:
            sizes[np.searchsorted(self.trigrams, block.trigrams)] += block.sizes
        self.offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])

    def rows(self) -> Iterator[SomeRows]:
        """Yield the array `rows` of the merged index in consecutive parts."""
        starts = [np.concatenate([[0], np.cumsum(block.sizes)]) for block in self._blocks]
        first = 0
        tasks: list[Callable[[], SomeRows]] = []
        while first < len(self.trigrams):
            reached = np.searchsorted(self.offsets, self.offsets[first] + PAIRS_AT_ONCE, "right") - 1
            end = max(first + 1, int(reached))
            tasks.append(partial(self._slice, first, end, starts))
            first = end
        return run_in_order(tasks)

    def _slice(self, first: int, end: int, starts: Sequence[Rows]) -> SomeRows:
        """Return the rows of the trigrams number `first` to `end` - 1.

        `starts` contains, for each block, the offsets at which the rows of its trigrams begin.
        """
        free = self.offsets[first:end] - self.offsets[first]
        rows = np.empty(self.offsets[end] - self.offsets[first], np.int32)
        for block, begins in zip(self._blocks, starts, strict=True):
            low = np.searchsorted(block.trigrams, self.trigrams[first])
            high = np.searchsorted(block.trigrams, self.trigrams[end - 1], "right")
            at = np.searchsorted(self.trigrams[first:end], block.trigrams[low:high])
            sizes = block.sizes[low:high]
            source = block.rows[begins[low] : begins[high]]
            shift = free[at] - (begins[low:high] - begins[low])
            rows[np.repeat(shift, sizes) + np.arange(len(source))] = source
            free[at] += sizes
        return rows


class NameIndexWriter:
    """Collects names in a temporary file, then makes their index."""

    def __init__(self) -> None:
        files = ExitStack()
        weakref.finalize(self, files.close)
        self._names, self._rows = (files.enter_context(_temporary_file()) for _ in range(2))
        self._texts: list[tuple[int, int]] = []  # size in bytes and number of names of each added text

    def add(self, text: bytes, names: int) -> None:
        """Add the next names to the index.

        Args:
            text: the folded names in UTF-8, each followed by a line feed.
            names: number of names in the text.
        """
        with temporary_file_errors():
            self._names.write(text)
        self._texts.append((len(text), names))

    def merged(self) -> MergedBlocks:
        """Return the trigrams of all names. Their rows are not in memory, but in another temporary file."""
        found: list[tuple[Packed, Rows]] = []
        for block in run_in_order(self._tasks()):
            with temporary_file_errors():
                self._rows.write(block.rows.data)
            found.append((block.trigrams, block.sizes))
        with temporary_file_errors():
            self._rows.flush()
        ends = np.cumsum([0, *(int(sizes.sum()) for _, sizes in found)])
        rows = np.memmap(self._rows, np.int32, "r").view(np.ndarray) if ends[-1] else np.empty(0, np.int32)
        return MergedBlocks(
            NameBlock(trigrams, sizes, rows[start:end])
            for (trigrams, sizes), start, end in zip(found, ends[:-1], ends[1:], strict=True)
        )

    def _tasks(self) -> Iterator[Callable[[], NameBlock]]:
        """Read the names again, and yield one task per added text. A task returns the trigrams of its text."""
        with temporary_file_errors():
            self._names.seek(0)
        first = 0
        for size, names in self._texts:
            with temporary_file_errors():
                text = self._names.read(size)
            yield partial(name_block, text, first)
            first += names


def _temporary_file() -> BinaryIO:
    """Open a temporary file without a name."""
    with temporary_file_errors():
        return tempfile.TemporaryFile(prefix="sgp-")


def write_name_index(directory: Path, merged: MergedBlocks, places: SomeRows | None) -> None:
    """Write the arrays of a name index.

    Args:
        directory: the corpus stage.
        merged: the trigrams of all names.
        places: position of each row in the order of counts, int32 (tracks,); None if rows are in this order.
    """
    write_array(directory / TRIGRAMS, merged.trigrams)
    write_array(directory / OFFSETS, merged.offsets)
    write_rows(directory / ROWS, (int(merged.offsets[-1]),), merged.rows(), np.int32)
    if places is not None:
        write_array(directory / PLACES, places)


def places_by_count(by_count: Rows) -> SomeRows:
    """Invert an order: given the rows in order of count, return the position of each row in this order, int32."""
    places = np.empty(len(by_count), np.int32)
    places[by_count] = np.arange(len(by_count), dtype=np.int32)
    return places
