"""The reader of PLS playlists."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.playlists.readers.examples import PLS
from tests.playlists.readers.reading import error_of, read, reasons

WriteDump = Callable[..., Path]


def test_entries_are_read_in_the_order_of_their_numbers(write_dump: WriteDump) -> None:
    for text in (PLS, "\ufeff" + PLS.replace("\n", "\r\n").replace("[playlist]", "[Playlist]")):
        rows, rejects = read(write_dump(text, "kitchen.pls"), "pls")
        assert rows == [
            ("kitchen", "The Hatches", "Rain & Tin - Live", None),
            ("kitchen", "Ada%20Fenn", "Other", None),
            ("kitchen", "", "Station", None),
            ("kitchen", "Ada Fenn", "Green Door", "spotify:track:7abc"),
        ]
        assert rejects == []


def test_lines_that_are_not_entries_are_rejected(write_dump: WriteDump) -> None:
    text = "[playlist]\nTitle1=A - B\nhello\nTitle1=C - D\n; a remark\nFile2=\nX-Key=1\n"
    rows, rejects = read(write_dump(text, "a.pls"), "pls")
    assert rows == [("a", "A", "B", None)]
    assert reasons(rejects) == [
        (3, "not an entry of a PLS playlist"),
        (4, "a second Title for entry 1"),
        (6, "neither artist nor title"),
        (7, "not an entry of a PLS playlist"),
    ]


def test_windows_1252_is_read(write_dump: WriteDump) -> None:
    path = write_dump("[playlist]\nTitle1=Björk - Jóga\n".encode("cp1252"), "a.pls")
    assert read(path, "pls")[0] == [("a", "Björk", "Jóga", None)]


def test_a_file_without_the_section_is_refused_in_one_line(write_dump: WriteDump) -> None:
    path = write_dump("Title1=A - B\n", "a.pls")
    assert error_of(path, "pls") == "PATH is not a PLS playlist: it has no line [playlist]"
