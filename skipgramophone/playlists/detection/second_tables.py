"""Find a second table in a file, below a blank line.

Letterboxd, for example, writes a small table about a list above the table of its films:

    Letterboxd list export v7
    Date,Name,Tags,URL,Description
    2024-01-05,Winter evenings,,https://boxd.it/abc,

    Position,Name,Year,URL,Description
    1,Paper Boats,1973,https://boxd.it/2aQ,
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from skipgramophone.playlists.column_names import is_header
from skipgramophone.playlists.columns.guess import is_table, rows_of
from skipgramophone.playlists.readers.tables import delimiter_of, fields_of

MOST_ABOVE = 20  # maximum number of lines above the header of a table


def lines_above_main_table(lines: Sequence[str]) -> int:
    """Return the number of lines above a table that follows a small table about it; 0 if there is no such table.

    The small table has a header and one row, and may have a title above them. A blank line separates it from the main
    table, which has a different header.

    >>> lines_above_main_table(["Name,URL", "Evenings,x.example", "", "Position,Name,URL", "1,Salt,y.example"])
    3
    """
    for at in _headers_below_blank_lines(lines):
        above = [line for line in lines[:at] if line.strip()]
        if at > MOST_ABOVE or len(above) < 2 or not is_table(rows_of(lines[at:])):
            continue
        *title, header, row = map(_fields, above)
        is_row = len(row) == len(header) and not is_header(row)
        if is_header(header) and is_row and header != _fields(lines[at]) and all(len(line) == 1 for line in title):
            return at
    return 0


def second_header(lines: Sequence[str]) -> int | None:
    """Return the index of the header of a second table with other columns than the first one, or None.

    It is found only if the first line is the header of the first table.
    """
    if len(first := _fields(lines[0])) < 2 or not is_header(first):
        return None
    return next((at for at in _headers_below_blank_lines(lines) if _fields(lines[at]) != first), None)


def several_headers(lines: Sequence[str]) -> str | None:
    """Return what the user can do with several tables below each other, which have the same header; otherwise None.

    >>> several_headers(["Evening", "artist,title", "Ada,Rain", "Morning", "artist,title", "Nell,Salt"])
    'several tables, whose headers are on lines 2 and 5: save each table in a file of its own'
    """
    found = [at for at, line in enumerate(lines, 1) if len(fields := _fields(line)) > 1 and is_header(fields)]
    if len(found) < 2 or len({lines[at - 1] for at in found}) > 1:
        return None
    return f"several tables, whose headers are on lines {found[0]} and {found[1]}: save each table in a file of its own"


def _headers_below_blank_lines(lines: Sequence[str]) -> Iterator[int]:
    """Yield the index of each line that looks like a header and is below a blank line and above a line with text."""
    for at in range(2, len(lines) - 1):
        if not lines[at - 1].strip() and lines[at].strip() and lines[at + 1].strip():
            fields = _fields(lines[at])
            if len(fields) > 1 and is_header(fields):
                yield at


def _fields(line: str) -> list[str]:
    """Split a line at the delimiter that gives the most fields."""
    return fields_of(line, delimiter_of(line))
