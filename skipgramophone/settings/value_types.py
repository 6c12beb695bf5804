"""Compare values with types, and describe types in messages."""

from __future__ import annotations

import os
import types
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from numbers import Integral
from pathlib import Path
from reprlib import repr as short_repr
from typing import Any, TypeGuard, Union, get_args, get_origin

# These types are iterable, but are not lists of values: the items of text and bytes are letters and numbers, the values
# of a mapping would be ignored, and a set has no order.
NOT_LISTS = (str, bytes, bytearray, Mapping, Set)
# Words for types in messages: one value, and several values.
WORDS: dict[object, tuple[str, str]] = {
    str: ("text", "text values"),
    Path: ("a Path", "Path objects"),
    bool: ("True or False", "True or False"),
    int: ("a whole number", "whole numbers"),
    Callable: ("a function", "functions"),
}
ORDER: dict[object, int] = {str: 0, Sequence: 2}  # in messages, text comes first and a list last; others are between


def fits(given: object, kind: Any) -> bool:
    """Whether a value has a type."""
    of: Any = get_origin(kind)
    if of in (Union, types.UnionType):
        return any(fits(given, member) for member in get_args(kind))
    if of is Sequence:
        return is_list(given) and not _unfit(given, get_args(kind)[0])
    if of is Collection:
        return isinstance(given, Collection) and not _unfit(given, get_args(kind)[0])
    if of is Mapping:
        return isinstance(given, Mapping) and all(
            fits(each, wanted) for pair in given.items() for each, wanted in zip(pair, get_args(kind), strict=True)
        )
    if kind is Any:
        return True
    if of is Callable:
        return callable(given)
    if kind is Path:
        return isinstance(given, os.PathLike) and isinstance(os.fspath(given), str)
    if kind is int:
        return isinstance(given, Integral) and not isinstance(given, bool)
    return isinstance(given, kind)


def is_list(given: object) -> TypeGuard[Iterable[object]]:
    """Whether a value is a list or another iterable with an order, such as an array."""
    return isinstance(given, Iterable) and not isinstance(given, NOT_LISTS)


def mismatch(given: object, kind: Any) -> str:
    """Return the end of a message, such as "text or a Path, not 5"."""
    lists = [each for each in members(kind) if get_origin(each) is Sequence]
    unfit = _unfit(given, get_args(lists[0])[0]) if lists and is_list(given) else []
    return f"{_described(kind)}, not {f'a list with {shown(unfit[0])}' if unfit else shown(given)}"


def members(kind: Any) -> tuple[Any, ...]:
    """Return the members of a union without None, or the type itself."""
    within = get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)
    return tuple(each for each in within if each is not types.NoneType)


def shown(given: object) -> str:
    """Return a value as text for a message: on one line, and shortened if it is long."""
    return " ".join(short_repr(given).split())


def _unfit(given: Any, kind: Any) -> list[object]:
    """Return the first item of a list that has another type, as a list; empty if there is none.

    The items of an iterator are not checked, because this would use them up.
    """
    return [each for each in given if not fits(each, kind)][:1] if isinstance(given, Collection) else []


def _described(kind: Any, number: int = 0) -> str:
    """Return the words for a type: one value if `number` is 0, several values if it is 1."""
    words: list[str] = []
    for member in sorted(members(kind), key=lambda each: ORDER.get(get_origin(each) or each, 1)):
        of, parts = get_origin(member) or member, get_args(member)
        if of is Sequence:
            words.append("a list of these" if words else f"a list of {_described(parts[0], 1)}")
        elif of is Mapping:
            words.append(f"a dict that maps {_described(parts[0])} to {_described(parts[1])}")
        else:
            one, several = f"a value of the class {of.__name__}", f"values of the class {of.__name__}"
            words.append(WORDS.get(of, (one, several))[number])
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last
