"""Choose a file format by its name or by the suffix of the file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType

from skipgramophone.errors import SettingError
from skipgramophone.wording import Wording, suggestion

NO_HINTS: Mapping[str, Wording] = MappingProxyType({})


def format_of(
    path: Path,
    given: str | None,
    known: Collection[str],
    suffixes: Mapping[str, str],
    *,
    hints: Mapping[str, Wording] = NO_HINTS,
) -> str:
    """Return the name of a file's format: the given name or, if there is none, the format that belongs to the suffix.

    Args:
        path: the file, which need not exist.
        given: name of the format, or None.
        known: names of all formats.
        suffixes: suffix -> format, for all suffixes that an error suggests. The name of a format is accepted as a
            suffix too.
        hints: suffix that is not known -> end of the error, which says what to do instead.

    Raises:
        SettingError: the format is unknown.
    """
    suffix = path.suffix.lower().removeprefix(".")
    name = given or suffixes.get(suffix, suffix)
    if name not in known:
        if given:
            names = f"{', '.join(known)}{suggestion(given, known)}"
            raise SettingError.naming(
                lambda named: f"unknown format {given!r}: use {named('format')} with one of these names: {names}"
            )
        *others, last = (f".{each}" for each in suffixes)
        near = suggestion(f".{suffix}", [*others, last])
        raise SettingError.naming(
            lambda named: (
                f"cannot tell the format of {path.name!r} from its suffix: use {', '.join(others)} or {last}, or name "
                f"the format with {named('format')}" + (f"; {hints[suffix](named)}" if suffix in hints else near)
            )
        )
    return name
