"""The readers of Google Takeout of YouTube and YouTube Music."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.examples import (
    YOUTUBE_HISTORY,
    YOUTUBE_OLD_PLAYLIST,
    YOUTUBE_PLAYLIST,
    YOUTUBE_SONGS,
)
from tests.playlists.readers.reading import error_of, read, read_all, reasons

WriteDump = Callable[..., Path]
LINK = "https://music.youtube.com/watch?v="
GREEN = ("Ada Fenn", "Green Door", f"{LINK}aaaaaaaaaa1")
RAIN = ("The Hatches, Ada Fenn", "Rain, Tin", f"{LINK}bbbbbbbbb-2")
UNNAMED = ("", f"{LINK}ccccccccc_3", f"{LINK}ccccccccc_3")


def test_songs_are_one_playlist_with_all_artists(write_dump: WriteDump) -> None:
    by_link = (
        YOUTUBE_SONGS.replace("Video ID", "Song URL").replace("\naaa", f"\n{LINK}aaa").replace("\nbbb", f"\n{LINK}bbb")
    )
    for text in (YOUTUBE_SONGS, by_link):
        rows, rejects = read(write_dump(text + "x,y,z,w,\na,b\n", "songs.csv"), "youtube-songs")
        assert rows == [("songs", *GREEN), ("songs", *RAIN)]
        assert reasons(rejects) == [(4, "neither the id nor the link of a video"), (5, "2 fields instead of 5")]


def test_a_playlist_of_ids_gets_its_names_from_the_song_library(write_dump: WriteDump) -> None:
    path = write_dump(YOUTUBE_PLAYLIST, "Kitchen-videos.csv")
    rows, rejects = read(path, "youtube-playlist")
    unnamed = [("", uri, uri) for *_, uri in (RAIN, UNNAMED, GREEN)]
    assert rows == [("Kitchen", *track) for track in unnamed]
    assert reasons(rejects) == [(5, "not the id of a video")]
    write_dump(YOUTUBE_SONGS, "music library songs.csv")
    assert read(path, "youtube-playlist")[0] == [("Kitchen", *track) for track in (RAIN, UNNAMED, GREEN)]


def test_the_export_is_read_as_it_is_downloaded(tmp_path: Path) -> None:
    root = "Takeout/YouTube and YouTube Music"
    members = {
        f"{root}/playlists/Kitchen-videos.csv": YOUTUBE_PLAYLIST,
        f"{root}/playlists/Old.csv": YOUTUBE_OLD_PLAYLIST,
        f"{root}/playlists/playlists.csv": "Playlist ID,Add new videos to top,Title\nPL1,False,x\n",
        f"{root}/music (library and uploads)/music library songs.csv": YOUTUBE_SONGS,
        f"{root}/history/watch-history.html": "<html><body>Watched</body></html>",
    }
    with zipfile.ZipFile(tmp_path / "takeout.zip", "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    found = open_sources([tmp_path / "takeout.zip"], ExtractSettings())
    assert [reader.format for reader in found.readers] == ["youtube-songs", "youtube-playlist", "youtube-playlist"]
    assert [reason for _, reason in found.passed_over] == [
        "an HTML page: save its tables as CSV, for example with a spreadsheet; export listening histories as JSON",
        "a list of the names of playlists, without their tracks",
    ]
    tables = [
        block.table.select(["playlist", "title"]).to_pylist() for reader in found.readers for block in reader.blocks()
    ]
    assert [row["title"] for row in tables[1]] == ["Rain, Tin", UNNAMED[1], "Green Door"]
    assert tables[2] == [{"playlist": "Old", "title": "Green Door"}]


def test_plays_of_youtube_music_become_sessions(write_dump: WriteDump) -> None:
    rows, rejects, left_out = read_all(write_dump(YOUTUBE_HISTORY, "w.json"), "youtube-history")
    assert rows == [
        ("2024-01-01 10:04", *GREEN),
        ("2024-01-01 12:00", "The Hatches", "Rain", f"{LINK}bbbbbbbbb-2"),
    ]
    assert left_out == {"videos that were not played in YouTube Music": 1, "advertisements": 1}
    assert reasons(rejects) == [
        (5, "a deleted video without a name"),
        (6, "a title in a language that sgp does not know: export in English"),
        (7, "no valid timestamp"),
        (8, "a name that is not text"),
        (9, "an entry that is not a JSON object"),
    ]


@pytest.mark.parametrize(
    ("format", "text", "message"),
    [
        ("youtube-history", "{}", "PATH is not a watch history of YouTube: it is not a list"),
        (
            "youtube-history",
            '[{"header":',
            "PATH is not a watch history of YouTube: the JSON ends early, at line 1 column 12: "
            "copy or download it again",
        ),
        ("youtube-songs", "a,b\n", "PATH is not a song library of YouTube Music: its first line is not the header"),
        (
            "youtube-playlist",
            'Video ID,x\n"aaaaaaaaaa1,x\n',
            "PATH, line 2: unexpected end of data; write a quote inside a quoted field twice",
        ),
    ],
)
def test_broken_files_raise_a_one_line_error(write_dump: WriteDump, format: str, text: str, message: str) -> None:
    assert error_of(write_dump(text, "x"), format) == message  # type: ignore[arg-type]
