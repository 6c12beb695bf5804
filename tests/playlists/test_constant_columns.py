"""Columns with the same value in all rows: `extract` does not ask whether they divide the rows into playlists."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.errors import UnknownFormatError
from skipgramophone.playlists.readers.columnar import ColumnsReader
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings

WriteDump = Callable[..., Path]


def table(name: str, values: list[str]) -> str:
    """Return a table of tracks with another column that has the given values."""
    rows = [f"Ada Fenn,Song {at},{value}" for at, value in enumerate(values)]
    return "\n".join([f"Artist,Title,{name}", *rows]) + "\n"


def unused_columns(path: Path) -> list[str] | None:
    """Return the columns of a table that the guess leaves out."""
    (reader,) = open_sources([path], ExtractSettings()).readers
    assert isinstance(reader, ColumnsReader)
    return None if reader.unused is None else list(reader.unused)


@pytest.mark.parametrize("name", ["ServerId", "Channel", "program name", "list"])
def test_a_column_with_one_value_is_not_asked_about(write_dump: WriteDump, name: str) -> None:
    assert unused_columns(write_dump(table(name, ["a1b2"] * 5), "tracks.csv")) == [name]


@pytest.mark.parametrize("values", [["a1b2"] * 4, ["a1b2"] * 5 + ["c3d4"], ["a1b2"] * 5 + [""]])
def test_a_column_that_may_divide_the_rows_is_asked_about(write_dump: WriteDump, values: list[str]) -> None:
    with pytest.raises(UnknownFormatError, match="'Channel' may name the playlist"):
        unused_columns(write_dump(table("Channel", values), "tracks.csv"))


def test_below_the_first_rows_another_value_may_follow(write_dump: WriteDump) -> None:
    values = ["Radio One"] * 6000
    with pytest.raises(UnknownFormatError, match="'Channel' may name the playlist"):
        unused_columns(write_dump(table("Channel", values), "tracks.csv"))
    assert unused_columns(write_dump(table("ServerId", values), "tracks.csv")) == ["ServerId"]
