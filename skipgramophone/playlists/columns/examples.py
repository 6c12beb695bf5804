"""Ask the user to assign the columns of a table.

The message contains an example for `--columns`, which is chosen from the column names and the values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from skipgramophone.playlists.column_names import (
    REGIONS,
    columns_by_role,
    is_category,
    is_count,
    is_descriptive,
    is_header,
    names_item,
    names_listener,
    names_people,
    normalized,
)
from skipgramophone.playlists.columns.doubts import column_of_clock_times, is_one_list_per_owner
from skipgramophone.playlists.columns.example_roles import corrected_roles
from skipgramophone.playlists.columns.order import roles_by_order
from skipgramophone.playlists.columns.roles import PLAYLIST_ROLES, sorted_roles
from skipgramophone.playlists.columns.several_items import (
    are_tracks,
    columns_of_lists,
    lists_without_names,
    several_items,
)
from skipgramophone.playlists.columns.time_doubts import is_of_other_event
from skipgramophone.playlists.columns.unnamed_columns import artist_and_title, determines, items_in, unnamed_columns
from skipgramophone.playlists.columns.values import (
    ID,
    NUMBER,
    OTHER_URI,
    URI,
    Table,
    column_numbers,
    is_text,
    is_time,
    may_be_artists,
    values_of,
)
from skipgramophone.playlists.readers.numeric_dates import DateOrder, is_numeric_date, order_of_dates
from skipgramophone.playlists.readers.times_of_day import has_clock
from skipgramophone.settings import columns_text
from skipgramophone.wording import Names, Wording, visible

DECIMAL = re.compile(r"-?\d*\.\d+")
# Strings of digits that are probably ids and not times: they start with 0, or they would mean a time before 1995 if
# they were seconds since 1970.
NOT_A_TIME = re.compile(r"0\d*|[1-7]\d{8}")
HASH = re.compile(r"[\w+/-]{24,}={0,2}")  # matches an id that is the hash of a name
IDS = ("id", "isbn")  # the names of columns with ids end with one of these
NAME = re.compile(r"[^\W\d_]|[#№]")  # matches the first character of the name of a column
LONGEST_NAME = 40  # a field in the first line can be the name of a column only if it has at most this many characters


def question(rows: Table, problem: str, known: Mapping[str, str] = MappingProxyType({})) -> Wording:
    """Return a message that asks the user to assign the columns of a table; it ends with an example for `--columns`.

    Args:
        rows: the first rows of the table.
        problem: what is unclear. The message begins with the number of columns, such as "a table of 3 columns", and
            continues with this text.
        known: role -> column; the example contains these assignments. If they include the role "title", "name" or
            "uri", the example contains no other assignments.
    """
    if wide := several_items(rows) or ("" if _has_header(rows) else lists_without_names(rows)):
        return lambda _named: visible(f"a table of {len(rows[0])} columns {wide}")
    has_header = _has_header(rows)
    has_words = not has_header and _has_words(rows)
    of_words = {} if is_header(rows[0]) or not (has_header or has_words) else _example_of_words(rows)
    example_roles = of_words if has_words or ("title" in of_words and len(of_words) > 1) else _example(rows, has_header)
    if (has_header or has_words) and len(set(rows[0])) == len(rows[0]):
        corrected = corrected_roles(example_roles, rows)
        example_roles = {
            role: name for role, name in corrected.items() if name not in known.values() or known.get(role) == name
        }
    roles = {**example_roles, **known}
    if known.keys() & {"title", "name", "uri"}:
        roles = sorted_roles(known)
    title = roles.get("title", "")
    numbers = column_numbers(rows)
    table = rows if title in rows[0] else [numbers, *rows]
    if title in table[0] and "artist" not in roles and are_tracks(values_of(table, title)):
        roles = {"name" if role == "title" else role: name for role, name in roles.items()}
    if {"time", "position"} <= roles.keys():
        del roles["position"]  # --columns may contain only one of these two roles
    if not roles.keys() & {"title", "name", "uri"}:
        names = ", ".join(rows[0])
        what = f"a table of {len(rows[0])} columns {problem}, and none of the columns {names} seems to contain tracks"
        return lambda named: visible(
            f"{what}: if one of them contains the titles, assign it with {named('columns', 'title=…')}"
        )
    # If no name is usual, the first line may be a row instead of a header. A name such as "Band", which is usual only
    # in a table with titles, counts as usual here.
    without_names = has_words and not columns_by_role(rows[0])
    without_names = without_names and columns_by_role([*rows[0], "title"]) == {"title": ["title"]}
    by_number = " (by number if the first line is not a header)" if has_words else "" if has_header else " by number"
    are_names = has_header or has_words  # otherwise, `roles` contains numbers of columns
    if without_names or (are_names and any(rows[0].count(name) > 1 for name in roles.values())):
        roles = {role: f"{rows[0].index(name) + 1}" for role, name in roles.items()}
        by_number = " by number" + " (by name if the first line is a header)" * without_names
    columns = f"a table of {len(rows[0])} columns {problem}"
    given = {"columns": columns_text(roles)} | ({"session_gap": "none"} if is_one_list_per_owner(roles) else {})

    def asked(named: Names) -> str:
        example = named.either(", ", " ").join(named(name, value) for name, value in given.items())
        return visible(f"{columns}: assign the columns{by_number}, for example {example}")

    return asked


def _has_header(rows: Table) -> bool:
    """Whether the first row contains names of columns.

    This is true in two cases: its fields are usual column names (see `is_header`); or all of its fields are short and
    begin with a letter, and one of them is above a column that contains only numbers or times.
    """
    if is_header(rows[0]):
        return True
    below = [row for row in rows[1:] if len(row) == len(rows[0])]
    if not below or not all(len(field) <= LONGEST_NAME and NAME.match(field) for field in rows[0]):
        return False
    columns = zip(rows[0], zip(*below, strict=True), strict=True)
    return any(not _is_value(name) and all(map(_is_value, values)) for name, values in columns)


def _is_value(text: str) -> bool:
    """Whether a text is a number or a time."""
    return NUMBER.fullmatch(text) is not None or _is_likely_time(text) or is_numeric_date(text)


def _has_words(rows: Table) -> bool:
    """Whether the first row may be a header.

    Its fields must all be different, be short, contain no digits, and not occur in the rows below. In addition, one of
    two conditions must be met: at least one field is a usual column name; or every field is a single word, and some
    field in the rows below has several words.
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
    """Return role -> column, as an example for a header with few usual names; only columns of text get a role.

    Columns with usual names get their usual roles. If other names suggest people, items or ids, these columns get the
    roles of artist, title and playlist. Among the remaining columns, the one with the fewest different values gets the
    role of the playlist, if this role is still missing. The next columns get the roles of artist and title, in this
    order, if these are still missing.
    """
    header = rows[0]
    found = columns_by_role(header)
    texts = {name for name in set(header) - {*columns_of_lists(rows)} if is_text(values_of(rows, name))}
    named_roles = {role: found.get(role, [""])[0] for role in ("artist", "title", "playlist")}
    roles = {role: name for role, name in named_roles.items() if name in texts}
    taken = {name for names in found.values() for name in names}
    free = [name for name in header if name in texts - taken and not is_descriptive(name) and not is_count(name)]
    for role, fits in (("artist", names_people), ("title", names_item)):
        named = [name for name in free if fits(name)]
        if role not in roles and named:
            roles[role] = named[0]
            free.remove(named[0])
    ids = [name for name in free if _names_id(name)]
    if ids and "playlist" not in roles:
        roles["playlist"] = ids[0]
    free = [name for name in free if name not in ids]
    missing = [role for role in ("artist", "title") if role not in roles]
    if len(free) == 1 and len(missing) > 1:
        missing = ["title"]
    divides = (
        any(len(set(values)) < len(values) for values in (values_of(rows, name) for name in free)) or len(rows) < 4
    )
    if "playlist" not in roles and len(free) > len(missing) and divides:
        roles["playlist"] = min(reversed(free), key=lambda name: len(set(values_of(rows, name))))
        free.remove(roles["playlist"])
    if missing == ["title"]:
        free.sort(key=lambda name: -len(set(values_of(rows, name))))
    if missing == ["artist"]:
        titles = values_of(rows, roles["title"])
        free = [name for name in free if _may_be_artists(values_of(rows, name), titles)]
    roles |= dict(zip(missing, free, strict=False))
    return dict(sorted(roles.items(), key=lambda each: header.index(each[1])))


def _example(rows: Table, named: bool) -> dict[str, str]:
    """Return a plausible assignment of the columns for the example in a message: role -> name of the column.

    If the table has no column names (`named` is false), columns are given by number, counted from 1.
    """
    header, width = rows[0], len(rows[0])
    columns = [[row[at] for row in rows[named:] if len(row) == width] for at in range(width)]
    if not named and (ordered := roles_by_order(columns)):
        return {role: f"{at + 1}" for role, at in ordered.items()}
    places: dict[str, int] = {}
    lists = columns_of_lists(rows) if named else []
    usable = [at for at in range(width) if any(columns[at]) and (header[at] or not named) and header[at] not in lists]
    usable = usable if named else unnamed_columns(columns)
    for role, names in columns_by_role(header).items() if named else ():
        found = [at for at in map(header.index, names) if at in usable and _fits(role, header[at])]
        if found and not any(map(OTHER_URI.search, columns[found[0]])):
            places[role] = found[0]
    left = [at for at in usable if at not in places.values() and _fits("title", header[at])]
    times = [at for at in left if columns[at] and _are_likely_times(columns[at])]
    others = [at for at in times if named and is_of_other_event(header[at])]
    times, left = ([at for at in some if at not in others] for some in (times, left))
    uris = [at for at in left if columns[at] and all(map(URI.fullmatch, columns[at]))]
    uris = [at for at in uris if not any(map(OTHER_URI.search, columns[at]))]
    places |= {"time": times[0]} if times else {}
    places |= _clock_next_to(times[0], left, rows, named) if times else {}
    places |= {"uri": max(uris, key=lambda at: len(set(columns[at])))} if uris and "uri" not in places else {}
    left = [at for at in left if at not in places.values() and not any(map(DECIMAL.fullmatch, columns[at]))]
    if named:
        left = [at for at in left if not (is_count(header[at]) or is_descriptive(header[at])) or names_item(header[at])]
        left = [at for at in left if not (is_category(header[at]) or _names_playlist(header[at]))]
    _place_tracks(places, left, columns, header if named else [""] * width)
    order = sorted(places, key=lambda role: places[role])
    return {role: header[places[role]] if named else f"{places[role] + 1}" for role in order}


def _clock_next_to(date: int, left: list[int], rows: Table, named: bool) -> dict[str, int]:
    """Return a dict with the role "clock" and the index of the column of times of day; empty if there is none.

    Args:
        date: index of the column with the dates to which the times of day belong.
        left: indices of columns that may have a role.
        rows: the first rows of the table.
        named: whether the first row contains names of columns.
    """
    table = rows if named else [column_numbers(rows), *rows]
    clock = column_of_clock_times(table, table[0][date], [table[0][at] for at in left])
    return {} if clock is None else {"clock": table[0].index(clock)}


def _fits(role: str, name: str) -> bool:
    """Whether a column may have a role in an example for `--columns`.

    In rows from JSON, a column such as "playlist.name" is a field of the playlist. It cannot have a role of tracks,
    such as "title".
    """
    of_playlist = name.startswith("playlist.") and role not in PLAYLIST_ROLES
    return role not in ("position", "rating", "time") and not of_playlist


def _place_tracks(places: dict[str, int], left: list[int], columns: list[list[str]], header: list[str]) -> None:
    """Choose the columns for tracks, then for owners, and add them to `places`.

    Args:
        places: role -> index of its column.
        left: indices of columns that may have a role.
        columns: the values of each column.
        header: the name of each column; "" in a table without a header.
    """
    texts = [at for at in left if any(re.search(r"[^\W\d_]{2}", value) and " " in value for value in columns[at])]
    items = [at for at in left if names_item(header[at])]
    if not places.keys() & {"title", "uri"}:
        people = [at for at in texts if names_people(header[at])]
        if "artist" in places:
            places["title"] = (items or texts or left or [len(header) - 1])[0]
        elif len(texts) > 1 and not any(header):
            places |= artist_and_title(texts, columns)
        elif len(texts) > 1:
            artist = (people or [at for at in texts if at not in items] or texts)[0]
            title = next((at for at in (*items, *texts) if at != artist), artist)
            places |= {"artist": artist, "title": title}
        elif texts or not left[1:]:
            found = (texts or left)[:1]
            role = "uri" if found and not texts and _names_id(header[found[0]]) else "title"
            places |= {role: found[0]} if found else {}
        else:
            owners = [] if places.keys() & {*PLAYLIST_ROLES} else left[:1]
            others = [at for at in left if at not in owners]
            named_ids = [at for at in others if _names_id(header[at])]
            candidates = items or named_ids or others
            uri = max(candidates, key=lambda at: len(set(columns[at]))) if any(header) else items_in(others, columns)
            places |= {"uri": uri} | ({"owner": owners[0]} if owners and owners[0] != uri else {})
    left = [at for at in left if at not in places.values()]
    if "title" in places and "artist" not in places:
        texts = [at for at in left if header[at] and is_text(columns[at]) and not is_descriptive(header[at])]
        people = [at for at in texts if names_people(header[at])]
        titles = columns[places["title"]]
        others = [at for at in texts if _may_be_artists(columns[at], titles) and not _names_id(header[at])]
        places |= {"artist": (people or others)[0]} if people or others else {}
    left = [at for at in left if at not in places.values()]
    if not places.keys() & {*PLAYLIST_ROLES}:
        regions = [at for at in range(len(header)) if normalized(header[at]) in REGIONS]
        regions = [at for at in regions if 1 < len(set(columns[at])) < len(columns[at])]
        free = [at for at in left if "title" not in places or not determines(columns[places["title"]], columns[at])]
        hashes = [
            at for at in free if all(map(HASH.fullmatch, columns[at])) and len(set(columns[at])) < len(columns[at])
        ]
        listeners = [at for at in left if names_listener(header[at])] or regions
        ids = [
            at
            for at in free[:1]
            if not header[at] and all(map(ID.fullmatch, columns[at])) and not any(map(has_clock, columns[at]))
        ]
        ids = [at for at in ids if "artist" not in places or len(set(columns[at])) < len(columns[at])]
        places |= {"owner": (listeners or ids or hashes)[0]} if listeners or ids or hashes else {}


def _names_playlist(name: str) -> bool:
    """Whether a column describes a playlist rather than its tracks, such as "playlist_no"."""
    return normalized(name).startswith("playlist") and not names_item(name)


def _may_be_artists(values: list[str], titles: list[str]) -> bool:
    """Whether the values of a column may be the artists of `titles`; always true if there is only one row."""
    return len(titles) < 2 or may_be_artists(values, titles)


def _names_id(name: str) -> bool:
    """Whether the name of a column says that it contains ids."""
    return normalized(name).endswith(IDS)


def _are_likely_times(values: list[str]) -> bool:
    """Whether all values of a column are times, and none of them is more likely an id."""
    order = order_of_dates(values)
    return all(_is_likely_time(value, order) for value in values)


def _is_likely_time(text: str, order: DateOrder = "") -> bool:
    """Whether a string is a time. Digits that are more likely an id do not count as a time."""
    return is_time(text, order) and NOT_A_TIME.fullmatch(text.strip()) is None
