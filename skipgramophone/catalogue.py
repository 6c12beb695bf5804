"""The track catalogue: names and row numbers, in a SQLite file with a trigram index for look-up.

    tracks      row, artist, title, uri, count, first_place, and the folded name and title for look-up
    spellings   other ways in which a track was written: row, artist, title, count
    names       FTS5 trigram index over the folded names (detail=none: small; hits are checked letter by letter)

Row i is row i of every matrix and item i of the index. The file is opened read-only and is never changed in place.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from skipgramophone.errors import AmbiguousTrackError, ExperimentError, StorageError, UnknownTrackError
from skipgramophone.playlists.names import folded, folded_all, full_name, identity

FILE = "tracks.sqlite"
SHOWN_CANDIDATES = 10
SHOWN_SUGGESTIONS = 5
NEAR_ENOUGH = 60.0  # rapidfuzz's weighted ratio, of 100
WORD_NEAR_ENOUGH = 80.0  # rapidfuzz's ratio, of 100: "jon" is near "john", 1999 is not near 1998
TRIGRAMS_ASKED = 12  # the rarest of a query; more narrow the search no further
SUGGESTION_POOL = 2000
FOLDED_AT_ONCE = 10_000

SCHEMA = """
CREATE TABLE tracks (
    row INTEGER PRIMARY KEY, artist TEXT NOT NULL, title TEXT NOT NULL, uri TEXT, count INTEGER NOT NULL,
    first_place INTEGER NOT NULL, name_folded TEXT NOT NULL, title_folded TEXT NOT NULL
);
CREATE TABLE spellings (row INTEGER NOT NULL, artist TEXT NOT NULL, title TEXT NOT NULL, count INTEGER NOT NULL);
CREATE VIRTUAL TABLE names USING fts5 (
    name_folded, content='tracks', content_rowid='row', tokenize='trigram case_sensitive 1', detail='none'
);
"""
INDEXES = """
INSERT INTO names (rowid, name_folded) SELECT row, name_folded FROM tracks;
CREATE INDEX by_uri ON tracks (uri) WHERE uri IS NOT NULL;
CREATE INDEX by_name ON tracks (name_folded);
CREATE INDEX by_title ON tracks (title_folded);
CREATE INDEX spellings_by_row ON spellings (row);
"""


@dataclass(frozen=True, slots=True)
class Track:
    """A row of the catalogue."""

    row: int
    artist: str
    title: str
    uri: str | None
    count: int
    first_place: int  # where it first stands in the dump, counted from 1 over the rows that were used

    @property
    def name(self) -> str:
        """ "artist - title", or what there is of it."""
        return full_name(self.artist, self.title)

    @property
    def position(self) -> int:
        """Rank by count, counted from 1, as the original printed it."""
        return self.row + 1


@dataclass(frozen=True, slots=True)
class Match:
    """What a query resolved to.

    `namesakes` other tracks have the same name but for case, and are rarer; `misspelt` says that the query stands in
    no name as it was typed, and that this track alone is near it.
    """

    track: Track
    namesakes: int = 0
    misspelt: bool = False


TRACK_TYPES = (int, str, str, str | None, int, int)
TrackFields = tuple[str, str, str | None, int, int]  # artist, title, uri, count, first_place
SpellingFields = tuple[int, str, str, int]  # row, artist, title, count


def write_catalogue(directory: Path, tracks: Iterable[TrackFields], spellings: Iterable[SpellingFields]) -> None:
    """Write the catalogue of a new corpus; tracks come in row order.

    Raises:
        StorageError: SQLite could not write, for want of space for one.
    """
    path = directory / FILE
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            # The stage is published as a whole or not at all, so SQLite's own journal has nothing to protect.
            database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + SCHEMA)
            database.execute("BEGIN")
            database.executemany("INSERT INTO tracks VALUES (?, ?, ?, ?, ?, ?, ?, ?)", _track_rows(tracks))
            database.executemany("INSERT INTO spellings VALUES (?, ?, ?, ?)", spellings)
            database.execute("COMMIT")
            database.executescript("BEGIN;" + INDEXES + "COMMIT;")
    except sqlite3.Error as error:
        raise StorageError(f"cannot write {path}: {error}") from error


def _track_rows(tracks: Iterable[TrackFields]) -> Iterator[tuple[Any, ...]]:
    """Add the row number and the folded names."""
    rows, left = count(), iter(tracks)
    while some := list(islice(left, FOLDED_AT_ONCE)):
        artists, titles, *others = zip(*some, strict=True)
        names = folded_all([full_name(artist, title) for artist, title in zip(artists, titles, strict=True)])
        yield from zip(islice(rows, len(some)), artists, titles, *others, names, folded_all(titles), strict=True)


class Catalogue:
    """Names to row numbers and back, read-only."""

    def __init__(self, directory: Path) -> None:
        """Open the catalogue of a corpus stage.

        Raises:
            ExperimentError: the file is missing or no catalogue.
        """
        self._path = directory / FILE
        place = f"file:{quote(str(self._path.resolve()))}?mode=ro&immutable=1"
        try:
            self._database = sqlite3.connect(place, uri=True, check_same_thread=False)
        except sqlite3.Error as error:
            raise ExperimentError(f"{self._path} cannot be opened: {error}") from error
        # A notebook lets go of what it has opened without a word, and a check below may fail: the file is closed then.
        self.close = weakref.finalize(self, self._database.close)
        self._rows("PRAGMA trusted_schema = OFF")
        # Rows are numbered from 0 without a gap; the largest is found without counting.
        self._length = int(self._rows("SELECT coalesce(max(row), -1) + 1 FROM tracks")[0][0])

    def __len__(self) -> int:
        return self._length

    def track(self, row: int) -> Track:
        """The track of a row."""
        return self.tracks([row])[0]

    def tracks(self, rows: Sequence[int]) -> list[Track]:
        """The tracks of some rows, in the order asked for.

        Raises:
            ExperimentError: a row is not in the catalogue.
        """
        found: dict[int, Track] = {}
        for start in range(0, len(rows), 500):
            some = [int(row) for row in rows[start : start + 500]]
            marks = ",".join("?" * len(some))
            found.update((track.row, track) for track in self._tracks(f"row IN ({marks})", some))
        missing = [row for row in rows if int(row) not in found]
        if missing:
            raise ExperimentError(f"{self._path} has no row {missing[0]} among its {len(self):,} tracks")
        return [found[int(row)] for row in rows]

    def all_tracks(self) -> Iterator[Track]:
        """Every track in row order."""
        for start in range(0, len(self), 10_000):
            yield from self._tracks("row >= ? AND row < ?", (start, start + 10_000), "row")

    def counts(self) -> list[int]:
        """Occurrences of each track, in row order."""
        return [count for (count,) in self._rows("SELECT count FROM tracks ORDER BY row")]

    def spellings(self, row: int) -> list[tuple[str, str, int]]:
        """Other ways in which a track was written: artist, title, count."""
        return self._rows("SELECT artist, title, count FROM spellings WHERE row = ? ORDER BY count DESC, title", (row,))

    def resolve(self, query: str) -> Match:
        """Find the one track that a uri, "artist - title", title or part of a name means, misspelt or not.

        Raises:
            UnknownTrackError: no track answers to it; the nearest names are suggested.
            AmbiguousTrackError: several do; the most frequent are listed.
        """
        found, number = self.find(query)
        misspelt = not found
        if misspelt:
            near = self.nearest(query)
            taken = _each_word_near(query, near)
            if not taken:
                hint = "did you mean one of these?" if near else "and no name is near it"
                names = tuple(track.name for track in near[:SHOWN_SUGGESTIONS])
                raise UnknownTrackError(f"no track is called {query!r}; {hint}", names)
            found, number = taken[:SHOWN_CANDIDATES], len(taken)
        if number == 1 or (number == len(found) and len({identity(track.name) for track in found}) == 1):
            return Match(found[0], namesakes=number - 1, misspelt=misspelt)
        listed = tuple(_listed(track) for track in found)
        raise AmbiguousTrackError(
            f"{number:,} tracks {'are near' if misspelt else 'answer to'} {query!r};"
            " give more of the name, as in 'artist - title'",
            listed,
        )

    def find(self, query: str, limit: int = SHOWN_CANDIDATES) -> tuple[list[Track], int]:
        """Tracks that answer to a query in the strictest sense that any does, most frequent first, and how many do.

        The senses, strictest first: the uri; the whole name; the title; each word a part of the name.
        """
        asked = folded(query)
        if not asked or (not query.isascii() and any(0xD800 <= ord(letter) <= 0xDFFF for letter in query)):
            return [], 0
        for where, value in (("uri = ?", query.strip()), ("name_folded = ?", asked), ("title_folded = ?", asked)):
            exact = self._tracks(where, (value,))
            if exact:
                alike = self._written_alike(exact, query)
                return alike[:limit], len(alike)
        where, values = self._containing(asked)
        found = self._tracks(where, values, limit=limit)
        return found, len(found) if len(found) < limit else self._count(where, values)

    def nearest(self, query: str) -> list[Track]:
        """Tracks with a name near a misspelt one, nearest first."""
        from rapidfuzz import fuzz, process  # on this path only: look-ups that hit never need it

        asked = folded(query)
        pool = self._sharing_trigrams(asked)
        names = [folded(track.name) for track in pool]
        best = process.extract(asked, names, scorer=fuzz.WRatio, limit=None, score_cutoff=NEAR_ENOUGH)
        return [pool[at] for _, _, at in best]

    def _written_alike(self, tracks: list[Track], query: str) -> list[Track]:
        """Of tracks that differ in accents only, those that are written just as the query, if any are."""
        alike = [
            track for track in tracks if query.strip().casefold() in (track.name.casefold(), track.title.casefold())
        ]
        return alike or tracks

    def _containing(self, asked: str) -> tuple[str, list[Any]]:
        """The condition under which each word of the query stands in a folded name, and its values.

        Words of one or two letters have no trigram. A query of such words alone means names and titles that begin with
        it, if there are any, and goes through all names else.
        """
        words = asked.split()
        each = " AND ".join(["instr(name_folded, ?) > 0"] * len(words))
        grams = self._rarest_trigrams(words)
        if grams is None:
            return "0", []
        if grams:
            chosen = f"row IN (SELECT rowid FROM names WHERE names MATCH ?) AND {each}"
            return chosen, [" AND ".join(map(_phrase, grams)), *words]
        begins = "name_folded >= ? AND name_folded < ? OR title_folded >= ? AND title_folded < ?"
        span = [asked, asked + "\U0010ffff"] * 2
        return (begins, span) if self._count(begins, span) else (each, words)

    def _rarest_trigrams(self, words: list[str]) -> list[str] | None:
        """The rarest trigrams of the words, or None where one of them stands in no name."""
        frequency = self._trigram_counts(_trigrams(words))
        if 0 in frequency.values():
            return None
        return sorted(frequency, key=lambda gram: frequency[gram])[:TRIGRAMS_ASKED]

    def _trigram_counts(self, grams: list[str]) -> dict[str, int]:
        """In how many names each trigram stands."""
        self._database.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.terms USING fts5vocab(main, names, row)")
        return {
            gram: self._rows("SELECT coalesce(sum(doc), 0) FROM temp.terms WHERE term = ?", (gram,))[0][0]
            for gram in grams
        }

    def _sharing_trigrams(self, asked: str) -> list[Track]:
        """Tracks that share rare trigrams with the query: those that a fuzzy match can be looked for among."""
        frequency = {gram: n for gram, n in self._trigram_counts(_trigrams(asked.split())).items() if n}
        rarest = sorted(frequency, key=lambda gram: frequency[gram])[:TRIGRAMS_ASKED]
        if not rarest:
            return []
        chosen = "row IN (SELECT rowid FROM names WHERE names MATCH ? ORDER BY rank LIMIT ?)"
        return self._tracks(chosen, (" OR ".join(map(_phrase, rarest)), SUGGESTION_POOL))

    def _count(self, where: str, values: Sequence[Any]) -> int:
        """How many tracks a condition holds for."""
        return int(self._rows(f"SELECT count(*) FROM tracks WHERE {where}", values)[0][0])

    def _tracks(
        self, where: str, values: Sequence[Any], order: str = "count DESC, row", limit: int = -1
    ) -> list[Track]:
        """Tracks that a condition holds for, `limit` at most (-1: all)."""
        fields = "row, artist, title, uri, count, first_place"
        rows = self._rows(f"SELECT {fields} FROM tracks WHERE {where} ORDER BY {order} LIMIT {limit}", values)
        for row in rows:
            if not all(isinstance(field, kind) for field, kind in zip(row, TRACK_TYPES, strict=True)):
                raise ExperimentError(f"{self._path} is damaged: row {row[0]}; run sgp extract again with --force")
        return [Track(*row) for row in rows]

    def _rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement, turning damage into one line."""
        try:
            return self._database.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise ExperimentError(f"{self._path} is damaged: {error}; run sgp extract again with --force") from error


def _each_word_near(query: str, tracks: Iterable[Track]) -> list[Track]:
    """Those tracks in whose folded name each word of the query stands, or nearly so, most frequent first.

    A number is never misspelt into another, and a query without a letter to go by is near nothing.
    """
    from rapidfuzz import fuzz, process

    words = [word for word in folded(query).split() if any(map(str.isalnum, word))]

    def near(word: str, name: str) -> bool:
        if word in name:
            return True
        best = process.extractOne(word, name.split(), scorer=fuzz.ratio, score_cutoff=WORD_NEAR_ENOUGH)
        return best is not None and not any(map(str.isdigit, word))

    if not any(map(str.isalpha, folded(query))):
        return []
    chosen = [track for track in tracks if all(near(word, folded(track.name)) for word in words)]
    return sorted(chosen, key=lambda track: (-track.count, track.row))


def _listed(track: Track) -> str:
    """A candidate as it is listed."""
    return f"{track.name} ({track.count:,}×)" + (f"  {track.uri}" if track.uri else "")


def _trigrams(words: Iterable[str]) -> list[str]:
    """Each three letters in a row of the words, once."""
    return list(dict.fromkeys(word[at : at + 3] for word in words for at in range(len(word) - 2)))


def _phrase(gram: str) -> str:
    """Quote a trigram for FTS5."""
    return '"' + gram.replace('"', '""') + '"'
