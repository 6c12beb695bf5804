"""Check the arguments of public functions, because Python itself accepts any value and fails somewhere else."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, is_dataclass
from functools import cache, wraps
from inspect import signature
from types import SimpleNamespace
from typing import Any, ParamSpec, TypeVar, get_type_hints

from skipgramophone.errors import SettingError
from skipgramophone.settings.setting import PLAIN, setting_of
from skipgramophone.settings.value_types import fits, members, mismatch

Given = ParamSpec("Given")
Result = TypeVar("Result")


def check_arguments(*, but: Collection[str] = ()) -> Callable[[Callable[Given, Result]], Callable[Given, Result]]:
    """Return a decorator that checks the arguments of a public function by the types in its signature.

    Before each call, an argument of another type raises a `SettingError` that names the argument, says what is
    expected, and shows what was given. A missing or an unknown argument raises a `TypeError`, as usual.

    Args:
        but: names of arguments that the function itself checks, because it also accepts other forms.
    """

    def decorate(function: Callable[Given, Result]) -> Callable[Given, Result]:
        parameters = signature(function)

        @cache
        def kinds() -> dict[str, Any]:
            checked = parameters.parameters.keys() - {"self", *but}
            annotations = {name: parameters.parameters[name].annotation for name in checked}
            names = _Known(vars(builtins) | function.__globals__)
            return get_type_hints(SimpleNamespace(__annotations__=annotations), localns=names)

        @wraps(function)
        def checked(*args: Given.args, **kwargs: Given.kwargs) -> Result:
            try:
                given = parameters.bind(*args, **kwargs).arguments
            except TypeError:  # the call itself raises an error with the name of the function
                return function(*args, **kwargs)
            for name, kind in kinds().items():
                if name in given and not fits(given[name], kind):
                    raise SettingError(f"{name} must be {_expected(given[name], kind)}")
            return function(*args, **kwargs)

        return checked

    return decorate


class _Known(dict[str, Any]):
    """The names that annotations can contain. Names that only type checkers import stand for any type."""

    def __missing__(self, name: str) -> Any:
        return Any


def _expected(given: object, kind: Any) -> str:
    """Return the end of a message: what is expected, and what was given."""
    first = members(kind)[0]
    return _expected_settings(given, first) if _has_settings(first) else mismatch(given, kind)


def _has_settings(kind: Any) -> bool:
    """Whether a type is a class of settings."""
    return is_dataclass(kind) and any(setting_of(declared) for declared in fields(kind))


def _expected_settings(given: object, kind: type[Any]) -> str:
    """Return the end of a message if settings have another type, such as a dict; it shows how to write them."""
    known = {declared.name: declared.default for declared in fields(kind) if setting_of(declared)}
    name, value = next(iter(known.items()))
    if isinstance(given, Mapping):  # use the first setting that the user gave, if its value is short
        name, value = next(((k, v) for k, v in given.items() if k in known and isinstance(v, PLAIN)), (name, value))
    what = f"the class {given.__name__}" if isinstance(given, type) else type(given).__name__
    return f"{kind.__name__}, as in {kind.__name__}({name}={value!r}), not {what}"
