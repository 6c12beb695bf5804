"""One setting: its default, its help, its option and its bounds, stated once in a settings class.

A settings class is a frozen dataclass whose fields are made by `setting`. `check` verifies the values when an object is
made, and the command line derives one option from each field. The modules with settings classes do not postpone the
evaluation of annotations, because both read the types of the fields.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Sequence
from dataclasses import Field, dataclass, field, fields
from typing import Any, Literal, Union, get_args, get_origin

from skipgramophone.errors import SettingError
from skipgramophone.utf8 import is_utf8
from skipgramophone.wording import suggestion

KEY = "setting"
MOST_TRACKS = 2**31 - 1  # track ids are int32, so no number of tracks or occurrences is larger


@dataclass(frozen=True, slots=True)
class Bounds:
    """The range of a number, in words for messages and as a test; `most` is the largest value, if there is one."""

    words: str
    holds: Callable[[float], bool]
    most: int | None = None

    def unmet(self, value: float) -> str | None:
        """Return what a value must be and is not, or None if it is in the range."""
        if self.most is not None and value > self.most:
            return f"at most {self.most:,}, not {value:,}"
        return None if self.holds(value) else f"{self.words}, not {value}"


def at_least(low: int, most: int = MOST_TRACKS) -> Bounds:
    """Numbers from `low` to `most`, which is so high that messages name it only if a number is above it."""
    return Bounds(f"at least {low}", lambda value: value >= low, most)


def between(low: float, high: float) -> Bounds:
    """Numbers from `low` to `high`, both included."""
    return Bounds(f"from {low} to {high}", lambda value: low <= value <= high)


def above(low: float) -> Bounds:
    """Finite numbers above `low`."""
    return Bounds(f"above {low}", lambda value: low < value < math.inf)


SHARE = Bounds("above 0 and below 1", lambda value: 0 < value < 1)


def seed_of_bits(bits: int) -> Bounds:
    """Random seeds of so many bits."""
    return Bounds(f"from 0 to 2^{bits} - 1", lambda value: 0 <= value < 1 << bits)


@dataclass(frozen=True, slots=True)
class Setting:
    """What the checks and the command line know about a field.

    Attributes:
        help: help text of the option.
        flags: names of the option, the long one last; empty for the field name with hyphens.
        metavar: placeholder of the value in help texts.
        bounds: range of a number.
        parse: reads the text given on the command line, where its type is not that of the field.
        default_text: the default as it would be typed, where `parse` is given.
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
    """Declare an inherited field again, with another default."""
    inherited = next(each for each in fields(settings) if each.name == name)
    return field(default=default, metadata=inherited.metadata)


def setting_of(declared: Field[Any]) -> Setting | None:
    """Return what is known about a field, or None for a field that is not a setting."""
    found: Setting | None = declared.metadata.get(KEY)
    return found


def option_name(declared: Field[Any]) -> str:
    """Return the long name of a field's option without hyphens in front, as messages use it."""
    known = setting_of(declared)
    flags = known.flags if known else ()
    return flags[-1].split("/")[0].lstrip("-") if flags else declared.name.replace("_", "-")


def given_options(settings: Any) -> list[str]:
    """Return the values of a settings object that are not defaults, as words of a command line."""
    words: list[str] = []
    for declared in fields(settings):
        value = getattr(settings, declared.name)
        if setting_of(declared) is None or value == declared.default:
            continue
        option = f"--{option_name(declared)}"
        values = list(value) if isinstance(value, list | tuple) else [value]
        words += [option] if value is True else [word for each in values for word in (option, str(each))]
    return words


def alternatives(kind: Any) -> tuple[Any, ...]:
    """Return the members of a union, with literals replaced by their values.

    >>> alternatives(Literal["auto", "bag"] | int)
    ('auto', 'bag', <class 'int'>)
    """
    if get_origin(kind) in (Union, types.UnionType):
        return tuple(each for part in get_args(kind) for each in alternatives(part))
    return get_args(kind) if get_origin(kind) is Literal else (kind,)


def check(settings: Any) -> None:
    """Verify type, choice and bounds of every field: a notebook may pass anything.

    Raises:
        SettingError: a value does not fit; the message names the option, what it must be and the value.
    """
    for declared in fields(settings):
        known = setting_of(declared)
        if known is not None:
            wanted = _unmet(getattr(settings, declared.name), alternatives(declared.type), known.bounds)
            if wanted:
                raise SettingError(f"{option_name(declared)} must be {wanted}")


def require(holds: bool, message: str) -> None:
    """Raise `SettingError` with a message unless a condition holds."""
    if not holds:
        raise SettingError(message)


def _unmet(value: Any, kinds: Sequence[Any], bounds: Bounds | None) -> str | None:
    """Return what a value must be and is not, or None if it fits."""
    words = [kind for kind in kinds if isinstance(kind, str)]
    if (value is None and types.NoneType in kinds) or (isinstance(value, str) and value in words):
        return None
    number = next((kind for kind in (int, float) if kind in kinds), None)
    if words and number is None:
        return f"one of {', '.join(words)}, not {value!r}{suggestion(str(value), words)}"
    fits = _is_number(value, number) if number else True
    if words:
        choice = ", ".join(map(repr, words))
        within = fits and bounds is not None and bounds.unmet(value) is None
        near = suggestion(value, words) if isinstance(value, str) else ""
        return None if within else f"{choice} or {bounds.words if bounds else 'a number'}, not {value}{near}"
    if not fits:
        return f"a {'whole ' if number is int else ''}number, not {value!r}"
    if str in kinds and isinstance(value, str) and not is_utf8(value):
        return f"valid text, not {value!r}"
    if bool in kinds and not isinstance(value, bool):
        return f"true or false, not {value!r}"
    return None if bounds is None else bounds.unmet(value)


def _is_number(value: Any, number: type) -> bool:
    """Whether a value is an int or, if that is enough, a float."""
    return type(value) is int or (number is float and isinstance(value, float))
