"""Guess the roles of the columns of a CSV or TSV table from its header.

A column gets a role if its name is one of the usual names for this role, and its values are suitable for it. If the
columns are ambiguous, the result is a message that asks the user to assign the columns, with an example for
`--columns`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from skipgramophone.errors import SettingError
from skipgramophone.names.normalization import SEPARATOR
from skipgramophone.playlists.column_names import (
    NAMES_NEXT_TO_TITLES,
    PRODUCTS,
    VAGUE_ALBUMS,
    album_column,
    columns_by_role,
    identifier_columns,
    is_header,
    names_order,
    normalized,
    numbered_artists,
)
from skipgramophone.playlists.columns.customer_columns import customer_column
from skipgramophone.playlists.columns.doubts import column_of_clock_times
from skipgramophone.playlists.columns.examples import question
from skipgramophone.playlists.columns.questions import GuessedTable, first_question, listed
from skipgramophone.playlists.columns.roles import PLAYLIST_ROLES, name_artist_and_title, sorted_roles
from skipgramophone.playlists.columns.row_identifiers import identifies_rows
from skipgramophone.playlists.columns.row_order import order_of_rows
from skipgramophone.playlists.columns.time_doubts import unread_times
from skipgramophone.playlists.columns.title_doubts import titles_of_others
from skipgramophone.playlists.columns.values import (
    FLAGS,
    NUMBER,
    OTHER_URI,
    TRACK_URI,
    Table,
    all_differ,
    are_versions,
    is_text,
    known_values,
    most_fit,
    values_of,
)
from skipgramophone.playlists.readers.json_playlists import are_names
from skipgramophone.playlists.readers.tables import delimiter_of
from skipgramophone.settings import ExtractSettings, columns_text
from skipgramophone.wording import Wording

JUDGED_LINES = 1000  # number of lines at the start of a file from which the columns are guessed
LINES_OF_ONE_WIDTH = 100  # number of lines at the start of a table that must have the same number of fields
NUMBER_OR_DATE = re.compile(r"\d+([-/.]\d{1,4}){0,2}([T ].*)?")
WORDS = re.compile(r"[^\W\d_]{2}\S* \S")
NEVER_EMPTY = ("owner", "playlist", "uri")  # roles that a column does not get if it is empty in all rows of the table
SESSION = re.compile(r"session|sitzung|visit|besuch")  # in a table of sessions, a "client" may be a program
OBJECT = re.compile(r"\s*\{.*\}\s*", re.DOTALL)  # matches a field that contains an object, as written by Python or JSON


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    """The guessed columns of a table.

    Attributes:
        roles: role -> name of its column, like `ExtractSettings.roles`.
        unused: names of the other columns.
        is_history: whether the table has columns for artist and title. In such a table, rows with times are plays of a
            listening history, and a pause between two plays starts a new session. In other tables, rows with times (for
            example purchases) become one playlist per owner, unless the user sets --session-gap.
        above: number of lines above the header.
    """

    roles: dict[str, str]
    unused: list[str]
    is_history: bool
    above: int = 0

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

    Prose is not a table, even if every line contains exactly one comma. Prose is recognized by the spaces after commas:
    in more than half of the rows, a field after the first one begins with a space.
    """
    rows = rows[:LINES_OF_ONE_WIDTH]
    spaced = sum(any(field.startswith(" ") for field in row[1:]) for row in rows)
    return len({len(row) for row in rows}) == 1 and len(rows[0]) > 1 and spaced <= len(rows) / 2


def guess_columns(rows: Table, rated: bool = False, is_complete: bool = True) -> ColumnGuess | Wording:
    """Guess the columns of a table that begins with a header; if they are ambiguous, return a message for the user.

    Args:
        rows: the first rows of the table; the first row contains the column names.
        rated: whether to guess the column of ratings too.
        is_complete: whether `rows` are all rows of the table.
    """
    header, found = rows[0], _columns_by_role(rows)
    for role, words in NAMES_NEXT_TO_TITLES.items():
        name = found.get(role, [""])[0]
        if role in found and normalized(name) in words.split() and not is_text(values_of(rows, name)):
            # A column "Band" may contain numbers: "Band" is also the German word for the volume of a book.
            del found[role]
    artists = numbered_artists(header)
    if artists and "artist" not in found:
        found["artist"] = artists[:1]
    for role in ("title", "artist", "playlist", "id", "owner", "uri"):
        if len(found.get(role, ())) > 1 and (filled := [name for name in found[role] if any(values_of(rows, name))]):
            found[role] = filled
        if len(found.get(role, ())) > 1:
            return question(rows, f"in which {listed(found[role])} could be the {role}")
    roles = {role: names[0] for role, names in found.items() if role not in ("time", "position", "rating")}
    if is_complete and any(len(row) == len(header) for row in rows[1:]):
        roles = {role: name for role, name in roles.items() if role not in NEVER_EMPTY or any(known_values(rows, name))}
    if roles.get("artist") in artists:
        roles |= {f"artist {number}": name for number, name in enumerate(artists[1:], 2)}
    if "title" in roles and not roles.keys() & {"artist", "uri"} and are_names(values_of(rows, roles["title"])):
        roles["name"] = roles.pop("title")
    named = name_artist_and_title(roles)
    links = set(columns_by_role(header).get("uri", ())) - set(found.get("title", ()))
    if not named and "uri" not in found and links:
        return question(rows, "whose links are not links to tracks")
    if not named and not (roles.keys() & {"title", "uri"} and roles.keys() & set(PLAYLIST_ROLES)):
        asked = question(rows, "in which sgp does not recognize the columns of the track and of its artist or playlist")
        if not {"title", "uri"} <= suitable_columns(rows, header).keys() or "artist" in found:
            return asked
        advice = "or, if it contains the names of ids in another source, give it with"
        return lambda named: f"{asked(named)}; {advice} {named('names')}"
    roles |= order_of_rows(rows, found, roles)
    if problem := unread_times(rows, found.get("time", ()), roles):
        return question(rows, problem, roles)
    free = [name for name in header if name not in roles.values()]
    clock = column_of_clock_times(rows, roles["time"], free) if "time" in roles else None
    if clock is not None and clock in found["time"]:
        roles["clock"] = clock
    if rated and "rating" in found:
        roles["rating"] = found["rating"][0]
    roles |= identifier_columns([name for name in header if any(values_of(rows, name)) or not is_complete], roles)
    album = album_column([name for name in header if not _most_fit(rows, name, OBJECT.fullmatch)], roles)
    vague = album is not None and normalized(album) in VAGUE_ALBUMS and _most_fit(rows, album, NUMBER_OR_DATE.fullmatch)
    if album is not None and header.count(album) == 1 and not vague:
        roles["album"] = album
    roles = sorted_roles(roles)
    unused = [name for name in header if name not in roles.values()]
    table = GuessedTable(rows, found=found, roles=roles, unused=unused, clock=clock, is_complete=is_complete)
    if message := first_question(table):
        return message
    guess = ColumnGuess(roles, unused, named)
    try:
        if ExtractSettings(columns=guess.text).roles == roles:
            return guess
    except SettingError:
        pass
    return question(rows, "whose names look like assignments (such as title=)")


def _columns_by_role(rows: Table) -> dict[str, list[str]]:
    """Return a dict: role -> columns that may have this role.

    The roles are found by the names of the columns and, for some columns, by their values.

    A column named "Track" may contain numbers, or values such as "True". If another column contains the titles, such a
    column is not used: it contains track numbers or flags. A column of ids that is empty in most rows does not identify
    playlists. Links to playlists or albums do not identify tracks. If no column with a usual name contains uris, a
    column named "id" identifies tracks if it contains links to tracks. A column with the ids of sales, such as
    "receipt_no", identifies rows and not playlists if all of its values are different. If a column identifies orders,
    a column such as "Client" contains their owners. A column named "product" contains titles if most values have
    several words. A column that is named like titles, but does not name the items of the table, is not used: see
    `title_doubts`. Neither is a column whose values identify rows and not tracks: see `row_identifiers`.
    """
    header = rows[0]
    found = suitable_columns(rows, header)
    while others := [*titles_of_others(rows, found), *_columns_of_row_ids(rows, found)]:
        header = ["" if name in others else name for name in header]
        found = suitable_columns(rows, header)
    return found


def _columns_of_row_ids(rows: Table, found: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the only column that may contain uris if its values identify rows and not tracks; otherwise []."""
    uris = found.get("uri", ())
    return (
        list(uris)
        if len(uris) == 1 and identifies_rows(rows, {role: names[0] for role, names in found.items()})
        else []
    )


def suitable_columns(rows: Table, header: list[str]) -> dict[str, list[str]]:
    """Return role -> columns that may have this role, as described at `_columns_by_role`.

    Args:
        rows: the first rows of the table; the first row contains the column names.
        header: the names of the columns; "" for a column that is not used.
    """
    numbers = [name for name in header if normalized(name) == "track" and _most_fit(rows, name, _is_number_or_flag)]
    others = columns_by_role(["" if name in numbers else name for name in header])
    found = others if "title" in others else columns_by_role(header)
    links = [name for name in header if normalized(name) == "id" and _most_fit(rows, name, TRACK_URI.fullmatch)]
    uris = found.pop("uri", links)
    while of_others := [name for name in uris if _most_fit(rows, name, OTHER_URI.search)]:
        header = ["" if name in of_others else name for name in header]
        uris = columns_by_role(header).get("uri", [])
    products = [name for name in header if normalized(name) in PRODUCTS.split() and _most_fit(rows, name, WORDS.search)]
    found |= {"title": products} if products and "title" not in found else {}
    uris = [name for name in uris if name not in products]
    found |= {"uri": uris} if uris else {}
    if versions := [name for name in found.get("playlist", ()) if are_versions(values_of(rows, name))]:
        found["playlist"] = [name for name in found["playlist"] if name not in versions]
        found = {role: names for role, names in found.items() if names}
    ids = [name for name in found.pop("id", []) if not (names_order(name) and all_differ(values_of(rows, name)))]
    ids = [name for name in ids if 2 * sum(map(bool, known_values(rows, name))) >= len(rows) - 1]
    if not ids:
        return found
    are_orders = not (SESSION.search(normalized(ids[0])) or found.keys() & {"owner", "artist", "playlist"})
    customers = customer_column(header) if are_orders else None
    return found | {"id": ids} | ({"owner": [customers]} if customers else {})


def _is_number_or_flag(value: str) -> bool:
    """Whether a value is a number, or "True" or "False"."""
    return NUMBER.fullmatch(value) is not None or value.casefold() in FLAGS


def _most_fit(rows: Table, name: str, fits: Callable[[str], object]) -> bool:
    """Whether `fits` is true for most of the non-empty values in the column `name`."""
    return most_fit(values_of(rows, name), fits)


def is_lone_header(line: str) -> bool:
    """Whether a line consists only of a usual column name.

    "Artist - Title" does not count: it is the heading of a list of tracks.
    """
    return SEPARATOR not in line and bool(normalized(line)) and is_header([line])
