"""The reader of collections of rekordbox."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.examples import REKORDBOX
from tests.playlists.readers.reading import error_of, read_all, reasons

WriteDump = Callable[..., Path]


def test_playlists_are_read_and_folders_are_not(write_dump: WriteDump) -> None:
    path = write_dump(REKORDBOX, "any name")
    rows, rejects, left_out = read_all(path, "rekordbox")
    assert rows == [
        ("Set", "The Hatches", "Rain & Tin", None),
        ("Set", "Ada Fenn", "Green Door", None),
        ("Set", "Ada Fenn", "Green Door", None),
    ]
    assert reasons(rejects) == [
        (6, "a track with the id of another track"),
        (10, "a track that is not in the library"),
        (12, "a track that is not in the library"),
        (14, "neither artist nor title"),
    ]
    assert left_out == {"in no playlist": 1}
    (reader,) = open_sources([path], ExtractSettings()).readers
    keys = [key for block in reader.blocks() for key in block.table["key"].to_pylist()]
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (REKORDBOX[:300], "not well-formed XML ("),
        ("<x/>", "its root element is 'x'"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><DJ_PLAYLISTS>&a;</DJ_PLAYLISTS>', "it declares or uses XML entities"),
    ],
)
def test_a_broken_collection_raises_a_one_line_error(write_dump: WriteDump, text: str, message: str) -> None:
    path = write_dump(text, "x.xml")
    assert error_of(path, "rekordbox").startswith(f"PATH is not a collection of rekordbox: {message}")
