"""Suggest what to do with a text whose format sgp does not know. The suggestion is the end of the error message."""

from __future__ import annotations

import re
from collections.abc import Sequence

from skipgramophone.playlists.column_guess import rows_of
from skipgramophone.playlists.column_values import LETTERS, Table

HELP = "see `sgp extract --help`"
LONG_SEPARATORS = ("::", "<SEP>")  # separators in MovieLens, and in the Million Song Dataset
# Marks of tables, objects, markup, paths and sentences.
NOT_A_NAME = re.compile(r"""[{}<>|=\t]|[,;](?=\S)(?!\d{3}\b)|".*"|^[\["#./\\]|[.,:;]$""")
LONGEST_NAME = 150  # maximum number of characters of a line that may be a name
WIDEST_TABLE = 4  # Lines with fewer fields than this are treated as a table, not as baskets.
LEAST_SHARED = 0.2  # minimum share of the items of baskets that occur in several columns
BASKETS = "if each line is a basket of items, write one item per line with the number of its basket, for example with "
AWK = """awk -F, '{for (i = 1; i <= NF; i++) if ($i != "") print NR "," $i}'"""


def are_baskets(rows: Table) -> bool:
    """Whether rows are probably baskets of items.

    They are baskets if many values occur in several columns; in a table, few values do.
    """
    columns: dict[str, set[int]] = {}
    for row in rows:
        for at, value in enumerate(row):
            if LETTERS.search(value):
                columns.setdefault(value, set()).add(at)
    shared = sum(len(places) > 1 for places in columns.values())
    return max(map(len, rows), default=0) >= WIDEST_TABLE and shared >= LEAST_SHARED * len(columns) > 0


def remedy_for(lines: Sequence[str]) -> str:
    """Return what the user can do with a text in an unknown format."""
    written = [line for line in lines[:100] if line.strip()]
    for separator in LONG_SEPARATORS:
        if written and all(separator in line for line in written):
            program = f"sed 's/{separator}/\\t/g'"
            return f"its fields seem to be separated by {separator!r}: replace it by tabs, for example with {program}"
    if are_baskets(rows_of(written)):
        return f"{BASKETS}{AWK}"
    names = sum(len(line) <= LONGEST_NAME and NOT_A_NAME.search(line.strip()) is None for line in written)
    return f"if each line is one track, add --format titles; {HELP}" if names > 0.9 * len(written) else HELP
