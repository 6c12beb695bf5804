"""Columns of quantities, prices, ratings, flags or dates that are used for the ids of tracks."""

from __future__ import annotations

from pathlib import Path

import pytest

from skipgramophone.playlists.columns.guess import ColumnGuess, guess_columns
from skipgramophone.playlists.columns.quantity_doubts import quantities_as_tracks
from skipgramophone.wording import COMMAND_LINE
from tests.conftest import run_sgp

# Forty purchases: each of eight customers buys five products. Three columns contain ids of the products: with letters
# (sku), numbers from 17 (product) and numbers from 1 (small).
CUSTOMERS, ITEMS = 8, 5
HEADER = ["customer", "sku", "product", "small", "amount", "unit price", "stars", "gift", "day", "zip", "seen"]
ROWS = [
    [
        f"c{customer}",
        f"A{(customer * 3 + item) % 20}",
        f"{17 + (customer * 3 + item) % 20}",
        f"{1 + (customer * 3 + item) % 20}",
        f"{1 + item % 3}",
        f"{2 + item}.95",
        f"{1 + (customer + item) % 5}",
        "yes" if item % 2 else "no",
        f"2024-02-0{1 + item}",
        f"{10110 + customer}",
        f"{item % 3}",
    ]
    for customer in range(CUSTOMERS)
    for item in range(ITEMS)
]
TABLE = [HEADER, *ROWS]


def test_a_guessed_column_of_quantities_is_a_question() -> None:
    # "item" is a usual name for ids, but here it contains the number of items.
    rows = [["order_id", "customer_id", "item", "thing"]]
    rows += [[f"{at // 5}", f"c{at // 10}", f"{1 + at % 3}", f"K{at * 7 % 25}"] for at in range(100)]
    found = guess_columns(rows)
    assert not isinstance(found, ColumnGuess)
    assert found(COMMAND_LINE).endswith("--columns owner=customer_id,uri=thing,id=order_id")


def without(*names: str) -> list[list[str]]:
    """Return the table without some columns."""
    kept = [at for at, name in enumerate(HEADER) if name not in names]
    return [[row[at] for at in kept] for row in TABLE]


@pytest.mark.parametrize(
    ("column", "what"),
    [
        ("amount", "quantities"),
        ("unit price", "quantities"),
        ("stars", "quantities"),
        ("gift", "flags such as yes and no"),
        ("day", "dates or times"),
        ("seen", "small numbers such as quantities"),
    ],
)
def test_columns_that_contain_no_ids_are_recognized(column: str, what: str) -> None:
    found = quantities_as_tracks(TABLE, {"owner": "customer", "uri": column})
    assert found is not None
    assert (found.what, found.better) == (what, "sku")


@pytest.mark.parametrize("column", ["sku", "product", "small"])
def test_ids_are_not_doubted(column: str) -> None:
    # "small" has numbers from 1 to 20, but no other column has many more different values.
    others = {"sku", "product", "small"} - {column}
    assert quantities_as_tracks(without(*others), {"owner": "customer", "uri": column}) is None


def test_small_numbers_are_not_doubted_without_a_column_of_ids() -> None:
    # The zip code differs from customer to customer, but each customer has only one.
    rows = without("sku", "product", "small")
    assert quantities_as_tracks(rows, {"owner": "customer", "uri": "seen"}) is None


def test_ids_of_orders_are_no_ids_of_products() -> None:
    rows = [["customer", "order", "item"]]
    rows += [[f"c{at // 10}", f"{500 + at // 2}", f"{1 + at % 3}"] for at in range(80)]
    assert quantities_as_tracks(rows, {"owner": "customer", "uri": "item"}) is None


def test_a_column_without_a_usual_name_is_found_by_its_values() -> None:
    rows = [["customer", "thing", "x"]]
    rows += [[f"c{at % 8}", f"K{at * 7 % 25}", f"{1 + at % 3}"] for at in range(100)]
    found = quantities_as_tracks(rows, {"owner": "customer", "uri": "x"})
    assert found is not None
    assert found.better == "thing"


def test_whole_numbers_with_a_decimal_point_are_ids() -> None:
    # pandas writes ids as 17.0 if a value of the column is missing.
    rows = [["customer", "thing", "x"]]
    rows += [[f"c{at % 8}", f"K{at * 7 % 25}", f"{17 + at % 30}.0"] for at in range(100)]
    assert quantities_as_tracks(rows, {"owner": "customer", "uri": "x"}) is None


def test_tables_with_few_rows_or_with_names_are_not_doubted() -> None:
    assert quantities_as_tracks(TABLE[:15], {"owner": "customer", "uri": "amount"}) is None
    assert quantities_as_tracks(TABLE, {"artist": "customer", "title": "amount"}) is None
    assert quantities_as_tracks(TABLE, {"owner": "customer", "uri": "amount", "title": "sku"}) is None


@pytest.mark.parametrize("columns", ["owner=customer,uri=amount", "owner=customer,title=amount", "owner=1,uri=3"])
def test_reports_name_the_column_and_the_right_one(columns: str, tmp_path: Path, experiments: Path) -> None:
    (orders := tmp_path / "orders.csv").write_text("".join(f"{row[0]},{row[1]},{row[4]}\n" for row in TABLE))
    right = "owner=1,uri=2" if "1" in columns else "owner=customer,uri=sku"
    for command in (["extract", "shop"], ["inspect"]):
        ran = run_sgp(*command, orders, "--columns", columns)
        assert ran.code == 0, ran.err
        assert " seems to contain " in ran.out
        assert f"--columns {right}" in ran.out
        assert (
            " seems to contain "
            not in run_sgp(*command, orders, "--columns", right, *["--force"][: "extract" in command]).out
        )
