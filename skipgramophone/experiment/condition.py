"""Conditions on the tracks of a catalogue, and the protocol of name indexes, which make such conditions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:  # the help of the commands is shown without importing numpy
    import numpy as np
    import numpy.typing as npt

Value = TypeVar("Value")
VALUES_AT_ONCE = 500  # maximum number of values in one SQL statement; SQLite limits it
# First item: an upper bound of the number of names that contain at least one of some trigrams. Second: these trigrams.
Clue = tuple[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on tracks.

    Attributes:
        where: an SQL expression.
        values: the parameters of the expression.
        by_trigram: whether the expression searches the table `names`, which only earlier versions of sgp wrote (see
            `full_text_index`).
        among: the tracks to test, as consecutive parts of an array of rows, int32, most frequent track first; None for
            all tracks.
    """

    where: str
    values: Sequence[Any]
    by_trigram: bool = False
    among: Iterable[npt.NDArray[np.int32]] | None = None


NOTHING = Condition("0", ())


def containing_each(words: Sequence[str]) -> str:
    """Return an SQL expression for tracks whose folded name contains each word; the words are its parameters."""
    return " AND ".join(["instr(tracks.name_folded, ?) > 0"] * len(words))


class NameIndex(Protocol):
    """Protocol: finds tracks by the trigrams of their names.

    Ranks are integers that sort the tracks: the most frequent track has the smallest rank. The row of a track can be
    computed from its rank.
    """

    @property
    def arrays(self) -> list[npt.NDArray[Any]]:
        """The memory-mapped arrays."""

    def counts(self, trigrams: Sequence[str]) -> dict[str, int]:
        """Return how many names contain each trigram."""

    def around(self, word: str) -> Clue:
        """Return a clue for a word of one or two letters: the trigrams that contain this word."""

    def matching(self, clues: Sequence[Clue], words: Sequence[str]) -> Condition:
        """Return a condition for tracks whose folded names contain each word, and at least one trigram of each clue."""

    def matching_short(self, clue: Clue, words: Sequence[str]) -> Condition:
        """Return a condition for tracks whose folded names contain each word.

        The words have one or two letters, and `clue` is the result of `around` for one of them.
        """

    def ranks(self, trigram: str, limit: int) -> list[int]:
        """Return the `limit` smallest ranks of the tracks whose folded names contain a trigram, in ascending order."""

    def rows(self, ranks: Sequence[int]) -> list[int]:
        """Return the rows of tracks with the given ranks."""


def marks(values: Sized) -> str:
    """Return one SQL parameter mark per value, separated by commas, as in "row IN (?, ?)"."""
    return ", ".join("?" * len(values))


def in_parts(values: Collection[Value]) -> Iterator[list[Value]]:
    """Yield the values in parts that are small enough for one SQL statement."""
    listed = list(values)
    for start in range(0, len(listed), VALUES_AT_ONCE):
        yield listed[start : start + VALUES_AT_ONCE]
