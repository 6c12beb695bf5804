"""Rules for the names of experiments, which are also the names of their directories."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence

from skipgramophone.errors import ExperimentError
from skipgramophone.wording import shell_command

FILLERS = "\u115f\u1160\u2800\u3164\uffa0"  # characters that count as letters but are displayed as blank
LONGEST_NAME = 200  # maximum number of bytes of a name; file systems allow 255, so there is room for suffixes
LONGEST_PROPOSED = 40  # maximum number of characters in a proposed name of an experiment
HISTORY = re.compile(r"(streaming[ _-]?history|endsong|listening[ _-]?history)", re.IGNORECASE)  # in names of exports
NAMELESS = "playlists"  # proposed name of an experiment if no name can be made from its source


def require_valid(name: str) -> None:
    """Verify that a text can be the name of an experiment.

    Raises:
        ExperimentError: the name is invalid.
    """
    if not name or name.startswith((".", "-")) or "/" in name or "\\" in name:
        if is_file(name):
            raise ExperimentError(f"{name!r} is a file, not an experiment: to read it, run {first_command(name)}")
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


def proposed_name(source: str, taken: Sequence[str]) -> str:
    """Return a name for a new experiment, made from the name of its source and different from all taken names.

    >>> proposed_name("data/My Lists (2).csv.gz", []), proposed_name("-", ["playlists"]), proposed_name(".csv", [])
    ('My-Lists-2', 'playlists-2', 'csv')
    >>> proposed_name("StreamingHistory_music_0.json", []), proposed_name("Streaming_History_Audio_2020.json", [])
    ('history', 'history')
    """
    stem = source.rstrip("/").rsplit("/", 1)[-1].lstrip(".").split(".")[0]
    name = re.sub(r"[^\w]+", "-", stem, flags=re.ASCII)[:LONGEST_PROPOSED].strip("-") or NAMELESS
    return free_name("history" if HISTORY.match(name) else name, taken)


def free_name(name: str, taken: Sequence[str]) -> str:
    """Return the name; if it is taken, append the first number, from 2, that makes it unique.

    >>> free_name("demo", []), free_name("demo", ["demo", "demo-2"])
    ('demo', 'demo-3')
    """
    names = (name if at == 1 else f"{name}-{at}" for at in range(1, len(taken) + 2))
    return next(each for each in names if each not in taken)


def first_command(name: str) -> str:
    """Return the command that makes a missing experiment; the name may be that of a file with playlists by mistake."""
    words = (likely_name(name), name) if is_file(name) else (name, "SOURCE")
    return shell_command("extract", *words)


def likely_name(name: str) -> str:
    """Return the name of the experiment that the user probably means if the given name may be that of a file."""
    return proposed_name(name, []) if is_file(name) else name


def is_file(name: str) -> bool:
    """Whether there is a file at a path; unlike the method of `Path`, it raises no error for an invalid path."""
    return os.path.isfile(name)  # noqa: PTH113
