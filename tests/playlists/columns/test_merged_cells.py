"""Columns that the user assigns, in which a value is only in the first of its rows, as after merging cells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.errors import UnknownFormatError
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.reading import read, reasons

WriteDump = Callable[..., Path]

SHOWS = "Show;Artist;Title\nMorning;Ada;Rain\n;Nell;Salt\n;Ada;Tide\nEvening;Quay;Home\n;Nell;Door\n"
REMEDY = (
    "is empty in many rows: write the value above into the empty cells if their rows belong to it, or remove these rows"
)


@pytest.mark.parametrize(
    ("text", "columns", "column"),
    [
        (SHOWS, "playlist=Show,artist=Artist,title=Title", "'Show'"),
        (SHOWS, "playlist=1,artist=2,title=3", "column 1"),
        (SHOWS.replace("Show", "Order"), "id=Order,title=Title", "'Order'"),
        ("User,Product\nana,tea\n,jam\nbo,tea\n,bread\n", "owner=User,uri=Product", "'User'"),
        ("Band,Song\nABBA,Waterloo\n,SOS\nQueen,Jazz\n,Radio\n", "artist=Band,title=Song", "'Band'"),
    ],
)
def test_assigned_columns_with_merged_cells_are_asked_about(
    write_dump: WriteDump, text: str, columns: str, column: str
) -> None:
    with pytest.raises(UnknownFormatError) as raised:
        open_sources([write_dump(text, "shows.csv")], ExtractSettings(columns=columns))
    assert str(raised.value).endswith(f"columns in which {column} {REMEDY}")


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("Visit,User,Product\n1,ana,tea\n2,,jam\n3,bo,tea\n4,,bread\n", "id=Visit,owner=User,uri=Product"),
        (SHOWS, "artist=Artist,title=Title"),
    ],
)
def test_other_empty_cells_are_read(write_dump: WriteDump, text: str, columns: str) -> None:
    (reader,) = open_sources([write_dump(text, "shows.csv")], ExtractSettings(columns=columns)).readers
    assert sum(block.table.num_rows for block in reader.blocks()) == text.count("\n") - 1


@pytest.mark.parametrize(
    ("rows", "without"),
    [
        ("ana,tea\nana,jam\nbo,tea\n,bread\n,milk\n", [5, 6]),  # nobody comes last
        ("ana,tea\nNULL,jam\nbo,tea\n nan ,bread\nana,milk\n", [3, 5]),  # ana comes again
    ],
)
@pytest.mark.parametrize("role", ["owner", "playlist"])
def test_rows_without_the_only_value_that_divides_a_table_are_rejected(
    rows: str, without: list[int], role: str, write_dump: WriteDump
) -> None:
    path = write_dump("Who,Product\n" + rows, "shop.csv")
    rows_read, rejects = read(path, "columns", columns=f"{role}=Who,uri=Product")
    assert reasons(rejects) == [
        (line, f"no {'owner' if role == 'owner' else 'name'} of a playlist") for line in without
    ]
    assert len(rows_read) == 3
    _, rejects = read(path, "columns", columns=f"{role}=Who,uri=Product", keep=("placeholders",))
    assert [reject.line for reject in rejects] == [line for line in without if rows.split("\n")[line - 2][0] == ","]


def test_orders_of_unknown_customers_are_read(write_dump: WriteDump) -> None:
    orders = "".join(f"{order},{'' if order % 3 == 0 else order},{item}\n" for order in range(1, 8) for item in "xyz")
    rows, rejects = read(write_dump("order_id,customer_id,product_id\n" + orders, "shop.csv"), "columns")
    assert len({row[0] for row in rows}) == 7
    assert (len(rows), rejects) == (21, [])
