"""The readers of Spotify's Web API, spotify-backup and YourLibrary.json."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.examples import SPOTIFY_API, SPOTIFY_BACKUP, SPOTIFY_ITEMS, SPOTIFY_LIBRARY
from tests.playlists.readers.reading import error_of, read, read_all, reasons

WriteDump = Callable[..., Path]
GREEN = ("Ada Fenn", "Green Door", "spotify:track:1")
TRACKS = [
    GREEN,
    ("The Hatches, Ada Fenn", "Rain", "spotify:track:2"),
    ("Me", "Demo", None),
    ("Me", "No uri", "spotify:track:3"),
]


def test_playlists_of_the_web_api_are_read_with_their_owners(write_dump: WriteDump) -> None:
    path = write_dump(SPOTIFY_API, "backup.json")
    rows, rejects = read(path, "spotify-api")
    assert rows == [("Kitchen", *track) for track in TRACKS]
    assert reasons(rejects) == [
        (5, "an item without a track"),
        (6, "a podcast episode"),
        (7, "a name that is not text"),
        (8, "an item without a track"),
        (9, "a playlist without a name or tracks"),
    ]
    kept, _ = read(path, "spotify-api", keep=["episodes"])
    assert kept[-1] == ("Kitchen", "A show", "Episode 9", "spotify:episode:9")
    (reader,) = open_sources([path], ExtractSettings(keep=["episodes"])).readers
    table = next(iter(reader.blocks())).table
    assert table["owner"].to_pylist() == ["me"] * 4 + [""]
    keys = table["key"].to_pylist()
    assert keys[0] == keys[3] != keys[4]


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ({"name": "Kitchen", "tracks": {"items": SPOTIFY_ITEMS, "total": 4}}, "Kitchen"),
        ({"playlists": [{"name": "Kitchen", "tracks": SPOTIFY_ITEMS}], "albums": []}, "Kitchen"),
        ({"href": "x", "items": SPOTIFY_ITEMS, "next": None}, "saved"),
        (SPOTIFY_ITEMS, "saved"),
        ([item["track"] for item in SPOTIFY_ITEMS], "saved"),
        ({"name": "Kitchen", "items": {"items": [{"item": item["track"]} for item in SPOTIFY_ITEMS]}}, "Kitchen"),
    ],
)
def test_other_shapes_that_scripts_save(write_dump: WriteDump, document: object, name: str) -> None:
    rows, rejects = read(write_dump(json.dumps(document), "saved.json"), "spotify-api")
    assert rows == [(name, *track) for track in TRACKS]
    assert rejects == []


def test_saved_albums_of_a_backup_are_left_out(write_dump: WriteDump) -> None:
    document = {"playlists": [{"name": "Kitchen", "tracks": SPOTIFY_ITEMS}], "albums": [{"album": {}}, {}]}
    assert read_all(write_dump(json.dumps(document), "b.json"), "spotify-api")[2] == {"saved albums": 2}


def test_a_text_of_spotify_backup_is_read(write_dump: WriteDump) -> None:
    path = write_dump(SPOTIFY_BACKUP, "backup.txt")
    rows, rejects, left_out = read_all(path, "spotify-backup")
    assert rows == [("Liked Songs", *TRACKS[0]), ("Liked Songs", *TRACKS[1]), ("Kitchen", *TRACKS[2])]
    assert reasons(rejects) == [
        (7, "a podcast episode"),
        (8, "not a track of spotify-backup"),
        (9, "not a track of spotify-backup"),
    ]
    assert left_out == {"saved albums": 1}
    assert len(read(path, "spotify-backup", keep=["episodes"])[0]) == 4


def test_saved_tracks_are_one_playlist(write_dump: WriteDump) -> None:
    path = write_dump(SPOTIFY_LIBRARY, "YourLibrary.json")
    rows, rejects, left_out = read_all(path, "spotify-library")
    assert rows == [("YourLibrary", *GREEN), ("YourLibrary", "The Hatches", "Rain", None)]
    assert reasons(rejects) == [
        (3, "a name that is not text"),
        (4, "an entry that is not a JSON object"),
        (8, "a podcast episode"),
    ]
    assert left_out == {"saved albums": 1, "saved shows": 2, "other saved entries": 1}
    kept, _ = read(path, "spotify-library", keep=["episodes"])
    assert kept[-1] == ("YourLibrary", "A show", "Episode 9", "spotify:episode:9")


EARLY = "the JSON ends early, at line 1 column 3: copy or download it again"


@pytest.mark.parametrize(
    ("format", "text", "message"),
    [
        ("spotify-api", "{}", "PATH has neither playlists nor tracks of the Web API of Spotify"),
        ("spotify-api", "[1", f"PATH is not JSON of the Web API of Spotify: {EARLY}"),
        ("spotify-library", '{"tracks": 1}', "PATH is not a library of Spotify: it has no list of tracks"),
    ],
)  # fmt: skip
def test_broken_files_raise_a_one_line_error(write_dump: WriteDump, format: str, text: str, message: str) -> None:
    assert error_of(write_dump(text, "x"), format) == message  # type: ignore[arg-type]


def test_the_recently_played_tracks_are_a_history(write_dump: WriteDump) -> None:
    def play(number: int, artist: str, title: str, time: str) -> dict[str, object]:
        artists = [
            {"id": "a", "name": artist, "type": "artist", "uri": "spotify:artist:a", "href": "https://x/artists/a"}
        ]
        album: dict[str, object] = {
            "id": "b",
            "name": "Home",
            "release_date": "2020-01-01",
            "artists": artists,
            "uri": "spotify:album:b",
        }
        album |= {"album_type": "album", "images": [], "total_tracks": 9, "type": "album", "href": "https://x/albums/b"}
        uri = f"spotify:track:{number}"
        track: dict[str, object] = {
            "album": album,
            "artists": artists,
            "name": title,
            "uri": uri,
            "id": str(number),
            "popularity": number,
        }
        track |= {
            "disc_number": 1,
            "duration_ms": 200000,
            "explicit": False,
            "external_ids": {"isrc": f"GB{number:010}"},
        }
        track |= {
            "is_local": False,
            "preview_url": None,
            "track_number": 2,
            "type": "track",
            "href": "https://x/tracks/1",
        }
        context = {"type": "playlist", "uri": "spotify:playlist:p", "href": "https://x/playlists/p"}
        return {"track": track, "played_at": time, "context": context if number > 1 else None}

    plays = [
        play(1, "Nell Quay", "Salt", "2024-01-01T12:00:00.000Z"),
        play(2, "Ada Fenn", "Rain", "2024-01-01T10:04:00.000Z"),
        play(3, "Ada Fenn", "Green Door", "2024-01-01T10:00:00.000Z"),
    ]
    cursors = {"after": "1", "before": "2"}
    answer = {"href": "https://x", "items": plays, "limit": 50, "next": "https://x", "cursors": cursors}
    rows, _ = read(write_dump(json.dumps(answer), "recent.json"), "columns")
    assert rows == [
        ("2024-01-01 10:00", "Ada Fenn", "Green Door", "spotify:track:3"),
        ("2024-01-01 10:00", "Ada Fenn", "Rain", "spotify:track:2"),
        ("2024-01-01 12:00", "Nell Quay", "Salt", "spotify:track:1"),
    ]
