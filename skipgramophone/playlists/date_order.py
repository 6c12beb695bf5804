"""Find out from the first rows of a table whether its dates begin with the day or the month."""

from __future__ import annotations

from collections.abc import Mapping

from skipgramophone.playlists.format_detection import first_lines
from skipgramophone.playlists.readers.numeric_dates import DateOrder, order_of_dates
from skipgramophone.playlists.readers.source_files import SourceFile
from skipgramophone.playlists.table_head import first_rows


def date_order_in(file: SourceFile, head: bytes, roles: Mapping[str, str], above: int) -> DateOrder:
    """Return which part comes first in the dates of a table; "" if its first rows do not decide it.

    Args:
        file: the table, which is opened if it is Parquet.
        head: its first bytes.
        roles: role -> name or number of its column.
        above: number of lines above the header.

    Raises:
        SourceError: Parquet is damaged.
    """
    if "time" not in roles:
        return ""
    rows, name = first_rows(file, head, first_lines(head)[above:]), roles["time"]
    if not rows:
        return ""
    header = rows[0]
    at = header.index(name) if name in header else int(name) - 1 if name.isdecimal() else len(header)
    return order_of_dates(row[at] for row in rows if at < len(row))
