"""Detection of formats by signature: each example is claimed by its own format and by no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from skipgramophone.playlists.detection import signatures
from skipgramophone.playlists.detection.json_start import first_json_value
from skipgramophone.playlists.detection.signatures import format_by_signature
from skipgramophone.playlists.readers.source_files import SourceFile
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings, Format
from tests.playlists.readers.examples import EXAMPLES

FORMAT_OF: dict[str, Format] = {
    "kitchen.xspf": "xspf",
    "kitchen.jspf": "jspf",
    "Library.xml": "itunes",
    "kitchen.pls": "pls",
    "rekordbox.xml": "rekordbox",
    "music library songs.csv": "youtube-songs",
    "Kitchen-videos.csv": "youtube-playlist",
    "watch-history.json": "youtube-history",
    "YourLibrary.json": "spotify-library",
    "backup.json": "spotify-api",
    "backup.txt": "spotify-backup",
    "aotm.json": "aotm",
    "uris.txt": "uris",
    "tunemymusic.csv": "tunemymusic",
    "soundiiz.csv": "soundiiz",
    "deezer.csv": "deezer",
    "scrobbles.json": "lastfm-json",
    "stats.json": "lastfm-json",
    "stats.csv": "lastfmstats",
    "listens.json": "listenbrainz",
    "shazam.csv": "shazam",
    "set.txt": "tab-text",
    "collection.nml": "traktor",
    "2023.csv": "exportify",
    "activity.csv": "apple-activity",
    "daily.csv": "apple-daily",
    "scrobbles.tsv": "lastfm-archive",
    "streaming.csv": "tidal",
    "kitchen.wpl": "wpl",
    "Paper Boats.csv": "google-play",
    ".scrobbler.log": "scrobbler-log",
    "playlists.xml": "rhythmbox",
    "playlist.xml": "jellyfin",
    "kitchen.asx": "asx",
    "kitchen.b4s": "b4s",
    "mix.cue": "cue",
    "mixes.md": "markdown",
    "setlists.json": "setlistfm",
    "subsonic.xml": "subsonic",
    "plex.xml": "plex",
    "plex.json": "plex",
    "scrobbles.xml": "lastfm-xml",
    "serato.csv": "serato",
    "kitchen.aimppl4": "aimp",
    "kitchen.vdjfolder": "virtualdj",
}


def test_each_example_is_detected_without_its_name(tmp_path: Path) -> None:
    assert set(FORMAT_OF) == set(EXAMPLES)
    for name, text in EXAMPLES.items():
        path = tmp_path / "dump"
        path.write_text(text, encoding="utf-8", newline="")
        (reader,) = open_sources([path], ExtractSettings()).readers
        assert reader.format == FORMAT_OF[name], name


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_no_other_format_claims_an_example(name: str) -> None:
    text = EXAMPLES[name]
    value, lines = first_json_value(text.encode()), text.splitlines()
    claims = [format for format, claimed in signatures.SHAPES if claimed(value)]
    claims += [format for format, claimed in signatures.LINES if claimed(lines)]
    assert set(claims) <= {FORMAT_OF[name]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "{",
        "[",
        '{"a": "b - c"}',
        '[{"name": "x"}]',
        "a,b\n1,2\n",
        "title;artist\nx;y\n",
        "12345678901,2\n",
        "item,when\nitem_000001,2024-01-01T10:00:00\nitem_000002,2024-01-01T10:00:00\n",
        '[{"artist": "A", "track": "B", "album": "C", "date": "2024-01-01"}]',
        '[{"name": "x", "artist": {"name": "y"}}]',
        "id,when\nshort,2024-01-01T10:00:00\n",
        "Queen - Bohemian Rhapsody\n",
        "<3 - a song\n",
        "Artist\tTitle\nA\tB\n",
        "TITLE - a song\nTRACK 01 - another\nFILE - a third\n",
        'PERFORMER "A"\nTITLE "B"\n',
        "artist|title\nA|B\nC|D\n",
        "# Notes\n- first - second\n- milk\n- bread\n",
        "- A - B\n- C - D\n",
        "| name | price |\n|---|---|\n| a - b | 3 |\n",
    ],
)
def test_text_without_a_signature_is_not_claimed(text: str) -> None:
    assert format_by_signature(SourceFile(Path("x"), "x", 0), text.encode()) is None


def test_a_playlist_of_videos_is_claimed_in_any_language() -> None:
    text = "動画 ID,再生リスト動画の作成タイムスタンプ\naB3dE_gH-1k,2024-01-01T10:00:00+00:00\n"
    assert format_by_signature(SourceFile(Path("x"), "x", 0), text.encode()) == "youtube-playlist"


@pytest.mark.parametrize(
    ("head", "value"),
    [
        (b"x", None),
        (b"[1, 2]]", [1, 2]),
        (b'{"a": [1, "}", {"b": 2', {"a": [1, "}", {}]}),
        (b'{"a": 1}\n{"b": 2}\n', {"a": 1}),
        (b'{"a": "cut off \\"', {}),
        (b'["a\\\\", "b\\"]", "\\u0041,\\n", ["c"', ["a\\", 'b"]', "A,\n", []]),
        (b"[}", None),
        (b"[" * 1000, None),
    ],
)
def test_the_first_json_value_of_a_head(head: bytes, value: object) -> None:
    found = first_json_value(head)
    assert found == value or (value is None and isinstance(found, list))
