"""The forms of a query in the Python interface: a name, or a list of names, each with or without a weight."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from numbers import Real
from typing import cast

from skipgramophone.errors import SettingError
from skipgramophone.lookup.results import Seed
from skipgramophone.settings.value_types import is_list, shown

Query = str | Sequence[str | tuple[str, float]]
FORM = "a query must be a name, or a list of names and (name, weight) pairs such as ['one name', ('another', 0.5)]"


def weighted_names(query: Query) -> list[tuple[str, float]]:
    """Return the names of a query with their weights; a name without a weight has weight 1.

    >>> weighted_names("one"), weighted_names(["one", ("two", 0.5)])
    ([('one', 1.0)], [('one', 1.0), ('two', 0.5)])

    Raises:
        SettingError: the query has another form, or a weight is not a finite number.
    """
    listed = as_list(query)
    if listed is None:
        raise SettingError(f"{FORM}, not {shown(query)}")
    return [_weighted_name(each) for each in listed]


def group_names(kind: str, names: str | Sequence[str]) -> list[str]:
    """Return the names of artists or of albums as a list; `kind` is "artist" or "album".

    Raises:
        SettingError: `names` is neither a name nor a list of names.
    """
    listed = as_list(names)
    wrong = [names] if listed is None else [each for each in listed if not isinstance(each, str)]
    if listed is None or wrong:
        within = "" if listed is None else "a list with "
        raise SettingError(f"{kind} must be a name or a list of names, not {within}{shown(wrong[0])}")
    return [str(each) for each in listed]


def require_seeds(seeds: object) -> None:
    """Raise `SettingError` unless `seeds` is a list of `Seed` objects."""
    listed = as_list(seeds)
    wrong = [seeds] if listed is None else [each for each in listed if not isinstance(each, Seed)]
    if wrong:
        raise SettingError(
            "query tracks (seeds) must be a list of Seed objects, such as lookup.asked(names).seeds, "
            f"not {shown(wrong[0])}"
        )


def query_list(queries: Sequence[Query]) -> list[Query]:
    """Return queries as a list.

    Raises:
        SettingError: `queries` is not a list, or is a single name.
    """
    listed = None if isinstance(queries, str) else as_list(queries)
    if listed is None:
        raise SettingError(f"queries must be a list, such as ['one name', 'another name'], not {shown(queries)}")
    return cast(list[Query], listed)


def as_list(given: object) -> list[object] | None:
    """Return the items of a list, or a single text as a list; None if `given` is neither."""
    if isinstance(given, str):
        return [given]
    return list(given) if is_list(given) else None


def _weighted_name(item: object) -> tuple[str, float]:
    """Return an item of a query as a name and its weight."""
    if isinstance(item, str):
        return item, 1.0
    if isinstance(item, tuple | list) and len(item) == 2:
        name, weight = item
        if isinstance(name, str) and isinstance(weight, Real) and not isinstance(weight, bool):
            if abs(cast(float, weight)) <= sys.float_info.max:  # false for infinities and NaN
                return name, float(weight)
            raise SettingError(f"the weight of {name!r} must be a finite number, not {weight}")
    raise SettingError(f"{FORM}, not a list with {shown(item)}")
