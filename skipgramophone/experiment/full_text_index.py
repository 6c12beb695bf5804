"""The name index of catalogues that earlier versions of sgp wrote: a trigram index of SQLite's full-text search (FTS5).

    names       FTS5 table with the trigrams of the folded names; the rowid of a track is its rank
    trigrams    number of names that contain each trigram

Unlike the trigrams in the module `trigrams`, these trigrams may contain spaces. Names of one or two letters have no
trigrams.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.condition import Clue, Condition, containing_each

if TYPE_CHECKING:  # the help of the commands is shown without importing numpy
    import numpy.typing as npt

KEYED = 2  # `user_version` of catalogues whose ranks are computed from count and row
LAST_ROW = (1 << 32) - 1


class Searched(Protocol):
    """Protocol: an open catalogue."""

    rank: str

    def query(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""

    def query_numbers(self, statement: str, values: Sequence[Any] = ()) -> list[int]:
        """Run a statement that selects one integer per row, and return the integers."""

    def damage(self, reason: object) -> ExperimentError:
        """Return the error to raise for a damaged file."""


class FullTextIndex:
    """The FTS5 index of a catalogue."""

    def __init__(self, catalogue: Searched) -> None:
        self._catalogue = catalogue
        if not catalogue.query("SELECT 1 FROM sqlite_schema WHERE name = 'trigrams'"):  # written by the first version
            catalogue.query("CREATE VIRTUAL TABLE temp.trigrams USING fts5vocab (main, names, row)")
        self._is_keyed = catalogue.query_numbers("PRAGMA user_version")[0] == KEYED

    @property
    def join(self) -> str:
        """SQL expression that joins the table `names`, in which a search finds names, with the table `tracks`."""
        place = f"row = names.rowid & {LAST_ROW}" if self._is_keyed else f"{self._catalogue.rank} = names.rowid"
        return f"names JOIN tracks ON tracks.{place}"

    @property
    def arrays(self) -> list[npt.NDArray[Any]]:
        """The memory-mapped arrays: none, because the index is inside the catalogue file."""
        return []

    def counts(self, trigrams: Sequence[str]) -> dict[str, int]:
        """Return how many names contain each trigram."""
        marks = ",".join("?" * len(trigrams))
        known = dict(self._frequencies(f"term IN ({marks})", trigrams))
        return {trigram: known.get(trigram, 0) for trigram in trigrams}

    def around(self, word: str) -> Clue:
        """Return a clue for a word of one or two letters: the trigrams that contain this word."""
        found = self._frequencies("instr(term, ?) > 0", (word,))
        return sum(names for _, names in found), tuple(trigram for trigram, _ in found)

    def matching(self, clues: Sequence[Clue], words: Sequence[str]) -> Condition:
        """Return a condition for tracks whose folded names contain each word, and at least one trigram of each clue."""
        matched = " AND ".join(map(_phrases, clues))
        return Condition(f"names MATCH ? AND {containing_each(words)}", [matched, *words], by_trigram=True)

    def matching_short(self, clue: Clue, words: Sequence[str]) -> Condition:
        """Return a condition for tracks whose folded names contain each word.

        The words have one or two letters, and `clue` is the result of `around` for one of them. Names of one or two
        letters have no trigram, so all these names are searched too.
        """
        rank = self._catalogue.rank
        name_rank = f"names.rowid & {LAST_ROW}" if self._is_keyed and rank == "row" else "names.rowid"
        ranks = f"SELECT {rank} FROM tracks WHERE length(name_folded) < 3"
        if clue[0]:
            ranks += f" UNION ALL SELECT {name_rank} FROM names WHERE names MATCH ?"
        values = [*([_phrases(clue)] if clue[0] else []), *words]
        return Condition(f"{rank} IN ({ranks}) AND {containing_each(words)}", values)

    def ranks(self, trigram: str, limit: int) -> list[int]:
        """Return the `limit` smallest ranks of the tracks whose folded names contain a trigram, in ascending order."""
        found = "SELECT rowid FROM names WHERE names MATCH ? LIMIT ?"
        return self._catalogue.query_numbers(found, (_phrase(trigram), limit))

    def rows(self, ranks: Sequence[int]) -> list[int]:
        """Return the rows of tracks with the given ranks.

        Raises:
            ExperimentError: a rank belongs to no track.
        """
        if self._is_keyed:
            return [rank & LAST_ROW for rank in ranks]
        marks, rank = ",".join("?" * len(ranks)), self._catalogue.rank
        found = dict(self._catalogue.query(f"SELECT {rank}, row FROM tracks WHERE {rank} IN ({marks})", ranks))
        if not found.keys() >= set(ranks):
            raise self._catalogue.damage("its name index refers to missing tracks")
        return [found[rank] for rank in ranks]

    def _frequencies(self, where: str, values: Sequence[str]) -> list[tuple[str, int]]:
        """Return the trigrams that satisfy an SQL condition, each with the number of names that contain it."""
        found = self._catalogue.query(f"SELECT term, doc FROM trigrams WHERE {where}", values)
        if not all(type(term) is str and type(names) is int for term, names in found):
            raise self._catalogue.damage("a trigram or its count has a wrong type")
        return found


def _phrases(clue: Clue) -> str:
    """Return the FTS5 query for names that contain at least one of the trigrams of a clue (see `condition.Clue`)."""
    return f"({' OR '.join(map(_phrase, clue[1]))})"


def _phrase(trigram: str) -> str:
    """Quote a trigram for an FTS5 query."""
    return '"' + trigram.replace('"', '""') + '"'
