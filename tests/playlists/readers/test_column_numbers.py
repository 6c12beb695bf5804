"""Columns that are assigned by number in tables whose first row contains the same numbers as values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings

WriteDump = Callable[..., Path]


@pytest.mark.parametrize("quote", ["", '"'])  # plain lines, and lines that are read record by record
@pytest.mark.parametrize(
    ("rows", "columns", "expected"),
    [
        # The first row would be read as a header with the columns 2 and 1, in this order.
        ("2,1,x\n1,5,y\n", "owner=1,uri=2", [("1", "2"), ("5", "1")]),
        # The first row has a value 1, but no value 2.
        ("1,1193,5\n2,661,3\n", "owner=1,uri=2", [("1193", "1"), ("661", "2")]),
        # pandas writes 0,1,2 as names of unnamed columns.
        ("0,1,2\nu7,a,x\nu8,b,y\n", "owner=0,uri=1", [("a", "u7"), ("b", "u8")]),
    ],
)
def test_numbers_in_the_first_row_are_values(
    rows: str, columns: str, expected: list[tuple[str, str]], quote: str, write_dump: WriteDump
) -> None:
    rows = rows.replace("x", f"x{quote}")
    (reader,) = open_sources([write_dump(rows)], ExtractSettings(columns=columns)).readers
    blocks = list(reader.blocks())
    assert [(row["uri"], row["owner"]) for block in blocks for row in block.table.to_pylist()] == expected
    assert [reject for block in blocks for reject in block.rejects] == []
