"""Readers keep the identifiers that a source contains, in columns and record by record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skipgramophone.playlists.encoding.encoder import encode
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings

ONE, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
SPOTIFY, DEEZER = "spotify:track:1111111111111111111111", "https://www.deezer.com/track/7"
ISRC = "isrc:GBAAA0000001"


def identifiers_of(path: Path, **given: Any) -> dict[str, list[str]]:
    """Return the identifiers in a source by title of the track."""
    settings = ExtractSettings(**given)
    encoded = encode(block for reader in open_sources([path], settings).readers for block in reader.blocks())
    found: dict[str, list[str]] = {}
    for row in encoded.identifiers.table.to_pylist():
        found.setdefault(encoded.tracks["title"][row["row"]].as_py(), []).append(row["identifier"])
    return found


INFO = {
    "recording_mbid": ONE,
    "isrc": "GB-AAA-00-00001",
    "spotify_id": f"https://open.spotify.com/track/{SPOTIFY[14:]}",
}
NAMES = {"artist_name": "A", "track_name": "T"}
METADATA = NAMES | {"additional_info": INFO, "mbid_mapping": {"recording_mbid": OTHER}}
LISTEN = json.dumps({"listened_at": 1622541600, "user_name": "me", "track_metadata": METADATA})
BARE = '{"listened_at": 1622541700, "user_name": "me", "track_metadata": {"artist_name": "A", "track_name": "U"}}'
ODD = BARE.replace('"U"', f'"V", "additional_info": {{"recording_mbid": "{ONE}", "isrc": ["x"]}}')
SOURCES = {
    "exportify": (
        "a.csv",
        f"Track URI,Track Name,Artist Name(s),ISRC\n{SPOTIFY},T,A,GBAAA0000001\nspotify:track:2,U,A,\n",
        {"T": [ISRC]},
    ),
    "tunemymusic": (
        "a.csv",
        "Track name,Artist name,Album,Playlist name,Type,ISRC,Spotify - id,Deezer - id\n"
        f"T,A,,P,Playlist,GBAAA0000001,{SPOTIFY[14:]},7\nU,A,,P,Playlist,,,8\n",
        {"T": [DEEZER, ISRC]},
    ),
    "soundiiz": ("a.csv", "title;artist;album;isrc\nT;A;;gb-aaa-00-00001\nU;A;;\n", {"T": [ISRC]}),
    "deezer": (
        "a.csv",
        "Song Title,Artist,ISRC,Album Title,Listening Time,Date\nT,A,GBAAA0000001,L,9,2021-06-01 10:00:00\n",
        {"T": [ISRC]},
    ),
    "spotify-api": (
        "a.json",
        json.dumps(
            [
                {"name": "T", "artists": [{"name": "A"}], "uri": SPOTIFY, "external_ids": {"isrc": "GBAAA0000001"}},
                {"name": "U", "artists": [{"name": "A"}], "external_ids": {"isrc": 7}},
            ]
        ),
        {"T": [ISRC]},
    ),
    "xspf": (
        "a.xspf",
        '<playlist xmlns="http://xspf.org/ns/0/"><trackList><track><title>T</title><creator>A</creator>'
        f"<identifier>{DEEZER}</identifier><identifier>https://musicbrainz.org/recording/{ONE}</identifier>"
        f"<identifier>urn:isrc:GBAAA0000001</identifier></track></trackList></playlist>",
        {"T": [ISRC, f"mbid:{ONE}"]},
    ),
    "listenbrainz": (
        "a.jsonl",
        f"{LISTEN}\n{BARE}\n",
        {"T": [ISRC, f"mbid:{ONE}", f"mbid:{OTHER}", SPOTIFY]},
    ),
    "listenbrainz with a list": (
        "a.jsonl",
        f"{LISTEN}\n{ODD}\n",
        {"T": [ISRC, f"mbid:{ONE}", f"mbid:{OTHER}", SPOTIFY], "V": [f"mbid:{ONE}"]},
    ),
    "lastfm": (
        "a.csv",
        "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n"
        f'"1622541600","","A","","","","T","{ONE}"\n"1622541700","","A","","","","U",""\n',
        {"T": [f"mbid:{ONE}"]},
    ),
    "lastfm-json": (
        "a.json",
        json.dumps([{"track": [{"artist": {"#text": "A"}, "name": "T", "mbid": ONE, "date": {"uts": "1622541600"}}]}]),
        {"T": [f"mbid:{ONE}"]},
    ),
    "lastfm-archive": (
        "scrobbles.tsv",
        "ISO time\tunixtime\ttrack name\ttrack mbid\tartist name\tartist mbid\tapplication\n"
        f"\t1622541600\tT\t{ONE}\tA\t{OTHER}\t\n\t1622541700\tU\t\tA\t\t\n",
        {"T": [f"mbid:{ONE}"]},
    ),
    "table": (
        "a.csv",
        f"artist,title,track uri,isrc,recording_mbid\nA,T,{SPOTIFY},GBAAA0000001,{ONE}\nA,U,x:2,,\n",
        {"T": [ISRC, f"mbid:{ONE}"]},
    ),
    "table with times": (
        "a.csv",
        "artist,title,time,isrc\nA,T,2021-06-01T10:00:00,GBAAA0000001\nA,U,2021-06-01T10:01:00,\n",
        {"T": [ISRC]},
    ),
    "table with the ISRC as uri": ("a.csv", "artist,title,isrc\nA,T,GBAAA0000001\nA,U,nonsense\n", {"T": [ISRC]}),
    "table without any": ("a.csv", "artist,title,track uri\nA,T,x:1\n", {}),
}  # fmt: skip


@pytest.mark.parametrize("name", SOURCES)
def test_identifiers_are_kept(tmp_path: Path, name: str) -> None:
    file, text, expected = SOURCES[name]
    path = tmp_path / file
    path.write_text(text, encoding="utf-8")
    assert identifiers_of(path) == expected


def test_columns_can_be_assigned_in_tables_of_every_kind(tmp_path: Path) -> None:
    expected = {"T": [ISRC, f"mbid:{ONE}"]}
    columns = "artist=a,title=t,isrc=code,mbid=mb"
    rows = [{"a": "A", "t": "T", "code": "GBAAA0000001", "mb": ONE.upper()}, {"a": "A", "t": "U", "code": "", "mb": ""}]
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "b.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "c.parquet")
    for path in sorted(tmp_path.iterdir()):
        assert identifiers_of(path, columns=columns) == expected, path
