"""Find tables that sgp cannot read, because their rows have several tracks: in one cell, or in several columns."""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain

from skipgramophone.playlists.column_names import is_descriptive, names_item, names_people
from skipgramophone.playlists.columns.values import ID, NUMBER, Table, column_numbers, is_time, values_of
from skipgramophone.playlists.readers.times_of_day import has_clock

SEPARATOR = re.compile(r"\s*[,;|]\s*")
# The first of the fields that commas separate, if another character separates a key from a list: "17;a".
OTHER_SEPARATOR = re.compile(r"[;|\t]|: ")
KEY_AND_ITEM = re.compile(r"[^;|\t]+(?:[;|\t]|: )[^;|\t]+")
LONGEST_ITEM = 40  # maximum number of characters of an item; a longer part of a cell is probably part of a sentence
LEAST_CELLS = 3
LEAST_REPEATED = 0.25  # in lists without brackets: minimum share of the items that also occur in an earlier row
NUMBERED = re.compile(r"(\D+?)[ _.#-]*(\d+)(?:[ _.-]+(\D*(?:name|title|id|sku)))?", re.IGNORECASE)
ARTIST_AND_TITLE = re.compile(r"\S.* [-–—] .*\S")


def several_items(rows: Table) -> str | None:
    """Return what a user can do with a table that has several tracks per row; None for other tables.

    >>> several_items([["name", "tracks"], ["Evening", "['Rain', 'Salt']"], ["Morning", "['Rain']"]])
    "in which each 'tracks' seems to be a list: write one row per item of these lists, next to its playlist"
    """
    lists = [name for name in columns_of_lists(rows) if names_item(name) and not is_descriptive(name)]
    if lists:
        what = f"in which each {lists[0]!r} seems to be a list"
        return f"{what}: write one row per item of these lists, next to its playlist"
    if names := _columns_of_tracks(rows):
        listed = " and ".join(map(repr, names)) if len(names) == 2 else f"{names[0]!r} to {names[-1]!r}"
        return f"in which {listed} seem to contain one track each: write one row per track, next to its playlist"
    return None


def lists_without_names(rows: Table) -> str | None:
    """Return what a user can do with a table without a header that has lists of ids in its cells; None if it has none.

    >>> rows = [["u1", "2024-03-09", "n1 n2"], ["u2", "2024-03-10", "n2 n3 n1"], ["u3", "2024-03-11", "n1 n3"]]
    >>> lists_without_names(rows)
    'in which column 3 seems to contain lists of ids: write one row per id of a list, next to its owner or session'
    """
    keys = [KEY_AND_ITEM.fullmatch(row[0]) for row in rows if len(row) >= LEAST_CELLS]
    others = (field for row in rows for field in row[1:])
    if len(keys) == len(rows) and all(keys) and not any(map(OTHER_SEPARATOR.search, others)):
        listed = "in which each line seems to be a key and a list of items"
        return f"{listed}: write one row per item of a list, next to the key"
    table = [column_numbers(rows), *rows]
    lists = [name for name in table[0] if _are_lists_of_ids(values_of(table, name))]
    if not lists:
        return None
    listed = f"column {lists[0]} seems" if len(lists) == 1 else f"columns {' and '.join(lists)} seem"
    return f"in which {listed} to contain lists of ids: write one row per id of a list, next to its owner or session"


def columns_of_lists(rows: Table) -> list[str]:
    """Return the columns in which most cells contain a list or an object.

    A list or object is in brackets, or its items are separated by commas, semicolons or bars.
    """
    header = rows[0]
    return [name for name in header if header.count(name) == 1 and _are_lists(values_of(rows, name), name)]


def _are_lists(values: list[str], name: str) -> bool:
    """Whether most of the cells in a column are lists or objects.

    If lists have no brackets, some items must occur in several of them, because a comma may also be a part of a title.
    """
    filled = list(filter(None, values))
    if filled and all(value.startswith(("[", "{")) and value.endswith(("]", "}")) for value in filled):
        return True
    if _are_lists_of_ids(filled):
        return True
    items = [SEPARATOR.split(value) for value in filled]
    names = [each for each in items if all(map(ARTIST_AND_TITLE.fullmatch, each))]
    if len(names) == len(items) and 2 * sum(len(each) > 1 for each in names) > len(names):
        return True
    counts: Counter[str] = Counter(chain.from_iterable(map(set, items)))
    repeated = counts.total() - len(counts)
    are_short = all(len(item) <= LONGEST_ITEM and not NUMBER.fullmatch(item) for item in counts)
    many = len(filled) >= LEAST_CELLS and 2 * sum(len(each) > 1 for each in items) > len(filled)
    distinct = len(set(filled)) > len(filled) / 2 or not any("," in value for value in filled)
    return many and are_short and distinct and repeated >= LEAST_REPEATED * counts.total() and not names_people(name)


def lists_playlists(values: list[str]) -> bool:
    """Whether some cells of a column of playlists list several playlists, such as "Evening; Road".

    At least two cells have several items, and at least half of these items are also in other cells.

    >>> lists_playlists(["Evening; Road", "Evening", "Road; Gym", "Gym"]), lists_playlists(["Sun, Sea", "Sun, Sea"])
    (True, False)
    """
    cells = {value: SEPARATOR.split(value) for value in values if value}
    several = [items for items in cells.values() if len(items) > 1]
    in_cells: Counter[str] = Counter(chain.from_iterable(map(set, cells.values())))
    listed = [item for items in several for item in items]
    return len(several) > 1 and 2 * sum(in_cells[item] > 1 for item in listed) >= len(listed)


def _are_lists_of_ids(values: list[str]) -> bool:
    """Whether most cells contain several ids that are separated by spaces, and some ids are in several cells."""
    lists = [value.split(" ") for value in values if value]
    if len(lists) < LEAST_CELLS or 2 * sum(len(each) > 1 for each in lists) <= len(lists):
        return False
    if not all(map(ID.fullmatch, chain.from_iterable(lists))) or any(
        is_time(value) or has_clock(value) for value in values
    ):
        return False
    counts = Counter(chain.from_iterable(map(set, lists)))
    return counts.total() - len(counts) >= LEAST_REPEATED * counts.total()


def _columns_of_tracks(rows: Table) -> list[str]:
    """Return the columns that contain one track each, or [] if there are not at least two of them.

    Such columns are named "track1", "track2" and so on, or their cells have the form "Artist - Title".
    """
    header = rows[0]
    stems: dict[str, list[str]] = {}
    for name in header:
        numbered = NUMBERED.fullmatch(name.strip())
        if numbered and names_item(numbered[1]) and not names_people(numbered[1]):
            stems.setdefault(f"{numbered[1]} {numbered[3]}", []).append(name)
    longest = max(stems.values(), key=len, default=[])
    if len(longest) > 1:
        return longest
    if any(map(names_item, header)):
        return []
    both = [name for name in header if header.count(name) == 1 and are_tracks(values_of(rows, name))]
    return both if len(both) > 1 else []


def are_tracks(values: list[str]) -> bool:
    """Whether most of the cells consist of an artist, a dash, and a title."""
    filled = list(filter(None, values))
    return len(filled) > 1 and 2 * sum(ARTIST_AND_TITLE.fullmatch(value) is not None for value in filled) > len(filled)
