"""Choose a file format by its name or by the suffix of the file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from skipgramophone.errors import SettingError
from skipgramophone.wording import suggestion


def format_of(path: Path, given: str | None, known: Collection[str], suffixes: Mapping[str, str]) -> str:
    """Return the name of a file's format: the given name or, if there is none, the format that belongs to the suffix.

    Args:
        path: the file, which need not exist.
        given: name of the format, or None.
        known: names of all formats.
        suffixes: suffix -> format, for suffixes that differ from the name of the format.

    Raises:
        SettingError: the format is unknown.
    """
    suffix = path.suffix.lower().removeprefix(".")
    name = given or suffixes.get(suffix, suffix)
    if name not in known:
        problem = f"unknown format {given!r}" if given else f"cannot tell the format of {path.name!r} from its suffix"
        near = suggestion(given or suffix, known)
        raise SettingError.naming(
            lambda named: (
                f"{problem}: use {named('format', '--format')} with one of these names: {', '.join(known)}{near}"
            )
        )
    return name
