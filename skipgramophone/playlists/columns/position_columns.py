"""Recognize the column with the positions of rows in their playlists, if its name alone does not prove this."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from skipgramophone.playlists.column_names import normalized
from skipgramophone.playlists.columns.values import Table, have_one_value_each, values_of

# Normalized names of columns that contain positions if their values differ within each playlist.
ORDERS = frozenset(
    (
        "order", "trackorder", "songorder", "playlistorder", "sortorder", "sequence", "playlistindex", "reihenfolge",
        "ordre", "orden", "ordem", "ordine", "posicion", "posicao", "posizione", "positie", "volgorde", "pozycja",
        "kolejnosc", "pozice", "poradi", "pozicia", "sira", "placering", "порядок", "позиция", "順番", "顺序", "순서",
    )
)  # fmt: skip
# Normalized names of columns that may contain positions, but also other numbers, such as those of tracks on an album.
# Such a column contains positions if the values of each playlist are 1, 2, 3 and so on (or 0, 1, 2 and so on), in any
# order. The same applies to the names in `SIGNS`.
NUMBERS = frozenset(
    (
        "n", "no", "nr", "num", "number", "nummer", "numero", "lfdnr", "index", "idx", "line", "lineno", "linenumber",
        "track", "trackno", "tracknr", "tracknum", "tracknumber", "trackindex", "songno", "songnr", "songnumber",
        "titelnr", "titelnummer", "numerodepiste", "numerodetitre", "piste", "rank", "rang", "platz", "place", "puesto",
        "itemno", "itemnumber", "orderitemid", "cislo", "szam", "номер", "番号", "曲順", "トラック番号",
        "序号", "序號", "编号", "編號", "번호", "순번",
    )
)  # fmt: skip
SIGNS = ("#", "№")
MOMENT = re.compile(r"time|elapsed|offset|since|seq|step|order|position")  # in names of columns that may give an order


def column_of_positions(rows: Table, roles: Mapping[str, str], others: Sequence[str]) -> str | None:
    """Return the column in `others` that contains the positions of rows in their playlists, or None.

    Numbers may be missing from the last playlist, because `rows` may be only the start of a table.

    >>> column_of_positions([["List", "#"], ["A", "2"], ["A", "1"], ["B", "1"]], {"playlist": "List"}, ["#"])
    '#'
    """
    groups = [values_of(rows, roles[role]) for role in ("owner", "id", "playlist") if role in roles]
    keys = list(zip(*groups, strict=True))
    for name in others:
        word = normalized(name)
        is_number = word in NUMBERS or name.strip() in SIGNS
        if rows[0].count(name) > 1 or not (word in ORDERS or is_number):
            continue
        values = values_of(rows, name)
        if all(value.isascii() and value.isdigit() for value in values) and keys:
            numbers = defaultdict[tuple[str, ...], list[int]](list)
            for key, value in zip(keys, values, strict=True):
                numbers[key].append(int(value))
            if _are_positions(numbers, keys[-1], complete=is_number):
                return name
    return None


def column_of_moments(rows: Table, roles: Mapping[str, str], others: Sequence[str]) -> str | None:
    """Return the column in `others` that may give the order of the rows within each id, or None.

    For example, a session may have a date that is the same in all of its rows, and a column "timeframe" with the time
    since its start. The values of such a column are whole numbers that differ within each id, and the rows are not in
    their order yet. The result is None if the times in the column with the role "time" differ within an id.

    >>> rows = [["session", "item", "day", "timeframe"], *(f"{at % 2} i{at} 1 {40 - at}".split() for at in range(8))]
    >>> column_of_moments(rows, {"id": "session", "uri": "item", "time": "day"}, ["timeframe"])
    'timeframe'
    """
    if "id" not in roles or "position" in roles:
        return None
    ids = values_of(rows, roles["id"])
    if "time" in roles and not have_one_value_each(ids, values_of(rows, roles["time"])):
        return None
    for name in others:
        values = values_of(rows, name)
        if not MOMENT.search(normalized(name)) or not all(value.isascii() and value.isdigit() for value in values):
            continue
        numbers = defaultdict[str, list[int]](list)
        for key, value in zip(ids, values, strict=True):
            numbers[key].append(int(value))
        differ = all(len(set(own)) == len(own) for own in numbers.values())
        if differ and any(own != sorted(own) for own in numbers.values()):
            return name
    return None


def _are_positions(numbers: Mapping[tuple[str, ...], list[int]], last: tuple[str, ...], complete: bool) -> bool:
    """Whether numbers may be the positions of rows in their playlists: no playlist has the same number twice.

    Args:
        numbers: playlist -> numbers of its rows.
        last: the last playlist, from which numbers may be missing.
        complete: whether the numbers of each playlist must be 1, 2, 3 and so on, or 0, 1, 2 and so on.
    """
    if any(len(set(own)) < len(own) for own in numbers.values()) or all(len(own) == 1 for own in numbers.values()):
        return False
    if not complete:
        return True
    whole = [own for key, own in numbers.items() if key != last]
    own_last = numbers[last]
    starts = {min(own) for own in whole} or {min(own_last)}
    spans = all(max(own) - min(own) == len(own) - 1 for own in whole or [own_last])
    return len(starts) == 1 and starts <= {0, 1} and spans
