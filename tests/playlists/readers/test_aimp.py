"""Playlists of AIMP."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.player_examples import AIMP
from tests.playlists.readers.reading import error_of, read, reasons

WriteDump = Callable[..., Path]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8", "utf-8-sig"])
def test_tracks_have_the_name_of_the_playlist(encoding: str, write_dump: WriteDump) -> None:
    text = AIMP.replace("Ada", "Åda").encode(encoding)
    rows, rejects = read(write_dump(text, "x.aimppl4"), "aimp")
    assert rows == [("Evening", "Åda Fenn", "Green Door", None), ("Evening", "The Hatches", "Rain", None)]
    assert reasons(rejects) == [(13, "fewer than 4 fields")]


def test_files_albums_and_durations_are_kept(write_dump: WriteDump) -> None:
    path = write_dump(AIMP.replace("Name=Evening", "Name="), "Kitchen.aimppl4")
    (reader,) = open_sources([path], ExtractSettings()).readers
    (block,) = reader.blocks()
    first = block.table.slice(0, 1).to_pylist()[0]
    assert (first["playlist"], first["album"], first["location"]) == ("Kitchen", "Doors", "C:\\Music\\Doors\\1.mp3")


def test_a_file_without_tracks_is_refused(write_dump: WriteDump) -> None:
    path = write_dump(AIMP.partition("#-----CONTENT")[0], "x.aimppl4")
    assert error_of(path) == "PATH is not a playlist of AIMP: it has no line #-----CONTENT-----#"
