"""The reader of lists of uris and links."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.playlists.readers.examples import URIS
from tests.playlists.readers.reading import read, reasons

WriteDump = Callable[..., Path]


def test_each_line_is_a_track_named_by_its_uri(write_dump: WriteDump) -> None:
    path = write_dump(URIS.replace("\n", "\r\n"), "list.txt")
    rows, rejects = read(path, "uris")
    assert [uri for *_, uri in rows[:5]] == [
        "spotify:track:1abc",
        "spotify:track:2abc",
        "https://music.youtube.com/watch?v=abcdefghijk",
        "https://musicbrainz.org/recording/aaaaaaaa-1111-4111-8111-111111111111",
        "spotify:track:3abc",
    ]
    assert all(row == ("list", "", row[3], row[3]) for row in rows)
    assert reasons(rejects) == [
        (11, "a podcast episode"),
        (12, "blank line"),
        (13, "neither the uri nor the link of a track"),
    ]
    assert read(path, "uris", keep=["episodes"])[0][-1][3] == "spotify:episode:9abc"


def test_an_m3u_of_uris_stays_m3u(write_dump: WriteDump) -> None:
    rows, _ = read(write_dump("spotify:track:1abc\n", "list.m3u"), "m3u")
    assert [uri for *_, uri in rows] == ["spotify:track:1abc"]
