"""The reader of Library.xml of iTunes and Apple Music."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.examples import ITUNES
from tests.playlists.readers.reading import error_of, read_all, reasons

WriteDump = Callable[..., Path]
GREEN, RAIN = ("Walks", "Ada Fenn", "Green Door", None), ("Walks", "The Hatches", "Rain & Tin", None)


def test_playlists_that_a_person_made_are_read_and_others_are_counted(write_dump: WriteDump) -> None:
    path = write_dump(ITUNES, "any name")
    rows, rejects, left_out = read_all(path, "itunes")
    assert rows == [RAIN, GREEN, GREEN, GREEN]
    assert [reason for _, reason in reasons(rejects)] == ["a podcast episode", "a track that is not in the library"]
    lines = ITUNES.splitlines()
    assert [lines[line - 1].strip() for line, _ in reasons(rejects)] == [
        "<integer>13</integer>",
        "<integer>99</integer>",
    ]
    assert left_out == {
        "in system playlists": 6,
        "in folders of playlists": 3,
        "films and TV episodes": 1,
        "in smart playlists": 1,
        "in no playlist": 1,
    }
    rows, rejects, _ = read_all(path, "itunes", keep=["episodes"])
    assert rows[:2] == [RAIN, ("Walks", "A show", "Episode 9", None)]
    assert len(rejects) == 1


def test_playlists_with_one_name_stay_separate(write_dump: WriteDump) -> None:
    (reader,) = open_sources([write_dump(ITUNES)], ExtractSettings()).readers
    keys = [key for block in reader.blocks() for key in block.table["key"].to_pylist()]
    assert [keys.count(key) for key in dict.fromkeys(keys)] == [3, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<plist><dict></dict></plist>", "it has no tracks"),
        ("<plist><array><string>Tracks</string></array></plist>", "it has no tracks"),
        (ITUNES[:900], "not well-formed XML ("),
        ('<!DOCTYPE plist [<!ENTITY a "b">]><plist></plist>', "it declares or uses XML entities"),
    ],
)
def test_a_broken_library_raises_a_one_line_error(write_dump: WriteDump, text: str, message: str) -> None:
    path = write_dump(text, "Library.xml")
    assert error_of(path, "itunes").startswith(f"PATH is not a library of iTunes or Apple Music: {message}")


def test_another_property_list_is_not_a_library(write_dump: WriteDump) -> None:
    path = write_dump("<plist><dict><key>Label</key><string>x</string></dict></plist>", "Info.plist")
    what = "XML in a format that sgp does not know (root element: 'plist')"
    assert error_of(path) == f"PATH is {what}: convert it to CSV or M3U first"
