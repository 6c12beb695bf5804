"""Which format a file is of: as it is named, or by its suffix."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from skipgramophone.errors import SettingError


def format_of(path: Path, given: str | None, known: Collection[str], suffixes: Mapping[str, str], deed: str) -> str:
    """The format of a file: as given, else by its suffix.

    Args:
        path: where the file is, or is to be.
        given: the format that was asked for, if one was.
        known: the formats that there are.
        suffixes: those of formats that are not called as their suffix.
        deed: what sgp does with them, for the refusal.

    Raises:
        SettingError: neither names a format that there is.
    """
    suffix = path.suffix.lower().removeprefix(".")
    name = given or suffixes.get(suffix, suffix)
    if name not in known:
        asked = f"format {given!r}" if given else f"suffix of {path.name!r}"
        raise SettingError(f"{asked} is not one that sgp {deed} ({', '.join(known)}): name one with --format")
    return name
