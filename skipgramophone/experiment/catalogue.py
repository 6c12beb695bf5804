"""Read the track catalogue: an SQLite file with the names of the tracks, and an index for name search.

    tracks      row, artist, title, uri, count, first_place, name_folded and title_folded (see `fold_name`); if the
                sources contain them: location (of the audio file), seconds (duration), album and album_folded
    spellings   other spellings of a track: row, artist, title, count
    uris        other uris of a track, if uris were merged: uri, row
    identifiers ISRCs and other identifiers of a track; in a separate file, see `identifiers`

The index of names consists of arrays beside this file; earlier versions wrote it into this file (`full_text_index`).

Row i is row i of every matrix and item i of the index. In a new corpus, rows are sorted by count, most frequent first.
When a corpus grows, existing rows keep their numbers. The computed column `rank` sorts tracks by count:

    rank = (LARGEST_COUNT - count) * 2^32 + row

Because a rank also contains the row, all ranks differ. A new track does not change the ranks of other tracks. In
catalogues of earlier versions, the rank of a track is its position in the order of counts, starting at 0. If such a
corpus has not grown, this rank equals the row. If it has grown, the rank is stored in a column. The file is opened
read-only and is never changed in place.
"""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from skipgramophone.errors import ClosedLookupError, ExperimentError, SgpError, StorageError, reason_of, storage_errors
from skipgramophone.experiment.condition import Condition, NameIndex, in_parts, marks
from skipgramophone.experiment.file_names import IDENTIFIERS as IDENTIFIERS_FILE
from skipgramophone.experiment.full_text_index import KEYED, FullTextIndex
from skipgramophone.experiment.sqlite_fts import bindable, require_full_text, sqlite3
from skipgramophone.names.identifiers import SEPARATOR as BETWEEN_IDENTIFIERS
from skipgramophone.names.normalization import SEPARATOR, fold_name, full_name
from skipgramophone.utf8 import is_utf8

FILE = "tracks.sqlite"
INDEXED = 3  # `user_version` of a catalogue whose name index consists of arrays; earlier catalogues have 0 or `KEYED`
BY_COUNT = "by_count"  # name of the index on `rank`; there is such an index only if rows are not in order of count
LARGEST_COUNT = (1 << 31) - 1
ROW_BITS = 32
MOST_COUNTED = 1000  # if a query has more matches, messages say "more than 1,000"
BATCH = 10_000  # number of rows that are fetched together
PROGRESS_STEPS = 1000  # instructions of SQLite's virtual machine between two checks of the time limit
LAST = "\U0010ffff"  # the last code point, which sorts after every other character
BY_URI = (
    "tracks.uri = ? OR tracks.row IN (SELECT uris.row FROM uris WHERE uris.uri = ?)"
    " OR tracks.row IN (SELECT identifiers.row FROM identifiers WHERE identifier = ?)"
)
OF_TRACK = (
    f"(SELECT group_concat(identifier, char({ord(BETWEEN_IDENTIFIERS)})) FROM identifiers"
    " WHERE identifiers.row = tracks.row)"
)
FACTS = ("location", "seconds", "album")  # columns that exist only if the sources contain such values
FIELDS = "tracks.row, artist, title, uri, count, first_place, "
PRIMARY_CODE = 0xFF  # mask for the primary result code in an extended error code of SQLite
NOT_READ = {  # errors that are caused by the system, not by a damaged file
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_FULL,  # no space for temporary files
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
}
TEXT_OR_NONE = (str, type(None))
NUMBER_OR_NONE = (int, type(None))
TRACK_TYPES = {
    (int, str, str, uri, int, int, location, seconds, album, identifiers)
    for uri in TEXT_OR_NONE
    for location in TEXT_OR_NONE
    for seconds in NUMBER_OR_NONE
    for album in TEXT_OR_NONE
    for identifiers in TEXT_OR_NONE
}
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
    first_place: int  # input row of its first occurrence, counted from 1; rows that name no track are not counted
    location: str | None = None  # path of the audio file: absolute, or relative to the source's directory
    seconds: int | None = None  # duration
    album: str | None = None
    identifiers: tuple[str, ...] = ()  # such as "isrc:USUM71703861"; `uri` is not included

    @property
    def name(self) -> str:
        """The full name: "artist - title", or only the part that is known."""
        return full_name(self.artist, self.title)

    @property
    def position(self) -> int:
        """The row number, counted from 1. Until the corpus grows, it is also the rank by count."""
        return self.row + 1


class Catalogue:
    """Read-only access to the tracks of a corpus, by row number, uri or condition.

    Attributes:
        can_grow: whether tracks can be added without writing the whole catalogue again.
        rank: the column that sorts tracks by count.
        facts: names of the optional columns (see `FACTS`) that the catalogue has.
        has_identifiers: whether the sources contain identifiers of tracks.
    """

    def __init__(self, directory: Path) -> None:
        """Open the catalogue of a corpus stage.

        Raises:
            ExperimentError: the file is not a catalogue.
            StorageError: the file is missing or cannot be read.
        """
        self._path = directory / FILE
        with storage_errors(self._path, "read"):
            self._path.open("rb").close()  # Python's error contains the reason of a failure; SQLite's error does not
        place = f"file:{quote(os.fsencode(self._path.resolve()))}?mode=ro&immutable=1"
        try:
            self._database = sqlite3.connect(place, uri=True, check_same_thread=False)
        except sqlite3.Error as error:
            raise self._failure(error) from error
        # The file is also closed if a check below fails, or if the object is deleted without closing it.
        self.close = weakref.finalize(self, self._database.close)
        self.query("PRAGMA trusted_schema = OFF")
        there = {name for (name,) in self.query("SELECT name FROM sqlite_schema")}
        if "uris" not in there:  # written by a version that did not store other uris
            self.query("CREATE TEMP TABLE uris (uri TEXT, row INTEGER)")
        self.has_identifiers = self._attach_identifiers(directory / IDENTIFIERS_FILE)
        columns = {name for (name,) in self.query("SELECT name FROM pragma_table_info('tracks')")}
        version = self.query_numbers("PRAGMA user_version")[0]
        self.rank = "rank" if "rank" in columns or BY_COUNT in there else "row"
        self.facts = tuple(name for name in FACTS if name in columns)
        self._fields = FIELDS + ", ".join(name if name in columns else "NULL" for name in FACTS)
        self._fields += f", {OF_TRACK if self.has_identifiers else 'NULL'}"
        # Rows are numbered from 0 without gaps, so max(row) + 1 is the number of tracks. This is faster than count(*).
        self._length = self.query_numbers("SELECT coalesce(max(row), -1) + 1 FROM tracks")[0]
        self.can_grow = version == INDEXED
        self._has_computed_ranks = version in (INDEXED, KEYED)
        self._directory, self._is_in_order = directory, BY_COUNT not in there

    def _attach_identifiers(self, path: Path) -> bool:
        """Open the file with the identifiers. If there is none, make an empty table in memory and return False."""
        if not path.exists():
            self.query("CREATE TEMP TABLE identifiers (row INTEGER, identifier TEXT)")
            return False
        self.query("ATTACH ? AS other", [f"file:{quote(os.fsencode(path.resolve()))}?mode=ro&immutable=1"])
        return True

    @cached_property
    def name_index(self) -> NameIndex:
        """The index of the trigrams of names. Earlier versions of `sgp` wrote this index into the catalogue file."""
        if self.can_grow:
            from skipgramophone.experiment.name_index import read_name_index  # imports numpy

            return read_name_index(self._directory, len(self), self._is_in_order)
        require_full_text(self._database)
        return FullTextIndex(self)

    @property
    def has_open_name_index(self) -> bool:
        """Whether this object has already opened the name index, or the index is part of the catalogue file."""
        return "name_index" in vars(self) or not self.can_grow

    def __len__(self) -> int:
        return self._length

    @cached_property
    def has_uris(self) -> bool:
        """Whether any track has a uri."""
        anywhere = ("SELECT 1 FROM tracks WHERE uri IS NOT NULL", "SELECT 1 FROM uris")
        return any(self.query(f"{where} LIMIT 1") for where in anywhere)

    def track(self, row: int) -> Track:
        """Return the track with this row number."""
        return self.tracks([row])[0]

    def tracks(self, rows: Sequence[int]) -> list[Track]:
        """Return the tracks with these row numbers, in the given order.

        Raises:
            ExperimentError: a row is not in the catalogue.
        """
        found: dict[int, Track] = {}
        for some in in_parts([int(row) for row in rows]):
            found.update((track.row, track) for track in self.matching(Condition(f"row IN ({marks(some)})", some)))
        missing = [row for row in rows if int(row) not in found]
        if missing:
            raise ExperimentError(f"{self._path} has no row {missing[0]} (it has {len(self):,} tracks): run sgp check")
        return [found[int(row)] for row in rows]

    def all_tracks(self) -> Iterator[Track]:
        """Yield every track in row order."""
        for start in range(0, len(self), 10_000):
            some = self.matching(Condition("row >= ? AND row < ?", (start, start + 10_000)))
            yield from sorted(some, key=lambda track: track.row)

    def by_count(self, limit: int = -1) -> list[int]:
        """Return the row numbers of the `limit` (-1: all) most frequent tracks, most frequent first."""
        return self.query_numbers(f"SELECT row FROM tracks ORDER BY {self.rank} LIMIT {limit}")

    def names(self) -> list[tuple[str, str, str | None]]:
        """Return artist, title and uri of every track, in row order."""
        return self.query("SELECT artist, title, uri FROM tracks ORDER BY row")

    def stated(self, fact: str) -> list[tuple[str | int | None]]:
        """Return an optional column (see `FACTS`), such as the durations of all tracks, in row order."""
        return self.query(f"SELECT {fact} FROM tracks ORDER BY row")

    def batches(self, columns: str) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the given columns of all tracks in row order, in batches, because huge lists of tuples are slow."""
        try:
            rows = self._database.execute(f"SELECT {columns} FROM tracks ORDER BY row")
            while some := rows.fetchmany(BATCH):
                yield some
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise self._failure(error) from error

    def counts(self) -> list[int]:
        """Return the occurrences of each track, in row order."""
        counts = self.query_numbers("SELECT count FROM tracks ORDER BY row")
        if min(counts, default=0) < 0 or len(counts) != len(self):
            raise self.damage("a count is below 0, or a track is missing")
        return counts

    def first_places(self) -> list[int]:
        """Return the column `first_place` (see `Track`) of all tracks, in row order."""
        return self.query_numbers("SELECT first_place FROM tracks ORDER BY row")

    def by_uri(self, uri: str) -> list[Track]:
        """Return the tracks with this uri or identifier, most frequent first."""
        return self.matching(Condition(BY_URI, (uri, uri, uri))) if is_utf8(uri) else []

    def of_artist(self, artist: str) -> list[Track]:
        """Return the tracks of an artist, ignoring case and accents, most frequent first."""
        folded = fold_name(artist)
        if not folded:
            return []
        begins = folded + SEPARATOR
        named = Condition("name_folded >= ? AND name_folded < ? OR name_folded = ?", (begins, begins + LAST, folded))
        return [track for track in self.matching(named) if fold_name(track.artist) == folded]

    def spellings(self, row: int) -> list[tuple[str, str, int]]:
        """Return the other spellings of the track `row`: artist, title and count of each."""
        return self.query("SELECT artist, title, count FROM spellings WHERE row = ? ORDER BY count DESC, title", (row,))

    def all_uris(self) -> list[UriFields]:
        """Return the other uris of all tracks: uri and row of each."""
        return self.query("SELECT uri, row FROM uris ORDER BY uri, row")

    def identifiers(self) -> list[tuple[str | None]]:
        """Return the identifiers of every track in row order; those of one track are joined into one text."""
        return self.query(f"SELECT {OF_TRACK} FROM tracks ORDER BY row")

    def all_spellings(self) -> list[SpellingFields]:
        """Return the other spellings of all tracks, in row order: row, artist, title and count of each."""
        return self.query("SELECT row, artist, title, count FROM spellings ORDER BY row, rowid")

    def require_sound(self) -> None:
        """Read the whole file, and verify that it is a complete catalogue and contains nothing else.

        Raises:
            ExperimentError: a page, an index or a row is damaged, the row numbers have gaps or do not start at 0, or
                the file contains triggers or views.
        """
        if (problems := self.query("PRAGMA integrity_check(1)")) != [("ok",)]:
            raise self.damage(problems[0][0])
        for schema in ("main", *(["other"] if self.has_identifiers else [])):
            if strange := self.query(f"SELECT name FROM {schema}.sqlite_schema WHERE type IN ('trigger', 'view')"):
                raise self.damage(f"unexpected trigger or view {strange[0][0]!r}")
        beyond = "SELECT 1 FROM identifiers WHERE row < 0 OR row >= ? OR typeof(identifier) != 'text' LIMIT 1"
        if self.query(beyond, [len(self)]):
            raise self.damage(f"{IDENTIFIERS_FILE} refers to a missing track, or has an identifier that is not text")
        if (rows := self.query("SELECT count(*), coalesce(min(row), 0) FROM tracks")) != [(len(self), 0)]:
            raise self.damage(f"it has {rows[0][0]} rows, but the largest row number is {len(self) - 1}")
        for _ in self.all_tracks():
            pass  # reading a row validates its types
        ranks = self.query(f"SELECT min({self.rank}), max({self.rank}), count(DISTINCT {self.rank}) FROM tracks")
        if len(self) and not self._has_computed_ranks and ranks != [(0, len(self) - 1, len(self))]:
            raise self.damage("its ranks are not a permutation of its rows")
        before = f"SELECT count > lag(count) OVER (ORDER BY {self.rank}) AS rises FROM tracks"
        if self.query(f"SELECT 1 FROM ({before}) WHERE rises LIMIT 1"):
            raise self.damage("its tracks are not sorted by count")

    def matching(self, condition: Condition, limit: int = -1) -> list[Track]:
        """Return up to `limit` (-1: all) tracks that fulfil a condition, most frequent first."""
        found: list[Track] = []
        for statement, values in self._statements(self._fields, condition):
            rest = limit - len(found) if limit > 0 else limit
            found += map(self._track, self.query(f"{statement} LIMIT {rest}", values))
            if len(found) == limit:
                break
        return found

    def each_matching(self, condition: Condition) -> Iterator[Track]:
        """Yield tracks that fulfil a condition, most frequent first. Call it in `time_limit`, which handles errors."""
        for statement, values in self._statements(self._fields, condition):
            yield from map(self._track, self._database.execute(statement, bindable(values)))

    def count_matching(self, condition: Condition) -> int:
        """Return how many tracks fulfil a condition, or `MOST_COUNTED` + 1 if there are more."""
        found = 0
        for statement, values in self._statements("1", condition):
            some = f"{statement} LIMIT {MOST_COUNTED + 1 - found}"
            found += self.query_numbers(f"SELECT count(*) FROM ({some})", values)[0]
            if found > MOST_COUNTED:
                break
        return found

    @contextmanager
    def time_limit(self, seconds: float) -> Iterator[None]:
        """Stop a query in the `with` block if it runs longer than `seconds`; the block then ends without an error."""
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
            return self._database.execute(statement, bindable(values)).fetchall()
        except (sqlite3.Error, UnicodeDecodeError) as error:  # SQLite may quote invalid UTF-8 of a damaged schema
            if _is_interrupt(error):
                raise
            raise self._failure(error) from error

    def query_numbers(self, statement: str, values: Sequence[Any] = ()) -> list[int]:
        """Run a statement that selects one integer per row, and return the integers."""
        found = [row[0] for row in self.query(statement, values)]
        if not all(type(number) is int for number in found):
            raise self.damage("a number has a wrong type")
        return found

    def damage(self, reason: object) -> ExperimentError:
        """Return the error to raise for a damaged file."""
        line = " ".join(str(reason).split())  # a message of SQLite may have several lines
        return ExperimentError(f"{self._path} is damaged: {line}; run sgp extract again with --force")

    def _failure(self, error: Exception) -> SgpError:
        """Convert an SQLite exception to an error that says whether the file is closed, unreadable or damaged."""
        if not self.close.alive:
            return ClosedLookupError()
        if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & PRIMARY_CODE in NOT_READ:
            return StorageError(f"cannot read {self._path}: {reason_of(error)}")
        return self.damage(error)

    def _track(self, row: tuple[Any, ...]) -> Track:
        """Convert a result row to a track, after validating the types."""
        if tuple(map(type, row)) not in TRACK_TYPES:
            raise self.damage(f"row {row[0]!r} has a wrong type")
        identifiers = sorted(row[-1].split(BETWEEN_IDENTIFIERS)) if row[-1] else ()
        return Track(*(*row[:-1], tuple(identifiers)))

    def _statements(self, fields: str, condition: Condition) -> Iterator[tuple[str, Sequence[Any]]]:
        """Yield SQL statements, with parameters, that together select the tracks that fulfil a condition, in order.

        Each statement sorts by a column that has the order of the counts, so SQLite can stop after LIMIT tracks.
        """
        if condition.among is not None:
            tables = "json_each(?) AS given CROSS JOIN tracks ON tracks.row = given.value"
            for rows in condition.among:
                values = [str(rows.tolist()), *condition.values]
                yield f"SELECT {fields} FROM {tables} WHERE {condition.where} ORDER BY given.key", values
        elif condition.by_trigram and isinstance(self.name_index, FullTextIndex):
            tables = self.name_index.join
            yield f"SELECT {fields} FROM {tables} WHERE {condition.where} ORDER BY names.rowid", condition.values
        else:
            order = f"ORDER BY tracks.{self.rank}"
            yield f"SELECT {fields} FROM tracks WHERE {condition.where} {order}", condition.values


def _is_interrupt(error: Exception) -> bool:
    """Whether SQLite stopped a query at the time limit."""
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT
