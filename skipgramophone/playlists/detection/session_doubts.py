"""Detect lines of ids that also contain separators or lengths, which would be read as ids of items."""

from __future__ import annotations

import re
from collections.abc import Sequence

ENOUGH_LINES = 20  # in fewer lines of the same length, all first numbers may be equal to this length by chance
FEWEST_LINES = 3
SPMF = re.compile(r"\d+(\s+-?\d+)*\s+-1\s+-2")
LENGTHS = "sed -E 's/^ *[0-9]+[[:space:]]+//'"
SEPARATORS = "sed -E 's/ -[12]//g'"


def doubt_about_sessions(lines: Sequence[str]) -> str | None:
    """Return what is wrong with lines of ids and what the user can do, or None if nothing is wrong.

    >>> doubt_about_sessions(["42 -1 37 -1 -2", "7 -1 -2"])
    "sequences of SPMF, in which -1 and -2 are separators: remove them, for example with sed -E 's/ -[12]//g'"
    """
    rows = [line.split() for line in lines if line.strip()]
    if rows and all(map(SPMF.fullmatch, map(" ".join, rows))):
        return f"sequences of SPMF, in which -1 and -2 are separators: remove them, for example with {SEPARATORS}"
    if begin_with_lengths(rows):
        return f"lines that begin with the number of their items: remove it, for example with {LENGTHS}"
    return None


def begin_with_lengths(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first word of each line is the number of the other words.

    If there are fewer than 20 lines, their lengths must differ. Otherwise, the lines may be rows of a table whose first
    column always has the same value.

    >>> begin_with_lengths([["2", "71", "72"], ["1", "71"], ["3", "70", "71", "72"]])
    True
    """
    lengths = [len(row) - 1 for row in rows]
    if len(rows) < FEWEST_LINES or (len(rows) < ENOUGH_LINES and len(set(lengths)) < 2):
        return False
    return all(row[0].isdecimal() and row[0] == str(length) for row, length in zip(rows, lengths, strict=True))
