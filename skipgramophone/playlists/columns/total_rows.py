"""Detect rows of sums in a table of orders, such as the line TOTAL below the items of each receipt."""

from __future__ import annotations

from collections.abc import Mapping

from skipgramophone.playlists.columns.values import Table, values_of
from skipgramophone.playlists.readers.sums import names_sum

FEWEST_SUMS = 3
LEAST_SHARE = 0.25  # minimum share of the orders that have a row with a sum


def name_of_sums(rows: Table, roles: Mapping[str, str]) -> str | None:
    """Return the item of the rows that are probably sums of orders, or None if there are no such rows.

    >>> rows = [["order", "item"], *([order, item] for order in "123" for item in ("tea", "TOTAL"))]
    >>> name_of_sums(rows, {"id": "order", "title": "item"})
    'TOTAL'
    """
    item = roles.get("title", roles.get("uri"))
    if "id" not in roles or "artist" in roles or item is None:
        return None
    pairs = list(zip(values_of(rows, roles["id"]), values_of(rows, item), strict=True))
    sums = [(order, name) for order, name in pairs if names_sum(name)]
    orders = {order for order, _ in sums}
    if len(orders) < max(FEWEST_SUMS, LEAST_SHARE * len({order for order, _ in pairs})):
        return None
    return sums[0][1]
