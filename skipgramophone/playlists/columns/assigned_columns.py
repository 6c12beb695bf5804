"""The header of a table whose columns are assigned by name or by number."""

from __future__ import annotations

from collections.abc import Mapping

from skipgramophone.playlists.column_names import is_header
from skipgramophone.playlists.columns.values import Table, column_numbers


def with_header(rows: Table, roles: Mapping[str, str]) -> tuple[Table, dict[str, str]]:
    """Return the rows of a table with a header, and how the user can refer to its columns: reference -> name.

    If the columns are assigned by number, the references are numbers, and a table without a header gets one that
    consists of these numbers.

    Args:
        rows: the first rows of the table, at least one.
        roles: role -> name or number of its column.

    >>> with_header([["order_id", "sku"], ["1", "A7"]], {"id": "1", "uri": "2"})
    ([['order_id', 'sku'], ['1', 'A7']], {'1': 'order_id', '2': 'sku'})
    >>> with_header([["X3", "A7"]], {"id": "1", "uri": "2"})[0]
    [['1', '2'], ['X3', 'A7']]
    """
    numbers = column_numbers(rows)
    if not set(roles.values()) <= {*numbers} - {*rows[0]}:
        return rows, {name: name for name in rows[0]}
    table = rows if is_header(rows[0]) else [numbers, *rows]
    return table, dict(zip(numbers, table[0], strict=True))
