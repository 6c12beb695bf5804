"""JSON with several lists or keyed tracks, JSON that is not valid, and answers of ListenBrainz and NetEase."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import skipgramophone
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.reading import error_of, read

WriteDump = Callable[..., Path]
TRACKS = [{"artist": "Ada Fenn", "title": "Rain"}, {"artist": "Nell Quay", "title": "Salt"}]
PAIRS = [("Ada Fenn", "Rain"), ("Nell Quay", "Salt")]


@pytest.mark.parametrize("keys", [("0", "1"), ("-NxA", "-NxB")])
def test_tracks_may_be_fields_of_an_object(keys: tuple[str, str], write_dump: WriteDump) -> None:
    rows, _ = read(write_dump(json.dumps(dict(zip(keys, TRACKS, strict=True))), "x.json"), "columns")
    assert [row[1:3] for row in rows] == PAIRS


@pytest.mark.parametrize("other", ["albums", "loved", "playlists", "videos"])
def test_a_document_with_several_lists_of_tracks_is_asked_about(other: str, write_dump: WriteDump) -> None:
    path = write_dump(json.dumps({"tracks": TRACKS, other: TRACKS[:1]}), "x.json")
    assert error_of(path).endswith(
        f"several of its lists may contain the tracks, 'tracks' and {other!r}: write one of them to a file of its own"
    )


def test_other_lists_beside_the_tracks_are_no_tracks(write_dump: WriteDump) -> None:
    document = {"tracks": TRACKS, "images": [{"url": "x"}], "genres": [{"name": "Pop"}], "trackIds": [{"id": 1}]}
    rows, _ = read(write_dump(json.dumps(document), "x.json"), "columns")
    assert [row[1:3] for row in rows] == PAIRS


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[\n{"artist": "Ada", "title": "Rain"},\n]\n', "JSON that is not valid: "),
        ("[{'artist': 'Ada', 'title': 'Rain'}]\n", "a list or dictionary of Python: "),
        ("\n".join(json.dumps(track, indent=1) for track in TRACKS), "several JSON values, one after the other: "),
    ],
)
def test_faults_of_json_are_named(text: str, fault: str, write_dump: WriteDump) -> None:
    message = error_of(write_dump(text, "x.json"))
    assert message.startswith(f"PATH is {fault}")


def test_values_of_mongodb_are_read(write_dump: WriteDump) -> None:
    times = [{"$date": f"2024-03-0{day}T10:00:00Z"} for day in (1, 2)]
    plays = [
        track | {"_id": {"$oid": time["$date"]}, "playedAt": time} for track, time in zip(TRACKS, times, strict=True)
    ]
    lines = map(json.dumps, plays)
    rows, _ = read(write_dump("\n".join(lines), "x.jsonl"), "columns")
    assert [row[0] for row in rows] == ["2024-03-01 10:00", "2024-03-02 10:00"]


def playlists_of_listenbrainz(*names: str, tracks: int) -> str:
    """Return an answer of ListenBrainz with playlists."""
    track = [{"creator": artist, "title": title} for artist, title in PAIRS[:tracks]]
    playlists = [{"playlist": {"title": name, "creator": "ana", "track": track}} for name in names]
    return json.dumps({"count": len(names), "playlists": playlists})


def test_an_answer_of_listenbrainz_has_several_playlists(write_dump: WriteDump) -> None:
    path = write_dump(playlists_of_listenbrainz("Evening", "Evening", tracks=2), "x.json")
    (reader,) = open_sources([path], ExtractSettings()).readers
    rows: list[dict[str, Any]] = [row for block in reader.blocks() for row in block.table.to_pylist()]
    assert reader.format == "jspf"
    assert [(row["owner"], row["playlist"], row["title"]) for row in rows] == 2 * [
        ("ana", "Evening", title) for _, title in PAIRS
    ]
    assert len({row["key"] for row in rows}) == 2
    empty = write_dump(playlists_of_listenbrainz("Evening", "Morning", tracks=0), "y.json")
    assert error_of(empty).startswith("PATH contains only the names of playlists: save each playlist with its tracks")


def test_playlists_of_netease_are_read(write_dump: WriteDump) -> None:
    tracks = [
        {"name": title, "id": at, "ar": [{"id": 1, "name": artist}, {"name": "Guest"}], "al": {"name": "Gold"}}
        for at, (artist, title) in enumerate(PAIRS)
    ]
    document = {"code": 200, "playlist": {"id": 5, "name": "Evening", "tracks": tracks, "trackIds": [{"id": 0}]}}
    rows, _ = read(write_dump(json.dumps(document), "x.json"), "columns")
    assert [row[:3] for row in rows] == [("Evening", f"{artist}, Guest", title) for artist, title in PAIRS]


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"podcastName": "Talk", "episodeName": "1"}, "podcasts"),
        ({"audiobookName": "Sea", "chapterName": "1"}, "audiobooks"),
    ],
)
def test_podcasts_and_books_in_an_export_of_spotify_are_skipped(
    fields: dict[str, str], what: str, write_dump: WriteDump, tmp_path: Path
) -> None:
    times = [f"2024-03-{1 + hour // 24:02d} {hour % 24:02d}:00" for hour in range(150)]
    others = [{"endTime": time, "msPlayed": 60000} | fields for time in times]
    plays = [{"endTime": time, "msPlayed": 60000, "artistName": "Ada", "trackName": "Rain"} for time in times]
    with zipfile.ZipFile(tmp_path / "my.zip", "w") as archive:
        archive.writestr("StreamingHistory_music_0.json", json.dumps(plays))
        archive.writestr("StreamingHistory_other_0.json", json.dumps(others))
    report = skipgramophone.extract("x", tmp_path / "my.zip", dry_run=True)
    assert (report.rows_used, report.rows_rejected) == (150, 0)
    (skipped,) = report.passed_over
    reason = f"the {what} that you listened to (history of Spotify), without tracks"
    assert reason in str(skipped)
    assert error_of(write_dump(json.dumps(others), "other.json")) == f"PATH is {reason}"
