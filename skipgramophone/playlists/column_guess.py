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
from skipgramophone.playlists.charts import RANKS, charts_in
from skipgramophone.playlists.column_doubts import column_of_clock_times
from skipgramophone.playlists.column_examples import question
from skipgramophone.playlists.column_names import (
    NAMES_NEXT_TO_TITLES,
    PRODUCTS,
    REGIONS,
    VAGUE_ALBUMS,
    album_column,
    columns_by_role,
    identifier_columns,
    is_descriptive,
    is_header,
    is_unclear,
    names_order,
    names_people,
    normalized,
    numbered_artists,
)
from skipgramophone.playlists.column_values import (
    FLAGS,
    NUMBER,
    OTHER_URI,
    TRACK_URI,
    Table,
    are_audio_files,
    is_text,
    is_time,
    known_values,
    may_be_artists,
    may_separate_playlists,
    values_of,
)
from skipgramophone.playlists.merged_cells import PLAYLIST_ROLES, question_on_merged_cells
from skipgramophone.playlists.owner_doubts import (
    column_of_uploaders,
    columns_with_orders_of_owners,
    columns_with_owners_of_ids,
    columns_with_people_of_playlists,
    columns_with_playlists_of_owners,
    has_ids_without_owner,
)
from skipgramophone.playlists.position_columns import column_of_positions
from skipgramophone.playlists.readers.json_tables import are_names
from skipgramophone.playlists.readers.numeric_dates import has_clock, is_numeric_date, order_of_dates
from skipgramophone.playlists.readers.tables import delimiter_of
from skipgramophone.playlists.title_doubts import titles_of_others
from skipgramophone.settings import ROLES, ExtractSettings, columns_text

JUDGED_LINES = 1000  # number of lines at the start of a file from which the columns are guessed
LINES_OF_ONE_WIDTH = 100  # number of lines at the start of a table that must have the same number of fields
NUMBER_OR_DATE = re.compile(r"\d+([-/.]\d\d?){0,2}([T ].*)?")
WORDS = re.compile(r"[^\W\d_]{2}\S* \S")
OBJECT = re.compile(r"\s*\{.*\}\s*", re.DOTALL)  # matches a field that contains an object, as written by Python or JSON
DATES_OF_PLAYLISTS = ("playlistdate", "showdate", "episodedate")
TIMES_OF_ROWS = ("createdat", "createdon", "created", "datecreated", "insertedat", "loggedat")


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


def guess_columns(rows: Table, rated: bool = False) -> ColumnGuess | str:
    """Guess the columns of a table that begins with a header; if they are ambiguous, return a message for the user.

    Args:
        rows: the first rows of the table.
        rated: whether to guess the column of ratings too.
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
        if len(found.get(role, ())) > 1:
            return question(rows, f"in which {_listed(found[role])} could be the {role}")
    roles = {role: names[0] for role, names in found.items() if role not in ("time", "position", "rating")}
    if roles.get("artist") in artists:
        roles |= {f"artist {number}": name for number, name in enumerate(artists[1:], 2)}
    if "title" in roles and not roles.keys() & {"artist", "uri"} and are_names(values_of(rows, roles["title"])):
        roles["name"] = roles.pop("title")
    named = {"title", "artist"} <= roles.keys() or "name" in roles
    links = set(columns_by_role(header).get("uri", ())) - set(found.get("title", ()))
    if not named and "uri" not in found and links:
        return question(rows, "whose links are not links to tracks")
    if not named and not (roles.keys() & {"title", "uri"} and roles.keys() & set(PLAYLIST_ROLES)):
        return question(rows, "in which sgp does not recognize the columns of the track and of its artist or playlist")
    roles |= _order(rows, found, roles)
    if time := _ambiguous_time(rows, found, roles):
        remedy = "write times in the form 2024-02-01 10:00, or read the table without this column"
        return question(rows, f"in which the day and the month of {time!r} may be swapped: {remedy}", roles)
    if rated and "rating" in found:
        roles["rating"] = found["rating"][0]
    roles |= identifier_columns(header, roles)
    album = album_column([name for name in header if not _most_fit(rows, name, OBJECT.fullmatch)], roles)
    vague = album is not None and normalized(album) in VAGUE_ALBUMS and _most_fit(rows, album, NUMBER_OR_DATE.fullmatch)
    if album is not None and header.count(album) == 1 and not vague:
        roles["album"] = album
    roles = dict(sorted(roles.items(), key=lambda each: ROLES.index(each[0].split()[0])))
    unused = [name for name in header if name not in roles.values()]
    no_files = [name for name in unused if not are_audio_files(values_of(rows, name))]
    unclear = [name for name in no_files if is_unclear(name) and name not in found.get("time", ())]
    unclear = [name for name in unclear if not (normalized(name).endswith("id") and _all_differ(rows, name))]
    if unclear and not roles.keys() & set(PLAYLIST_ROLES):
        known = {"playlist": unclear[0]}
        return question(rows, f"in which {_listed(unclear)} may name the playlist", known | _order(rows, found, known))
    if uploaders := column_of_uploaders(rows, roles, unused):
        problem = f"in which most rows have another {roles['owner']!r}, so {uploaders!r} may name the artist"
        known = {role: name for role, name in roles.items() if role != "owner"} | {"artist": uploaders}
        return question(rows, problem, known)
    if missing := _missing_role(rows, roles, no_files):
        role, candidates = missing
        known = {**roles, role: candidates[0]}
        return question(rows, f"in which {_listed(candidates)} may name the {role}", known | _order(rows, found, known))
    if dates := [name for name in unused if normalized(name) in DATES_OF_PLAYLISTS and _divides(rows, name, roles)]:
        problem = f"in which {dates[0]!r} may distinguish playlists with the same name"
        return question(rows, problem, {**roles, "id": dates[0]})
    if people := columns_with_people_of_playlists(rows, roles, unused):
        problem = f"in which {people[0]!r} may distinguish playlists with the same name"
        return question(rows, problem, {**roles, "owner": people[0]})
    if has_ids_without_owner(rows, roles):
        problem = (
            f"in which some rows of one {roles['id']!r} have no {roles['owner']!r}, so they would be split: leave "
        )
        problem += f"{roles['owner']!r} out"
        return question(rows, problem, {role: name for role, name in roles.items() if role != "owner"})
    if owners := columns_with_owners_of_ids(rows, roles, unused):
        problem = f"in which {roles['id']!r} is not unique: {owners[0]!r} may distinguish rows with the same id"
        return question(rows, problem, {**roles, "owner": owners[0]})
    if times := [name for name in unused if normalized(name) in TIMES_OF_ROWS and _are_plays(rows, name, roles)]:
        return question(rows, f"in which {times[0]!r} may be the times of plays", {**roles, "time": times[0]})
    untimed = [name for name in unused if name not in found.get("time", ())]
    if orders := columns_with_orders_of_owners(rows, roles, untimed):
        return question(rows, f"in which {_listed(orders)} may be the orders or sessions", {**roles, "id": orders[0]})
    if regions := _regions_of_charts(rows, roles, unused):
        return question(rows, f"in which {regions[0]!r} may distinguish charts", {**roles, "owner": regions[0]})
    if "time" in roles and (clock := column_of_clock_times(rows, roles["time"], unused)):
        with_clock = dict(sorted((roles | {"clock": clock}).items(), key=lambda each: ROLES.index(each[0].split()[0])))
        if clock in found["time"]:
            roles, unused = with_clock, [name for name in unused if name != clock]
        elif named and not roles.keys() & {"id", "playlist"}:
            problem = f"in which {clock!r} may be the times of day of the dates in {roles['time']!r}"
            return question(rows, problem, with_clock)
    if merged := question_on_merged_cells(rows, roles):
        return merged
    if (charts := charts_in(rows, unused)) and not roles.keys() & {*PLAYLIST_ROLES, "time"}:
        rank, chart = charts
        problem = f"in which each {rank!r} occurs several times, so {chart!r} may distinguish charts"
        return question(rows, problem, {**roles, "playlist": chart, "position": rank})
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


def _columns_by_role(rows: Table) -> dict[str, list[str]]:
    """Return a dict: role -> columns that may have this role.

    This depends on the names of the columns and, for some of them, on their values.

    A column named "Track" may contain numbers, or values such as "True". If another column contains the titles, such a
    column is not used: it contains track numbers or flags. A column of ids that is empty in most rows does not identify
    playlists. Links to playlists or albums do not identify tracks. If no column with a usual name contains uris, a
    column named "id" identifies tracks if it contains links to tracks. A column of the ids of sales identifies rows and
    not playlists if all of its values are different. A column named "product" contains titles if most
    values have several words. Columns named like titles that do not name the items are not used: see `title_doubts`.
    """
    header = rows[0]
    found = _suitable_columns(rows, header)
    while others := titles_of_others(rows, found):
        header = ["" if name in others else name for name in header]
        found = _suitable_columns(rows, header)
    return found


def _suitable_columns(rows: Table, header: list[str]) -> dict[str, list[str]]:
    """Return the result of `_columns_by_role` for the columns in `header`, in which "" replaces the other columns."""
    numbers = [name for name in header if normalized(name) == "track" and _most_fit(rows, name, _is_number_or_flag)]
    others = columns_by_role(["" if name in numbers else name for name in header])
    found = others if "title" in others else columns_by_role(header)
    links = [name for name in header if normalized(name) == "id" and _most_fit(rows, name, TRACK_URI.fullmatch)]
    uris = [name for name in found.pop("uri", links) if not _most_fit(rows, name, OTHER_URI.search)]
    products = [name for name in uris if normalized(name) in PRODUCTS.split() and _most_fit(rows, name, WORDS.search)]
    found |= {"title": products} if products and "title" not in found else {}
    uris = [name for name in uris if name not in products]
    found |= {"uri": uris} if uris else {}
    ids = [name for name in found.pop("id", []) if not (names_order(name) and _all_differ(rows, name))]
    ids = [name for name in ids if 2 * sum(map(bool, known_values(rows, name))) >= len(rows) - 1]
    return found | ({"id": ids} if ids else {})


def _is_number_or_flag(value: str) -> bool:
    """Whether a value is a number, or "True" or "False"."""
    return NUMBER.fullmatch(value) is not None or value.casefold() in FLAGS


def _missing_role(rows: Table, roles: Mapping[str, str], unused: Sequence[str]) -> tuple[str, list[str]] | None:
    """Return a role that no column has, and the unused columns whose values suit this role.

    Artists are needed, because tracks with the same title by different artists would otherwise be merged. Playlist
    names are needed, because all rows would otherwise form one playlist. If no role is missing, or no column suits it,
    the result is None.
    """
    candidates = [name for name in unused if not is_descriptive(name) and rows[0].count(name) == 1]
    if "title" in roles and not roles.keys() & {"artist", "uri"}:
        titles = values_of(rows, roles["title"])
        if names := [name for name in candidates if may_be_artists(values_of(rows, name), titles)]:
            return "artist", names
    if lists := columns_with_playlists_of_owners(rows, roles, unused):
        return "playlist", lists
    if roles.keys() & {*PLAYLIST_ROLES, "time"}:
        return None
    candidates = [name for name in candidates if not names_people(name)]
    names = [name for name in candidates if may_separate_playlists(values_of(rows, name))]
    return ("playlist", names) if names else None


def _order(rows: Table, found: Mapping[str, list[str]], roles: Mapping[str, str]) -> dict[str, str]:
    """Return a dict with the column that gives the order of the rows: role (position or time) -> name of the column.

    If playlists have ids or names, this is the column of positions. If there are no positions, it is the best column
    that contains times or, if there are no times either, a column with other numbers that order the rows of each
    playlist. The dict is empty if there is no such column.
    """
    position = found.get("position", ())
    if roles.keys() & {"id", "playlist"} and position and _most_fit(rows, position[0], NUMBER.fullmatch):
        return {"position": position[0]}
    if times := [name for name in found.get("time", ()) if _has_times(rows, name)]:
        return {"time": times[0]}
    others = [name for name in rows[0] if name not in roles.values()] if roles.keys() & {"id", "playlist"} else []
    numbered = column_of_positions(rows, roles, others)
    return {"position": numbered} if numbered else {}


def _has_times(rows: Table, name: str) -> bool:
    """Whether most of the values in the column `name` are times."""
    order = order_of_dates(values_of(rows, name))
    return _most_fit(rows, name, lambda value: is_time(value, order))


def _ambiguous_time(rows: Table, found: Mapping[str, list[str]], roles: Mapping[str, str]) -> str:
    """Return a time in which day and month may be swapped, if the table is a listening history; otherwise "".

    An example of such a time is 01/02/2024 10:00. Most times of a history must have a time of day. If most of them have
    none, at least two different dates are needed, some of which occur in several rows.
    """
    if not ({"title", "artist"} <= roles.keys() or "name" in roles) or roles.keys() & {*PLAYLIST_ROLES, "time"}:
        return ""
    for name in found.get("time", ()):
        dates = list(filter(is_numeric_date, values_of(rows, name)))
        if _most_fit(rows, name, has_clock) or 1 < len(set(dates)) < len(dates):
            return dates[0]
    return ""


def _most_fit(rows: Table, name: str, fits: Callable[[str], object]) -> bool:
    """Whether `fits` is true for most of the non-empty values in the column `name`."""
    values = list(filter(None, values_of(rows, name)))
    return bool(values) and sum(bool(fits(value)) for value in values) > 0.5 * len(values)


def _all_differ(rows: Table, name: str) -> bool:
    """Whether at least two rows have a value in the column `name`, and all these values are different."""
    values = list(filter(None, values_of(rows, name)))
    return 1 < len(values) == len(set(values))


def _divides(rows: Table, name: str, roles: Mapping[str, str]) -> bool:
    """Whether the values of the column `name` may distinguish playlists that have the same name and no id."""
    if "playlist" not in roles or "id" in roles:
        return False
    pairs = set(zip(values_of(rows, roles["playlist"]), values_of(rows, name), strict=True))
    return len({playlist for playlist, _ in pairs}) < len(pairs)


def _are_plays(rows: Table, name: str, roles: Mapping[str, str]) -> bool:
    """Whether the column `name` may contain the times of plays.

    Its values must be times. The different pairs of owner and time must be more than the owners, and more than half of
    the rows.
    """
    if "owner" not in roles or roles.keys() & {"id", "playlist", "time"} or not _has_times(rows, name):
        return False
    pairs = set(zip(values_of(rows, roles["owner"]), values_of(rows, name), strict=True))
    return len({owner for owner, _ in pairs}) < len(pairs) > (len(rows) - 1) / 2


def _regions_of_charts(rows: Table, roles: Mapping[str, str], unused: Sequence[str]) -> list[str]:
    """Return the columns with the regions of charts, if a table has dated charts of several regions."""
    if roles.keys() & set(PLAYLIST_ROLES) or "time" not in roles or not {*map(normalized, unused)} & RANKS:
        return []
    return [name for name in unused if normalized(name) in REGIONS and len({*values_of(rows, name)}) > 1]


def _listed(names: Sequence[str]) -> str:
    """Return names in quotes, joined with "and"."""
    return " and ".join(repr(name) for name in names)


def is_lone_header(line: str) -> bool:
    """Whether a line consists only of a usual column name.

    "Artist - Title" does not count: it is the heading of a list of tracks.
    """
    return SEPARATOR not in line and bool(normalized(line)) and is_header([line])
