"""Readers of playlist exports and tables: the rows and rejects of small files."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skipgramophone.errors import SettingError, SourceError
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.reading import read

WriteDump = Callable[..., Path]


def mpd(*playlists: object) -> str:
    """Return a slice as JSON."""
    return json.dumps({"info": {"slice": "0-999"}, "playlists": playlists}, ensure_ascii=False, indent=4)


def track(artist: object, title: object, uri: str) -> dict[str, object]:
    """Return a track of a slice."""
    return {"pos": 0, "artist_name": artist, "track_uri": uri, "track_name": title, "album_name": "x"}


def test_mpd_rows_and_rejects(write_dump: WriteDump) -> None:
    first = {
        "name": "Mornings",
        "pid": 0,
        "tracks": [track("Frank Ocean", "Pink + White", "u:1"), "odd", track(3, "x", "u:2")],
    }
    second = {"name": "Mornings", "pid": 1, "tracks": [track('Tito "El"', "El Amor", "u:3"), track("", "", "u:4")]}
    rows, rejects = read(write_dump(mpd(first, second, {"name": "no pid"}), "mpd.slice.0-999.json"), "mpd")
    assert rows == [("Mornings", "Frank Ocean", "Pink + White", "u:1"), ("Mornings", 'Tito "El"', "El Amor", "u:3")]
    assert [(reject.line, reject.reason) for reject in rejects] == [
        (2, "a track that is not a JSON object"),
        (3, "a name that is not text"),
        (5, "an id, but neither artist nor title"),
        (6, "a playlist without pid or tracks"),
    ]


def test_a_lone_surrogate_is_rejected(write_dump: WriteDump) -> None:
    playlist = {"name": "x", "pid": 0, "tracks": [track("A", "\ud800", "u:1"), track("A", "B", "u:2")]}
    slice_of_one = json.dumps({"info": {"slice": "0-999"}, "playlists": [playlist]})
    rows, rejects = read(write_dump(slice_of_one, "mpd.slice.0-999.json"), "mpd")
    assert rows == [("x", "A", "B", "u:2")]
    assert [(reject.line, reject.reason) for reject in rejects] == [
        (1, "a name with a lone surrogate, which is not valid text")
    ]
    assert '"track_name": "\\ud800"' in rejects[0].text


def test_mpd_playlists_with_one_name_and_different_pids_stay_separate(write_dump: WriteDump) -> None:
    from skipgramophone.playlists.encoding.encoder import encode

    lists = [
        {"name": "Mornings", "pid": pid, "tracks": [track("a", "b", "u:1"), track("a", "c", "u:2")]} for pid in (4, 9)
    ]
    (reader,) = open_sources([write_dump(mpd(*lists), "slice.json")], ExtractSettings()).readers
    assert encode(reader.blocks()).offsets.tolist() == [0, 2, 4]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"playlists": [', "is not a slice of the Million Playlist Dataset: "),
        ('{"playlists": 3}', "it has no playlists"),
    ],
)
def test_a_broken_mpd_slice_raises_an_error(write_dump: WriteDump, text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read(write_dump(text, "slice.json"), "mpd")


def test_both_exportify_layouts_are_read_and_the_file_names_the_playlist(write_dump: WriteDump) -> None:
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


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_quotes_around_a_part_of_a_field_belong_to_it(delimiter: str, write_dump: WriteDump) -> None:
    text = 'Artist,Title\nAda,"Rain" (live)\n"Nell" Quay,Salt\nAda,"Tide"\nAda,"Sea\nSand"\n'.replace(",", delimiter)
    rows, rejects = read(write_dump(text), "columns")
    found = [("Ada", '"Rain" (live)'), ('"Nell" Quay', "Salt"), ("Ada", "Tide"), ("Ada", "Sea\nSand")]
    assert ([row[1:3] for row in rows], rejects) == (found, [])
    quoted = text.replace(f'Ada{delimiter}"Rain"', f'"Ada"{delimiter}"Rain"')
    with pytest.raises(SourceError, match=r"line 2: .* expected after .*; write a quote inside a quoted field twice"):
        read(write_dump(quoted), "columns")


def test_a_carriage_return_in_a_row_with_a_wrong_quote_raises_an_error_with_its_line(write_dump: WriteDump) -> None:
    path = write_dump('Artist,Title\nAda,"Rain"x\rNell,Salt\n')
    with pytest.raises(SourceError, match=r"line 2: .* expected after .*; write a quote inside a quoted field twice"):
        read(path, "columns", columns="artist=Artist,title=Title")


def test_an_unclosed_quote_raises_an_error_with_its_line(write_dump: WriteDump) -> None:
    text = 'Track URI,Track Name,Artist Name\nu:1,"never ends,x\nu:2,y,z\n'
    with pytest.raises(SourceError, match=r"open\.csv, line 3: unexpected end of data"):
        read(write_dump(text, "open.csv"), "exportify")


def test_extended_m3u_names_the_playlist_and_its_tracks(write_dump: WriteDump) -> None:
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


def test_m3u_paths_name_tracks_in_utf_8_and_windows_1252(write_dump: WriteDump) -> None:
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


def test_spotify_playlists_with_episodes_and_local_files(write_dump: WriteDump) -> None:
    items = [
        {"track": {"trackName": "Redbone", "artistName": "Childish Gambino", "trackUri": "u:12"}, "localTrack": None},
        {"track": {"trackName": "Old", "artistName": "Somebody"}, "episode": None},
        {"track": None, "localTrack": {"uri": "spotify:local:Hozier:x:01+-+Take+Me+To+Church:285"}},
        {"track": None, "episode": {"episodeName": "An episode", "showName": "A show", "episodeUri": "e:1"}},
        {"track": None, "localTrack": {"uri": "spotify:local"}},
        {},
    ]
    playlists = [{"name": "car mix ", "items": items}, {"name": "empty", "items": []}, {"name": "odd"}]
    path = write_dump(json.dumps({"playlists": playlists}), "Playlist1.json")
    rows, rejects = read(path, "spotify")
    expected = [
        ("car mix ", "Childish Gambino", "Redbone", "u:12"),
        ("car mix ", "Somebody", "Old", None),
        ("car mix ", "Hozier", "01 - Take Me To Church", None),
    ]
    assert rows == expected
    assert [(reject.line, reject.reason) for reject in rejects] == [
        (4, "a podcast episode"),
        (5, "a local file without names"),
        (6, "neither track, episode nor local file"),
        (7, "a playlist without a name or items"),
    ]
    rows, rejects = read(path, "spotify", keep=["episodes"])
    assert rows == [*expected, ("car mix ", "A show", "An episode", "e:1")]
    assert len(rejects) == 3


def test_a_typed_list_is_split_at_the_first_dash(write_dump: WriteDump) -> None:
    text = "Queen - Bohemian Rhapsody\n50 Cent, Snoop Dogg - P.I.M.P. - Remix\n\nTrina Ft Kelly- Here We Go\n"
    rows, rejects = read(write_dump(text, "evening.txt"), "titles")
    assert rows == [
        ("evening", "Queen", "Bohemian Rhapsody", None),
        ("evening", "50 Cent, Snoop Dogg", "P.I.M.P. - Remix", None),
        ("evening", "", "Trina Ft Kelly- Here We Go", None),
    ]
    assert [(reject.line, reject.reason) for reject in rejects] == [(3, "blank line")]


def test_yes_playlists_are_read_with_the_song_names_of_their_directory(write_dump: WriteDump, tmp_path: Path) -> None:
    names = "0 \tGucci Time (w\\/ Swizz Beatz)\tGucci Mane\n1 \tHot Toddy\tUsher\n2 \t-\t-\n"
    write_dump(names, "song_hash.txt")
    path = write_dump("0 1 2 \n2 2 1 \n0 1 \n2 1 0 9 \n", "train.txt")
    rows, rejects = read(path, "yes")
    gucci, usher = ("Gucci Mane", "Gucci Time (w/ Swizz Beatz)", None), ("Usher", "Hot Toddy", None)
    assert rows == [("3", *gucci), ("3", *usher), ("4", *usher), ("4", *gucci)]
    assert [(reject.line, reject.reason) for reject in rejects] == [
        (4, "song 9 has no name"),
        (4, "a placeholder instead of a name"),
    ]
    found = open_sources([tmp_path], ExtractSettings())
    assert [reader.format for reader in found.readers] == ["yes"]
    assert found.passed_over == [
        (f"{tmp_path.name}/song_hash.txt", "song names, read together with the playlists in the same directory")
    ]
    headless = write_dump("0 1\n1 0 0\n", "test.txt")
    assert len(read(headless, "yes")[0]) == 5


TABLE = "artist;song;show;when\nA;one;x;2026-07-18T15:10:00+01:00\nB;two;y;2026-07-18T15:00:00+01:00\nA;three;x;never\n"


def test_assigned_columns_of_csv(write_dump: WriteDump) -> None:
    path = write_dump(TABLE, "radio.csv")
    rows, rejects = read(path, "columns", columns="artist=artist,title=song,playlist=show")
    assert rows == [("x", "A", "one", None), ("y", "B", "two", None), ("x", "A", "three", None)]
    assert rejects == []
    rows, rejects = read(path, "columns", columns="artist=artist,title=song,time=when")
    assert rows == [("2026-07-18 14:00", "B", "two", None), ("2026-07-18 14:00", "A", "one", None)]
    assert [(reject.line, reject.reason, reject.text) for reject in rejects] == [
        (4, "no valid timestamp (ISO 8601, such as 2024-02-01T10:00:00, or seconds since 1970)", "A;three;x;never")
    ]
    rows, _ = read(path, "columns", columns="title=2,uri=1")
    assert rows[0] == ("radio", "", "one", "A")  # the header is rejected
    with pytest.raises(SourceError, match=r"has no column 'Song': its columns are artist, song, show, when$"):
        read(path, "columns", columns="title=Song")
    no_role = r"has no column 'song,amount=show': .*, when; 'amount' is not a role: the roles are artist, title, "
    with pytest.raises(SourceError, match=no_role):
        read(path, "columns", columns="artist=artist,title=song,amount=show")


def test_assigned_columns_of_json_lines_and_parquet(write_dump: WriteDump, tmp_path: Path) -> None:
    lines = '{"track": {"name": "one"}, "by": "A", "at": 3}\n{"track": {"name": ["x"]}, "by": "B"}\n'
    rows, rejects = read(write_dump(lines, "plays.jsonl"), "columns", columns="artist=by,title=track.name,playlist=at")
    assert rows == [("3", "A", "one", None)]
    assert [(reject.line, reject.reason) for reject in rejects] == [(2, "title is not text")]
    path = tmp_path / "plays.parquet"
    when = [datetime(2026, 1, 1, 12, 5), datetime(2026, 1, 1, 12, 0)]
    pq.write_table(pa.table({"by": ["A", None], "song": ["one", "two"], "when": when}), path)
    rows, _ = read(path, "columns", columns="artist=by,title=song,time=when")
    assert rows == [("2026-01-01 12:00", "", "two", None), ("2026-01-01 12:00", "A", "one", None)]


def test_ids_identify_playlists_and_positions_sort_their_rows(tmp_path: Path) -> None:
    path = tmp_path / "part-0.parquet"
    table = {"list": [7, 7, 9, 7], "at": [2, 10, 0, None], "song": ["two", "ten", "zero", "lost"]}
    pq.write_table(pa.table(table), path)
    rows, rejects = read(path, "columns", columns="title=song,id=list,position=at")
    assert rows == [("9", "", "zero", None), ("7", "", "two", None), ("7", "", "ten", None)]
    assert [(reject.line, reject.reason) for reject in rejects] == [(4, "no valid position")]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("artist=x", "columns must include a title or a uri, as in title=Song"),
        (
            "title",
            "columns must be role=column,… with the roles artist, title, name, playlist, owner, uri, time, "
            "clock, id, position, rating, isrc, mbid, album, not 'title'",
        ),
        ("title=x,time=y,position=z", "columns can include a time or a position, but not both"),
        ("title=x,title=y", "columns must be role=column"),
        ("titel=x,artist=y", "columns has no role 'titel': the roles are artist, title, name"),
        ("name=x,artist=y", "columns can include a name (artist and title in one column), or an artist and a title"),
        ("title=x,clock=y", "columns assigns the times of day (clock) but no dates: add time=… with their column"),
    ],
)
def test_invalid_column_assignments_raise_an_error(columns: str, message: str) -> None:
    with pytest.raises(SettingError) as raised:
        ExtractSettings(columns=columns)
    assert str(raised.value).startswith(message)


def test_encodings_and_undecodable_bytes(write_dump: WriteDump) -> None:
    from tests.conftest import HEADER

    lines = HEADER + '\n"u","Björk","Jóga","p"\n'
    for encoding in ("cp1252", "utf-16"):
        rows, rejects = read(write_dump(lines.encode(encoding)), "zenodo", encoding=encoding)
        assert (rows, rejects) == ([("p", "Björk", "Jóga", None)], [])
    path = write_dump(lines.encode("cp1252") + b'"u","A","b","p"\n')
    rows, rejects = read(path, "zenodo")
    assert rows == [("p", "A", "b", None)]
    assert [(reject.line, reject.reason) for reject in rejects] == [(2, "not UTF-8")]
    rows, rejects = read(path, "zenodo", bad_bytes="replace")
    assert rows == [("p", "Bj\ufffdrk", "J\ufffdga", None), ("p", "A", "b", None)]
    rows, rejects = read(write_dump(lines.encode() + b'"u","\x81","b","p"\n'), "zenodo", encoding="cp1252")
    assert [reject.reason for reject in rejects] == ["not CP1252"]
    rows, rejects = read(write_dump(lines.encode("utf-16")), "zenodo")  # recognized by its byte order mark
    assert (rows, rejects) == ([("p", "Björk", "Jóga", None)], [])


SHAPES = Path(os.environ.get("SGP_TEST_DATA", Path(__file__).parents[4] / "shared" / "data")) / "formats"


@pytest.mark.skipif(not SHAPES.is_dir(), reason="the samples of real formats are missing")
@pytest.mark.parametrize(
    ("file", "format", "playlists"),
    [
        ("mpd.slice.0-999.json", "mpd", {"Slow mornings": 4, "Party 🎉": 4}),
        ("exportify-2020/120.csv", "exportify", {"120": 2}),
        ("extended.m3u8", "m3u", {"Evening": 3}),
        ("latin1.m3u", "m3u", {"latin1": 2}),
        ("lastfm-indexed.csv", "lastfm", {"2019-05-27 23:33": 1, "2019-05-28 10:40": 2}),
        ("lastfm-uts.csv", "lastfm", {"2026-02-22 11:34": 2}),
        ("listenbrainz.jsonl", "listenbrainz", {"2021-06-01 10:00": 2}),
        ("spotify-export-2020/Playlist1.json", "spotify", {"Picks Vol-3 (Original)": 2}),
    ],
)
def test_samples_of_real_exports(file: str, format: str, playlists: dict[str, int]) -> None:
    rows, rejects = read(SHAPES / file, format)
    assert rejects == []
    found = [playlist for playlist, *_ in rows]
    assert {name: found.count(name) for name in dict.fromkeys(found)} == playlists
