"""Recognize tables of purchases in which negative quantities mark returned items."""

from __future__ import annotations

import re

from skipgramophone.playlists.column_names import normalized
from skipgramophone.playlists.columns.assigned_columns import with_header
from skipgramophone.playlists.columns.quantity_doubts import OF_ITEMS
from skipgramophone.playlists.columns.values import NUMBER, Table, values_of
from skipgramophone.settings import ExtractSettings, columns_text
from skipgramophone.wording import Names, Wording, visible

QUANTITY = re.compile(rf"({OF_ITEMS}|units|(?<!ac)(?<!dis)count)s?$")  # the end of the name of such a column
MUSIC = {"artist", "name"}  # only tables of music have columns with these roles


def doubt_about_returns(rows: Table, settings: ExtractSettings) -> Wording | None:
    """Return a sentence for reports if some rows have a negative quantity, as returned items have, else None.

    Such rows are read like purchases unless the column of quantities has the role "rating".

    Args:
        rows: the first rows of the table; the first of them is the header if the columns are assigned by name.
        settings: how the table is read; the columns are assigned or guessed.

    >>> rows = [["order", "sku", "Qty"], ["1", "A1", "2"], ["1", "A2", "1"], ["2", "A2", "-1"]]
    >>> doubt = doubt_about_returns(rows, ExtractSettings(columns="id=order,uri=sku"))
    >>> doubt is not None, doubt_about_returns(rows, ExtractSettings(columns="id=order,uri=sku,rating=Qty"))
    (True, None)
    """
    roles = settings.roles
    if not rows or MUSIC & roles.keys() or "rating" in roles:
        return None
    table, names = with_header(rows, roles)
    for reference, column in names.items():
        if not QUANTITY.search(normalized(column)) or table[0].count(column) > 1:
            continue
        values = values_of(table, column)
        returned = sum(value.startswith("-") for value in values)
        if 0 < returned < len(values) and all(map(NUMBER.fullmatch, values)):
            found = f"{returned:,} of the first {len(values):,} rows have a negative {column!r}, as returned items have"
            return _doubt(found, columns_text({**roles, "rating": reference}), settings)
    return None


def _doubt(found: str, columns: str, settings: ExtractSettings) -> Wording:
    """Return the sentence about returned items, with the settings that leave them out and change nothing else."""

    def text(named: Names) -> str:
        gap = f", {named('session_gap', 'none')}" if settings.session_gap == "none" else ""
        advice = f"give {named('columns', columns)}{gap} and {named('min_rating', 0)}"
        return visible(f"{found}, but are read like purchases: to leave them out, {advice}")

    return text
