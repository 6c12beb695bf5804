"""Columns that the user assigns, in which a value is only in the first of its rows, as after merging cells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.errors import UnknownFormatError
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings

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
        ("User,Product\nana,tea\nana,jam\nbo,tea\n,bread\n,milk\n", "owner=User,uri=Product"),  # nobody comes last
        ("User,Product\nana,tea\n,jam\nbo,tea\n,bread\nana,milk\n", "owner=User,uri=Product"),  # ana comes again
        ("Visit,User,Product\n1,ana,tea\n2,,jam\n3,bo,tea\n4,,bread\n", "id=Visit,owner=User,uri=Product"),
        (SHOWS, "artist=Artist,title=Title"),
    ],
)
def test_other_empty_cells_are_read(write_dump: WriteDump, text: str, columns: str) -> None:
    (reader,) = open_sources([write_dump(text, "shows.csv")], ExtractSettings(columns=columns)).readers
    assert sum(block.table.num_rows for block in reader.blocks()) == text.count("\n") - 1
