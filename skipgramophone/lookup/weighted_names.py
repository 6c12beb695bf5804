"""The forms of a query in the Python interface: a name, or a list of names, each with or without a weight."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence, Set
from numbers import Real
from pathlib import Path
from reprlib import repr as short_repr
from typing import cast

from skipgramophone.errors import SettingError
from skipgramophone.lookup.results import Seed

Query = str | Sequence[str | tuple[str, float]]
# These types are iterable, but are not lists of names: items of bytes are numbers, the values of a mapping would be
# ignored, and a set has no order.
NOT_LISTS = (bytes, bytearray, Mapping, Set)
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
        raise SettingError(f"{FORM}, not {_shown(query)}")
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
        raise SettingError(f"{kind} must be a name or a list of names, not {within}{_shown(wrong[0])}")
    return [str(each) for each in listed]


def require_name(name: object) -> None:
    """Raise `SettingError` unless `name` is text."""
    if not isinstance(name, str):
        raise SettingError(f"the name of a track must be text, not {_shown(name)}")


def require_seeds(seeds: object) -> None:
    """Raise `SettingError` unless `seeds` is a list of `Seed` objects."""
    listed = as_list(seeds)
    wrong = [seeds] if listed is None else [each for each in listed if not isinstance(each, Seed)]
    if wrong:
        raise SettingError(
            "query tracks (seeds) must be a list of Seed objects, such as lookup.asked(names).seeds, "
            f"not {_shown(wrong[0])}"
        )


def query_list(queries: Sequence[Query]) -> list[Query]:
    """Return queries as a list.

    Raises:
        SettingError: `queries` is not a list, or is a single name.
    """
    listed = None if isinstance(queries, str) else as_list(queries)
    if listed is None:
        raise SettingError(f"queries must be a list, such as ['one name', 'another name'], not {_shown(queries)}")
    return cast(list[Query], listed)


def file_path(file: Path | str | None) -> Path | None:
    """Return the path of a playlist file, or None if none is given.

    Raises:
        SettingError: `file` is neither a path nor text.
    """
    if not isinstance(file, Path | str | None):
        raise SettingError(f"the path of a playlist file must be text or a Path, not {_shown(file)}")
    return None if file is None else Path(file)


def as_list(given: object) -> list[object] | None:
    """Return the items of a list, or a single text as a list; None if `given` is neither."""
    if isinstance(given, str):
        return [given]
    return list(given) if isinstance(given, Iterable) and not isinstance(given, NOT_LISTS) else None


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
    raise SettingError(f"{FORM}, not a list with {_shown(item)}")


def _shown(given: object) -> str:
    """Return a value as text for a message: on one line, and shortened if it is long."""
    return " ".join(short_repr(given).split())
