"""The readers of tables of TuneMyMusic, Soundiiz and Deezer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.settings import Format
from tests.playlists.readers.examples import DEEZER, SOUNDIIZ, TUNEMYMUSIC
from tests.playlists.readers.reading import error_of, read, read_all, reasons

WriteDump = Callable[..., Path]


def test_tunemymusic_has_playlists_by_name_and_other_saved_things(write_dump: WriteDump) -> None:
    rows, rejects, left_out = read_all(write_dump("\ufeff" + TUNEMYMUSIC, "mine.csv"), "tunemymusic")
    assert rows == [
        ("Kitchen", "Ada Fenn", "Green Door", "spotify:track:1abc"),
        ("Kitchen", "The Hatches", "Rain, Tin", "https://tidal.com/track/78"),
        ("Favorite Songs", "Me", "Demo", None),
    ]
    assert reasons(rejects) == [(7, "1 field instead of 8")]
    assert left_out == {"followed artists": 1, "saved albums": 1}


@pytest.mark.parametrize("delimiter", [";", ","])
def test_soundiiz_is_one_playlist(write_dump: WriteDump, delimiter: str) -> None:
    path = write_dump(SOUNDIIZ.replace(";", delimiter), "mine.csv")
    rows, rejects = read(path, "soundiiz")
    assert rows == [
        ("mine", "Ada Fenn", "Green Door", "spotify:track:1abc"),
        ("mine", "The Hatches", f"Rain{delimiter} Tin", None),
    ]
    assert reasons(rejects) == [(4, "1 field instead of 5")]


def test_the_history_of_deezer_is_cut_into_sessions(write_dump: WriteDump) -> None:
    path = write_dump(DEEZER, "history.csv")
    rows, rejects = read(path, "deezer")
    assert rows == [
        ("2024-01-01 10:03", "Ada Fenn", "Green Door", None),
        ("2024-01-01 12:00", "The Hatches", "Rain", None),
    ]
    assert reasons(rejects) == [(4, "played for 0 ms"), (5, "no valid timestamp")]
    assert len(read(path, "deezer", keep=["skips"])[0]) == 3


@pytest.mark.parametrize(
    ("format", "what", "columns"),
    [
        ("tunemymusic", "a table of TuneMyMusic", "Track name, Artist name, Playlist name, Type"),
        ("soundiiz", "a table of Soundiiz", "title, artist, album, isrc"),
        ("deezer", "a listening history of Deezer", "Song Title, Artist, Album Title, Listening Time, Date"),
    ],
)
def test_another_header_raises_a_one_line_error(write_dump: WriteDump, format: Format, what: str, columns: str) -> None:
    message = f"PATH is not {what}: its first line needs the columns {columns}"
    assert error_of(write_dump("a,b\nc,d\n", "x.csv"), format) == message
