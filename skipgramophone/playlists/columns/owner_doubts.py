"""Detect columns of owners, orders or playlists without which the rows of a table would form wrong playlists."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from skipgramophone.playlists.column_names import (
    is_category,
    is_count,
    is_descriptive,
    is_unclear,
    names_item,
    names_listener,
    names_people,
    normalized,
)
from skipgramophone.playlists.columns.values import Table, is_text, values_of
from skipgramophone.playlists.readers.missing_values import MISSING

NO_VALUE = frozenset(("", "(null)", *map(str.casefold, MISSING)))  # values that mean "no value", in lower case
LEAST_UPLOADS = 4  # minimum number of rows of a table in which the owners may be uploaders
# In such a table: minimum number of different titles per row, and of different owners per row.
DIFFERENT_TITLES, DIFFERENT_OWNERS = 0.9, 0.5
LEAST_ITEMS = 1.2  # minimum average number of different items in an order
# Names of columns that may contain people who own playlists.
OWNER = re.compile(
    r"creator|creat(ed)?by|curat|kurat|made(by|for)|erstell|nutzer|horer|kunde|persona?$|friend|freund|^dj|dj$"
)
# Names of columns that may contain customers or devices.
HOLDER = re.compile(
    r"e?mail(ad+ress[ei]?)?$|device(id)?$|cookie|^(client|remote)?ip(addr(ess)?)?$|^uid$|subject(id)?$|person"
)
ID = re.compile(
    r"(id|no|nr|num|nummer|numero)$|store|shop|branch|register|terminal|filiale|kasse"
)  # names of columns of ids or of shops
# Names of columns with ids of items or their sellers, with properties of items, or with numbers of rows.
OF_ITEM = re.compile(
    r"item|product|article|artikel|sku|track|song|video|channel|upload|media|film|movie|book|seller|vendor|supplier"
    r"|market|brand|categ|depart|aisle|class|type|group|artist|album|dis[ck]|release|genre|label|warehouse|campaign"
    r"|promo|discount|coupon|event|page|line|row|zeile|position|index|variant|size|colou?r|level|step|rank|review|text"
)


def columns_with_playlists_of_owners(rows: Table, roles: Mapping[str, str], unused: Sequence[str]) -> list[str]:
    """Return the unused columns that may name the owners' playlists, in a table of artists, titles and owners.

    A column is returned if three conditions are met. Its values are text, or its name may mean a playlist, such as
    "set". At least one owner has several values. On average, each value of an owner is in at least two rows. The result
    is empty if the table already has columns of playlists, ids or times.

    >>> rows = [["user", "mixtape", "artist", "title"]]
    >>> rows += [["ana", name, "Ada", song] for name in ("Chill", "Gym") for song in ("Rain", "Salt")]
    >>> columns_with_playlists_of_owners(rows, {"artist": "artist", "title": "title", "owner": "user"}, ["mixtape"])
    ['mixtape']
    """
    if not {"title", "artist", "owner"} <= roles.keys() or roles.keys() & {"playlist", "id", "time"}:
        return []
    owners = values_of(rows, roles["owner"])
    found = []
    for name in unused:
        if rows[0].count(name) > 1 or is_descriptive(name) or names_people(name):
            continue
        values = values_of(rows, name)
        pairs = [pair for pair in zip(owners, values, strict=True) if pair[1]]
        with_values = {owner for owner, _ in pairs}
        if (is_text(values) or is_unclear(name)) and len(with_values) < len(set(pairs)) <= len(pairs) / 2:
            found.append(name)
    return sorted(found, key=lambda name: not is_text(values_of(rows, name)))


def columns_with_people_of_playlists(rows: Table, roles: Mapping[str, str], unused: Sequence[str]) -> list[str]:
    """Return the unused columns of people that may distinguish playlists with the same name.

    The result is empty if the playlists already have ids or owners. It is also empty if the table has titles without
    artists, because the people may be the artists instead.

    >>> rows = [["playlist", "made for", "uri"], ["Chill", "ana", "Rain"], ["Chill", "bo", "Salt"]]
    >>> columns_with_people_of_playlists(rows, {"playlist": "playlist", "uri": "uri"}, ["made for"])
    ['made for']
    """
    if "playlist" not in roles or roles.keys() & {"id", "owner"} or ("title" in roles and "artist" not in roles):
        return []
    people = [name for name in unused if _names_owner(name) and not is_descriptive(name) and rows[0].count(name) == 1]
    playlists = values_of(rows, roles["playlist"])
    return [name for name in people if _several_per_group(playlists, values_of(rows, name))]


def columns_with_owners_of_ids(rows: Table, roles: Mapping[str, str], unused: Sequence[str]) -> list[str]:
    """Return the unused columns that may contain the owners of the ids, if different owners have the same ids.

    For example, the visits of each customer may be numbered from 1. At least one id must occur with several values of
    the column. If the name of the column suggests people or devices, no other condition must be met. If there is no
    such column, and the table has no artists, other columns of ids are examined. Their values must look like owners:
    some values occur with several ids, some pairs of id and value repeat, and the values are not properties of the
    items.

    >>> rows = [["visit", "email", "uri"], ["1", "a@x", "p"], ["1", "b@x", "q"]]
    >>> columns_with_owners_of_ids(rows, {"id": "visit", "uri": "uri"}, ["email"])
    ['email']
    """
    if "id" not in roles or "owner" in roles:
        return []
    ids = values_of(rows, roles["id"])
    once = [name for name in unused if rows[0].count(name) == 1]
    shared = [name for name in once if _several_per_group(ids, values_of(rows, name))]
    people = [name for name in shared if _names_holder(name)]
    if people or roles.keys() & {"artist", "name"}:
        return people
    items = values_of(rows, roles["uri" if "uri" in roles else "title"])
    others = [name for name in shared if _names_id(name)]
    return [name for name in others if _are_owners(ids, values_of(rows, name), items)]


def has_ids_without_owner(rows: Table, roles: Mapping[str, str]) -> bool:
    """Whether some rows of an id have an owner, and other rows of the same id have none.

    The rows of such an id would become two playlists. The result is false if an id occurs with several owners, because
    its rows without an owner may then belong to any of them.

    >>> rows = [["session", "user", "uri"], ["s1", "", "a"], ["s1", "u7", "b"]]
    >>> has_ids_without_owner(rows, {"id": "session", "owner": "user", "uri": "uri"})
    True
    """
    if not {"id", "owner"} <= roles.keys():
        return False
    owners_of = defaultdict[str, set[str]](set)
    for own, owner in zip(values_of(rows, roles["id"]), values_of(rows, roles["owner"]), strict=True):
        owners_of[own].add("" if owner.casefold() in NO_VALUE else owner)
    found = [owners for own, owners in owners_of.items() if own.casefold() not in NO_VALUE]
    return any("" in owners and len(owners) == 2 for owners in found) and all(len(own - {""}) < 2 for own in found)


def columns_with_orders_of_owners(rows: Table, roles: Mapping[str, str], unused: Sequence[str]) -> list[str]:
    """Return the unused columns that may contain the ids of the orders or sessions of each owner.

    Each value of such a column belongs to exactly one owner, but some owners have several values. At least two owners
    have a value with several items. Properties of owners, such as their countries, and properties of items do not meet
    these conditions. The result is empty if the table has artists, or ids or names of playlists.

    >>> rows = [["customer", "slip", "uri"]]
    >>> rows += [[who, slip, uri] for who, slip in (("x", "1"), ("x", "2"), ("y", "3")) for uri in "pq"]
    >>> columns_with_orders_of_owners(rows, {"owner": "customer", "uri": "uri"}, ["slip"])
    ['slip']
    """
    if "owner" not in roles or roles.keys() & {"id", "playlist", "artist", "name"}:
        return []
    owners, items = values_of(rows, roles["owner"]), values_of(rows, roles["uri" if "uri" in roles else "title"])
    free = [name for name in unused if rows[0].count(name) == 1 and not (is_descriptive(name) or is_category(name))]
    free = [
        name
        for name in free
        if not (is_count(name) or names_item(name) or _names_holder(name) or OF_ITEM.search(normalized(name)))
    ]
    return [name for name in free if _are_orders(owners, values_of(rows, name), items)]


def _are_orders(owners: Sequence[str], values: Sequence[str], items: Sequence[str]) -> bool:
    """Whether `values` look like ids of the orders of `owners`, with several `items` in an order."""
    filled = {(owner, value, item) for owner, value, item in zip(owners, values, items, strict=True) if owner and value}
    pairs = {(owner, value) for owner, value, _ in filled}
    sizes = Counter((owner, value) for owner, value, _ in filled)
    with_several_items = {owner for (owner, _), size in sizes.items() if size > 1}
    of_one_owner = len({value for _, value in pairs}) == len(pairs)
    several = len({owner for owner, _ in pairs}) < len(pairs)
    are_full = 2 * sum(map(bool, values)) >= len(values) and len(filled) >= LEAST_ITEMS * len(pairs)
    return of_one_owner and several and len(with_several_items) > 1 and are_full


def column_of_uploaders(rows: Table, roles: Mapping[str, str], unused: Sequence[str]) -> str | None:
    """Return the column of owners if they may be the artists or uploaders of the tracks, else None.

    This is possible in a table of titles and owners without artists, ids and names of playlists. Nearly all of its
    titles must differ, and an owner must be in at most two rows on average. If the column of owners contains ids or
    numbers, an unused column with the names of the owners is returned instead.

    >>> rows = [["title", "user"], ["Rain", "Ada"], ["Salt", "Nell"], ["Tide", "Quay"], ["Sun", "Ada"]]
    >>> column_of_uploaders(rows, {"title": "title", "owner": "user"}, [])
    'user'
    """
    if not {"title", "owner"} <= roles.keys() or roles.keys() & {"artist", "id", "playlist"}:
        return None
    titles, owners = (values_of(rows, roles[role]) for role in ("title", "owner"))
    if len(titles) < LEAST_UPLOADS or _share(titles) < DIFFERENT_TITLES or _share(owners) < DIFFERENT_OWNERS:
        return None
    named = [name for name in unused if rows[0].count(name) == 1 and (names_listener(name) or names_people(name))]
    candidates = [roles["owner"], *named]
    columns = ((name, values_of(rows, name)) for name in candidates if not normalized(name).endswith("id"))
    return next((name for name, values in columns if is_text(values) and _share(values) >= DIFFERENT_OWNERS), None)


def _share(values: Sequence[str]) -> float:
    """Return the number of different values that are not empty, divided by the number of all values."""
    return len(set(filter(None, values))) / len(values)


def _are_owners(ids: Sequence[str], values: Sequence[str], items: Sequence[str]) -> bool:
    """Whether `values` look like the owners of `ids`, and not like properties of `items` or numbers of lines."""
    pairs = [(own, value) for own, value in zip(ids, values, strict=True) if own and value]
    repeats, has_several = len(set(pairs)) < len(pairs), _several_per_group(values, ids)
    counts = Counter(items)
    are_properties = sum(counts[item] > 1 for item in items) > len(items) / 2 and not _several_per_group(items, values)
    return repeats and has_several and not are_properties


def _names_id(name: str) -> bool:
    """Whether the name of a column suggests shops, or ids or numbers that do not belong to items."""
    word = normalized(name)
    return ID.search(word) is not None and not (OF_ITEM.search(word) or is_count(name) or is_descriptive(name))


def _names_holder(name: str) -> bool:
    """Whether the name of a column suggests customers or devices."""
    is_listener = names_listener(name) and not (is_count(name) or is_descriptive(name))
    return is_listener or HOLDER.search(normalized(name)) is not None


def _names_owner(name: str) -> bool:
    """Whether the name of a column suggests people who own playlists."""
    return names_listener(name) or OWNER.search(normalized(name)) is not None


def _several_per_group(groups: Sequence[str], values: Sequence[str]) -> bool:
    """Whether at least one group has several different values; rows with an empty group or value do not count.

    Args:
        groups: the group of each row.
        values: the value of each row.
    """
    pairs = {(group, value) for group, value in zip(groups, values, strict=True) if group and value}
    return len({group for group, _ in pairs}) < len(pairs)
