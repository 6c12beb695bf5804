"""Detect lines of ids that also contain separators, lengths, owners or values, which would be read as ids of items."""

from __future__ import annotations

import re
from collections.abc import Sequence

from skipgramophone.playlists.readers.sessions import COMMENT, ID, are_numbered, begin_with_owners
from skipgramophone.wording import Wording

ENOUGH_LINES = 20  # in fewer lines of the same length, all first numbers may be equal to this length by chance
FEWEST_LINES = 3
SPMF = re.compile(r"\d+(\s+-?\d+)*\s+-1\s+-2")
LENGTHS = "sed -E 's/^ *[0-9]+[[:space:]]+//'"
SEPARATORS = "sed -E 's/ -[12]//g'"
OWNERS = "sed -E 's/^ *[0-9]+:?[[:space:]]+//'"
FIRST_WORD = "sed -E 's/^ *[^[:space:]]+[[:space:]]+//'"
VALUES = """awk '{for (i = 2; i <= NF; i++) {split($i, pair, ":"); print NR "," pair[1]}}'"""
COMMAS = "sed -E 's/^ +| +$//g; s/[[:space:]]+/,/g'"
WITHOUT_COMMENTS = "grep -v '^[#%]'"
SIZES = "tail -n +2"  # removes the line below the comments of a Matrix Market file, which has the size of the matrix
MATRIX_MARKET = "%%MatrixMarket"
OWNER = re.compile(r"\d+:")
PAIR = re.compile(r"\d+:[-+.\de]+")  # an item and its value
MOST_IDS = 0.9  # more than this share of the words must contain a digit


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


def kind_of_numbers(lines: Sequence[str]) -> Wording | str | None:
    """Return what lines of numbers contain instead of sessions, and what the user can do; None if this is not clear.

    >>> kind_of_numbers(["0: 12 15", "1: 12", "2: 15 17 19"]).partition(": ")[0]
    'lines that begin with the number of an owner or a session'
    """
    written = [line for line in lines if line.strip()]
    rows = [line.split() for line in written if not COMMENT.match(line.lstrip())]
    is_matrix = lines[0].startswith(MATRIX_MARKET)
    rows = rows[is_matrix:]
    words = [word for row in rows for word in row]
    if len(rows) < FEWEST_LINES or sum(ID.fullmatch(word) is not None for word in words) <= MOST_IDS * len(words):
        return None
    starts, widths = [row[0] for row in rows], {len(row) for row in rows}
    pairs = [word for row in rows for word in row[1:]]
    if pairs and all(map(PAIR.fullmatch, pairs)):
        return lambda named: (
            f"lines of items with values, such as {pairs[0]} (LIBSVM): write one row per item, for example with "
            f"{VALUES}, and read it with {named('columns', 'owner=1,uri=2')}"
        )
    if widths != {1} and (all(map(OWNER.fullmatch, starts)) or (len(widths) > 1 and are_numbered(starts))):
        return f"lines that begin with the number of an owner or a session: remove it, for example with {OWNERS}"
    if widths != {1} and begin_with_owners(rows):
        return f"lines that begin with the id of an owner or a session: remove it, for example with {FIRST_WORD}"
    if len(widths) > 1 or widths == {1}:
        return None
    steps = [WITHOUT_COMMENTS] if len(rows) < len(written) else []
    steps += [SIZES] if is_matrix else []
    return lambda named: (
        "columns that are separated by spaces: write commas between them, for example with "
        f"{' | '.join([*steps, COMMAS])}, and read the table with {named('columns', 'owner=1,uri=2')}"
    )
