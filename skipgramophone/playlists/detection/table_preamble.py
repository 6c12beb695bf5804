"""Find the header of a table below other lines, such as the title of a report, comments, or `sep=;` for Excel."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from skipgramophone.playlists.column_names import is_header
from skipgramophone.playlists.columns.guess import is_table, rows_of
from skipgramophone.playlists.detection.second_tables import MOST_ABOVE, lines_above_main_table
from skipgramophone.playlists.readers.tables import delimiter_of, fields_of

NOT_ROWS = ("#", "sep=", '"sep=')  # starts of comments, and of the line that tells Excel the separator


def lines_above_header(lines: Sequence[str]) -> int:
    """Return the number of lines above the header of a table; 0 if the first line is part of it, or no header is found.

    A line above a header is not a row of the table: its number of fields differs from that of the header, some of its
    fields are empty, or it is a comment.
    """
    for above in range(1, min(MOST_ABOVE + 1, len(lines) - 1)):
        rows = rows_of(lines[above:]) if lines[above].strip() else []
        if not rows or len(rows[0]) < 2 or not is_header(rows[0]) or not is_table(rows):
            continue
        delimiter = delimiter_of(lines[above])
        if not any(_may_be_row(line, delimiter, len(rows[0])) for line in lines[:above]):
            return above
    return 0


def blank_lines_above(lines: Sequence[str]) -> int:
    """Return the number of blank lines at the start of a table.

    >>> blank_lines_above(["", " ", "artist,title"])
    2
    """
    return next((above for above, line in enumerate(lines) if line.strip()), 0)


def lines_above_columns(lines: Sequence[str], names: Collection[str]) -> int:
    """Return the number of lines above the first line that has all the given names of columns; 0 if there is none.

    If a small table about a list is above the table of the list, and both have these columns, the lower one is meant.

    >>> lines_above_columns(["sep=;", "by;song", "Ada;Rain"], ["song", "by"])
    1
    """
    main = lines_above_main_table(lines)
    for above, line in sorted(enumerate(lines[: MOST_ABOVE + 1]), key=lambda each: each[0] != main):
        if set(names) <= set(fields_of(line, delimiter_of(line)) if line else ()):
            return above
    return 0


def _may_be_row(line: str, delimiter: str, width: int) -> bool:
    """Whether a line above a supposed header of `width` fields may be a row; in that case, there is no header."""
    fields = fields_of(line, delimiter)
    return len(fields) == width and "" not in fields and not line.startswith(NOT_ROWS)
