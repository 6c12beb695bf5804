"""Answers of servers: Subsonic, Plex, and Last.fm in XML."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.errors import SettingError
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings, Format
from tests.playlists.readers.player_examples import LASTFM_XML, PLEX_JSON, PLEX_XML, SUBSONIC
from tests.playlists.readers.reading import error_of, read, read_all, reasons

WriteDump = Callable[..., Path]
FACTS = ("owner", "album", "seconds", "location", "identifiers")


def facts_of(path: Path) -> list[tuple[str | None, ...]]:
    """Return owner, album, seconds, location and identifiers of each row of a file."""
    (reader,) = open_sources([path], ExtractSettings()).readers
    rows = [row for block in reader.blocks() for row in block.table.to_pylist()]
    return [tuple(row.get(name) for name in FACTS) for row in rows]


def test_a_playlist_of_a_subsonic_server_has_an_owner(write_dump: WriteDump) -> None:
    path = write_dump(SUBSONIC, "x")
    rows, rejects, left_out = read_all(path, "subsonic")
    assert rows == [("Kitchen", "Ada Fenn", "Green Door", None), ("Kitchen", "The Hatches", "Rain & Tin", None)]
    assert reasons(rejects) == [(8, "a track without a title")]
    assert left_out == {"videos": 1}
    mbid = "mbid:aaaaaaaa-1111-4111-8111-111111111111"
    assert facts_of(path) == [("me", "Doors", "199", None, mbid), ("me", None, None, None, None)]


def test_the_same_answer_in_json_is_a_table(write_dump: WriteDump) -> None:
    entries = [
        {"id": "1", "isDir": False, "title": "Green Door", "artist": "Ada Fenn", "album": "Doors", "duration": 199},
        {"id": "3", "isDir": False, "title": "Rain", "artist": "The Hatches", "album": "Roofs", "duration": 200},
    ]
    playlist = {"id": "p1", "name": "Kitchen", "owner": "me", "songCount": 2, "entry": entries}
    text = json.dumps({"subsonic-response": {"status": "ok", "version": "1.16.1", "playlist": playlist}})
    rows, _ = read(write_dump(text, "x.json"), "columns")
    assert rows == [("Kitchen", "Ada Fenn", "Green Door", None), ("Kitchen", "The Hatches", "Rain", None)]


@pytest.mark.parametrize("text", [PLEX_XML, PLEX_JSON])
def test_a_playlist_of_plex(text: str, write_dump: WriteDump) -> None:
    path = write_dump(text.replace("Rain &amp; Tin", "Rain"), "x")
    rows, rejects, left_out = read_all(path, "plex")
    assert rows == [("Kitchen", "Ada Fenn", "Green Door", None), ("Kitchen", "The Hatches", "Rain", None)]
    in_json = text == PLEX_JSON
    others = [(5, "a name that is not text"), (6, "a track that is not a JSON object")] if in_json else []
    assert reasons(rejects) == [(4 if in_json else 8, "a track without a title"), *others]
    assert left_out == {"videos": 1}
    album = None if in_json else "Songs"
    assert facts_of(path) == [("", "Doors", "200", "/m/a.flac", None), ("", album, None, None, None)]


def test_scrobbles_in_xml_become_sessions_of_their_user(write_dump: WriteDump) -> None:
    path = write_dump(LASTFM_XML, "x")
    rows, rejects = read(path, "lastfm-xml")
    assert rows == [
        ("2024-01-01 10:03", "Ada Fenn", "Green Door", None),
        ("2024-01-01 12:00", "The Hatches", "Rain & Tin", None),
    ]
    assert reasons(rejects) == [(3, "no valid timestamp"), (9, "no valid timestamp")]
    mbid = "mbid:aaaaaaaa-1111-4111-8111-111111111111"
    assert facts_of(path) == [("me", None, None, None, None), ("me", "Roofs", None, None, mbid)]
    rows, _ = read(path, "lastfm-xml", since="2024-01-01T11:00")
    assert [row[2] for row in rows] == ["Rain & Tin"]
    with pytest.raises(SettingError, match="has the format plex"):
        read(write_dump(PLEX_XML, "y"), "plex", since="2024-01-01")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "<subsonic-response><playlists><playlist name='x'/></playlists></subsonic-response>",
            "PATH is an answer of a Subsonic server without tracks: save the answer of getPlaylist instead",
        ),
        (
            "<MediaContainer><Playlist title='x'/></MediaContainer>",
            "PATH is an answer of a Plex server without tracks: save the items of a playlist instead",
        ),
        (
            "<lfm status='failed'><error code='6'>User not found</error></lfm>",
            "PATH is an answer of Last.fm without scrobbles: save the answer of user.getRecentTracks instead",
        ),
    ],
)
def test_answers_without_tracks_are_refused(text: str, message: str, write_dump: WriteDump) -> None:
    assert error_of(write_dump(text, "x")) == message


@pytest.mark.parametrize(
    ("format", "what"),
    [
        ("subsonic", "an answer of a Subsonic server"),
        ("plex", "a playlist of Plex"),
        ("lastfm-xml", "a file with scrobbles of Last.fm in XML"),
    ],
)
def test_other_xml_and_bombs_are_refused(format: Format, what: str, write_dump: WriteDump) -> None:
    assert error_of(write_dump("<x/>", "x"), format) == f"PATH is not {what}: its root is 'x'"
    bomb = '<!DOCTYPE x [<!ENTITY a "ha">]><x>&a;</x>'
    assert error_of(write_dump(bomb, "x"), format).startswith(f"PATH is not {what}: it declares or uses XML entities")


def test_other_json_is_not_a_playlist_of_plex(write_dump: WriteDump) -> None:
    message = "PATH is not a playlist of Plex: it has no list of tracks"
    assert error_of(write_dump('{"MediaContainer": {}}', "x"), "plex") == message
