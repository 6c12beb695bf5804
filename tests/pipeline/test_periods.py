"""`extract --since --until`: rows outside a period are left out and counted, and sources without times are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from skipgramophone.errors import SettingError, SourceError
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.pipeline.extract import extract
from skipgramophone.settings import ExtractSettings
from tests.conftest import run_sgp

# Ten plays or additions at noon of 1 to 10 June 2021, and for some sources one without a time.
DAYS = [f"2021-06-{day:02d}" for day in range(1, 11)]
NOON = 1622548800  # 1 June, seconds since 1970
DAY = 86_400


def listen(at: int) -> dict[str, Any]:
    """A listen of ListenBrainz."""
    metadata = {"artist_name": "A", "track_name": f"Song {at}"}
    return {"listened_at": NOON + DAY * at, "user_name": "me", "track_metadata": metadata}


def added(at: int) -> dict[str, Any]:
    """An item of a playlist as the Web API of Spotify returns it."""
    return {"added_at": f"{DAYS[at]}T12:00:00Z", "track": {"name": f"Song {at}", "artists": [{"name": "A"}]}}


def of_account(at: int) -> dict[str, Any]:
    """An item of a playlist in the privacy export of Spotify."""
    return {"addedDate": DAYS[at], "track": {"artistName": "A", "trackName": f"Song {at}"}}


SOURCES = {
    "listenbrainz": ("a.jsonl", "\n".join(json.dumps(listen(at)) for at in range(10)), 0),
    "listenbrainz, an array, newest first": ("a.json", json.dumps([listen(9 - at) for at in range(10)]), 0),
    "lastfm": ("a.csv", "".join(f"A,Album,Song {at},{at + 1:02d} Jun 2021 12:00\n" for at in range(10)), 0),
    "spotify": (
        "StreamingHistory0.json",
        json.dumps(
            [
                {"endTime": f"{DAYS[at]} 12:00", "artistName": "A", "trackName": f"Song {at}", "msPlayed": 9}
                for at in range(10)
            ]
        ),
        0,
    ),
    "playlists of spotify": (
        "Playlist1.json",
        json.dumps(
            {"playlists": [{"name": "P", "items": [*map(of_account, range(10)), of_account(0) | {"addedDate": 1}]}]}
        ),
        1,
    ),
    "spotify-api": ("a.json", json.dumps({"items": [*map(added, range(10)), added(0) | {"added_at": None}]}), 1),
    "exportify": (
        "a.csv",
        "Track URI,Track Name,Artist Name(s),Added At\n"
        + "".join(f"x:{at},Song {at},A,{DAYS[at]}T12:00:00Z\n" for at in range(10))
        + "x:10,Song 10,A,\n",
        1,
    ),
    "apple-activity": (
        "a.csv",
        "Song Name,Artist Name,Event Start Timestamp,Event End Timestamp,Play Duration Milliseconds\n"
        + "".join(f"Song {at},A,{DAYS[at]}T12:00:00Z,{DAYS[at]}T12:03:00Z,180000\n" for at in range(10)),
        0,
    ),
    "apple-daily": (
        "a.csv",
        "Track Description,Date Played,Play Duration Milliseconds\n"
        + "".join(f"A - Song {at},{DAYS[at].replace('-', '')},180000\n" for at in range(10)),
        0,
    ),
    "lastfm-archive": (
        "scrobbles.tsv",
        "ISO time\tunixtime\ttrack name\ttrack mbid\tartist name\tapplication\n"
        + "".join(f"\t{NOON + DAY * at}\tSong {at}\t\tA\t\n" for at in range(10)),
        0,
    ),
    "tidal": (
        "streaming.csv",
        "artist_name,track_title,entry_date,stream_duration_ms,product_type\n"
        + "".join(f"A,Song {at},{at + 1:02d}/06/2021 12:00,1000.0,TRACK\n" for at in range(10)),
        0,
    ),
    "table": ("a.csv", "artist,title,time\n" + "".join(f"A,Song {at},{DAYS[at]}T12:00:00\n" for at in range(10)), 0),
}


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize(
    ("since", "until", "songs"),
    [
        ("2021-06-03", None, range(2, 10)),
        (None, "2021-06-03", range(3)),
        ("2021-06-03", "2021-06-05", range(2, 5)),
    ],
)
def test_only_rows_of_the_period_are_used(
    tmp_path: Path, name: str, since: str | None, until: str | None, songs: range
) -> None:
    file, text, without = SOURCES[name]
    (tmp_path / file).write_text(text)
    report = extract("demo", tmp_path / file, ExtractSettings(since=since, until=until), experiments_dir=tmp_path)
    before, after = songs.start, 10 - songs.stop
    expected = {f"before {since}": before, f"after {until}": after, "without a time": without}
    assert report.left_out == {reason: number for reason, number in expected.items() if number}
    assert (report.rows_read, report.rows_used) == (10 + without, len(songs))
    catalogue = Catalogue(tmp_path / "demo" / "corpus")
    assert sorted(track.title for track in catalogue.all_tracks()) == [f"Song {at}" for at in songs]


def test_a_time_of_the_day_is_a_bound_too(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(SOURCES["table"][1])
    settings = ExtractSettings(since="2021-06-03T12:00:01", until="2021-06-06T14:00+02:00")
    report = extract("demo", tmp_path / "a.csv", settings, experiments_dir=tmp_path)
    assert report.rows_used == 3  # 4, 5 and 6 June


def test_nothing_in_the_period_is_one_clear_line(tmp_path: Path) -> None:
    for name in ("listenbrainz", "table", "exportify"):
        file, text, _ = SOURCES[name]
        (tmp_path / file).write_text(text)
        with pytest.raises(SourceError, match=r"^no row of the sources can be used; left out: 10 after 1999-12-31"):
            extract("demo", tmp_path / file, ExtractSettings(until="1999-12-31"), experiments_dir=tmp_path)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"since": "soon"}, "since must be a date or a time such as 2020-12-31 or 2020-12-31T18:00, not 'soon'"),
        ({"until": "2021-02-30"}, "until must be a date or a time"),
        ({"until": "9999-12-31"}, "until must be a date or a time"),
        (
            {"since": "2021-06-02", "until": "2021-06-01"},
            "since must not be later than until, but 2021-06-02 is after 2021-06-01",
        ),
        ({"since": "2021-06-02", "columns": "title=a"}, "since and until need a column with times: add time=…"),
    ],
)
def test_impossible_periods_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError) as raised:
        ExtractSettings(**given)
    assert str(raised.value).startswith(message)


def test_a_settings_file_may_have_dates(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(SOURCES["table"][1])
    for at, since in enumerate(("2021-06-03", '"2021-06-03"', "2021-06-03T00:00:00Z")):
        (tmp_path / "s.toml").write_text(f"[extract]\nsince = {since}\nuntil = 2021-06-05\n")
        at_root = ("--config", tmp_path / "s.toml", "--experiments-dir", tmp_path)
        ran = run_sgp("extract", f"demo{at}", tmp_path / "a.csv", *at_root, "--json")
        assert json.loads(ran.out)["rows_used"] == 3
    for line, problem in (
        ("since = 5", "since must be text, not 5"),
        ('match = ["isrc"]', "match must be text, not ['isrc']"),
        ("encoding = 5", "encoding must be text, not 5"),
    ):
        (tmp_path / "s.toml").write_text(f"[extract]\n{line}\n")
        ran = run_sgp("extract", "demo", tmp_path / "a.csv", *at_root)
        assert (ran.code, ran.err) == (2, f"error: {tmp_path / 's.toml'}: {problem}\n")


def test_sources_without_times_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.m3u").write_text("#EXTM3U\n#EXTINF:9,A - B\nb.ogg\n")
    (tmp_path / "b.csv").write_text("artist,title,playlist\nA,B,P\n")
    for source, problem in (
        (tmp_path / "a.m3u", f"a source with times, but {tmp_path / 'a.m3u'} has the format m3u: leave them out"),
        (tmp_path / "b.csv", f"a column with times, but {tmp_path / 'b.csv'} has none"),
    ):
        ran = run_sgp("extract", "demo", source, "--since", "2021-01-01", "--experiments-dir", tmp_path / "e")
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(f"error: --since and --until need {problem}")
    ran = run_sgp("extract", "demo", "--sample", "--since", "2021-01-01", "--experiments-dir", tmp_path / "e")
    assert ran.err == "error: the sample has no times: leave out --since and --until\n"
