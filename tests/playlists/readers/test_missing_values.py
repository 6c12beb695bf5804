"""Rows of tables whose id, uri or name is missing, as programs write it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skipgramophone.playlists.readers.missing_playlists import NO_ID
from skipgramophone.playlists.readers.missing_values import MISSING
from skipgramophone.playlists.readers.rows import NAMELESS, PLACEHOLDER
from tests.playlists.readers.reading import read, reasons

WriteDump = Callable[..., Path]


@pytest.mark.parametrize("missing", ["", " ", *MISSING])
@pytest.mark.parametrize("quote", ["", 'a"b'])  # the second table is read record by record
def test_rows_without_an_id_are_rejected(missing: str, quote: str, write_dump: WriteDump) -> None:
    orders = [f"{order},p{item}" for order in range(1, 7) for item in range(3)]
    orders[4] = f"{missing},x"
    text = "\n".join(["order_id,product_id", *orders, f"9,{quote}c"])
    rows, rejects = read(write_dump(text, "orders.csv"), "columns")
    assert {row[0] for row in rows} == {"1", "2", "3", "4", "5", "6", "9"}
    assert reasons(rejects) == [(6, NO_ID)]


def test_rows_without_an_id_are_rejected_from_parquet_and_sorted_tables(tmp_path: Path) -> None:
    orders = [*["1"] * 3, *["2"] * 3, None, *["3"] * 5, *["4"] * 4, *["5"] * 6]
    items = [f"p{row}" for row in range(len(orders))]
    table = pa.table(
        {"order_id": orders, "product_id": items, "time": [1_700_000_000 + row for row in range(len(orders))]}
    )
    for names in (["order_id", "product_id"], table.column_names):
        pq.write_table(table.select(names), tmp_path / "orders.parquet")
        rows, rejects = read(tmp_path / "orders.parquet", "columns")
        assert {row[0] for row in rows} == {"1", "2", "3", "4", "5"}
        assert reasons(rejects) == [(7, NO_ID)]


def test_missing_uris_do_not_identify_a_track(write_dump: WriteDump) -> None:
    text = "artist,title,uri\nAda,Rain,x:1\nNell,Salt,NULL\nQuay,Tide,NULL\n"
    rows, _ = read(write_dump(text), "columns")
    assert [row[3] for row in rows] == ["x:1", None, None]
    rows, rejects = read(write_dump("order_id,product_id\n1,a\n1,nan\n1,b\n", "b.csv"), "columns")
    assert [row[3] for row in rows] == ["a", "b"]
    assert reasons(rejects) == [(3, NAMELESS)]


@pytest.mark.parametrize("keeps", [False, True])
def test_missing_values_in_both_names_are_placeholders(keeps: bool, write_dump: WriteDump) -> None:
    text = "artist,title,id\nNaN,nan,7\nNone,None,7\nNone,Rain,7\nNan,Nan,7\nAda,None,nan\n"
    rows, rejects = read(
        write_dump(text), "columns", columns="artist=artist,title=title,id=id", keep=["placeholders"] if keeps else None
    )
    kept = [("7", "None", "Rain"), ("7", "Nan", "Nan")]
    judged = [("7", "NaN", "nan"), ("7", "None", "None"), *kept, ("nan", "Ada", "None")]
    assert [row[:3] for row in rows] == (judged if keeps else kept)
    assert reasons(rejects) == ([] if keeps else [(2, PLACEHOLDER), (3, PLACEHOLDER), (6, NO_ID)])
