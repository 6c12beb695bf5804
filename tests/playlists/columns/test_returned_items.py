"""Rows with negative quantities are reported, because they are probably returned items."""

from __future__ import annotations

from pathlib import Path

import pytest

import skipgramophone as sgp
from skipgramophone.playlists.columns.returned_items import doubt_about_returns
from skipgramophone.wording import COMMAND_LINE, PYTHON
from tests.conftest import run_sgp

ROWS = [["order_id", "sku", "Menge"], ["1", "A1", "2"], ["1", "A2", "1"], ["2", "A2", "-1"], ["2", "A3", "-2.5"]]
COLUMNS = "id=order_id,uri=sku"


def test_the_report_names_the_options_that_leave_out_returns() -> None:
    doubt = doubt_about_returns(ROWS, sgp.ExtractSettings(columns=COLUMNS))
    assert doubt is not None
    found = "2 of the first 4 rows have a negative 'Menge', as returned items have, but are read like purchases: "
    columns = "id=order_id,uri=sku,rating=Menge"
    assert doubt(COMMAND_LINE) == f"{found}to leave them out, give --columns {columns} and --min-rating 0"
    assert doubt(PYTHON) == f"{found}to leave them out, give columns='{columns}' and min_rating=0"


def test_the_options_do_not_change_how_rows_form_playlists() -> None:
    rows = [["customer", "sku", "qty", "time"], ["c1", "A1", "-1", "2024-03-09"], ["c1", "A2", "1", "2024-03-10"]]
    doubt = doubt_about_returns(
        rows, sgp.ExtractSettings(columns="owner=customer,uri=sku,time=time", session_gap="none")
    )
    assert doubt is not None
    assert doubt(COMMAND_LINE).endswith("rating=qty, --session-gap none and --min-rating 0")


def test_columns_that_are_assigned_by_number_are_named_by_number() -> None:
    doubt = doubt_about_returns(ROWS, sgp.ExtractSettings(columns="id=1,uri=2"))
    assert doubt is not None
    assert "--columns id=1,uri=2,rating=3 and" in doubt(COMMAND_LINE)


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        pytest.param(ROWS, f"{COLUMNS},rating=Menge", id="the quantities are ratings"),
        pytest.param(ROWS, f"{COLUMNS},artist=Menge", id="a table of music"),
        pytest.param([ROWS[0], *(row for row in ROWS[1:] if row[2][0] != "-")], COLUMNS, id="only purchases"),
        pytest.param([ROWS[0], *(row for row in ROWS[1:] if row[2][0] == "-")], COLUMNS, id="only negative numbers"),
        pytest.param([["order_id", "sku", "discount"], *ROWS[1:]], COLUMNS, id="not quantities"),
        pytest.param([*ROWS, ["3", "A1", ""]], COLUMNS, id="a missing quantity"),
        pytest.param([*ROWS, ["3", "A1", "many"]], COLUMNS, id="text"),
        pytest.param(ROWS[1:], "id=1,uri=2", id="no header"),
        pytest.param([], COLUMNS, id="no rows"),
    ],
)
def test_other_tables_are_not_doubted(rows: list[list[str]], columns: str) -> None:
    assert doubt_about_returns(rows, sgp.ExtractSettings(columns=columns)) is None


def test_the_options_leave_out_the_returns(tmp_path: Path) -> None:
    lines = [f"{at // 3},P{at % 7},{-1 if at % 10 == 9 else 2}" for at in range(60)]
    table = tmp_path / "orders.csv"
    table.write_text("\n".join(["order_id,product_id,quantity", *lines]) + "\n")
    report = sgp.extract("shop", table, dry_run=True)
    assert (report.rows_used, len(report.doubts)) == (60, 1)
    settings = sgp.ExtractSettings(columns="id=order_id,uri=product_id,rating=quantity", min_rating=0)
    report = sgp.extract("shop", table, settings, dry_run=True)
    assert (report.rows_used, report.left_out, report.doubts) == (54, {"rated below 0": 6}, [])
    assert "6 of the first 60 rows have a negative 'quantity'" in " ".join(run_sgp("inspect", table).out.split())
