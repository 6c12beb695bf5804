"""The track catalogue: names and row numbers, in a SQLite file with a trigram index for name search.

    tracks      row, artist, title, uri, count, first_place, and the folded name and title for look-up
    spellings   other spellings of a track: row, artist, title, count
    uris        other uris of a track, where uris were merged: uri, row
    names       FTS5 trigram index over the folded names (detail=none: small; matches are verified in the name)
    trigrams    how many names contain each trigram; also used for queries of one or two letters

Row i is row i of every matrix and item i of the index. Rows are sorted by count, most frequent first, until a corpus
grows. After that, rows keep their numbers, and `tracks` has a column `rank`, the place of each track by count, which is
also the rowid of `names`. The file is opened read-only and is never changed in place.
"""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from skipgramophone.errors import ExperimentError, SgpError, StorageError, reason_of, storage_errors
from skipgramophone.experiment.sqlite_fts import require_full_text, sqlite3
from skipgramophone.names.normalization import SEPARATOR, fold_name, full_name
from skipgramophone.utf8 import is_utf8, replace_surrogates

FILE = "tracks.sqlite"
MOST_COUNTED = 1000  # matches of a query; beyond that only "more than 1,000" is reported
BATCH = 10_000  # rows
PROGRESS_STEPS = 1000  # of SQLite's virtual machine between two checks of the time limit
LAST = "\U0010ffff"  # sorts after every letter
BY_URI = "tracks.uri = ? OR tracks.row IN (SELECT uris.row FROM uris WHERE uris.uri = ?)"
FIELDS = "tracks.row, artist, title, uri, count, first_place"
PRIMARY_CODE = 0xFF  # bits of an error code of SQLite that give the kind of error
NOT_READ = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_FULL,  # of temporary files
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
}
TRACK_TYPES = {(int, str, str, uri, int, int) for uri in (str, type(None))}
SpellingFields = tuple[int, str, str, int]  # row, artist, title, count
UriFields = tuple[str, int]  # uri, row


@dataclass(frozen=True, slots=True)
class Track:
    """A row of the catalogue."""

    row: int
    artist: str
    title: str
    uri: str | None
    count: int
    first_place: int  # place of the first occurrence in the dump, counted from 1 over the rows that were used

    @property
    def name(self) -> str:
        """ "artist - title", or the one of them that is known."""
        return full_name(self.artist, self.title)

    @property
    def position(self) -> int:
        """Row counted from 1, as the original script printed it: the rank by count, until the corpus grows."""
        return self.row + 1


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on tracks: SQL text, its values, and whether it searches the trigram index `names`."""

    where: str
    values: Sequence[Any]
    by_trigram: bool = False


class Catalogue:
    """The tracks of a corpus, by row number, uri or condition; read-only.

    Attributes:
        rank: the column that sorts tracks by count.
    """

    def __init__(self, directory: Path) -> None:
        """Open the catalogue of a corpus stage.

        Raises:
            ExperimentError: the file is not a catalogue.
            StorageError: the file is missing or cannot be read.
        """
        self._path = directory / FILE
        with storage_errors(self._path, "read"):
            self._path.open("rb").close()  # SQLite does not say why it cannot open a file
        place = f"file:{quote(os.fsencode(self._path.resolve()))}?mode=ro&immutable=1"
        try:
            self._database = sqlite3.connect(place, uri=True, check_same_thread=False)
        except sqlite3.Error as error:
            raise self._failure(error) from error
        # The file is also closed when a check below fails, or when a notebook drops the object without closing it.
        self.close = weakref.finalize(self, self._database.close)
        self.query("PRAGMA trusted_schema = OFF")
        there = {name for (name,) in self.query("SELECT name FROM sqlite_schema WHERE name IN ('trigrams', 'uris')")}
        require_full_text(self._database)
        if "trigrams" not in there:  # written by the first version
            self.query("CREATE VIRTUAL TABLE temp.trigrams USING fts5vocab (main, names, row)")
        if "uris" not in there:  # written by a version that did not keep them
            self.query("CREATE TEMP TABLE uris (uri TEXT, row INTEGER)")
        self.rank = "rank" if self.query("SELECT 1 FROM pragma_table_info('tracks') WHERE name = 'rank'") else "row"
        # Rows are numbered from 0 without a gap, so the largest gives the number of tracks without counting.
        self._length = self.query_numbers("SELECT coalesce(max(row), -1) + 1 FROM tracks")[0]

    def __len__(self) -> int:
        return self._length

    def track(self, row: int) -> Track:
        """Return the track of a row."""
        return self.tracks([row])[0]

    def tracks(self, rows: Sequence[int]) -> list[Track]:
        """Return the tracks of some rows, in the given order.

        Raises:
            ExperimentError: a row is not in the catalogue.
        """
        found: dict[int, Track] = {}
        for start in range(0, len(rows), 500):
            some = [int(row) for row in rows[start : start + 500]]
            marks = ",".join("?" * len(some))
            found.update((track.row, track) for track in self.matching(Condition(f"row IN ({marks})", some)))
        missing = [row for row in rows if int(row) not in found]
        if missing:
            raise ExperimentError(
                f"{self._path} has no row {missing[0]} among its {len(self):,} tracks; extract again with --force"
            )
        return [found[int(row)] for row in rows]

    def all_tracks(self) -> Iterator[Track]:
        """Yield every track in row order."""
        for start in range(0, len(self), 10_000):
            some = self.matching(Condition("row >= ? AND row < ?", (start, start + 10_000)))
            yield from sorted(some, key=lambda track: track.row)

    def by_count(self, limit: int = -1) -> list[int]:
        """Return the rows of the most frequent tracks, most frequent first, at most `limit` (-1: all)."""
        return self.query_numbers(f"SELECT row FROM tracks ORDER BY {self.rank} LIMIT {limit}")

    def names(self) -> list[tuple[str, str, str | None]]:
        """Return artist, title and uri of every track, in row order."""
        return self.query("SELECT artist, title, uri FROM tracks ORDER BY row")

    def name_batches(self) -> Iterator[list[tuple[str, str, str | None]]]:
        """Yield what `names` returns in batches, because millions of tuples at once are slow."""
        try:
            rows = self._database.execute("SELECT artist, title, uri FROM tracks ORDER BY row")
            while some := rows.fetchmany(BATCH):
                yield some
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise self._failure(error) from error

    def counts(self) -> list[int]:
        """Return the occurrences of each track, in row order."""
        counts = self.query_numbers("SELECT count FROM tracks ORDER BY row")
        if min(counts, default=0) < 0:
            raise self.damage("a count is below 0")
        return counts

    def first_places(self) -> list[int]:
        """Return the place of each track's first occurrence in the dump, in row order."""
        return self.query_numbers("SELECT first_place FROM tracks ORDER BY row")

    def by_uri(self, uri: str) -> list[Track]:
        """Return the tracks with this uri, most frequent first."""
        return self.matching(Condition(BY_URI, (uri, uri))) if is_utf8(uri) else []

    def of_artist(self, artist: str) -> list[Track]:
        """Return the tracks of an artist, ignoring case and accents, most frequent first."""
        folded = fold_name(artist)
        if not folded:
            return []
        begins = folded + SEPARATOR
        named = Condition("name_folded >= ? AND name_folded < ? OR name_folded = ?", (begins, begins + LAST, folded))
        return [track for track in self.matching(named) if fold_name(track.artist) == folded]

    def spellings(self, row: int) -> list[tuple[str, str, int]]:
        """Return the other spellings of a track: artist, title, count."""
        return self.query("SELECT artist, title, count FROM spellings WHERE row = ? ORDER BY count DESC, title", (row,))

    def all_uris(self) -> list[UriFields]:
        """Return every other uri of a track: uri, row."""
        return self.query("SELECT uri, row FROM uris ORDER BY uri, row")

    def all_spellings(self) -> list[SpellingFields]:
        """Return the other spellings of all tracks: row, artist, title, count; in row order."""
        return self.query("SELECT row, artist, title, count FROM spellings ORDER BY row, rowid")

    def require_sound(self) -> None:
        """Read the whole file and verify that it is a complete catalogue and nothing else.

        Raises:
            ExperimentError: a page, an index or a row is damaged, rows are not numbered from 0 without a gap, or the
                file contains triggers or views.
        """
        if (problems := self.query("PRAGMA integrity_check(1)")) != [("ok",)]:
            raise self.damage(problems[0][0])
        if strange := self.query("SELECT name FROM sqlite_schema WHERE type IN ('trigger', 'view')"):
            raise self.damage(f"unexpected trigger or view {strange[0][0]!r}")
        if (rows := self.query("SELECT count(*), coalesce(min(row), 0) FROM tracks")) != [(len(self), 0)]:
            raise self.damage(f"it has {rows[0][0]} rows but numbers them up to {len(self) - 1}")
        for _ in self.all_tracks():
            pass  # this checks the types of each row
        ranks = self.query(f"SELECT min({self.rank}), max({self.rank}), count(DISTINCT {self.rank}) FROM tracks")
        if len(self) and ranks != [(0, len(self) - 1, len(self))]:
            raise self.damage("its ranks are not a permutation of its rows")
        before = f"SELECT count > lag(count) OVER (ORDER BY {self.rank}) AS rises FROM tracks"
        if self.query(f"SELECT 1 FROM ({before}) WHERE rises LIMIT 1"):
            raise self.damage("its tracks are not sorted by count")

    def matching(self, condition: Condition, limit: int = -1) -> list[Track]:
        """Return the tracks that fulfil a condition, most frequent first, at most `limit` (-1: all)."""
        statement = f"{self._select(FIELDS, condition)} ORDER BY {self._order(condition)} LIMIT {limit}"
        return list(map(self._track, self.query(statement, condition.values)))

    def each_matching(self, condition: Condition) -> Iterator[Track]:
        """Yield the tracks that fulfil a condition one by one, most frequent first; for use in a `time_limit` block."""
        statement = f"{self._select(FIELDS, condition)} ORDER BY {self._order(condition)}"
        return map(self._track, self._database.execute(statement, _bindable(condition.values)))

    def count_matching(self, condition: Condition) -> int:
        """Return how many tracks fulfil a condition, or `MOST_COUNTED` + 1 if there are more."""
        some = f"{self._select('1', condition)} LIMIT {MOST_COUNTED + 1}"
        return self.query_numbers(f"SELECT count(*) FROM ({some})", condition.values)[0]

    @contextmanager
    def time_limit(self, seconds: float) -> Iterator[None]:
        """Leave the block when a query inside it is still running after some seconds."""
        end = time.monotonic() + seconds
        self._database.set_progress_handler(lambda: time.monotonic() > end, PROGRESS_STEPS)
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:
            if not _is_interrupt(error):
                raise self._failure(error) from error
        finally:
            self._database.set_progress_handler(None, 0)

    def query(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows.

        Raises:
            ExperimentError: the file is damaged.
        """
        try:
            return self._database.execute(statement, _bindable(values)).fetchall()
        except (sqlite3.Error, UnicodeDecodeError) as error:  # SQLite may quote a damaged schema, which is not UTF-8
            if _is_interrupt(error):
                raise
            raise self._failure(error) from error

    def query_numbers(self, statement: str, values: Sequence[Any] = ()) -> list[int]:
        """Run a statement that selects one integer per row."""
        found = [row[0] for row in self.query(statement, values)]
        if not all(type(number) is int for number in found):
            raise self.damage("a number has a wrong type")
        return found

    def damage(self, reason: object) -> ExperimentError:
        """Return the error for a damaged file."""
        line = " ".join(str(reason).split())  # SQLite quotes a schema with its line ends
        return ExperimentError(f"{self._path} is damaged: {line}; run sgp extract again with --force")

    def _failure(self, error: Exception) -> SgpError:
        """Return the error for an exception of SQLite: damage, unless the system is to blame."""
        if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & PRIMARY_CODE in NOT_READ:
            return StorageError(f"cannot read {self._path}: {reason_of(error)}")
        return self.damage(error)

    def _track(self, row: tuple[Any, ...]) -> Track:
        """Return the track of a result row, after checking the types."""
        if tuple(map(type, row)) not in TRACK_TYPES:
            raise self.damage(f"row {row[0]!r} has a wrong type")
        return Track(*row)

    def _select(self, fields: str, condition: Condition) -> str:
        """Return the statement that selects fields of the tracks that fulfil a condition."""
        tables = f"names JOIN tracks ON tracks.{self.rank} = names.rowid" if condition.by_trigram else "tracks"
        return f"SELECT {fields} FROM {tables} WHERE {condition.where}"

    def _order(self, condition: Condition) -> str:
        """Return the column to sort by count. FTS5 returns rows sorted by rowid, so a `LIMIT` can stop it early."""
        return "names.rowid" if condition.by_trigram else f"tracks.{self.rank}"


def _bindable(values: Sequence[Any]) -> list[Any]:
    """Return values that SQLite can bind: it has no encoding for a lone surrogate, which no name contains."""
    return [replace_surrogates(value) if isinstance(value, str) else value for value in values]


def _is_interrupt(error: Exception) -> bool:
    """Whether SQLite stopped at the time limit."""
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT
