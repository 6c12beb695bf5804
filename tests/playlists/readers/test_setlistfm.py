"""Setlists of setlist.fm."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.player_examples import SETLISTS
from tests.playlists.readers.reading import error_of, read, read_all, reasons

WriteDump = Callable[..., Path]
NAME = "Nell Quay, Harbour Hall, 2018-09-04"


def test_each_concert_is_a_playlist_and_covers_have_their_own_artists(write_dump: WriteDump) -> None:
    rows, rejects, left_out = read_all(write_dump(SETLISTS, "x.json"), "setlistfm")
    assert rows == [
        (NAME, "Nell Quay", "Paper Boats", None),
        (NAME, "The Hatches", "Rain", None),
        ("Ada Fenn", "Ada Fenn", "Door", None),
    ]
    assert reasons(rejects) == [
        (4, "a song without a name"),
        *((number, "a name that is not text") for number in (6, 7, 8)),
        (9, "a setlist that is not a JSON object with sets"),
    ]
    assert left_out == {"songs from tape": 1}


@pytest.mark.parametrize("nested", [False, True])
def test_one_setlist_and_a_list_of_pages_are_read_too(nested: bool, write_dump: WriteDump) -> None:
    page = json.loads(SETLISTS)
    page["setlist"] = page["setlist"][:1]
    value = [page, page] if nested else page["setlist"][0]
    path = write_dump(json.dumps(value), "x.json")
    rows, _ = read(path, "setlistfm")
    assert [row[2] for row in rows] == ["Paper Boats", "Rain"] * (2 if nested else 1)
    (reader,) = open_sources([path], ExtractSettings()).readers
    keys = next(iter(reader.blocks())).table["key"].to_pylist()
    assert len(set(keys)) == (2 if nested else 1)  # two concerts with the same name stay separate


def test_other_json_is_refused(write_dump: WriteDump) -> None:
    what = "PATH is not a file with setlists of setlist.fm"
    assert error_of(write_dump('{"setlist": []}', "x"), "setlistfm") == f"{what}: it has no setlists"
    assert error_of(write_dump("[", "x"), "setlistfm").startswith(f"{what}: ")
