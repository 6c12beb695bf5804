"""Recognize a column of quantities, prices, ratings, flags or dates that is used for the ids of tracks."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from skipgramophone.playlists.column_names import columns_by_role, normalized
from skipgramophone.playlists.columns.assigned_columns import with_header
from skipgramophone.playlists.columns.roles import PLAYLIST_ROLES
from skipgramophone.playlists.columns.values import (
    FLAGS,
    ID,
    NUMBER,
    Table,
    is_time,
    most_fit,
    values_of,
)
from skipgramophone.settings import columns_text
from skipgramophone.wording import Wording, visible

FEWEST_ROWS = 20  # in a shorter table, ids too may have few different values
# If all values are numbers, and only their sizes suggest quantities: maximum number of different ones, and maximum.
MOST_SMALL, LARGEST_SMALL = 30, 100
MANY_TIMES = 5  # a column of ids must have this many times as many different values as the column of quantities
# Ends of the names of columns with quantities, and with prices or ratings, in the languages in which sgp knows column
# names.
OF_ITEMS = "quantity|qty|menge|anzahl|stuck|quantite|cantidad|quantidade|quantita|ilosc|aantal|antal"
OF_MONEY = "amount|price|cost|total|preis|betrag|prix|montant|precio|importe|preco|valor|prezzo|importo|cena|prij?s"
QUANTITY = re.compile(rf"({OF_ITEMS}|(?<!ac)count|weight|rating|score|stars|{OF_MONEY})s?$")
FRACTION = re.compile(r"-?\d*[.,]\d*[1-9]\d*")  # a decimal number that is not whole, unlike 17.0


class Quantities(NamedTuple):
    """A column that is used for ids of tracks, but seems to contain something else.

    Attributes:
        column: name of the column.
        what: what it seems to contain, such as "quantities".
        better: another column that seems to contain the ids, or None.
    """

    column: str
    what: str
    better: str | None


def quantities_as_tracks(rows: Table, roles: Mapping[str, str]) -> Quantities | None:
    """Return the column of the role "uri" or "title" if it seems to contain no ids, else None.

    This is the case if its values are numbers, and its name is usual for quantities. It is also the case if its values
    look like quantities, flags or dates, and another column, which has no role, seems to contain the ids.

    Args:
        rows: the first rows of the table; the first row contains the names or the numbers of the columns.
        roles: role -> name of its column, as in `ExtractSettings.roles`.

    >>> rows = [["customer", "sku", "quantity"], *([f"{at % 5}", f"A{at % 7}", f"{at % 3}"] for at in range(40))]
    >>> quantities_as_tracks(rows, {"owner": "customer", "uri": "quantity"})
    Quantities(column='quantity', what='quantities', better='sku')
    """
    column = roles.get("uri", roles.get("title", ""))
    if column not in rows[0] or roles.keys() & {"artist", "name"} or {"uri", "title"} <= roles.keys():
        return None
    values = list(filter(None, values_of(rows, column)))
    if len(values) < FEWEST_ROWS:
        return None
    is_named = QUANTITY.search(normalized(column)) is not None and all(map(NUMBER.fullmatch, values))
    what = "quantities" if is_named else _kind_of(values)
    if what is None:
        return None
    better = _column_of_ids(rows, roles, len(set(values)), is_named)
    return Quantities(column, what, better) if is_named or better else None


def doubt_about_assigned_tracks(rows: Table, roles: Mapping[str, str]) -> Wording | None:
    """Return a sentence for reports if an assigned column of tracks seems to contain no ids, else None.

    Args:
        rows: the first rows of the table.
        roles: role -> name or number of its column.
    """
    if not rows:
        return None
    table, names = with_header(rows, roles)
    found = quantities_as_tracks(table, {role: names.get(name, name) for role, name in roles.items()})
    if found is None:
        return None
    role, column = next((role, name) for role, name in roles.items() if names.get(name, name) == found.column)
    what = f"the column {column!r}, assigned to {role}, seems to contain {found.what}"
    if found.better is None:
        return lambda _named: visible(what)
    better = next(column for column, name in names.items() if name == found.better)
    columns = columns_text({each: name for each, name in roles.items() if each != role} | {"uri": better})
    advice = f"{better!r} seems to contain the ids of tracks"
    return lambda named: visible(f"{what}; {advice}: to use them, give {named('columns', columns)}")


def _kind_of(values: Sequence[str]) -> str | None:
    """Return what values seem to be instead of ids, or None if they may be ids."""
    distinct = set(values)
    if all(value.casefold() in FLAGS for value in distinct):
        return "flags such as yes and no"
    if all(NUMBER.fullmatch(value) for value in distinct):
        if any(map(FRACTION.fullmatch, distinct)):
            return "prices or other decimal numbers"
        numbers = [float(value) for value in distinct]
        is_small = len(distinct) <= MOST_SMALL and max(numbers) <= LARGEST_SMALL and min(numbers) <= 1
        return "small numbers such as quantities" if is_small else None
    return "dates or times" if all(map(_is_date, distinct)) else None


def _column_of_ids(rows: Table, roles: Mapping[str, str], distinct: int, is_named: bool) -> str | None:
    """Return a column without a role that seems to contain the ids of items, or None.

    A column with a usual name for ids is preferred. Any other column must contain values that look like ids. Most
    playlists (or owners) must have several of these values, and most values must be in several playlists.

    Args:
        rows: the first rows of the table, with column names.
        roles: role -> name of its column.
        distinct: number of different quantities. The column must have `MANY_TIMES` as many different values, or if
            `is_named` is true, at least as many.
        is_named: whether the name of the column of quantities is usual for quantities.
    """
    free = [name for name in rows[0] if name not in roles.values() and rows[0].count(name) == 1]
    usual = [name for name in columns_by_role(rows[0]).get("uri", ()) if name in free]
    if usual:
        return usual[0]
    of_playlists = next((roles[role] for role in PLAYLIST_ROLES if role in roles), None)
    if of_playlists is None or of_playlists not in rows[0]:
        return None
    playlists = values_of(rows, of_playlists)
    columns = {name: values_of(rows, name) for name in free}
    fitting = [name for name, values in columns.items() if _are_ids(values) and _are_items(values, playlists)]
    least = 1 if is_named else MANY_TIMES
    fitting = [name for name in fitting if len(set(columns[name])) >= least * distinct]
    return max(fitting, key=lambda name: len(set(columns[name])), default=None)


def _are_ids(values: Sequence[str]) -> bool:
    """Whether most values have a digit, no space, and are neither dates nor decimal numbers."""
    return most_fit(values, lambda value: ID.fullmatch(value) and not (FRACTION.fullmatch(value) or _is_date(value)))


def _is_date(value: str) -> bool:
    """Whether a value is a date or time that is not written as a plain number."""
    return is_time(value) and NUMBER.fullmatch(value) is None


def _are_items(values: Sequence[str], playlists: Sequence[str]) -> bool:
    """Whether most values that occur twice are in several playlists, and most playlists have several of the values."""
    return _have_several(values, playlists) and _have_several(playlists, values)


def _have_several(groups: Sequence[str], values: Sequence[str]) -> bool:
    """Whether more than half of the groups with at least two rows have several different values."""
    found = defaultdict[str, list[str]](list)
    for group, value in zip(groups, values, strict=True):
        found[group].append(value)
    repeated = [set(members) for members in found.values() if len(members) > 1]
    return 2 * sum(len(members) > 1 for members in repeated) > len(repeated)
