"""Readers of the formats that people export: each with the playlists that a person reads in the file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.errors import SourceError
from skipgramophone.playlists.rows import Reject
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings

WriteDump = Callable[..., Path]
Found = list[tuple[str, str, str, str | None]]  # playlist, artist, title, uri


def read(path: Path, format: str) -> tuple[Found, list[Reject]]:
    """Rows and rejects of a file whose format is found out by looking."""
    (reader,) = open_sources([path], ExtractSettings())
    assert reader.format == format
    rows: Found = []
    rejects: list[Reject] = []
    for block in reader.blocks():
        rows += [tuple(row.values()) for row in block.table.select(["playlist", "artist", "title", "uri"]).to_pylist()]
        rejects += block.rejects
    return rows, rejects


def mpd(*playlists: object) -> str:
    """A slice."""
    return json.dumps({"info": {"slice": "0-999"}, "playlists": playlists}, ensure_ascii=False, indent=4)


def track(artist: object, title: object, uri: str) -> dict[str, object]:
    """A track of a slice."""
    return {"pos": 0, "artist_name": artist, "track_uri": uri, "track_name": title, "album_name": "x"}


def test_a_slice_of_mpd_is_read_by_pid(write_dump: WriteDump) -> None:
    first = {
        "name": "Mornings",
        "pid": 0,
        "tracks": [track("Frank Ocean", "Pink + White", "u:1"), "odd", track(3, "x", "u:2")],
    }
    second = {"name": "Mornings", "pid": 1, "tracks": [track('Tito "El"', "El Amor", "u:3"), track("", "", "u:4")]}
    rows, rejects = read(write_dump(mpd(first, second, {"name": "no pid"}), "mpd.slice.0-999.json"), "mpd")
    assert rows == [("Mornings", "Frank Ocean", "Pink + White", "u:1"), ("Mornings", 'Tito "El"', "El Amor", "u:3")]
    assert [(reject.line, reject.reason) for reject in rejects] == [
        (2, "a track that is no object"),
        (3, "a name that is no text"),
        (5, "neither artist nor title"),
        (6, "a playlist without pid or tracks"),
    ]


def test_playlists_of_one_name_stay_apart_by_pid(write_dump: WriteDump) -> None:
    from skipgramophone.playlists.encoding import encode

    lists = [
        {"name": "Mornings", "pid": pid, "tracks": [track("a", "b", "u:1"), track("a", "c", "u:2")]} for pid in (4, 9)
    ]
    (reader,) = open_sources([write_dump(mpd(*lists), "slice.json")], ExtractSettings())
    assert encode(reader.blocks()).offsets.tolist() == [0, 2, 4]


@pytest.mark.parametrize(
    ("text", "message"),
    [('{"playlists": [', "is no slice of the Million Playlist Dataset: "), ('{"playlists": 3}', "it has no playlists")],
)
def test_a_broken_slice_is_one_line(write_dump: WriteDump, text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read(write_dump(text, "slice.json"), "mpd")


def test_both_generations_of_exportify_are_read_and_named_by_the_file(write_dump: WriteDump) -> None:
    old = (
        '"Track URI","Track Name","Artist URI","Artist Name","Album URI"\n'
        '"spotify:track:33","It Ain\'t ""Over""","spotify:artist:3","Somebody","spotify:album:3"\n'
        '"spotify:local:x","Demo, live","","Me",""\n'
        '"spotify:track:34","short"\n'
    )
    rows, rejects = read(write_dump(old, "120.csv"), "exportify")
    assert rows == [
        ("120", "Somebody", 'It Ain\'t "Over"', "spotify:track:33"),
        ("120", "Me", "Demo, live", None),
    ]
    assert [(reject.line, reject.reason) for reject in rejects] == [(4, "2 fields instead of 5")]
    new = (
        b"\xef\xbb\xbfTrack URI,Track Name,Album Name,Artist Name(s),Genres\r\n"
        b'spotify:track:31,"Airplanes (feat. Hayley Williams)",X,"B.o.B;Hayley Williams","pop rap,rap"\r\n'
        b"\xff,bad,byte,x,y\r\n"
        b'spotify:track:32,September,X,"Earth, Wind & Fire",\r\n'
    )
    rows, rejects = read(write_dump(new, "50s_bangers\N{COCKTAIL GLASS}.csv"), "exportify")
    name = "50s_bangers\N{COCKTAIL GLASS}"
    assert rows == [
        (name, "B.o.B, Hayley Williams", "Airplanes (feat. Hayley Williams)", "spotify:track:31"),
        (name, "Earth, Wind & Fire", "September", "spotify:track:32"),
    ]
    assert [(reject.line, reject.reason) for reject in rejects] == [(3, "not UTF-8")]


def test_a_quote_that_does_not_end_is_one_line(write_dump: WriteDump) -> None:
    text = 'Track URI,Track Name,Artist Name\nu:1,"never ends,x\nu:2,y,z\n'
    with pytest.raises(SourceError, match=r"open\.csv, line 3: unexpected end of data"):
        read(write_dump(text, "open.csv"), "exportify")


def test_an_extended_m3u_is_named_and_its_tracks_are_what_it_says(write_dump: WriteDump) -> None:
    text = (
        "\ufeff#EXTM3U\n#PLAYLIST:Evening\n#EXTINF:354,Queen - Bohemian Rhapsody\n../Queen/01.mp3\n"
        "#EXTINF:-1,A stream\nhttp://127.0.0.1/stream\n\n#EXTINF:151,Simon & Garfunkel - Cecilia\n"
        "file:///music/x.ogg\nfile:///music/Bj%C3%B6rk%20-%20J%C3%B3ga.ogg\n"
    )
    rows, rejects = read(write_dump(text, "list.txt"), "m3u")
    assert rows == [
        ("Evening", "Queen", "Bohemian Rhapsody", None),
        ("Evening", "", "A stream", None),
        ("Evening", "Simon & Garfunkel", "Cecilia", None),
        ("Evening", "Björk", "Jóga", None),
    ]
    assert rejects == []


def test_bare_paths_are_read_by_their_file_names_in_the_encodings_of_old_players(write_dump: WriteDump) -> None:
    paths = (
        "TV/阿桑 - 一直很安静.mp3\n/music/50 Cent, Snoop Dogg - P.I.M.P. - Remix.flac\n"
        "C:\\Music\\Boards of Canada - Roygbiv.mp3\n"
    )
    rows, _ = read(write_dump(paths, "plain.m3u8"), "m3u")
    assert rows == [
        ("plain", "阿桑", "一直很安静", None),
        ("plain", "50 Cent, Snoop Dogg", "P.I.M.P. - Remix", None),
        ("plain", "Boards of Canada", "Roygbiv", None),
    ]
    rows, _ = read(
        write_dump("Björk - Jóga.mp3\nHåkan Hellström - Brännö serenad.mp3\n".encode("cp1252"), "old.m3u"), "m3u"
    )
    assert rows == [("old", "Björk", "Jóga", None), ("old", "Håkan Hellström", "Brännö serenad", None)]


SHAPES = Path(os.environ.get("SGP_TEST_DATA", Path(__file__).parents[3] / "shared" / "data")) / "formats"


@pytest.mark.skipif(not SHAPES.is_dir(), reason="the samples of real formats are not here")
@pytest.mark.parametrize(
    ("file", "format", "playlists"),
    [
        ("mpd.slice.0-999.json", "mpd", {"Slow mornings": 4, "Party 🎉": 4}),
        ("exportify-2020/120.csv", "exportify", {"120": 2}),
        ("extended.m3u8", "m3u", {"Evening": 3}),
        ("latin1.m3u", "m3u", {"latin1": 2}),
    ],
)
def test_the_shapes_that_real_exports_have(file: str, format: str, playlists: dict[str, int]) -> None:
    rows, rejects = read(SHAPES / file, format)
    assert rejects == []
    found = [playlist for playlist, *_ in rows]
    assert {name: found.count(name) for name in dict.fromkeys(found)} == playlists
