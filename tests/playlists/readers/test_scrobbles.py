"""The readers of scrobbles and listens as JSON: Last.fm's API, lastfmstats, and exports of ListenBrainz."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.examples import LASTFM_PAGES, LASTFMSTATS, LASTFMSTATS_JSON, LISTENS
from tests.playlists.readers.reading import error_of, read, reasons

WriteDump = Callable[..., Path]
# 1704103380 is 2024-01-01 10:03 UTC, and 1704110400 is 12:00.
PLAYS = [("2024-01-01 10:03", "Ada Fenn", "Green Door", None), ("2024-01-01 12:00", "The Hatches", "Rain", None)]


def test_scrobbles_of_the_api_in_pages_and_in_one_list(write_dump: WriteDump) -> None:
    pages = json.loads(LASTFM_PAGES)
    scrobbles = [track for page in pages for track in page["track"]]
    for document in (pages, scrobbles, {"recenttracks": {"track": scrobbles}}):
        rows, rejects = read(write_dump(json.dumps(document), "s.json"), "lastfm-json")
        assert rows == PLAYS
        assert reasons(rejects) == [
            (1, "no valid timestamp"),
            (4, "a name that is not text"),
            (5, "a scrobble that is not a JSON object"),
        ]


@pytest.mark.parametrize(("text", "format"), [(LASTFMSTATS_JSON, "lastfm-json"), (LASTFMSTATS, "lastfmstats")])
def test_the_user_of_lastfmstats_is_the_owner(write_dump: WriteDump, text: str, format: str) -> None:
    path = write_dump(text, "stats")
    rows, rejects = read(path, format)
    assert rows == PLAYS
    assert reasons(rejects) == ([(4, "no valid timestamp"), (5, "1 field instead of 5")] if ";" in text else [])
    (reader,) = open_sources([path], ExtractSettings()).readers
    assert [owner for block in reader.blocks() for owner in block.table["owner"].to_pylist()] == ["me", "me"]


def test_an_array_of_listens_is_read(write_dump: WriteDump) -> None:
    rows, rejects = read(write_dump("\ufeff \n" + LISTENS, "listens.json"), "listenbrainz")
    assert rows == PLAYS
    assert reasons(rejects) == [(3, "not a JSON object")]


def test_the_months_of_an_export_are_one_history(tmp_path: Path) -> None:
    def listen(time: int, title: str) -> str:
        return json.dumps({"listened_at": time, "track_metadata": {"artist_name": "A", "track_name": title}}) + "\n"

    # 1706745540 is 2024-01-31 23:59 UTC; 1727740800 is 2024-10-01 00:00.
    members = {
        "user.json": '{"user_id": 1, "username": "me"}',
        "listens/2024/2.jsonl": listen(1706745660, "after midnight"),
        "listens/2024/10.jsonl": listen(1727740800, "autumn"),
        "listens/2024/1.jsonl": listen(1706745540, "before midnight"),
        "listens/2023/12.jsonl": listen(1702000000, "old"),
        "feedback.jsonl": '{"recording_mbid": "x", "score": 1}\n',
    }
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    found = open_sources([tmp_path / "export.zip"], ExtractSettings())
    assert [reader.format for reader in found.readers] == ["listenbrainz"] * 4
    assert sorted(name for name, _ in found.passed_over) == ["export.zip/feedback.jsonl", "export.zip/user.json"]
    blocks = [
        block.table.select(["playlist", "title"]).to_pylist() for reader in found.readers for block in reader.blocks()
    ]
    rows = [tuple(row.values()) for block in blocks for row in block]
    assert rows == [
        ("2023-12-08 01:46", "old"),
        ("2024-01-31 23:59", "before midnight"),
        ("2024-01-31 23:59", "after midnight"),
        ("2024-10-01 00:00", "autumn"),
    ]


def test_broken_files_raise_a_one_line_error(write_dump: WriteDump) -> None:
    assert error_of(write_dump('{"a": 1}', "x"), "lastfm-json") == "PATH has no scrobbles of Last.fm"
    columns = "its first line needs the columns Artist, Album, AlbumId, Track"
    assert error_of(write_dump("a;b\n", "x"), "lastfmstats") == f"PATH is not a table of lastfmstats: {columns}"
    assert error_of(write_dump(LISTENS[:-2], "x")).startswith("PATH is not an array of listens of ListenBrainz: ")
