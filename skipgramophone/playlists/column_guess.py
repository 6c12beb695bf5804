"""Guess the roles of the columns of a CSV or TSV table from its header.

A column gets a role if its name is usual for the role and its values fit. If the columns are ambiguous, the result is a
message that asks the user to assign the columns, with an example for `--columns`.
"""

from __future__ import annotations

import csv
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from skipgramophone.errors import SettingError
from skipgramophone.names.normalization import SEPARATOR
from skipgramophone.playlists.column_names import (
    NAMES_NEXT_TO_TITLES,
    VAGUE_ALBUMS,
    album_column,
    columns_by_role,
    identifier_columns,
    is_descriptive,
    is_header,
    is_unclear,
    names_people,
    normalized,
    numbered_artists,
)
from skipgramophone.playlists.column_values import URI, is_text, may_be_artists, may_separate_playlists
from skipgramophone.playlists.readers.histories import seconds_since_1970
from skipgramophone.playlists.readers.tables import delimiter_of
from skipgramophone.settings import ROLES, ExtractSettings, columns_text
from skipgramophone.wording import visible

JUDGED_LINES = 1000  # lines at the start of a file from which the columns are guessed
LINES_OF_ONE_WIDTH = 100  # lines at the start of a table that must have the same number of fields
EARLIEST_TIME = 100_000_000  # seconds since 1970; a smaller number is probably a duration or an id, not a time
NUMBER = re.compile(r"-?\d+(\.\d+)?")
NUMBER_OR_DATE = re.compile(r"\d+([-/.]\d\d?){0,2}([T ].*)?")
DECIMAL = re.compile(r"-?\d*\.\d+")
LONGEST_NAME = 40  # letters of a text in a first line that may be the name of a column
PLAYLIST_ROLES = ("id", "playlist", "owner")
Table = list[list[str]]  # rows of fields


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    """The guessed columns of a table.

    Attributes:
        roles: role -> name of its column, like `ExtractSettings.roles`.
        unused: names of the other columns.
        is_history: whether rows with times are plays, because there are columns for artist and title; a pause between
            plays then ends a session. Other rows with times, such as purchases, become one playlist per owner unless
            the user sets --session-gap.
    """

    roles: dict[str, str]
    unused: list[str]
    is_history: bool

    @property
    def text(self) -> str:
        """The value of `--columns` that assigns the same columns."""
        return columns_text(self.roles)


def rows_of(lines: Sequence[str]) -> Table:
    """Split the first lines of a file into fields, without blank lines; return an empty list if that fails."""
    written = [line + "\n" for line in lines[:JUDGED_LINES] if line.strip()]
    try:
        return list(csv.reader(written, delimiter=delimiter_of(written[0]))) if written else []
    except csv.Error:
        return []


def is_table(rows: Table) -> bool:
    """Whether all of the first rows have the same number of fields, at least two.

    Prose with one comma per line is not a table. Prose is recognized by the spaces after commas.
    """
    rows = rows[:LINES_OF_ONE_WIDTH]
    spaced = sum(any(field.startswith(" ") for field in row[1:]) for row in rows)
    return len({len(row) for row in rows}) == 1 and len(rows[0]) > 1 and spaced <= len(rows) / 2


def guess_columns(rows: Table, rated: bool = False) -> ColumnGuess | str:
    """Guess the columns of a table that begins with a header; if they are ambiguous, return a message for the user.

    Args:
        rows: the first rows of the table.
        rated: whether to guess the column of ratings too.
    """
    header, found = rows[0], columns_by_role(rows[0])
    for role, words in NAMES_NEXT_TO_TITLES.items():
        if role in found and normalized(found[role][0]) in words.split() and not is_text(_values(rows, found[role][0])):
            del found[role]  # "Band" may also be the number of a volume
    artists = numbered_artists(header)
    if artists and "artist" not in found:
        found["artist"] = artists[:1]
    for role in ("title", "artist", "playlist", "id", "owner", "uri"):
        if len(found.get(role, ())) > 1:
            return question(rows, f"in which {_listed(found[role])} could be the {role}")
    roles = {role: names[0] for role, names in found.items() if role not in ("time", "position", "rating")}
    if roles.get("artist") in artists:
        roles |= {f"artist {number}": name for number, name in enumerate(artists[1:], 2)}
    named = {"title", "artist"} <= roles.keys()
    if not named and not (roles.keys() & {"title", "uri"} and roles.keys() & set(PLAYLIST_ROLES)):
        return question(rows, "in which sgp does not recognize a track and its artist or playlist")
    roles |= _order(rows, found, roles)
    if rated and "rating" in found:
        roles["rating"] = found["rating"][0]
    roles |= identifier_columns(header, roles)
    album = album_column(header, roles)
    vague = album is not None and normalized(album) in VAGUE_ALBUMS and _most_fit(rows, album, NUMBER_OR_DATE.fullmatch)
    if album is not None and header.count(album) == 1 and not vague:
        roles["album"] = album
    roles = dict(sorted(roles.items(), key=lambda each: ROLES.index(each[0].split()[0])))
    unused = [name for name in header if name not in roles.values()]
    unclear = [name for name in unused if is_unclear(name) and name not in found.get("time", ())]
    if unclear and not roles.keys() & set(PLAYLIST_ROLES):
        return question(rows, f"in which {_listed(unclear)} may name the playlist", {"playlist": unclear[0]})
    if missing := _missing_role(rows, roles, unused):
        role, candidates = missing
        return question(rows, f"in which {_listed(candidates)} may name the {role}", {**roles, role: candidates[0]})
    guess = ColumnGuess(roles, unused, named)
    twice = next((name for name in roles.values() if header.count(name) > 1), None)
    if twice is not None:
        return question(rows, f"in which two columns are named {twice!r}")
    try:
        if ExtractSettings(columns=guess.text).roles == roles:
            return guess
    except SettingError:
        pass
    return question(rows, "whose names look like assignments (such as title=)")


def _missing_role(rows: Table, roles: Mapping[str, str], unused: Sequence[str]) -> tuple[str, list[str]] | None:
    """Return a role that no column has, and the unused columns that may have it according to their values; or None.

    Without artists, tracks of different artists with one title would be merged; without the names of playlists, all
    playlists would become one.
    """
    candidates = [name for name in unused if not is_descriptive(name) and rows[0].count(name) == 1]
    if "title" in roles and not roles.keys() & {"artist", "uri"}:
        titles = _values(rows, roles["title"])
        if names := [name for name in candidates if may_be_artists(_values(rows, name), titles)]:
            return "artist", names
    if roles.keys() & {*PLAYLIST_ROLES, "time"}:
        return None
    candidates = [name for name in candidates if not names_people(name)]
    names = [name for name in candidates if may_separate_playlists(_values(rows, name))]
    return ("playlist", names) if names else None


def _order(rows: Table, found: Mapping[str, list[str]], roles: Mapping[str, str]) -> dict[str, str]:
    """Return role -> name of the column by which rows are sorted (a position or a time); empty if there is none."""
    position = found.get("position", ())
    if roles.keys() & {"id", "playlist"} and position and _most_fit(rows, position[0], NUMBER.fullmatch):
        return {"position": position[0]}
    return next(({"time": name} for name in found.get("time", ()) if _most_fit(rows, name, _is_time)), {})


def question(rows: Table, problem: str, known: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return a message that asks the user to assign the columns of a table; it ends with an example for `--columns`.

    Args:
        rows: the first rows of the table.
        problem: completes "a table of 3 columns ...".
        known: role -> column that the example shall contain.
    """
    named = _has_header(rows)
    has_words = not named and _has_words(rows)
    example_roles = _example_of_words(rows) if has_words else _example(rows, named)
    roles = {**example_roles, **known}
    if "title" in known:
        roles = dict(sorted(known.items(), key=lambda each: ROLES.index(each[0].split()[0])))
    by_number = " (by number if the first line is not a header)" if has_words else "" if named else " by number"
    example = shlex.quote(columns_text(roles))
    columns = f"a table of {len(rows[0])} columns {problem}"
    return visible(f"{columns}: assign the columns{by_number}, for example --columns {example}")


def _has_header(rows: Table) -> bool:
    """Whether the first row has usual column names, or words where the rows below have numbers."""
    if is_header(rows[0]):
        return True
    below = [row for row in rows[1:] if len(row) == len(rows[0])]
    words = all(field and not re.search(r"\d", field) for field in rows[0])
    return words and any(all(map(NUMBER.fullmatch, column)) for column in zip(*below, strict=True))


def _has_words(rows: Table) -> bool:
    """Whether the first row may be a header: short texts without digits, none of which occurs in the rows below.

    One of them must be the usual name of a column, or all must be single words above texts of several words.
    """
    header, *below = rows
    if len(set(header)) < len(header) or not all(0 < len(field) <= LONGEST_NAME for field in header):
        return False
    if any(re.search(r"\d|://", field) for field in header) or set(header) & {field for row in below for field in row}:
        return False
    are_words = all(re.fullmatch(r"[^\W\d]+", field) for field in header)
    has_texts = any(re.search(r"\w \w", field) for row in below for field in row)
    return bool(below and columns_by_role(header)) or (are_words and has_texts)


def _example_of_words(rows: Table) -> dict[str, str]:
    """Return an example for a header with few usual names, in which the values decide what the other columns are.

    Of the columns with text, the one with the fewest different values is the playlist. The others are artist and title,
    in this order.
    """
    header = rows[0]
    found = columns_by_role(header)
    roles: dict[str, str] = {role: found[role][0] for role in ("artist", "title", "playlist") if role in found}
    free = [name for name in header if name not in roles.values() and not is_descriptive(name)]
    free = [name for name in free if is_text(_values(rows, name))]
    missing = [role for role in ("artist", "title") if role not in roles]
    if "playlist" not in roles and len(free) > len(missing):
        roles["playlist"] = min(reversed(free), key=lambda name: len(set(_values(rows, name))))
        free.remove(roles["playlist"])
    if missing == ["title"]:
        free.sort(key=lambda name: -len(set(_values(rows, name))))
    roles |= dict(zip(missing, free, strict=False))
    return dict(sorted(roles.items(), key=lambda each: header.index(each[1])))


def _example(rows: Table, named: bool) -> dict[str, str]:
    """Return a plausible assignment of the columns, role -> column, for the example in a message."""
    header, width = rows[0], len(rows[0])
    columns = [[row[at] for row in rows[named:] if len(row) == width] for at in range(width)]
    places: dict[str, int] = {}
    for role, names in columns_by_role(header).items() if named else ():
        if role not in ("position", "rating", "time"):
            places[role] = header.index(names[0])
    left = [at for at in range(width) if at not in places.values()]
    times = [at for at in left if columns[at] and all(_is_time(value) for value in columns[at])]
    uris = [at for at in left if columns[at] and all(URI.fullmatch(value) for value in columns[at])]
    places |= {"time": times[0]} if times else {}
    places |= {"uri": uris[0]} if uris and "uri" not in places else {}
    left = [at for at in left if at not in places.values() and not any(map(DECIMAL.fullmatch, columns[at]))]
    names_of = [at for at in left if any(re.search(r"[^\W\d_]{2}", value) and " " in value for value in columns[at])]
    if not places.keys() & {"title", "uri"}:
        if "artist" in places:
            places["title"] = (names_of or left or [width - 1])[0]
        elif names_of or not left[1:]:
            free = names_of if len(names_of) > 1 else [*names_of, *(at for at in left if at not in names_of)]
            places |= dict(zip(("artist", "title") if len(free) > 1 else ("title",), free or [0], strict=False))
        else:
            owner, *others = left
            places |= {"owner": owner, "uri": max(others, key=lambda at: len(set(columns[at])))}
    if "title" in places and not places.keys() & {"artist", "uri"}:
        texts = [at for at in left if is_text(columns[at]) and not is_descriptive(header[at])]
        places |= {"artist": texts[0]} if texts else {}
    order = sorted(places, key=lambda role: places[role])
    return {role: header[places[role]] if named else f"{places[role] + 1}" for role in order}


def _values(rows: Table, name: str) -> list[str]:
    """Return the values of the column `name`, without the rows that have another number of fields."""
    at = rows[0].index(name)
    return [row[at] for row in rows[1:] if len(row) == len(rows[0])]


def _most_fit(rows: Table, name: str, fits: Callable[[str], object]) -> bool:
    """Whether `fits` is true for most of the non-empty values in the column `name`."""
    values = list(filter(None, _values(rows, name)))
    return bool(values) and sum(bool(fits(value)) for value in values) > 0.5 * len(values)


def _is_time(text: str) -> bool:
    """Whether a string is a date with a time, or seconds or milliseconds since 1970."""
    seconds = seconds_since_1970(text)
    return seconds is not None and (not text.strip().isdecimal() or seconds >= EARLIEST_TIME)


def _listed(names: Sequence[str]) -> str:
    """Return names in quotes, joined with "and"."""
    return " and ".join(repr(name) for name in names)


def is_lone_header(line: str) -> bool:
    """Whether a line consists of a usual column name. "Artist - Title" is the heading of a list instead."""
    return SEPARATOR not in line and bool(normalized(line)) and is_header([line])
