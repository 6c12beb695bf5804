"""Playlist files of players and servers that refer to audio files: Jellyfin, ASX and B4S."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings, Format
from tests.playlists.readers.player_examples import ASX, B4S, JELLYFIN
from tests.playlists.readers.reading import error_of, read, read_all

WriteDump = Callable[..., Path]


def columns_of(path: Path, *names: str) -> list[list[str | None]]:
    """Return columns of the rows of a file."""
    (reader,) = open_sources([path], ExtractSettings()).readers
    (block,) = reader.blocks()
    return [block.table[name].to_pylist() for name in names]


def test_a_playlist_of_jellyfin_is_named_by_its_title_and_owned_by_its_user(write_dump: WriteDump) -> None:
    path = write_dump(JELLYFIN, "playlist.xml")
    rows, rejects = read(path, "jellyfin")
    assert rows == [("Kitchen", "Ada Fenn", "Green Door", None), ("Kitchen", "", "Rain & Tin", None)]
    assert rejects == []
    places = ["/music/Ada Fenn/Doors (2024)/02 - Ada Fenn - Green Door.flac", "F:\\Music\\Rain & Tin.mp3"]
    assert columns_of(path, "owner", "location") == [["0f47aaaa"] * 2, places]
    rows, _ = read(write_dump(JELLYFIN.replace("LocalTitle", "Other"), "Road.xml"), "jellyfin")
    assert {row[0] for row in rows} == {"Road"}


def test_a_playlist_of_videos_is_left_out(write_dump: WriteDump) -> None:
    path = write_dump(JELLYFIN.replace(">Audio<", ">Video<"), "playlist.xml")
    assert read_all(path, "jellyfin") == ([], [], {"videos": 2})


def test_an_item_of_jellyfin_that_is_no_playlist_is_refused(write_dump: WriteDump) -> None:
    message = "PATH is XML in a format that sgp does not know (root element: 'Item'): convert it to CSV or M3U first"
    assert error_of(write_dump("<Item><LocalTitle>A film</LocalTitle></Item>", "movie.xml")) == message


@pytest.mark.parametrize("text", [ASX, ASX.replace("TITLE", "title").replace("ENTRY", "Entry").replace("ASX", "asx")])
def test_names_of_an_asx_playlist_are_in_any_case(text: str, write_dump: WriteDump) -> None:
    path = write_dump(text, "x.asx")
    rows, rejects, left_out = read_all(path, "asx")
    assert rows == [
        ("Kitchen", "Ada Fenn", "Green Door", None),
        ("Kitchen", "The Hatches", "Rain & Tin", None),
        ("Kitchen", "Me", "Demo", None),
    ]
    assert (rejects, left_out) == ([], {"references to other playlists": 1})
    assert columns_of(path, "location", "album") == [
        ["../Fenn/door.wma", "http://music.example/rain.mp3", "/m/03 - Me - Demo.mp3"],
        [None, "Roofs", None],
    ]


def test_a_b4s_playlist_is_named_by_its_label(write_dump: WriteDump) -> None:
    path = write_dump(B4S, "x.b4s")
    rows, rejects = read(path, "b4s")
    assert rows == [
        ("Kitchen", "Ada Fenn", "Green Door", None),
        ("Kitchen", "The Hatches", "Rain", None),
        ("Kitchen", "", "Only a title", None),
    ]
    assert rejects == []
    # Only an address that begins with file:// is a uri, in which %25 means a percent sign.
    assert columns_of(path, "location", "seconds") == [
        ["C:\\Music\\100%25 door.mp3", "/m/The Hatches - Rain.mp3", "http://music.example/live"],
        ["200", None, None],
    ]


@pytest.mark.parametrize(
    ("format", "what"),
    [("jellyfin", "a playlist of Jellyfin or Emby"), ("asx", "an ASX playlist"), ("b4s", "a B4S playlist of Winamp")],
)
def test_other_xml_and_bombs_are_refused(format: Format, what: str, write_dump: WriteDump) -> None:
    assert error_of(write_dump("<x/>", "x"), format) == f"PATH is not {what}: its root is 'x'"
    bomb = '<!DOCTYPE x [<!ENTITY a "ha">]><x>&a;</x>'
    assert error_of(write_dump(bomb, "x"), format).startswith(f"PATH is not {what}: it declares or uses XML entities")


def test_xml_of_players_may_be_not_well_formed(write_dump: WriteDump) -> None:
    text = (
        '<?xml version="1.0"\n encoding="utf-8"?>\n<Asx Version=\'3\'>\n<Title>Küche</TITLE>'
        "<ENTRY><title>Ada & Nell - A&amp;B &#38; C</Title>"
        '<Ref Href="http://music.example/x?a=1&b=2"/></Entry>\n<entry/></ASX>'
    )
    path = write_dump(text.encode("cp1252"), "x.asx")
    rows, rejects = read(path, "asx")
    assert rows == [("Küche", "Ada & Nell", "A&B & C", None)]
    assert [(reject.line, reject.reason) for reject in rejects] == [(5, "neither artist nor title")]
    assert columns_of(path, "location") == [["http://music.example/x?a=1&b=2"]]


def test_other_faults_of_the_xml_of_players_are_errors(write_dump: WriteDump) -> None:
    message = error_of(write_dump("<asx><entry></asx>", "x.asx"))
    assert message == "PATH is not an ASX playlist: not well-formed XML (mismatched tag: line 1, column 14)"
    message = error_of(write_dump("<asx><entry><title>&nbsp;</title></entry></asx>", "x.asx"))
    assert message.startswith("PATH is not an ASX playlist: ")
