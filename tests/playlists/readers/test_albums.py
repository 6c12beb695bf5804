"""Readers keep the album that a source names for a track, in columns and record by record."""

from __future__ import annotations

import json
import plistlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skipgramophone.playlists.columns.guess import ColumnGuess, guess_columns
from skipgramophone.playlists.encoding.encoder import encode
from skipgramophone.playlists.readers.rows import RowBlock
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings

Source = tuple[str, str | bytes, dict[str, str | None]]  # file, its content, title -> album
PLAY = {"ts": "2021-06-01T10:00:00Z", "ms_played": 9, "master_metadata_album_artist_name": "A"}
TITLE, ALBUM = "master_metadata_track_name", "master_metadata_album_album_name"
ITUNES: dict[str, Any] = {
    "Tracks": {
        "1": {"Track ID": 1, "Name": "T", "Artist": "A", "Album": "L"},
        "2": {"Track ID": 2, "Name": "U", "Artist": "A"},
    },
    "Playlists": [{"Name": "P", "Playlist Items": [{"Track ID": 1}, {"Track ID": 2}]}],
}
SOURCES: dict[str, Source] = {
    "exportify": (
        "a.csv",
        "Track URI,Track Name,Album Name,Artist Name(s)\nx:1,T,L,A\nspotify:local:A:M:U:9,U,M,A\nx:3,V,,A\n",
        {"T": "L", "U": "M", "V": None},
    ),
    "spotify-api": (
        "a.json",
        json.dumps(
            [
                {"name": "T", "artists": [{"name": "A"}], "uri": "x:1", "album": {"name": "L"}},
                {"name": "U", "artists": [{"name": "A"}], "uri": "x:2", "album": {"name": 7}},
                {"name": "V", "artists": [{"name": "A"}], "uri": "x:3", "album": "M"},
            ]
        ),
        {"T": "L", "U": None, "V": None},
    ),
    "spotify-backup": (
        "a.txt",
        "P\nT\tA\tL\tspotify:track:1\nU\tA\t\tspotify:track:2\n",
        {"T": "L", "U": None},
    ),
    "spotify-library": (
        "YourLibrary.json",
        json.dumps({"tracks": [{"artist": "A", "album": "L", "track": "T", "uri": "x:1"}], "episodes": []}),
        {"T": "L"},
    ),
    "spotify playlists": (
        "Playlist1.json",
        json.dumps(
            {
                "playlists": [
                    {
                        "name": "P",
                        "items": [
                            {"track": {"trackName": "T", "artistName": "A", "albumName": "L", "trackUri": "x:1"}},
                            {"track": None, "localTrack": {"uri": "spotify:local:A:My+album:U:99"}},
                            {"track": {"trackName": "V", "artistName": "A", "albumName": None, "trackUri": "x:3"}},
                        ],
                    }
                ]
            }
        ),
        {"T": "L", "U": "My album", "V": None},
    ),
    "extended history": (
        "Streaming_History_Audio_2021_0.json",
        json.dumps([PLAY | {TITLE: "T", ALBUM: "L"}, PLAY | {TITLE: "U", ALBUM: None}, PLAY | {TITLE: "V"}]),
        {"T": "L", "U": None, "V": None},
    ),
    "extended history with a number": (
        "Streaming_History_Audio_2021_0.json",
        json.dumps([PLAY | {TITLE: "T", ALBUM: "L"}, PLAY | {TITLE: "U", ALBUM: 7}]),
        {"T": "L", "U": None},
    ),
    "tunemymusic": (
        "a.csv",
        "Track name,Artist name,Album,Playlist name,Type,ISRC,Spotify - id\nT,A,L,P,Playlist,,1\nU,A,,P,Playlist,,2\n",
        {"T": "L", "U": None},
    ),
    "soundiiz": ("a.csv", "title;artist;album;isrc\nT;A;L;\nU;A;;\n", {"T": "L", "U": None}),
    "deezer": (
        "a.csv",
        "Song Title,Artist,ISRC,Album Title,Listening Time,Date\nT,A,,L,9,2021-06-01 10:00:00\n",
        {"T": "L"},
    ),
    "xspf": (
        "a.xspf",
        '<playlist xmlns="http://xspf.org/ns/0/"><trackList><track><title>T</title><creator>A</creator>'
        "<album>L</album></track><track><title>U</title></track></trackList></playlist>",
        {"T": "L", "U": None},
    ),
    "jspf": (
        "a.jspf",
        json.dumps({"playlist": {"track": [{"title": "T", "album": "L"}, {"title": "U", "album": ["M"]}]}}),
        {"T": "L", "U": None},
    ),
    "itunes": ("Library.xml", plistlib.dumps(ITUNES), {"T": "L", "U": None}),
    "rekordbox": (
        "a.xml",
        '<DJ_PLAYLISTS><COLLECTION><TRACK TrackID="1" Name="T" Artist="A" Album="L"/>'
        '<TRACK TrackID="2" Name="U" Artist="A" Album=""/></COLLECTION><PLAYLISTS><NODE Type="1" Name="P" KeyType="0">'
        '<TRACK Key="1"/><TRACK Key="2"/></NODE></PLAYLISTS></DJ_PLAYLISTS>',
        {"T": "L", "U": None},
    ),
    "traktor": (
        "a.nml",
        '<NML><COLLECTION><ENTRY TITLE="T" ARTIST="A"><LOCATION VOLUME="v" FILE="1"/><ALBUM TITLE="L"/></ENTRY>'
        '<ENTRY TITLE="U" ARTIST="A"><LOCATION VOLUME="v" FILE="2"/></ENTRY></COLLECTION><PLAYLISTS>'
        '<NODE TYPE="PLAYLIST" NAME="P"><PLAYLIST><ENTRY><PRIMARYKEY KEY="v1"/></ENTRY><ENTRY><PRIMARYKEY KEY="v2"/>'
        "</ENTRY></PLAYLIST></NODE></PLAYLISTS></NML>",
        {"T": "L", "U": None},
    ),
    "tab-text": ("a.txt", "#\tTrack Title\tArtist\tAlbum\n1\tT\tA\tL\n2\tU\tA\t\n", {"T": "L", "U": None}),
    "m3u": (
        "a.m3u",
        "#EXTM3U\n#EXTALB: L \n#EXTINF:9,A - T\nt.mp3\n#EXTINF:9,A - U\nu.mp3\n#EXTINF:9,A - V\n#EXTALB:M\nv.mp3\n",
        {"T": "L", "U": None, "V": "M"},
    ),
    "mpd": (
        "mpd.slice.0-999.json",
        json.dumps(
            {
                "info": {},
                "playlists": [
                    {
                        "name": "P",
                        "pid": 0,
                        "tracks": [
                            {"artist_name": "A", "track_name": "T", "track_uri": "x:1", "album_name": "L"},
                            {"artist_name": "A", "track_name": "U", "track_uri": "x:2"},
                        ],
                    }
                ],
            }
        ),
        {"T": "L", "U": None},
    ),
    "lastfm without a header": ("a.csv", "A,L,T,20 Nov 2020 09:35\nA,,U,20 Nov 2020 09:39\n", {"T": "L", "U": None}),
    "lastfm": (
        "a.csv",
        "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n"
        '"1622541600","","A","","L","","T",""\n"1622541700","","A","","","","U",""\n',
        {"T": "L", "U": None},
    ),
    "lastfm-json": (
        "a.json",
        json.dumps(
            [
                {
                    "track": [
                        {"artist": {"#text": "A"}, "name": "T", "album": {"#text": "L"}, "date": {"uts": "1622541600"}},
                        {"artist": {"#text": "A"}, "name": "U", "album": {"#text": ""}, "date": {"uts": "1622541700"}},
                    ]
                }
            ]
        ),
        {"T": "L", "U": None},
    ),
    "lastfmstats": ("a.csv", "Artist;Album;AlbumId;Track;Date#me\nA;L;;T;1622541600000\n", {"T": "L"}),
    "lastfm-archive": (
        "scrobbles.tsv",
        "ISO time\tunixtime\ttrack name\tartist name\talbum name\tapplication\n"
        "\t1622541600\tT\tA\tL\t\n\t1622541700\tU\tA\t\t\n",
        {"T": "L", "U": None},
    ),
    "listenbrainz": (
        "a.jsonl",
        "".join(
            json.dumps({"listened_at": 1622541600, "user_name": "me", "track_metadata": metadata}) + "\n"
            for metadata in (
                {"artist_name": "A", "track_name": "T", "release_name": "L"},
                {"artist_name": "A", "track_name": "U", "release_name": None},
            )
        ),
        {"T": "L", "U": None},
    ),
    "youtube-songs": (
        "music library songs.csv",
        "Video ID,Song Title,Album Title,Artist Name 1\naaaaaaaaaa1,T,L,A\naaaaaaaaaa2,U,,A\n",
        {"T": "L", "U": None},
    ),
    "apple-activity": (
        "a.csv",
        "Song Name,Event Start Timestamp,Event End Timestamp,Play Duration Milliseconds,Container Type,"
        "Container Album Name,Album Name\n"
        "T,2024-01-01 10:00:00,2024-01-01 10:03:00,9,ALBUM,L,\n"
        "U,2024-01-01 10:03:00,2024-01-01 10:06:00,9,PLAYLIST,M,\n"
        "V,2024-01-01 10:06:00,2024-01-01 10:09:00,9,PLAYLIST,M,N\n",
        {"T": "L", "U": None, "V": "N"},
    ),
    "table": ("a.csv", "artist,title,album\nA,T,L\nA,U,\n", {"T": "L", "U": None}),
    "table with times": (
        "a.csv",
        "artist,title,time,album\nA,T,2021-06-01T10:00:00,L\nA,U,2021-06-01T10:01:00,\n",
        {"T": "L", "U": None},
    ),
}


def blocks_of(path: Path, **given: Any) -> list[RowBlock]:
    """Return all rows of a source."""
    return [block for reader in open_sources([path], ExtractSettings(**given)).readers for block in reader.blocks()]


def albums_of(path: Path, **given: Any) -> dict[str, str | None]:
    """Return the album of each track by title; an empty dict if the table of tracks has no column of albums."""
    tracks = encode(blocks_of(path, **given)).tracks
    there = "album" in tracks.column_names
    return dict(zip(tracks["title"].to_pylist(), tracks["album"].to_pylist(), strict=True)) if there else {}


@pytest.mark.parametrize("name", SOURCES)
def test_albums_are_kept(tmp_path: Path, name: str) -> None:
    file, content, expected = SOURCES[name]
    path = tmp_path / file
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    assert albums_of(path) == expected


def test_a_video_of_a_playlist_has_the_album_of_the_song_library(tmp_path: Path) -> None:
    (tmp_path / "music library songs.csv").write_text(str(SOURCES["youtube-songs"][1]), encoding="utf-8")
    (tmp_path / "mix.csv").write_text(
        "Video ID,Added\naaaaaaaaaa1,2024-01-01T10:00:00+00:00\nbbbbbbbbb-2,2024-01-01T10:00:00+00:00\n"
    )
    path = tmp_path / "mix.csv"
    assert albums_of(path) == {"T": "L", "https://music.youtube.com/watch?v=bbbbbbbbb-2": None}


def test_columns_can_be_assigned_in_tables_of_every_kind(tmp_path: Path) -> None:
    rows = [{"a": "A", "t": "T", "from": "L"}, {"a": "A", "t": "U", "from": ""}]
    (tmp_path / "a.csv").write_text("a,t,from\nA,T,L\nA,U,\n")
    (tmp_path / "b.jsonl").write_text("\n".join(map(json.dumps, rows)))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "c.parquet")
    for path in sorted(tmp_path.iterdir()):
        assert albums_of(path, columns="artist=a,title=t,album=from") == {"T": "L", "U": None}, path
        assert albums_of(path, columns="artist=a,title=t") == {}, path


def test_the_first_album_of_a_track_is_kept_without_spaces(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("artist,title,album\nA,T,\nA,T,  \nA,T, L \nA,T,M\nA,T,M\nB,U, \n")
    assert albums_of(tmp_path / "a.csv") == {"T": "L", "U": None}


def test_sources_without_albums_have_no_column(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("artist,title,album\nA,T,\nA,U, \n")
    assert albums_of(tmp_path / "a.csv") == {}
    (tmp_path / "b.csv").write_text("artist,title\nA,T\nA,U\n")
    assert all("album" not in block.table.column_names for block in blocks_of(tmp_path / "b.csv"))


def test_a_track_is_not_rejected_for_its_album(tmp_path: Path) -> None:
    listen = (
        '{"listened_at": 1622541600, "track_metadata": {"artist_name": "A", "track_name": "T", "release_name": %s}}'
    )
    for album, expected in (('"L\\ud800"', {"T": "L\ufffd"}), ('["L"]', {}), ("7", {}), ("null", {})):
        (tmp_path / "a.jsonl").write_text(listen % album + "\n")
        assert albums_of(tmp_path / "a.jsonl") == expected, album


def test_blocks_with_and_without_albums_are_joined_in_order_of_time(tmp_path: Path) -> None:
    many = 70_000  # more than one block
    lines = [f"A,{at % 9},{1622541600 + 60 * at},{'L' if at == many - 1 else ''}\n" for at in range(many)]
    for order in (lines, lines[::-1]):
        (tmp_path / "a.csv").write_text("artist,title,time,album\n" + "".join(order))
        found = albums_of(tmp_path / "a.csv")
        assert {title for title, album in found.items() if album} == {str((many - 1) % 9)}


def guessed(header: str, *rows: str) -> dict[str, str]:
    """Return the guessed roles of a table with semicolons."""
    found = guess_columns([line.split(";") for line in (header, *rows)])
    assert isinstance(found, ColumnGuess)
    return found.roles


@pytest.mark.parametrize(
    ("header", "album"),
    [
        ("Titel;Interpret;Albumtitel", "Albumtitel"),
        ("Titre;Artiste;Titre de l'album", "Titre de l'album"),
        ("Título;Artista;Álbum", "Álbum"),
        ("Título;Artista;Nombre del álbum", "Nombre del álbum"),
        ("track_name;artist_name;release_name", "release_name"),
        ("Title;Artist;release", "release"),
        ("Title;Artist;Album;Album Name", "Album Name"),
        ("Title;Artist;master_metadata_album_album_name", "master_metadata_album_album_name"),
    ],
)
def test_the_column_of_albums_is_guessed(header: str, album: str) -> None:
    row = ";".join("x" for _ in header.split(";"))
    assert guessed(header, row)["album"] == album


@pytest.mark.parametrize(("name", "value"), [("release", "2001-02-03"), ("release", "1999"), ("Disque", "2")])
def test_dates_and_numbers_of_discs_are_not_albums(name: str, value: str) -> None:
    assert "album" not in guessed(f"Title;Artist;{name}", f"T;A;{value}", f"U;A;{value}")
