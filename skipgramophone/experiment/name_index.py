"""The name index of a catalogue: for each trigram, the tracks whose folded names contain it.

    name_trigrams.npy   int64 (trigrams,)       the trigrams that occur, packed and sorted (see `trigrams`)
    name_offsets.npy    int64 (trigrams + 1,)   trigram i occurs in the names of rows[offsets[i]:offsets[i + 1]]
    name_rows.npy       int32 (pairs,)          rows of the catalogue, ascending for each trigram
    name_places.npy     int32 (tracks,)         position of each row in the order of counts; the file exists only if
                                                the rows of the catalogue are not in this order

A search intersects the rows of the rarest trigrams of a query. Its results must be compared with the query, because a
name may contain all trigrams of a word without containing the word itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.arrays import read_array
from skipgramophone.experiment.condition import NOTHING, Clue, Condition, containing_each
from skipgramophone.experiment.postings import sorted_unique
from skipgramophone.experiment.trigrams import LENGTH, LETTER, LETTER_BITS, pack, unpack

TRIGRAMS, OFFSETS, ROWS, PLACES = (f"name_{part}.npy" for part in ("trigrams", "offsets", "rows", "places"))
FILES = (TRIGRAMS, OFFSETS, ROWS, PLACES)
# A search tests rows in steps: number of rows in the first step, factor for each next step, and maximum per step.
FIRST_TESTED, MORE_TESTED, MOST_TESTED = 1 << 8, 4, 1 << 16
SPARSE = 16  # a binary search is faster if one array is this many times as long as the other
ROW_BITS = 32
LAST_LETTER = 0x10FFFF
Packed = npt.NDArray[np.int64]  # trigrams
SomeRows = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class TrigramIndex:
    """The memory-mapped files of a name index.

    Attributes:
        trigrams, offsets, all_rows, places: the arrays of the four files that the module docstring describes. `places`
            is None if the rows of the catalogue are in order of count.
        tracks: number of tracks in the catalogue.
        directory: the corpus stage.
    """

    trigrams: Packed
    offsets: npt.NDArray[np.int64]
    all_rows: SomeRows
    places: SomeRows | None
    tracks: int
    directory: Path

    @property
    def arrays(self) -> list[npt.NDArray[Any]]:
        """The memory-mapped arrays."""
        return [self.trigrams, self.offsets, self.all_rows, *([] if self.places is None else [self.places])]

    def counts(self, trigrams: Sequence[str]) -> dict[str, int]:
        """Return how many names contain each trigram."""
        return {trigram: len(self.names_with(trigram)) for trigram in trigrams}

    def names_with(self, trigram: str) -> SomeRows:
        """Return the rows of the tracks whose folded names contain a trigram, ascending."""
        packed = pack(trigram)
        at = int(np.searchsorted(self.trigrams, packed))
        if at == len(self.trigrams) or self.trigrams[at] != packed:
            return self.all_rows[:0]
        return self.all_rows[self.offsets[at] : self.offsets[at + 1]]

    def around(self, word: str) -> Clue:
        """Return a clue for a word of one or two letters: the trigrams that contain this word."""
        found = np.flatnonzero(_contain(self.trigrams, word))
        if not _are_valid(self.trigrams[found]):
            raise self._damage(TRIGRAMS, "no such letter")
        names = int((self.offsets[found + 1] - self.offsets[found]).sum())
        return names, tuple(map(unpack, self.trigrams[found].tolist()))

    def matching(self, clues: Sequence[Clue], words: Sequence[str]) -> Condition:
        """Return a condition for tracks whose folded names contain each word, and at least one trigram of each clue."""
        if not all(trigrams for _, trigrams in clues):
            return NOTHING
        return Condition(containing_each(words), words, among=_Candidates(self, tuple(clues)))

    def matching_short(self, clue: Clue, words: Sequence[str]) -> Condition:
        """Return a condition for tracks whose folded names contain each word.

        The words have one or two letters, and `clue` is the result of `around` for one of them.
        """
        return self.matching([clue], words)

    def ranks(self, trigram: str, limit: int) -> list[int]:
        """Return the `limit` smallest ranks of the tracks whose folded names contain a trigram, in ascending order."""
        rows = self.names_with(trigram)
        if self.places is None:
            return [int(row) for row in rows[:limit].tolist()]
        ranks = self.places[self.existing(rows)].astype(np.int64) << ROW_BITS | rows
        first: list[int] = np.sort(np.partition(ranks, limit - 1)[:limit] if len(ranks) > limit else ranks).tolist()
        return first

    def rows(self, ranks: Sequence[int]) -> list[int]:
        """Return the rows of tracks with the given ranks."""
        return [rank & (1 << ROW_BITS) - 1 for rank in ranks]

    def of_clue(self, clue: Clue) -> SomeRows:
        """Return the rows of the tracks whose folded names contain at least one trigram of a clue, ascending."""
        found = [self.names_with(trigram) for trigram in clue[1]]
        return found[0] if len(found) == 1 else sorted_unique(np.concatenate(found))

    def existing(self, rows: SomeRows) -> SomeRows:
        """Return the given rows if all of them exist in the catalogue.

        Raises:
            ExperimentError: a row does not exist.
        """
        if len(rows) and not 0 <= rows.min() <= rows.max() < self.tracks:
            raise self._damage(ROWS, "unknown track")
        return rows

    def _damage(self, name: str, reason: str) -> ExperimentError:
        """Return the error to raise for a damaged file."""
        return ExperimentError(f"{self.directory / name} is damaged: {reason}; run sgp extract again with --force")


@dataclass(frozen=True, slots=True)
class _Candidates:
    """The tracks whose folded names contain at least one trigram of each clue.

    An iteration yields arrays of rows, int32, with the rows of the most frequent tracks first.
    """

    index: TrigramIndex
    clues: tuple[Clue, ...]

    def __iter__(self) -> Iterator[SomeRows]:
        rarest, *others = sorted(map(self.index.of_clue, self.clues), key=len)
        if self.index.places is None:
            for some in _slices(rarest):
                yield _in_all(self.index.existing(some), others)
        else:
            rows = _in_all(self.index.existing(rarest), others)
            yield from _slices(rows[np.argsort(self.index.places[rows])])


def _contain(packed: Packed, word: str) -> npt.NDArray[np.bool_]:
    """Return which of the given trigrams contain a word of one or two letters."""
    bits = LETTER_BITS * len(word)
    letters = pack(word) >> LETTER_BITS * (LENGTH - len(word))
    found = np.zeros(len(packed), np.bool_)
    for place in range(LENGTH - len(word) + 1):
        found |= (packed >> LETTER_BITS * place) & ((1 << bits) - 1) == letters
    return found


def _are_valid(packed: Packed) -> bool:
    """Whether each of the packed numbers unpacks to three valid Unicode code points."""
    letters = (packed >> LETTER_BITS * place & LETTER for place in range(LENGTH))
    return all(bool(np.all(codes <= LAST_LETTER)) for codes in letters) and bool(np.all(packed >= 0))


def _slices(rows: SomeRows) -> Iterator[SomeRows]:
    """Yield longer and longer slices of an array.

    The first slices are short, because a search often needs only the first tracks.
    """
    start, length = 0, FIRST_TESTED
    while start < len(rows):
        yield rows[start : start + length]
        start, length = start + length, min(length * MORE_TESTED, MOST_TESTED)


def _in_all(rows: SomeRows, others: Sequence[SomeRows]) -> SomeRows:
    """Return those of `rows` that are in every array of `others`. All arrays are in ascending order."""
    for other in others:
        if not len(rows):
            break
        lowest, highest = int(rows.min()), int(rows.max())
        near = other[np.searchsorted(other, np.int32(lowest)) : np.searchsorted(other, np.int32(highest), "right")]
        if len(near) > SPARSE * len(rows):
            at = np.minimum(np.searchsorted(near, rows), len(near) - 1)
            rows = rows[near[at] == rows]
        else:
            there = np.zeros(highest - lowest + 1, np.bool_)
            there[np.clip(near, lowest, highest) - lowest] = True  # clipping has an effect only if the file is damaged
            rows = rows[there[rows - lowest]]
    return rows


def read_name_index(directory: Path, tracks: int, in_order: bool) -> TrigramIndex:
    """Memory-map the name index of a corpus stage.

    Args:
        directory: the corpus stage.
        tracks: number of tracks in the catalogue.
        in_order: whether the rows of the catalogue are in order of count.

    Raises:
        ExperimentError: a file is damaged, or does not match the catalogue.
        StorageError: a file cannot be read.
    """
    trigrams, offsets = (read_array(directory / name, np.int64, 1) for name in (TRIGRAMS, OFFSETS))
    rows = read_array(directory / ROWS, np.int32, 1)
    places = None if in_order else read_array(directory / PLACES, np.int32, 1)
    ends_fit = len(offsets) == len(trigrams) + 1 and offsets[0] == 0 and offsets[-1] == len(rows)
    sorted_well = ends_fit and np.all(offsets[:-1] < offsets[1:]) and np.all(trigrams[:-1] < trigrams[1:])
    if not sorted_well or (places is not None and len(places) != tracks):
        raise ExperimentError(
            f"the name index in {directory} is damaged: its files do not match; run sgp extract again with --force"
        )
    return TrigramIndex(trigrams, offsets, rows, places, tracks=tracks, directory=directory)
