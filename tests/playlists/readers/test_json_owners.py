"""JSON in which playlists belong to owners, or have no names."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skipgramophone.errors import SourceError, UnknownFormatError
from skipgramophone.playlists.readers.columnar import ColumnsReader
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings

WriteDump = Callable[..., Path]
Tracks = dict[tuple[str, str], list[str]]  # owner and name of a playlist -> titles

SONGS = {"Rain": "Ada Fenn", "Salt": "Nell Quay", "Tide": "Ada Fenn"}  # title -> artist
LISTS = {("ana", "Evening"): ["Rain", "Salt"], ("ana", "Road"): ["Tide"], ("bo", "Evening"): ["Salt"]}


def songs(titles: list[str], are_objects: bool) -> list[Any]:
    """Return songs as objects, or as names."""
    if are_objects:
        return [{"artist": SONGS[title], "title": title} for title in titles]
    return [f"{SONGS[title]} - {title}" for title in titles]


def playlists(path: Path, columns: str | None = None) -> Tracks:
    """Return the playlists in a file that is read as a table."""
    (reader,) = open_sources([path], ExtractSettings(columns=columns)).readers
    assert isinstance(reader, ColumnsReader)
    found: Tracks = {}
    for block in reader.blocks():
        for row in block.table.to_pylist():
            assert row["artist"] == SONGS[row["title"]]
            found.setdefault((row["owner"], row["playlist"]), []).append(row["title"])
    return found


@pytest.mark.parametrize("are_objects", [False, True])
def test_fields_of_owners_contain_playlists(write_dump: WriteDump, are_objects: bool) -> None:
    document: dict[str, dict[str, list[Any]]] = {"ana": {}, "bo": {}}
    for (owner, name), titles in LISTS.items():
        document[owner][name] = songs(titles, are_objects)
    path = write_dump(json.dumps(document), "users.json")
    assert playlists(path) == LISTS
    with pytest.raises(SourceError) as raised:
        playlists(path, "artist=artist,title=title,playlist=playlist")
    assert raised.value.on_command_line.endswith("--columns artist=artist,title=title,playlist=playlist,owner=owner")


@pytest.mark.parametrize("are_objects", [False, True])
@pytest.mark.parametrize("field", ["user", "name"])
@pytest.mark.parametrize("are_lines", [False, True])
def test_owners_have_lists_of_playlists(write_dump: WriteDump, are_objects: bool, field: str, are_lines: bool) -> None:
    owners = [
        {field: owner, "playlists": [{"name": name, "tracks": songs(titles, are_objects)}
                                     for (other, name), titles in LISTS.items() if other == owner]}
        for owner in ("ana", "bo")
    ]  # fmt: skip
    text = "\n".join(map(json.dumps, owners)) if are_lines else json.dumps({"users": owners})
    assert playlists(write_dump(text + "\n", "users.json")) == LISTS


@pytest.mark.parametrize("are_objects", [False, True])
def test_inner_lists_are_numbered_playlists(write_dump: WriteDump, are_objects: bool) -> None:
    document = [songs(titles, are_objects) for titles in LISTS.values()]
    path = write_dump(json.dumps(document), "lists.json")
    expected = {("", f"{number}"): titles for number, titles in enumerate(LISTS.values(), 1)}
    assert playlists(path) == expected
    with pytest.raises(SourceError, match="contains several playlists"):
        playlists(path, "artist=artist,title=title")


def test_playlists_inside_an_answer_have_no_owner(write_dump: WriteDump) -> None:
    document = {"playlists": {"Evening": songs(["Rain"], True), "Road": songs(["Tide"], True)}}
    assert playlists(write_dump(json.dumps(document), "x.json")) == {("", "Evening"): ["Rain"], ("", "Road"): ["Tide"]}


@pytest.mark.parametrize(
    ("document", "remedy"),
    [
        ([["a1", "b2"], ["a1", "c3"]], "if each inner list is a playlist of ids, write one playlist per line"),
        ([[1, 2, 3], [2, 4]], "if each inner list is a playlist of ids, write one playlist per line"),
        ([["Ada Fenn", "Rain"], ["Nell Quay", "Salt"]], "if each inner list is a row of a table, write it as CSV"),
        ({"ana": ["a1", "b2"], "bo": ["a1"]}, "and add --columns playlist=1,uri=2"),
        ({"tracks": [{"artist": "Ada", "title": "Rain", "playlists": ["Evening"]}]},
         "each track has a list of its playlists, 'playlists': write one object per track and playlist"),
        ({"id": "x", "title": "Ada - Rain", "formats": [{"ext": "m4a"}], "thumbnails": [{"url": "u"}], "tags": ["a"]},
         "the description of one video by yt-dlp: save a playlist with yt-dlp --flat-playlist -J URL"),
    ],
)  # fmt: skip
def test_other_lists_are_refused_with_a_remedy(write_dump: WriteDump, document: Any, remedy: str) -> None:
    with pytest.raises((UnknownFormatError, SourceError)) as raised:
        open_sources([write_dump(json.dumps(document), "x.json")], ExtractSettings())
    assert remedy in raised.value.on_command_line


def test_the_artist_may_be_an_object_that_repeats_its_name(write_dump: WriteDump) -> None:
    tracks = [{"song_title": title, "artist": {"artist_id": 7, "artist_name": SONGS[title]}} for title in SONGS]
    path = write_dump(json.dumps({"playlist_name": "Evening", "songs": tracks}), "x.json")
    assert playlists(path) == {("", "Evening"): list(SONGS)}
