"""Declare settings: fields of a dataclass, each with a default, a help text, an option and bounds.

A settings class is a frozen dataclass whose fields are declared with `setting`. `check` validates the values when an
object is created, and the command line derives one option from each field. Both read the types of the fields at run
time, so modules with settings classes must not use `from __future__ import annotations`.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Hashable, Sequence
from dataclasses import Field, dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, cast, get_args, get_origin

from skipgramophone.errors import SettingError
from skipgramophone.settings.value_types import fits, mismatch, shown
from skipgramophone.utf8 import is_utf8
from skipgramophone.wording import Wording, suggestion

KEY = "setting"
PLAIN = (bool, int, float, str)  # types whose values `repr` shows as a user would write them
MOST_TRACKS = 2**31 - 1  # maximum of settings that are counts, because track ids are int32


@dataclass(frozen=True, slots=True)
class Bounds:
    """The range of allowed values of a number.

    Attributes:
        words: the range in words, for messages.
        holds: returns whether a number is in the range.
        most: the largest allowed value, or None for no limit. A message mentions this limit only if the value exceeds
            it.
    """

    words: str
    holds: Callable[[float], bool]
    most: int | None = None

    def unmet(self, value: float) -> str | None:
        """Return the end of an error message, such as "at least 1, not 0", or None if the value is in the range."""
        if self.most is not None and value > self.most:
            return f"at most {self.most:,}, not {value:,}"
        return None if self.holds(value) else f"{self.words}, not {value}"


def at_least(low: int, most: int = MOST_TRACKS) -> Bounds:
    """Return the bounds of numbers from `low` to `most`."""
    return Bounds(f"at least {low}", lambda value: value >= low, most)


def between(low: float, high: float) -> Bounds:
    """Return the bounds of numbers from `low` to `high`, both included."""
    return Bounds(f"from {low} to {high}", lambda value: low <= value <= high)


def above(low: float) -> Bounds:
    """Return the bounds of finite numbers above `low`."""
    return Bounds(f"above {low}", lambda value: low < value < math.inf)


SHARE = Bounds("above 0 and below 1", lambda value: 0 < value < 1)


def seed_of_bits(bits: int) -> Bounds:
    """Return the bounds of random seeds with `bits` bits."""
    return Bounds(f"from 0 to 2^{bits} - 1", lambda value: 0 <= value < 1 << bits)


@dataclass(frozen=True, slots=True)
class Setting:
    """The description of a field, for validation and for the command line.

    Attributes:
        help: help text of the option.
        flags: names of the option, the long one last; if empty, the option is the field name with hyphens.
        metavar: placeholder of the value in help texts.
        bounds: range of a number.
        parse: converts the text of the option to the value, for fields that are not a plain string, number or choice.
        default_text: the default as a user would type it, for fields with `parse`.
    """

    help: str
    flags: tuple[str, ...] = ()
    metavar: str | None = None
    bounds: Bounds | None = None
    parse: Callable[[str], Any] | None = None
    default_text: str | None = None


def setting(
    default: Any,
    help: str,
    *flags: str,
    metavar: str | None = None,
    bounds: Bounds | None = None,
    parse: Callable[[str], Any] | None = None,
    default_text: str | None = None,
) -> Any:
    """Declare a field of a settings class; see `Setting` for the arguments."""
    described = Setting(help, flags, metavar=metavar, bounds=bounds, parse=parse, default_text=default_text)
    return field(default=default, metadata={KEY: described})


def with_default(settings: type[Any], name: str, default: Any) -> Any:
    """For a subclass of the class `settings`: declare the field `name` again, with another default."""
    inherited = next(each for each in fields(settings) if each.name == name)
    return field(default=default, metadata=inherited.metadata)


def setting_of(declared: Field[Any]) -> Setting | None:
    """Return the `Setting` of a dataclass field, or None if the field was not declared with `setting`."""
    found: Setting | None = declared.metadata.get(KEY)
    return found


def option_of(declared: Field[Any]) -> str:
    """Return the long option of a field, or its short one if there is no long one, for messages."""
    known = setting_of(declared)
    flags = known.flags if known else ()
    return flags[-1].split("/")[0] if flags else f"--{declared.name.replace('_', '-')}"


def given_options(settings: Any) -> list[str]:
    """Return the settings that differ from their defaults, as command-line arguments."""
    words: list[str] = []
    for declared in fields(settings):
        value = getattr(settings, declared.name)
        if setting_of(declared) is None or value == declared.default:
            continue
        option = option_of(declared) if value is not False else _option_for_false(declared)
        values = list(value) if isinstance(value, list | tuple) else [value]
        words += [option] if isinstance(value, bool) else [word for each in values for word in (option, str(each))]
    return words


def _option_for_false(declared: Field[Any]) -> str:
    """Return the option that switches a setting off, such as --no-factors; the setting must be true by default."""
    known = setting_of(declared)
    assert known is not None
    assert known.flags
    return known.flags[-1].rpartition("/")[2]


def alternatives(kind: Any) -> tuple[Any, ...]:
    """Return the members of a union, with literals replaced by their values.

    >>> alternatives(Literal["auto", "bag"] | int)
    ('auto', 'bag', <class 'int'>)
    """
    if get_origin(kind) in (Union, types.UnionType):
        return tuple(each for part in get_args(kind) for each in alternatives(part))
    return get_args(kind) if get_origin(kind) is Literal else (kind,)


@cache  # because each look-up checks dozens of settings
def _expectation(kind: Any) -> tuple[tuple[Any, ...], bool]:
    """Return the alternatives of the type of a field, and whether `fits` checks the values of this type."""
    kinds = alternatives(kind)
    return kinds, any(get_origin(each) is Sequence or each is Path for each in kinds)


def check(settings: Any) -> None:
    """Validate type, choice and bounds of every field, because Python itself accepts any value.

    Raises:
        SettingError: a value is invalid; the message names the setting, the valid values and the given value.
    """
    for declared in fields(settings):
        known, value = setting_of(declared), getattr(settings, declared.name)
        if known is not None:
            kinds, is_checked_by_fits = _expectation(cast(Hashable, declared.type))
            if is_checked_by_fits:
                wanted = None if fits(value, declared.type) else mismatch(value, declared.type)
            else:
                wanted = _unmet(value, kinds, known.bounds)
            if wanted:
                raise SettingError(f"{declared.name} must be {wanted}", f"{option_of(declared)} must be {wanted}")


def require_named(holds: bool, message: Wording) -> None:
    """Raise `SettingError` unless a condition holds, with a message that names settings as the user writes them."""
    if not holds:
        raise SettingError.naming(message)


def require(holds: bool, message: str) -> None:
    """Raise `SettingError` with a message unless a condition holds."""
    if not holds:
        raise SettingError(message)


def _unmet(value: Any, kinds: Sequence[Any], bounds: Bounds | None) -> str | None:
    """Return the end of an error message, such as "at least 1, not 0", or None if the value is valid."""
    words = [kind for kind in kinds if isinstance(kind, str)]
    if (value is None and types.NoneType in kinds) or (isinstance(value, str) and value in words):
        return None
    number = next((kind for kind in (int, float) if kind in kinds), None)
    if words and number is None:
        return f"one of {', '.join(words)}, not {_in_words(value)}{suggestion(str(value), words)}"
    is_fit = _is_number(value, number) if number else True
    if words:
        choice = ", ".join(map(repr, words))
        within = is_fit and bounds is not None and bounds.unmet(value) is None
        near = suggestion(value, words) if isinstance(value, str) else ""
        allowed = f" {bounds.words}" if bounds else ""
        return None if within else f"{choice} or a number{allowed}, not {_in_words(value)}{near}"
    if not is_fit:
        return f"a {'whole ' if number is int else ''}number, not {_in_words(value)}"
    if str in kinds and isinstance(value, str) and not is_utf8(value):
        return f"valid text, not {_in_words(value)}"
    if set(kinds) <= {str, types.NoneType} and not isinstance(value, str):
        return f"text, not {_in_words(value)}"
    if bool in kinds and not isinstance(value, bool):
        return f"true or false, not {_in_words(value)}"
    return None if bounds is None else bounds.unmet(value)


def _is_number(value: Any, number: type) -> bool:
    """Whether a value is an int or, if `number` is float, an int or a float. A bool is neither."""
    return type(value) is int or (number is float and isinstance(value, float))


def _in_words(value: Any) -> str:
    """Return a value for a message, as one line."""
    return repr(value) if isinstance(value, PLAIN) else shown(value)
