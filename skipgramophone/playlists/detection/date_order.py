"""Find out from the first rows of a table how its dates are written."""

from __future__ import annotations

from collections.abc import Mapping

from skipgramophone.playlists.columns.values import Table
from skipgramophone.playlists.detection.table_head import values_of_column
from skipgramophone.playlists.readers.numeric_dates import DateOrder, order_of_dates


def date_order_in(rows: Table, roles: Mapping[str, str]) -> DateOrder:
    """Return how the dates of a table are written (see `DateOrder`); "" if there are none, or they do not show it.

    Args:
        rows: the first rows of the table; the first row contains the column names, if there are any.
        roles: role -> name or number of its column.
    """
    return order_of_dates(values_of_column(rows, roles["time"])) if "time" in roles else ""
