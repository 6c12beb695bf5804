"""Rules for the names of experiments, which are also the names of their directories."""

from __future__ import annotations

import unicodedata

from skipgramophone.errors import ExperimentError

FILLERS = "\u115f\u1160\u2800\u3164\uffa0"  # characters that count as letters but are displayed as blank
LONGEST_NAME = 200  # maximum number of bytes of a name; file systems allow 255, so there is room for suffixes


def require_valid(name: str) -> None:
    """Verify that a text can be the name of an experiment.

    Raises:
        ExperimentError: the name is invalid.
    """
    if not name or name.startswith((".", "-")) or "/" in name or "\\" in name:
        slash = "it contains a slash" if "/" in name else "it contains a backslash" if "\\" in name else ""
        problem = slash or (f"it begins with {name[0]}" if name else "it is empty")
        raise ExperimentError(f"{name!r} cannot be an experiment's name: {problem}")
    if any(unicodedata.category(letter).startswith("C") for letter in name):
        raise ExperimentError(f"{name!r} cannot be an experiment's name: it contains control characters")
    if len(name.encode()) > LONGEST_NAME:
        shown = repr(name[:40] + "…")
        raise ExperimentError(f"{shown} cannot be an experiment's name: it is longer than {LONGEST_NAME} bytes")


def require_visible(name: str) -> None:
    """Verify that the name of a new experiment is not displayed as blank.

    Raises:
        ExperimentError: the name is blank.
    """
    if all(letter in FILLERS or unicodedata.category(letter)[0] in "ZM" for letter in name):
        raise ExperimentError(f"{name!a} cannot be an experiment's name: it is blank")
