"""Playlists of Rhythmbox, with and without the file that contains the names of its tracks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.player_examples import RHYTHMBOX, RHYTHMDB
from tests.playlists.readers.reading import error_of, read_all

WriteDump = Callable[..., Path]
BESIDE = "the tracks of Rhythmbox, which are read together with playlists.xml in the same directory"


def test_names_come_from_the_library_next_to_the_playlists(write_dump: WriteDump) -> None:
    write_dump(RHYTHMDB, "rhythmdb.xml")
    path = write_dump(RHYTHMBOX, "playlists.xml")
    rows, rejects, left_out = read_all(path, "rhythmbox")
    assert rows == [
        ("Kitchen", "Ada Fenn", "Green Door", None),
        ("Kitchen", "The Hatches", "Rain & Tin", None),
        ("Kitchen", "", "Lost", None),
    ]
    assert rejects == []
    assert left_out == {"radio stations": 1, "in the play queue": 1, "automatic playlists": 1}
    (reader,) = open_sources([path], ExtractSettings()).readers
    table = next(iter(reader.blocks())).table
    assert len(set(table["key"].to_pylist())) == 2
    assert table["location"].to_pylist()[:2] == ["/m/Ada Fenn/Green Door.ogg", "/m/03 - The Hatches - Rain & Tin.mp3"]
    assert table["seconds"].to_pylist() == ["199", None, None]
    assert table["album"].to_pylist() == ["Doors", None, None]
    assert table["identifiers"].to_pylist() == ["mbid:AAAAAAAA-1111-4111-8111-111111111111", None, None]


def test_without_the_library_names_come_from_the_files(write_dump: WriteDump) -> None:
    rows, _, left_out = read_all(write_dump(RHYTHMBOX, "playlists.xml"), "rhythmbox")
    assert rows == [
        ("Kitchen", "", "Green Door", None),
        ("Kitchen", "The Hatches", "Rain & Tin", None),
        ("Kitchen", "", "live", None),
        ("Kitchen", "", "lost", None),
    ]
    assert left_out == {"in the play queue": 1, "automatic playlists": 1}


def test_an_episode_of_a_podcast_is_rejected_unless_it_is_kept(write_dump: WriteDump) -> None:
    write_dump(RHYTHMDB.replace('"song"><title>Green', '"podcast-post"><title>Green'), "rhythmdb.xml")
    path = write_dump(RHYTHMBOX, "playlists.xml")
    _, rejects, _ = read_all(path, "rhythmbox")
    assert [(reject.line, reject.reason) for reject in rejects] == [(6, "a podcast episode")]
    rows, rejects, _ = read_all(path, "rhythmbox", keep=["episodes"])
    assert (len(rows), rejects) == (3, [])


def test_the_library_is_not_a_source_of_its_own(write_dump: WriteDump, tmp_path: Path) -> None:
    library = write_dump(RHYTHMDB, "rhythmdb.xml")
    assert error_of(library) == f"PATH is {BESIDE}"
    write_dump(RHYTHMBOX, "playlists.xml")
    sources = open_sources([tmp_path], ExtractSettings())
    assert [reader.format for reader in sources.readers] == ["rhythmbox"]
    assert [reason for _, reason in sources.passed_over] == [BESIDE]


def test_damaged_files_raise_a_one_line_error(write_dump: WriteDump, tmp_path: Path) -> None:
    root = "PATH is not a file with playlists of Rhythmbox: its root is 'x'"
    assert error_of(write_dump("<x/>", "x"), "rhythmbox") == root
    cut = "PATH is not a file with playlists of Rhythmbox: not well-formed XML (no element found: line 7, column 0)"
    path = write_dump("".join(RHYTHMBOX.splitlines(keepends=True)[:6]), "cut.xml")
    assert error_of(path) == cut
    write_dump(RHYTHMDB[:300], "rhythmdb.xml")
    message = error_of(write_dump(RHYTHMBOX, "playlists.xml"))
    assert message.startswith(f"{tmp_path}/rhythmdb.xml is not a library of Rhythmbox: not well-formed XML (")
    bomb = '<!DOCTYPE rhythmdb [<!ENTITY a "ha">]><rhythmdb><entry><title>&a;</title></entry></rhythmdb>'
    write_dump(bomb, "rhythmdb.xml")
    assert "it declares or uses XML entities" in error_of(path.with_name("playlists.xml"))
