"""The reader of AOTM-2011."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.examples import AOTM
from tests.playlists.readers.reading import error_of, read, reasons

WriteDump = Callable[..., Path]


def test_mixes_are_named_by_their_ids(write_dump: WriteDump) -> None:
    path = write_dump(AOTM, "aotm.json")
    rows, rejects = read(path, "aotm")
    assert rows == [
        ("17", "ada fenn", "green door", "SOA"),
        ("17", "the hatches", "rain", None),
        ("18", "me", "demo", None),
    ]
    assert reasons(rejects) == [
        (3, "a track that is not a pair of names and ids"),
        (4, "a track that is not a pair of names and ids"),
        (5, "a name that is not text"),
        (6, "a mix without mix_id or playlist"),
    ]
    (reader,) = open_sources([path], ExtractSettings()).readers
    table = next(iter(reader.blocks())).table
    assert table["owner"].to_pylist() == ["me", "me", ""]
    assert table["key"].to_pylist() == ["mix 17", "mix 17", "mix 18"]


def test_a_broken_file_raises_a_one_line_error(write_dump: WriteDump) -> None:
    assert error_of(write_dump("{}", "x"), "aotm") == "PATH is not a file of AOTM-2011: it is not a list of mixes"
    assert error_of(write_dump(AOTM[:-1], "x")).startswith("PATH is not a file of AOTM-2011: the JSON ends early, ")
