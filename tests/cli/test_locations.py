"""Locations of files: kept by `extract`, written back by `continue` as paths that a player finds."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote

import pytest

import skipgramophone as package
from skipgramophone.experiment.catalogue import Catalogue
from tests.cli.untrained import give_vectors
from tests.conftest import dump_text, run_sgp, two_genres
from tests.playlists.readers.reading import read

NAMES = [(f"Artist {at % 4}", f"Song {at}") for at in range(12)]


def file_of(at: int) -> str:
    """The path of a file, relative to the music directory."""
    return f"{NAMES[at][0]}/{at:02} é & #{at}.ogg"


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """A music directory: files by artist, and M3U lists in a directory of their own."""
    root = tmp_path / "Music"
    for at in range(12):
        (root / file_of(at)).parent.mkdir(parents=True, exist_ok=True)
        (root / file_of(at)).write_bytes(b"not really music")
    lists = root / "Lists"
    lists.mkdir()
    for number in range(6):
        lines = [
            f"#EXTINF:10,{NAMES[at][0]} - {NAMES[at][1]}\n../{file_of(at)}" for at in range(number, 2 * number + 2)
        ]
        (lists / f"{number}.m3u").write_text("#EXTM3U\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return root


@pytest.fixture
def mine(music: Path, experiments: Path) -> Path:
    """The experiment "mine" of these lists."""
    package.extract("mine", music / "Lists", experiments_dir=experiments)
    give_vectors(experiments, "mine")
    return experiments


def test_an_answer_names_files_that_exist_relative_to_where_it_is(mine: Path, music: Path) -> None:
    with closing(Catalogue(mine / "mine" / "corpus")) as catalogue:
        locations = {(track.artist, track.title): track.location for track in catalogue.all_tracks()}
    assert locations == {NAMES[at]: file_of(at) for at in range(12)}
    (music / "New" / "deep").mkdir(parents=True)
    for name in ("more.m3u8", "New/more.m3u8", "New/deep/more.m3u8"):
        at = ("--include-seeds", "--files-from", music, "-o", music / name)
        ran = run_sgp("continue", "mine", "Song 3", "-n", "8", *at)
        assert (ran.code, ran.err.splitlines()[-1]) == (0, f"wrote 9 tracks to {music / name}")
        assert "not found" not in ran.err
        lines = [line for line in (music / name).read_text(encoding="utf-8").splitlines() if line[0] != "#"]
        assert len(lines) == 9
        assert all((music / name).parent.joinpath(line).is_file() for line in lines)
        # The reader finds the same tracks and, extracted from the same directory, the same locations.
        rows, _ = read(music / name, "m3u")
        assert set(rows) <= {("more", *NAMES[at], None) for at in range(12)}
    for format in ("xspf", "jspf"):
        path = music / f"more.{format}"
        run_sgp("continue", "mine", "Song 3", "-n", "8", "--files-from", music, "-o", path)
        package.extract(format, path)
        with closing(Catalogue(mine / format / "corpus")) as catalogue:
            found = {(track.artist, track.title): track.location for track in catalogue.all_tracks()}
        assert found.items() <= {NAMES[at]: file_of(at) for at in range(12)}.items()
        assert len(found) == 8
    text = json.loads((music / "more.jspf").read_text())["playlist"]["track"][0]["location"][0]
    assert (music / unquote(text)).is_file()
    assert "#" not in text


def test_files_that_are_not_there_are_counted(mine: Path, music: Path, tmp_path: Path) -> None:
    (music / file_of(11)).unlink()
    listed = ("continue", "mine", "Song 3", "-n", "11", "--max-per-artist", "0", "-o", tmp_path / "x.m3u8", "--force")
    ran = run_sgp(*listed, "--files-from", music)
    moved = "they may have been moved or removed; --library DIR finds files by their tags"
    assert f"1 of 11 files not found, such as 'Music/{file_of(11)}': {moved}" in ran.err
    (note,) = [line for line in run_sgp(*listed).err.splitlines() if "11 of 11 files not found" in line]
    assert note.endswith(": use --files-from to name the directory that contains the extracted source")
    (tmp_path / "other").mkdir()
    (note,) = [
        line for line in run_sgp(*listed, "--files-from", tmp_path / "other").err.splitlines() if "11 of" in line
    ]
    named = f"{tmp_path / 'other'} (--files-from)"
    assert note.endswith(f": check whether {named} is the directory that contains the extracted source")
    ran = run_sgp(*listed, "--files-from", music / "nowhere")
    assert (ran.code, ran.err) == (2, f"error: --files-from {music / 'nowhere'} is not a directory\n")
    ran = run_sgp("continue", "mine", "Song 3", "--files-from", music)
    assert (ran.code, ran.err) == (2, "error: --files-from is for m3u8, xspf, jspf, not for table: add --format m3u8\n")


def test_absolute_paths_and_addresses_stay_and_names_are_no_paths(experiments: Path, tmp_path: Path) -> None:
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "a.m3u").write_text(
        "#EXTM3U\n"
        "#EXTINF:1,A - 0\n/music/0.ogg\n"
        "#EXTINF:1,A - 1\nC:\\Music\\1.mp3\n"
        "#EXTINF:1,A - 2\nhttp://radio.example/2\n"
        "#EXTINF:1,A - 3\nsub\\3.mp3\n"
        "#EXTINF:1,A - 4\nspotify:track:4\n"
        "#EXTINF:1,AC/DC - 5.ogg\nAC/DC - 5.ogg\n"
        "#EXTINF:1,A - 6\n./x/../6.ogg\n"
        "A - 7\n"
        "#EXTINF:1,A - 0\n/other/0.ogg\n"
    )
    (lists / "b.pls").write_text(
        "[playlist]\nFile1=up/8.ogg\nTitle1=A - 8\nFile2=https://youtu.be/aaaaaaaaaa1\nTitle2=A - 9\n"
    )
    (lists / "c.xspf").write_text(
        '<playlist version="1" xmlns="http://xspf.org/ns/0/"><trackList>'
        "<track><location>file:///m/10%20x.ogg</location><title>10</title><creator>A</creator></track>"
        "<track><location>up/11%23.ogg</location><title>11</title><creator>A</creator></track>"
        "<track><location>file:///C:/m/12%20x.ogg</location><title>12</title><creator>A</creator></track>"
        "<track><location>file://box/m/13.ogg</location><title>13</title><creator>A</creator></track>"
        "<track><location>file://localhost/m/14.ogg</location><title>14</title><creator>A</creator></track>"
        "</trackList></playlist>"
    )
    package.extract("mine", lists)
    with closing(Catalogue(experiments / "mine" / "corpus")) as catalogue:
        found = {track.title: track.location for track in catalogue.all_tracks()}
    assert found == {
        "0": "/music/0.ogg",
        "1": "C:\\Music\\1.mp3",
        "2": "http://radio.example/2",
        "3": "lists/sub/3.mp3",
        "4": None,
        "5.ogg": None,
        "6": "lists/6.ogg",
        "7": None,
        "8": "lists/up/8.ogg",
        "9": None,
        "10": "/m/10 x.ogg",
        "11": "lists/up/11#.ogg",
        "12": "C:/m/12 x.ogg",
        "13": "//box/m/13.ogg",
        "14": "/m/14.ogg",
    }


def test_a_corpus_that_grows_keeps_locations_and_gains_new_ones(music: Path, experiments: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.m3u"
    more.write_text("#EXTM3U\n#EXTINF:1,Artist 0 - Song 0\nelsewhere.ogg\n#EXTINF:1,B - New\nnew.ogg\n")
    names = tmp_path / "dump.csv"
    names.write_text(dump_text([("o", "Artist 0", "Song 0", "p"), ("o", "C", "No file", "p")]))
    package.extract("whole", [music / "Lists", more, names])
    package.extract("grown", music / "Lists")
    package.extract("grown", more, append=True)
    package.extract("grown", names, append=True)
    package.extract("late", names)
    package.extract("late", more, append=True)
    found = {}
    for name in ("whole", "grown", "late"):
        with closing(Catalogue(experiments / name / "corpus")) as catalogue:
            catalogue.require_sound()
            found[name] = {track.title: track.location for track in catalogue.all_tracks()}
    assert found["whole"] == found["grown"]
    assert found["whole"]["Song 0"] == file_of(0)
    assert found["late"] == {"Song 0": "elsewhere.ogg", "No file": None, "New": "new.ogg"}


def test_a_corpus_without_files_has_no_column_for_them(experiments: Path, tmp_path: Path) -> None:
    path = tmp_path / "dump.csv"
    path.write_text(dump_text(two_genres(4)))
    package.extract("plain", path)
    with closing(sqlite3.connect(experiments / "plain" / "corpus" / "tracks.sqlite")) as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(tracks)")]
    assert columns == ["row", "artist", "title", "uri", "count", "first_place", "name_folded", "title_folded"]
