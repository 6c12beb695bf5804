"""Tables of orders with rows of sums, and with lists of items in one cell."""

from __future__ import annotations

import pytest

from tests.playlists.guesses import guess as guessed

ITEMS = ("green tea", "rye bread", "oat milk")


def guess(header: str, rows: list[str]) -> str:
    """Return the guessed columns, or the question."""
    return guessed("\n".join([header, *rows]))


@pytest.mark.parametrize("name", ["TOTAL", "Sub-total", "Summe", "Total TTC"])
def test_sums_of_orders_are_asked_about(name: str) -> None:
    rows = [f"{order},{item},2.00" for order in range(8) for item in (*ITEMS[: 1 + order % 3], name)]
    found = guess("order_id,product,amount", rows)
    assert f"in which rows such as {name!r} seem to be sums of orders: remove them; to keep them" in found
    assert found.endswith("--columns title=product,id=order_id")


def test_an_item_may_be_called_total() -> None:
    rows = [f"{order},{item},2.00" for order in range(9) for item in ITEMS] + ["8,Total,2.00"]
    assert guess("order_id,product,amount", rows) == "title=product,id=order_id"


@pytest.mark.parametrize("separator", ["; ", "|", " | "])
def test_lists_of_items_in_a_cell_are_refused(separator: str) -> None:
    rows = [f"{order},{separator.join(ITEMS[order % 2 : 2 + order % 2])}" for order in range(9)]
    assert "each 'Products' seems to be a list: write one row per item" in guess("Order ID,Products", rows)


def test_titles_with_semicolons_are_read_next_to_artists() -> None:
    rows = [f"Ada,{title}" for title in ("Rain; Salt", "Rain; Tide", "Salt; Tide", "Rain; Salt")]
    assert guess("artist,title", rows) == "artist=artist,title=title"
