"""JSON that scripts write: lists of tracks, playlists with tracks, and playlists with ids of tracks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skipgramophone.errors import SourceError
from skipgramophone.playlists.readers.columnar import ColumnsReader
from skipgramophone.playlists.readers.json_documents import rows_in
from skipgramophone.playlists.readers.rows import NAMELESS
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.reading import error_of, read, reasons

WriteDump = Callable[..., Path]
TRACKS = [{"artist": "Ada Fenn", "title": "Rain"}, {"artist": "Nell Quay", "title": "Salt"}]
NAMES = [("Ada Fenn", "Rain"), ("Nell Quay", "Salt")]
OBJECTS = [
    {"title": "Rain", "artists": [{"name": "Ada Fenn", "id": 1}], "album": {"name": "Sea"}, "tags": ["a"]},
    {"title": "Salt", "artists": [{"name": "Nell"}, {"name": "Ada"}], "album": None, "available": True},
]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (TRACKS, [("x", *names) for names in NAMES]),
        ({"songs": TRACKS}, [("x", *names) for names in NAMES]),
        ({"name": "Kitchen", "id": 7, "tracks": {"data": TRACKS, "n": 2}}, [("Kitchen", *names) for names in NAMES]),
        ({"response": {"playlist": {"name": "Road", "entry": TRACKS}}}, [("Road", *names) for names in NAMES]),
        ({"thumbnails": [{"url": "u"}], "title": "Road", "tracks": TRACKS}, [("Road", *names) for names in NAMES]),
        ([{"name": "A", "tracks": TRACKS[:1]}, {"name": "B", "tracks": TRACKS}],
         [("A", *NAMES[0]), ("B", *NAMES[0]), ("B", *NAMES[1])]),
        ({"playlists": [{"name": "A", "songs": TRACKS[:1]}, {"name": "B", "songs": TRACKS[1:]}]},
         [("A", *NAMES[0]), ("B", *NAMES[1])]),
        ({"playlists": [{"id": "p", "title": "A", "items": [{"track": {"name": "Rain", "artists": ["Ada"]}}]}]},
         [("A", "Ada", "Rain")]),
        ([{"track": {"title": "Rain", "artists": ["Ada", "Nell"]}}, {"track": {"title": "Salt", "artists": ["Ada"]}}],
         [("x", "Ada, Nell", "Rain"), ("x", "Ada", "Salt")]),
        (OBJECTS, [("x", "Ada Fenn", "Rain"), ("x", "Nell, Ada", "Salt")]),
        (TRACKS[:1], [("x", *NAMES[0])]),
    ],
)  # fmt: skip
def test_lists_of_tracks_are_read(document: Any, expected: Any, indent: int | None, write_dump: WriteDump) -> None:
    rows, rejects = read(write_dump(json.dumps(document, indent=indent), "x.json"), "columns")
    assert [row[:3] for row in rows] == expected
    assert rejects == []


def test_ids_of_tracks_in_playlists_are_read(write_dump: WriteDump) -> None:
    playlists = [{"tags": ["a"], "id": 61, "songs": [52, 12]}, {"tags": [], "id": 10, "songs": [52]}]
    rows, _ = read(write_dump(json.dumps(playlists), "train.json"), "columns")
    assert rows == [("61", "", "52", "52"), ("61", "", "12", "12"), ("10", "", "52", "52")]
    playlists = [{"playlistID": "p", "title": "Evening", "trackIDs": ["a1", "b2"]}]
    rows, _ = read(write_dump(json.dumps(playlists), "x.json"), "columns")
    assert rows == [("Evening", "", "a1", "a1"), ("Evening", "", "b2", "b2")]


def test_names_of_tracks_in_playlists_are_split(write_dump: WriteDump) -> None:
    playlists = [
        {"id": "2026-03", "tracks": ["Ada - Rain - Live", "Nell - Salt"]},
        {"id": "2026-02", "tracks": ["Tide"]},
    ]
    rows, _ = read(write_dump(json.dumps({"playlists": playlists}), "x.json"), "columns")
    assert [row[:3] for row in rows] == [
        ("2026-03", "Ada", "Rain - Live"), ("2026-03", "Nell", "Salt"), ("2026-02", "", "Tide"),
    ]  # fmt: skip


@pytest.mark.parametrize("indent", [None, 2])
def test_each_field_may_be_a_playlist_with_names(indent: int | None, write_dump: WriteDump) -> None:
    playlists = {"Evening": ["Ada - Rain - Live", "Nell - Salt"], "Road": ["Ada - Rain - Live"], "Empty": []}
    rows, rejects = read(write_dump(json.dumps(playlists, indent=indent), "x.json"), "columns")
    assert [row[:3] for row in rows] == [
        ("Evening", "Ada", "Rain - Live"), ("Evening", "Nell", "Salt"), ("Road", "Ada", "Rain - Live"),
    ]  # fmt: skip
    assert rejects == []


def test_a_single_playlist_may_have_names(write_dump: WriteDump) -> None:
    playlist = {"title": "Evening", "by": {"id": 3}, "tags": ["a"], "tracks": ["Ada - Rain", "Nell - Salt"]}
    rows, _ = read(write_dump(json.dumps(playlist, indent=1), "x.json"), "columns")
    assert [row[:3] for row in rows] == [("Evening", "Ada", "Rain"), ("Evening", "Nell", "Salt")]
    assert rows_in(playlist | {"tracks": ["Rain", "Salt"]}) == []
    names = {"artist": "Ada", "title": "Rain"}
    assert rows_in({"songs": ["Ada - Rain"]}) == [names]
    assert rows_in({"songs": ["Ada - Rain"], "b": ["Ada - Rain"]}) == [
        {"playlist": "songs", **names}, {"playlist": "b", **names},
    ]  # fmt: skip


@pytest.mark.parametrize("other", [["Rain"], ["Rain", 7], "Rain", {"a": 1}])
def test_lists_of_other_texts_are_not_playlists(other: Any) -> None:
    assert rows_in({"Evening": ["Ada - Rain", "Nell - Salt"], "other": other}) == []


def test_columns_of_a_document_are_assigned_by_path(write_dump: WriteDump) -> None:
    document = {
        "name": "Road",
        "items": [{"by": {"who": "Ada"}, "what": "Rain"}, {"by": 3, "what": ["x"]}, {"what": 7}],
    }
    path = write_dump(json.dumps(document), "x.json")
    columns = "artist=by.who,title=what,playlist=playlist.name"
    rows, rejects = read(path, "columns", columns=columns)
    assert rows == [("Road", "Ada", "Rain", None), ("Road", "", "7", None)]
    assert reasons(rejects) == [(2, "title is not text")]
    rows, _ = read(path, "columns", columns=columns, num_rows=1)
    assert len(rows) == 1
    with pytest.raises(SourceError, match="is JSON, but contains no list of objects that could be tracks"):
        read(write_dump('[{"a": 1}, 7]', "y.json"), "columns", columns="title=a")
    with pytest.raises(SourceError, match="is not a table in JSON: the JSON ends early"):
        read(write_dump('{"songs": [\n{"title": "a"},', "z.json"), "columns", columns="title=title")


def test_a_playlist_without_a_list_of_tracks_is_rejected(write_dump: WriteDump) -> None:
    playlists = [{"name": "A", "tracks": TRACKS}, {"name": "B", "tracks": "lost"}, {"name": "C", "tracks": []}]
    rows, rejects = read(write_dump(json.dumps(playlists), "x.json"), "columns")
    assert [row[:3] for row in rows] == [("A", *names) for names in NAMES]
    assert reasons(rejects) == [(3, "neither artist nor title")]


def test_a_long_document_is_detected_by_its_start(write_dump: WriteDump) -> None:
    tracks = [{"artist": "Ada", "title": f"Song {at}"} for at in range(3000)]
    rows, _ = read(write_dump(json.dumps({"name": "Long", "songs": tracks}), "x.json"), "columns")
    assert len(rows) == 3000
    assert rows[-1] == ("Long", "Ada", "Song 2999", None)


@pytest.mark.parametrize(
    "document",
    [
        {
            "title": "My blog",
            "items": [{"title": "First", "url": "https://a"}, {"title": "Second", "url": "https://b"}],
        },
        [
            {"title": "First", "playlist": "a", "url": "https://a"},
            {"title": "Second", "playlist": "a", "url": "https://b"},
        ],
    ],
)
def test_titles_and_links_without_artists_are_asked_about(document: Any, write_dump: WriteDump) -> None:
    assert "in which sgp does not recognize the artist: assign the columns" in error_of(
        write_dump(json.dumps(document), "feed.json")
    )


@pytest.mark.parametrize(
    "document",
    [
        {"a": {"b": {"c": {"d": {"e": TRACKS}}}}},  # too deep
        [{"name": "x", "version": "1"}],
        {"songs": {"0": TRACKS[0]}},
        {},
    ],
)
def test_other_documents_are_refused(document: Any, write_dump: WriteDump) -> None:
    message = error_of(write_dump(json.dumps(document), "x.json"))
    assert message.startswith("PATH is JSON, but not in a format that sgp knows (first line: ")
    assert "; sgp reads lists of objects that have fields such as artist and title" in message


def test_rows_have_the_facts_of_their_playlist() -> None:
    document = {"playlistId": 3, "owner": "me", "live": True, "tracks": [{"title": "Rain"}]}
    assert rows_in(document) == [{"playlistId": 3, "playlist.owner": "me", "title": "Rain"}]


@pytest.mark.parametrize("number", [None, 3])
def test_json_lines_may_be_playlists(number: int | None, write_dump: WriteDump) -> None:
    playlists = [
        {"name": "A", "tracks": TRACKS},
        {"name": "Empty", "tracks": []},
        {"name": "B", "tracks": [*TRACKS[1:], {"label": "no names"}]},
    ]
    lines = [*map(json.dumps, playlists)]
    settings = {} if number is None else {"num_rows": number}
    rows, rejects = read(write_dump("\n".join(lines) + "\n", "x.jsonl"), "columns", **settings)
    assert [row[:3] for row in rows] == [("A", *NAMES[0]), ("A", *NAMES[1]), ("B", *NAMES[1])]
    assert reasons(rejects) == ([(3, NAMELESS)] if number is None else [])


def test_json_lines_may_be_playlists_of_names_or_ids(write_dump: WriteDump) -> None:
    names = [{"playlist": "A", "songs": ["Ada Fenn - Rain"]}, {"playlist": "B", "songs": ["Ada Fenn - Rain", "Salt"]}]
    rows, rejects = read(write_dump("".join(json.dumps(one) + "\n" for one in names), "x.jsonl"), "columns")
    assert [row[:3] for row in rows] == [("A", *NAMES[0]), ("B", *NAMES[0]), ("B", "", "Salt")]
    assert rejects == []
    ids = [{"pid": 1, "trackIDs": ["a1", "b2"]}, {"pid": 2, "trackIDs": ["b2"]}]
    rows, _ = read(write_dump("".join(json.dumps(one) + "\n" for one in ids), "y.jsonl"), "columns")
    assert [(row[0], row[3]) for row in rows] == [("1", "a1"), ("1", "b2"), ("2", "b2")]


def test_a_damaged_line_among_playlists_is_rejected(write_dump: WriteDump) -> None:
    lines = [json.dumps({"name": f"list {number}", "tracks": TRACKS}) for number in range(2000)]
    lines[1500] = lines[1500][:-9]
    lines[1600] = '{"name": "no list"}'
    rows, rejects = read(write_dump("\n".join(lines), "x.jsonl"), "columns")
    assert len(rows) == 2 * 1998
    assert reasons(rejects) == [(1501, "not JSON"), (1601, NAMELESS)]


def test_json_lines_are_still_read_as_lines(write_dump: WriteDump) -> None:
    text = "".join(json.dumps(track) + "\n" for track in TRACKS)
    rows, _ = read(write_dump(text, "x.jsonl"), "columns")
    assert [row[1:3] for row in rows] == NAMES
    text = json.dumps({"title": "Rain", "artists": ["Ada", "Nell"]}) + "\n"
    rows, _ = read(write_dump(text * 2, "y.jsonl"), "columns")
    assert rows == [("y", "Ada, Nell", "Rain", None)] * 2
    (reader,) = open_sources([write_dump(text, "z.jsonl")], ExtractSettings(columns="title=title")).readers
    assert sum(block.used for block in reader.blocks()) == 1


PAIRS = [("Ada Fenn", "Rain"), ("Nell Quay", "Salt"), ("Ada Fenn", "Tide")]


@pytest.mark.parametrize(
    ("document", "columns"),
    [
        ({"limit": 10, "offset": 0, "items": [{"type": "track", "item": {"id": at, "title": title, "artist":
          {"name": artist}, "artists": [{"name": artist}]}} for at, (artist, title) in enumerate(PAIRS)]},
         "artist=item.artist.name,title=item.title,uri=item.id"),
        ({"data": [{"id": f"i.{title}", "attributes": {"name": title, "artistName": artist, "albumName": "Sea"}}
          for artist, title in PAIRS], "meta": {"total": 2}},
         "artist=attributes.artistName,title=attributes.name,album=attributes.albumName"),
        ({"payload": {"count": 2, "listens": [{"track_metadata": {"artist_name": artist, "track_name": title,
          "mbid_mapping": None}} for artist, title in PAIRS]}},
         "artist=track_metadata.artist_name,title=track_metadata.track_name"),
        ({"name": "x", "tracks": [{"title": title, "performer": {"name": artist}, "performers": f"{artist}, Main"}
          for artist, title in PAIRS]}, "artist=performer.name,title=title,playlist=playlist.name"),
        ({"columns": ["artist", "title"], "index": [0, 1, 2], "data": [list(pair) for pair in PAIRS]},
         "artist=artist,title=title"),
        ({"artist": {str(at): artist for at, (artist, _) in enumerate(PAIRS)},
          "title": {str(at): title for at, (_, title) in enumerate(PAIRS)}}, "artist=artist,title=title"),
    ],
)  # fmt: skip
def test_answers_of_web_services_and_tables_of_pandas_are_read(
    document: Any, columns: str, write_dump: WriteDump
) -> None:
    path = write_dump(json.dumps(document, indent=1), "x.json")
    (reader,) = open_sources([path], ExtractSettings()).readers
    assert isinstance(reader, ColumnsReader)
    assert reader.settings.columns == columns
    assert [row[1:3] for row in read(path, "columns")[0]] == PAIRS


def test_json_lines_may_have_objects_in_objects(write_dump: WriteDump) -> None:
    lines = [{"item": {"title": title, "artist": {"name": artist, "id": 7}}} for artist, title in PAIRS]
    path = write_dump("".join(json.dumps(line) + "\n" for line in lines), "x.jsonl")
    assert [row[1:3] for row in read(path, "columns")[0]] == PAIRS


def test_fields_of_the_playlist_are_not_suggested_for_its_tracks(write_dump: WriteDump) -> None:
    document = {
        "next": "https://x/2", "results": [{"song": title, "artist": artist, "show": 1, "isrc": None}
        for artist, title in PAIRS],
    }  # fmt: skip
    message = error_of(write_dump(json.dumps(document), "x.json"))
    assert message.endswith("'show' may name the playlist: assign the columns, for example --columns "
                            "title=song,artist=artist,playlist=show")  # fmt: skip
    uploads = {"title": "Late", "tracks": [{"title": title, "user": {"username": artist}, "isrc": None}
               for artist, title in PAIRS]}  # fmt: skip
    message = error_of(write_dump(json.dumps(uploads), "x.json"))
    assert message.endswith("--columns artist=user.username,title=title,playlist=playlist.title")


@pytest.mark.parametrize(
    "document",
    [
        {"columns": ["artist"], "data": [["Ada", "Rain"]]},
        {"columns": ["artist", "title"], "data": []},
        {"artist": {"0": "Ada"}, "title": {"1": "Rain"}},
        {"artist": {"a": "Ada"}, "title": {"a": "Rain"}},
        {"artist": {}, "title": {}},
    ],
)
def test_other_objects_are_no_tables_of_pandas(document: Any, write_dump: WriteDump) -> None:
    assert "JSON, but not in a format that sgp knows" in error_of(write_dump(json.dumps(document), "x.json"))


def test_each_field_may_be_a_playlist_of_objects(write_dump: WriteDump) -> None:
    document = {"ana": TRACKS, "bo": TRACKS[1:], "empty": []}
    rows, _ = read(write_dump(json.dumps(document), "x.json"), "columns")
    assert [row[:3] for row in rows] == [("ana", *NAMES[0]), ("ana", *NAMES[1]), ("bo", *NAMES[1])]
    long = write_dump(json.dumps({"ana": TRACKS * 2000, "bo": TRACKS}), "long.json")
    assert "with --columns artist=artist,title=title,playlist=playlist" in error_of(long)
    rows, _ = read(long, "columns", columns="artist=artist,title=title,playlist=playlist")
    assert [row[0] for row in rows] == ["ana"] * 4000 + ["bo"] * 2
    albums = write_dump(json.dumps({"albums": TRACKS, "bo": TRACKS}), "albums.json")
    assert "JSON, but not in a format that sgp knows" in error_of(albums)


def test_titles_in_lists_are_refused(write_dump: WriteDump) -> None:
    objects = [{"name": at, "artist": ["Ada", "Nell"], "title": ["Rain", "Salt"]} for at in "ab"]
    for text in (json.dumps(objects), "\n".join(map(json.dumps, objects))):
        assert error_of(write_dump(text, "x.json")).endswith("but 'title' contains lists: write one object per track")


def test_the_number_of_a_request_is_not_the_id_of_a_playlist(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        answer = {"id": 1, "jsonrpc": "2.0", "result": {"items": TRACKS, "limits": {"end": 2}}}
        (tmp_path / name).write_text(json.dumps(answer))
    readers = open_sources([tmp_path / "a.json", tmp_path / "b.json"], ExtractSettings()).readers
    rows = [row for reader in readers for block in reader.blocks() for row in block.table.to_pylist()]
    assert [row["playlist"] for row in rows] == ["a", "a", "b", "b"]
    assert len({row["key"] for row in rows}) == 2


def test_fields_of_unknown_json_lines_are_listed(write_dump: WriteDump) -> None:
    message = error_of(write_dump('{"foo":"a","bar":"b"}\n{"foo":"c","bar":"b"}\n', "x.jsonl"))
    assert "if its fields foo, bar contain tracks, assign them with --columns" in message
