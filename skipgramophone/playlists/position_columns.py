"""Recognize the column that gives the order of the rows of each playlist, if it has none of the usual names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from skipgramophone.playlists.column_names import normalized
from skipgramophone.playlists.column_values import Table, values_of

# Normalized names of columns of positions. Their values must be different within a playlist.
ORDERS = frozenset(
    (
        "order", "trackorder", "songorder", "playlistorder", "sortorder", "sequence", "playlistindex", "reihenfolge",
        "ordre", "orden", "ordem", "ordine", "posicion", "posicao", "posizione", "positie", "volgorde", "pozycja",
        "kolejnosc", "pozice", "poradi", "pozicia", "sira", "placering", "порядок", "позиция", "順番", "顺序", "순서",
    )
)  # fmt: skip
# Normalized names of columns that may contain positions, but also other numbers, such as those of tracks on an album.
# The values of a playlist must be the numbers from 1 or 0 on, in any order. The same applies to the names in `SIGNS`.
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


def column_of_positions(rows: Table, roles: Mapping[str, str], others: Sequence[str]) -> str | None:
    """Return the column among `others` with the positions of rows in their playlists, or None.

    The last playlist may be incomplete, because `rows` may be only the start of a table.

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


def _are_positions(numbers: Mapping[tuple[str, ...], list[int]], last: tuple[str, ...], complete: bool) -> bool:
    """Whether the numbers of each playlist are different and, if `complete`, the numbers from 0 or 1 on."""
    if any(len(set(own)) < len(own) for own in numbers.values()) or all(len(own) == 1 for own in numbers.values()):
        return False
    if not complete:
        return True
    whole = [own for key, own in numbers.items() if key != last]
    own_last = numbers[last]
    starts = {min(own) for own in whole} or {min(own_last)}
    spans = all(max(own) - min(own) == len(own) - 1 for own in whole or [own_last])
    return len(starts) == 1 and starts <= {0, 1} and spans
