"""The track catalogue: names and row numbers, in a SQLite file with a trigram index for look-up.

    tracks      row, artist, title, uri, count, first_place, and the folded name and title for look-up
    spellings   other ways in which a track was written: row, artist, title, count
    uris        other uris of a track, where uris were merged: uri, row
    names       FTS5 trigram index over the folded names (detail=none: small; hits are checked letter by letter)
    trigrams    in how many names each trigram stands; queries of one or two letters go through it too

Row i is row i of every matrix and item i of the index. Rows are in order of count, the most frequent first, until a
corpus grows: then rows stay, and `tracks` has a column `rank`, the place of each by count, which `names` goes by.
The file is opened read-only and is never changed in place.
"""

from __future__ import annotations

import heapq
import math
import os
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from skipgramophone.errors import AmbiguousTrackError, ExperimentError, UnknownTrackError
from skipgramophone.experiment.sqlite_fts import require_full_text, sqlite3
from skipgramophone.names.normalization import SEPARATOR, folded, full_name, hyphenated, identity

FILE = "tracks.sqlite"
SHOWN_CANDIDATES = 10
SHOWN_SUGGESTIONS = 5
CLUES_ASKED = 6  # the rarest of a query: more are longer searched for, fewer leave more names to look at
FREQUENT_ENOUGH = 100  # tracks that are looked at for each piece of a query that is left out
MOST_POSTINGS = 10_000  # names with a trigram of the query that are looked at
NEAREST = 100  # of them are compared letter by letter
MOST_LETTERS = 500  # of a query that may be a part of a name, or misspelt; a longer one is a whole name or none
MOST_PIECES = 30  # of a query, one of which may be left out
MOST_COUNTED = 1000  # tracks that answer to a query; of more it is said that they are more
FEW = 2000  # tracks that are sorted sooner than met by going through the names ...
FEW_OF = 50  # ... and so is one in so many of them
PROGRESS_STEPS = 1000  # of SQLite's virtual machine, between two looks at the clock


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
        """Row counted from 1, as the original printed it: the rank by count, until the corpus grows."""
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


@dataclass(frozen=True, slots=True)
class Condition:
    """What rows of the catalogue are asked for: the condition, its values, and whether it is one of `names`."""

    where: str
    values: Sequence[Any]
    by_trigram: bool = False


LAST = "\U0010ffff"  # no letter comes after it
BY_URI = "tracks.uri = ? OR tracks.row IN (SELECT uris.row FROM uris WHERE uris.uri = ?)"
FIELDS = "tracks.row, artist, title, uri, count, first_place"
TRACK_TYPES = {(int, str, str, uri, int, int) for uri in (str, type(None))}
Clue = tuple[int, str]  # how many names the full-text index finds at most, and what it is asked for them
SpellingFields = tuple[int, str, str, int]  # row, artist, title, count
UriFields = tuple[str, int]  # uri, row


class Catalogue:
    """Names to row numbers and back, read-only."""

    def __init__(self, directory: Path) -> None:
        """Open the catalogue of a corpus stage.

        Raises:
            ExperimentError: the file is missing or no catalogue.
        """
        self._path = directory / FILE
        place = f"file:{quote(os.fsencode(self._path.resolve()))}?mode=ro&immutable=1"
        try:
            self._database = sqlite3.connect(place, uri=True, check_same_thread=False)
        except sqlite3.Error as error:
            raise ExperimentError(f"{self._path} cannot be opened: {error}") from error
        # A notebook lets go of what it has opened without a word, and a check below may fail: the file is closed then.
        self.close = weakref.finalize(self, self._database.close)
        self._rows("PRAGMA trusted_schema = OFF")
        there = {name for (name,) in self._rows("SELECT name FROM sqlite_schema WHERE name IN ('trigrams', 'uris')")}
        require_full_text(self._database)
        if "trigrams" not in there:  # written by the first version
            self._rows("CREATE VIRTUAL TABLE temp.trigrams USING fts5vocab (main, names, row)")
        if "uris" not in there:  # written by a version that forgot them
            self._rows("CREATE TEMP TABLE uris (uri TEXT, row INTEGER)")
        # What says how frequent a track is among the others: the row itself, unless the corpus has grown.
        self._rank = "rank" if self._rows("SELECT 1 FROM pragma_table_info('tracks') WHERE name = 'rank'") else "row"
        # Rows are numbered from 0 without a gap; the largest is found without counting.
        self._length = self._numbers("SELECT coalesce(max(row), -1) + 1 FROM tracks")[0]
        self._many = max(FEW, self._length // FEW_OF)

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
            found.update((track.row, track) for track in self._tracks(Condition(f"row IN ({marks})", some)))
        missing = [row for row in rows if int(row) not in found]
        if missing:
            raise ExperimentError(f"{self._path} has no row {missing[0]} among its {len(self):,} tracks")
        return [found[int(row)] for row in rows]

    def all_tracks(self) -> Iterator[Track]:
        """Every track in row order."""
        for start in range(0, len(self), 10_000):
            some = self._tracks(Condition("row >= ? AND row < ?", (start, start + 10_000)))
            yield from sorted(some, key=lambda track: track.row)

    def by_count(self, limit: int = -1) -> list[int]:
        """The rows of the most frequent tracks, the most frequent first; `limit` at most (-1: all)."""
        return self._numbers(f"SELECT row FROM tracks ORDER BY {self._rank} LIMIT {limit}")

    def names(self) -> list[tuple[str, str, str | None]]:
        """Artist, title and uri of every track, in row order."""
        return self._rows("SELECT artist, title, uri FROM tracks ORDER BY row")

    def counts(self) -> list[int]:
        """Occurrences of each track, in row order."""
        counts = self._numbers("SELECT count FROM tracks ORDER BY row")
        if min(counts, default=0) < 0:
            raise self._damaged("a count is below 0")
        return counts

    def first_places(self) -> list[int]:
        """Where each track first stands in the dump, in row order."""
        return self._numbers("SELECT first_place FROM tracks ORDER BY row")

    def spellings(self, row: int) -> list[tuple[str, str, int]]:
        """Other ways in which a track was written: artist, title, count."""
        return self._rows("SELECT artist, title, count FROM spellings WHERE row = ? ORDER BY count DESC, title", (row,))

    def all_uris(self) -> list[UriFields]:
        """Every other uri of a track: uri, row."""
        return self._rows("SELECT uri, row FROM uris ORDER BY uri, row")

    def all_spellings(self) -> list[SpellingFields]:
        """Every other way in which a track was written: row, artist, title, count; in row order."""
        return self._rows("SELECT row, artist, title, count FROM spellings ORDER BY row, rowid")

    def require_sound(self) -> None:
        """Have SQLite read the whole file, and insist that it is a catalogue and nothing more.

        Raises:
            ExperimentError: a page, an index or a row is damaged, rows are not numbered from 0 without a gap, or the
                file holds triggers or views.
        """
        if (problems := self._rows("PRAGMA integrity_check(1)")) != [("ok",)]:
            raise self._damaged(problems[0][0])
        if strange := self._rows("SELECT name FROM sqlite_schema WHERE type IN ('trigger', 'view')"):
            raise self._damaged(f"it holds {strange[0][0]!r}, which no catalogue has")
        if (rows := self._rows("SELECT count(*), coalesce(min(row), 0) FROM tracks")) != [(len(self), 0)]:
            raise self._damaged(f"it has {rows[0][0]} rows and numbers them up to {len(self) - 1}")
        for _ in self.all_tracks():
            pass  # each is of the types that it must have
        ranks = self._rows(f"SELECT min({self._rank}), max({self._rank}), count(DISTINCT {self._rank}) FROM tracks")
        if len(self) and ranks != [(0, len(self) - 1, len(self))]:
            raise self._damaged("its ranks are not the numbers of its rows")
        before = f"SELECT count > lag(count) OVER (ORDER BY {self._rank}) AS rises FROM tracks"
        if self._rows(f"SELECT 1 FROM ({before}) WHERE rises LIMIT 1"):
            raise self._damaged("its tracks are not in order of count")

    def resolve(self, query: str) -> Match:
        """Find the one track that a uri, "artist - title", title or part of a name means, misspelt or not.

        Raises:
            UnknownTrackError: no track answers to it; the nearest names are suggested.
            AmbiguousTrackError: several do; the most frequent are listed.
        """
        found, number = self.find(query)
        misspelt = not found
        if misspelt:
            taken, near = self._misspelt(query)
            if not taken:
                hint = "did you mean one of these?" if near else "and no name is near it"
                names = tuple(track.name for track in near[:SHOWN_SUGGESTIONS])
                raise UnknownTrackError(f"no track is called {query!r}; {hint}", names)
            found, number = taken[:SHOWN_CANDIDATES], len(taken)
        if number == 1 or (number == len(found) and len({identity(track.name) for track in found}) == 1):
            return Match(found[0], namesakes=number - 1, misspelt=misspelt)
        listed = tuple(_listed(track) for track in found)
        several = f"{number:,}" if number <= MOST_COUNTED else f"more than {MOST_COUNTED:,}"
        raise AmbiguousTrackError(
            f"{several} tracks {'are near' if misspelt else 'answer to'} {query!r};"
            " give more of the name, as in 'artist - title'",
            listed,
        )

    def find(self, query: str, limit: int = SHOWN_CANDIDATES) -> tuple[list[Track], int]:
        """Tracks that answer to a query in the strictest sense that any does, most frequent first, and how many do.

        The senses, strictest first: the uri; the whole name; the title; one of these with hyphens between its words, as
        the shell completes it; each word a part of the name. Of more than `MOST_COUNTED` it says that they are one more
        than that.
        """
        asked = folded(query)
        if not asked or not _is_text(query):
            return [], 0
        for where, value in (
            (BY_URI, query.strip()),
            ("tracks.name_folded = ?", asked),
            ("title_folded = ?", asked),
        ):
            exact = self._tracks(Condition(where, [value] * where.count("?")))
            if exact:
                alike = self._written_alike(exact, query)
                return alike[:limit], len(alike)
        written = self._hyphenated(query)
        if written:
            return written[:limit], len(written)
        containing = self._containing(asked)
        found = self._tracks(containing, limit)
        return found, len(found) if len(found) < limit else self._count(containing)

    def _hyphenated(self, query: str) -> list[Track]:
        """Tracks whose name, or else whose title, the query is with hyphens between its words."""
        asked = hyphenated(query)
        if "-" not in asked or asked != query.strip().casefold():
            return []
        tracks = self._tracks(self._containing(asked.replace("-", " ")), MOST_COUNTED)
        named = [track for track in tracks if hyphenated(track.name) == asked]
        return named or [track for track in tracks if hyphenated(track.title) == asked]

    def has_uri(self, uri: str) -> bool:
        """Whether a track has a uri."""
        return _is_text(uri) and bool(self._tracks(Condition(BY_URI, (uri, uri)), 1))

    def of_artist(self, artist: str) -> list[Track]:
        """The tracks of an artist, in any case and without accents, most frequent first."""
        asked = folded(artist)
        if not asked or not _is_text(artist):
            return []
        begins = asked + SEPARATOR
        named = Condition("name_folded >= ? AND name_folded < ? OR name_folded = ?", (begins, begins + LAST, asked))
        return [track for track in self._tracks(named) if folded(track.artist) == asked]

    def candidates(self, query: str) -> list[Track]:
        """The tracks that may be meant by a query that `resolve` refuses, in the order in which it lists them."""
        found, _ = self.find(query)
        if found:
            return found
        taken, near = self._misspelt(query)
        return taken[:SHOWN_CANDIDATES] or near[:SHOWN_SUGGESTIONS]

    def completions(
        self, typed: str, number: int, seconds: float, fitting: Callable[[Track], bool] = lambda _track: True
    ) -> list[Track]:
        """Tracks whose name somebody may be typing, most frequent first; what takes longer to find is left out."""
        asked = folded(typed)
        found: list[Track] = []
        if not asked or not _is_text(typed):
            return found
        end = time.monotonic() + seconds
        self._database.set_progress_handler(lambda: time.monotonic() > end, PROGRESS_STEPS)
        try:
            containing = self._containing(asked)
            statement = self._select(FIELDS, containing) + f" ORDER BY {self._key(containing)}"
            tracks = map(self._track, self._database.execute(statement, containing.values))
            for track in islice(filter(fitting, tracks), number):
                found.append(track)  # noqa: PERF402, because what is found before the end is kept
        except (sqlite3.Error, UnicodeDecodeError) as error:
            if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_INTERRUPT:
                raise self._damaged(error) from error
        finally:
            self._database.set_progress_handler(None, 0)
        return found

    def _misspelt(self, query: str) -> tuple[list[Track], list[Track]]:
        """Tracks with a name in which each word of the query is nearly written, and others near it, nearest first."""
        from skipgramophone.names import typos as spelling  # on this path only: look-ups that hit never need it

        asked = folded(query)
        if len(asked) > MOST_LETTERS:
            return [], []
        tracks = {track.row: track for track in (*self._but_for_a_piece(asked), *self._sharing_trigrams(asked))}
        return spelling.each_word_near(query, tracks.values()), spelling.nearest(query, list(tracks.values()))

    def _written_alike(self, tracks: list[Track], query: str) -> list[Track]:
        """Of tracks that differ in accents only, those that are written just as the query, if any are."""
        alike = [
            track for track in tracks if query.strip().casefold() in (track.name.casefold(), track.title.casefold())
        ]
        return alike or tracks

    def _containing(self, asked: str) -> Condition:
        """The condition under which each word of the query stands in a folded name.

        Words of one or two letters have no trigram. A query of such words alone means names and titles that begin with
        it, if there are any, and else all that hold them.
        """
        words = list(dict.fromkeys(asked.split()))
        if len(asked) > MOST_LETTERS:
            return Condition("0", ())
        each = " AND ".join(["instr(tracks.name_folded, ?) > 0"] * len(words))
        frequency = self._trigram_counts(_trigrams(words))
        if not frequency:
            return self._beginning(asked) or self._holding(words, each)
        clues = sorted((names, _phrase(gram)) for gram, names in frequency.items())
        if clues[0][0] > FEW:  # no trigram leads to few: one of each word does sooner, and a rare word of two letters
            rarest = {min((frequency[gram], _phrase(gram)) for gram in _trigrams([word])) for word in words if word[2:]}
            if len(clues) < CLUES_ASKED:
                around = (self._around(word) for word in words if not word[2:])
                rarest |= {clue for clue in around if clue < clues[0]}
            clues = sorted(rarest) + [clue for clue in clues if clue not in rarest]
        if not clues[0][0]:
            return Condition("0", ())
        matched = " AND ".join(asked_for for _, asked_for in clues[:CLUES_ASKED])
        return Condition(f"names MATCH ? AND {each}", [matched, *words], by_trigram=True)

    def _holding(self, words: list[str], each: str) -> Condition:
        """The condition under which a folded name holds each of some words of one or two letters.

        Many are soon met by going through the tracks. Names that are as short are in no trigram.
        """
        names, asked_for = min(map(self._around, words))
        if names >= self._many:
            return Condition(each, words)
        ranks = f"SELECT {self._rank} FROM tracks WHERE length(name_folded) < 3"
        if names:
            ranks += " UNION ALL SELECT rowid FROM names WHERE names MATCH ?"
        return Condition(f"{self._rank} IN ({ranks}) AND {each}", [*([asked_for] if names else []), *words])

    def _around(self, word: str) -> Clue:
        """What leads to names that hold a word of one or two letters: the trigrams that it stands in."""
        found = self._frequencies("instr(term, ?) > 0", (word,))
        return sum(names for _, names in found), f"({' OR '.join(_phrase(gram) for gram, _ in found)})"

    def _beginning(self, asked: str) -> Condition | None:
        """The condition under which a name or a title begins with the query, or None where none does.

        They are taken from the indexes; of many, the most frequent are soon met by going through the tracks.
        """
        between = "SELECT row FROM tracks WHERE {0} >= ? AND {0} < ?"
        rows = " UNION ALL ".join(between.format(name) for name in ("name_folded", "title_folded"))
        values = [asked, asked + LAST] * 2
        found = self._numbers(f"SELECT count(*) FROM ({rows} LIMIT {self._many})", values)[0]
        if found < self._many:
            return Condition(f"row IN ({rows})", values) if found else None
        return Condition("substr(name_folded, 1, ?) = ? OR substr(title_folded, 1, ?) = ?", [len(asked), asked] * 2)

    def _trigram_counts(self, grams: list[str]) -> dict[str, int]:
        """In how many names each trigram stands."""
        marks = ",".join("?" * len(grams))
        known = dict(self._frequencies(f"term IN ({marks})", grams))
        return {gram: known.get(gram, 0) for gram in grams}

    def _frequencies(self, where: str, values: Sequence[str]) -> list[tuple[str, int]]:
        """Trigrams that a condition holds for, and in how many names each stands."""
        found = self._rows(f"SELECT term, doc FROM trigrams WHERE {where}", values)
        if not all(type(term) is str and type(names) is int for term, names in found):
            raise self._damaged("its trigrams")
        return found

    def _but_for_a_piece(self, asked: str) -> list[Track]:
        """Tracks in whose name all pieces of the query stand but one: its words, or the halves of a single word."""
        half = (len(asked) + 1) // 2
        pieces = asked.split() if " " in asked else [asked[:half], asked[half:]]
        found: dict[int, Track] = {}
        for left_out in range(len(pieces) if len(pieces) <= MOST_PIECES else 0):
            others = pieces[:left_out] + pieces[left_out + 1 :]
            if _trigrams(others):
                tracks = self._tracks(self._containing(" ".join(others)), FREQUENT_ENOUGH)
                found |= {track.row: track for track in tracks}
        return list(found.values())

    def _sharing_trigrams(self, asked: str) -> list[Track]:
        """Tracks that share most with the query of its rarest trigrams."""
        frequency = {gram: n for gram, n in self._trigram_counts(_trigrams(asked.split())).items() if n}
        worth: dict[int, float] = {}
        left = MOST_POSTINGS
        for gram in sorted(frequency, key=lambda gram: frequency[gram]):
            weight = math.log((len(self) + 1) / frequency[gram])
            ranks = self._numbers("SELECT rowid FROM names WHERE names MATCH ? LIMIT ?", (_phrase(gram), left))
            for rank in ranks:
                worth[rank] = worth.get(rank, 0.0) + weight
            left -= len(ranks)
            if left <= 0:
                break
        nearest = heapq.nsmallest(NEAREST, worth, key=lambda rank: (-worth[rank], rank))
        marks = ",".join("?" * len(nearest))
        row_of = dict(self._rows(f"SELECT {self._rank}, row FROM tracks WHERE {self._rank} IN ({marks})", nearest))
        if not row_of.keys() >= set(nearest):
            raise self._damaged("its index names tracks that it does not have")
        return self.tracks([row_of[rank] for rank in nearest])

    def _count(self, asked: Condition) -> int:
        """How many tracks a condition holds for, or one more than `MOST_COUNTED`."""
        some = self._select("1", asked) + f" LIMIT {MOST_COUNTED + 1}"
        return self._numbers(f"SELECT count(*) FROM ({some})", asked.values)[0]

    def _tracks(self, asked: Condition, limit: int = -1) -> list[Track]:
        """Tracks that a condition holds for, the most frequent first, `limit` at most (-1: all)."""
        rows = self._rows(self._select(FIELDS, asked) + f" ORDER BY {self._key(asked)} LIMIT {limit}", asked.values)
        return list(map(self._track, rows))

    def _track(self, row: tuple[Any, ...]) -> Track:
        """A track of the fields of a row, if they are of the types that they must be."""
        if tuple(map(type, row)) not in TRACK_TYPES:
            raise self._damaged(f"row {row[0]!r}")
        return Track(*row)

    def _select(self, fields: str, asked: Condition) -> str:
        """The statement that selects fields of the tracks that a condition holds for."""
        tables = f"names JOIN tracks ON tracks.{self._rank} = names.rowid" if asked.by_trigram else "tracks"
        return f"SELECT {fields} FROM {tables} WHERE {asked.where}"

    def _key(self, asked: Condition) -> str:
        """What orders the tracks by count. FTS5 delivers its rows in their order: the first need not the others."""
        return "names.rowid" if asked.by_trigram else f"tracks.{self._rank}"

    def _numbers(self, statement: str, values: Sequence[Any] = ()) -> list[int]:
        """Run a statement that selects one number a row."""
        found = [row[0] for row in self._rows(statement, values)]
        if not all(type(number) is int for number in found):
            raise self._damaged("a number is none")
        return found

    def _rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement, turning damage into one line."""
        try:
            return self._database.execute(statement, values).fetchall()
        except (sqlite3.Error, UnicodeDecodeError) as error:  # what SQLite quotes of a schema may be no text
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
                raise
            raise self._damaged(error) from error

    def _damaged(self, why: object) -> ExperimentError:
        """The line for a file that is not what it was."""
        reason = " ".join(str(why).split())  # SQLite quotes a schema with its line ends
        return ExperimentError(f"{self._path} is damaged: {reason}; run sgp extract again with --force")


def _listed(track: Track) -> str:
    """A candidate as it is listed."""
    return f"{track.name} ({track.count:,}×)" + (f"  {track.uri}" if track.uri else "")


def _is_text(query: str) -> bool:
    """Whether SQLite can be asked for it: half a pair of surrogates is no letter."""
    return query.isascii() or not any(0xD800 <= ord(letter) <= 0xDFFF for letter in query)


def _trigrams(words: Iterable[str]) -> list[str]:
    """Each three letters in a row of the words, once."""
    return list(dict.fromkeys(word[at : at + 3] for word in words for at in range(len(word) - 2)))


def _phrase(gram: str) -> str:
    """Quote a trigram for FTS5."""
    return '"' + gram.replace('"', '""') + '"'
