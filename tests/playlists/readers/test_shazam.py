"""The reader of the library of Shazam, and the layout of Exportify of 2023."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.playlists.readers.examples import EXPORTIFY_2023, SHAZAM
from tests.playlists.readers.reading import error_of, read, reasons

WriteDump = Callable[..., Path]


def test_the_library_of_shazam_is_one_playlist(write_dump: WriteDump) -> None:
    rows, rejects = read(write_dump(SHAZAM, "shazam.csv"), "shazam")
    assert rows == [("shazam", "The Hatches", "Rain", None), ("shazam", "Ada Fenn", "Green Door", None)]
    assert reasons(rejects) == [(5, "2 fields instead of 6")]


def test_another_header_raises_a_one_line_error(write_dump: WriteDump) -> None:
    message = "PATH is not a library export of Shazam: its second line is not Index,TagTime,Title,Artist,URL,TrackKey"
    assert error_of(write_dump("Shazam Library\na,b\n", "x"), "shazam") == message


def test_exportify_of_2023_has_ids_instead_of_uris(write_dump: WriteDump) -> None:
    rows, rejects = read(write_dump(EXPORTIFY_2023, "evening.csv"), "exportify")
    assert rows == [
        ("evening", "Ada Fenn", "Green Door", "spotify:track:1abc"),
        ("evening", "The Hatches,Ada Fenn", "Rain", "spotify:track:3abc"),
        ("evening", "Me", "Demo", None),
    ]
    assert rejects == []
