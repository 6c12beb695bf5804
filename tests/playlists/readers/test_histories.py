"""Readers of listening histories: which plays form a session, and in which order."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.reading import read

WriteDump = Callable[..., Path]


HEADERLESS = (
    "Biome,UNITY,Unity,\n"
    "Biome,Kora,Let Me,20 Nov 2020 09:35\n"
    "Biome,Kora,Kitemare,20 Nov 2020 09:35\n"
    'Peggy Gou,,Starry Night,19 Nov 2020 21:02\n"Earth, Wind & Fire",I Am,Boogie Wonderland,19 Nov 2020 20:58\n'
)


def test_lastfm_scrobbles_become_sessions_in_the_order_of_time(write_dump: WriteDump) -> None:
    rows, rejects = read(write_dump(HEADERLESS, "me.csv"), "lastfm")
    assert rows == [
        ("2020-11-19 20:58", "Earth, Wind & Fire", "Boogie Wonderland", None),
        ("2020-11-19 20:58", "Peggy Gou", "Starry Night", None),
        ("2020-11-20 09:35", "Biome", "Kitemare", None),
        ("2020-11-20 09:35", "Biome", "Let Me", None),
    ]
    assert [(reject.line, reject.reason) for reject in rejects] == [(1, "no valid timestamp")]
    rows, _ = read(write_dump(HEADERLESS, "me.csv"), "lastfm", session_gap="24h")
    assert {playlist for playlist, *_ in rows} == {"2020-11-19 20:58"}
    rows, _ = read(write_dump(HEADERLESS, "me.csv"), "lastfm", session_gap="3m")
    assert len({playlist for playlist, *_ in rows}) == 3


@pytest.mark.parametrize(
    "text",
    [
        ",artist,album,track,timestamp,datetime\n0,B,x,two,1559040600,2019-05-28 10:50:00\n"
        "1,A,x,one,1559040000,2019-05-28 10:40:00\n2,A,x\n",
        "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n"
        '"1559040600","28 May 2019, 10:50","B","","x","","two",""\n"1559040000","","A","","x","","one",""\n"1",""\n',
    ],
)
def test_lastfm_layouts_with_a_header(write_dump: WriteDump, text: str) -> None:
    rows, rejects = read(write_dump(text, "me.csv"), "lastfm")
    assert rows == [("2019-05-28 10:40", "A", "one", None), ("2019-05-28 10:40", "B", "two", None)]
    assert [reject.line for reject in rejects] == [4]


def test_listenbrainz_listeners_have_separate_sessions(write_dump: WriteDump) -> None:
    def listen(time: object, artist: object, title: str, user: str) -> str:
        track = {"artist_name": artist, "track_name": title}
        return json.dumps({"listened_at": time, "user_name": user, "track_metadata": track}, ensure_ascii=False)

    lines = [
        listen(1622541600, "Sigur Rós", "Sæglópur", "u"),
        listen(1622541660, "Björk", "Jóga", "v"),
        listen(1622541900, "Sigur Rós", "Hoppípolla", "u"),
        listen(None, "x", "y", "u"),
        listen(1622541900, 7, "y", "u"),
        "{broken",
        "[]",
        '{"listened_at": 1622541900}',
    ]
    rows, rejects = read(write_dump("\n".join(lines), "listens.jsonl"), "listenbrainz")
    assert rows == [
        ("2021-06-01 10:00", "Sigur Rós", "Sæglópur", None),
        ("2021-06-01 10:01", "Björk", "Jóga", None),
        ("2021-06-01 10:00", "Sigur Rós", "Hoppípolla", None),
    ]
    assert [(reject.line, reject.reason) for reject in rejects] == [
        (4, "no valid timestamp"),
        (5, "a name that is not text"),
        (6, "not JSON"),
        (7, "not a JSON object"),
        (8, "no track_metadata"),
    ]


def test_a_spotify_history_is_split_at_pauses(write_dump: WriteDump) -> None:
    def play(end: str, title: str, ms: int) -> dict[str, object]:
        return {"endTime": end, "artistName": "A", "trackName": title, "msPlayed": ms}

    plays = [
        play("2021-01-09 02:15", "one", 240_000),
        play("2021-01-09 02:18", "two", 151_000),
        play("2021-01-09 02:18", "skipped", 0),
        play("2021-01-09 03:20", "a mix of an hour", 3_600_000),
        play("2021-01-09 05:14", "three", 12_000),
        play("soon", "four", 1),
    ]
    path = write_dump(json.dumps(plays), "StreamingHistory0.json")
    rows, rejects = read(path, "spotify")
    night = "2021-01-09 02:11"
    assert rows == [
        (night, "A", "one", None),
        (night, "A", "two", None),
        (night, "A", "a mix of an hour", None),
        ("2021-01-09 05:13", "A", "three", None),
    ]
    assert [(reject.line, reject.reason) for reject in rejects] == [(3, "played for 0 ms"), (6, "no valid timestamp")]
    rows, _ = read(path, "spotify", keep=["skips"])
    assert [title for _, _, title, _ in rows] == ["one", "two", "skipped", "a mix of an hour", "three"]


def test_sessions_continue_across_the_parts_of_a_spotify_history(tmp_path: Path) -> None:
    def part(hour: int, minute: int, title: str) -> list[dict[str, object]]:
        """Return a play of one minute."""
        end = f"2021-01-09 {hour:02}:{minute + 1:02}"
        return [{"endTime": end, "artistName": "A", "trackName": title, "msPlayed": 60_000}]

    def sessions(*paths: Path) -> list[list[str]]:
        """Return the titles of each session, in order."""
        found: dict[tuple[str, str], list[str]] = {}
        for reader in open_sources(list(paths), ExtractSettings()).readers:
            for block in reader.blocks():
                for row in block.table.to_pylist():
                    found.setdefault((row["playlist"], row["key"]), []).append(row["title"])
        return list(found.values())

    mine, hers = tmp_path / "mine", tmp_path / "hers"
    for directory in (mine, hers):
        directory.mkdir()
    for number in range(12):  # part 10 comes before part 2 by name; each hour begins in one part and ends in the next
        plays = [*part(number, 0, f"{number - 1} ends"), *part(number, 58, f"{number} begins")]
        (mine / f"StreamingHistory{number}.json").write_text(json.dumps(plays[number == 0 :]))
    (mine / "StreamingHistory_podcast_0.json").write_text(json.dumps(part(0, 57, "another kind")))
    (hers / "StreamingHistory1.json").write_text(json.dumps(part(11, 57, "somebody else")))
    each = [[f"{number} begins", f"{number} ends"] for number in range(11)]
    apart = [["11 begins"], ["another kind"]]
    assert sessions(mine, hers) == [*each, *apart, ["somebody else"]]
    assert sessions(*(mine / f"StreamingHistory{number}.json" for number in (1, 0, 2)))[:2] == each[:2]
    with zipfile.ZipFile(tmp_path / "my.zip", "w") as archive:
        for path in sorted(mine.iterdir()):
            archive.write(path, path.name)
    assert sessions(tmp_path / "my.zip", hers / "StreamingHistory1.json") == [*each, *apart, ["somebody else"]]
    # Overlapping parts do not belong to one history: the second does not continue the first.
    (mine / "StreamingHistory1.json").write_text(json.dumps(part(0, 30, "earlier")))
    assert sessions(*(mine / f"StreamingHistory{number}.json" for number in (0, 1))) == [["0 begins"], ["earlier"]]


def test_the_extended_spotify_history_has_uris_and_episodes(write_dump: WriteDump) -> None:
    song = {"ts": "2021-06-01T10:00:00Z", "ms_played": 201_000, "master_metadata_track_name": "Hyperballad"}
    song |= {"master_metadata_album_artist_name": "Björk", "spotify_track_uri": "u:21", "episode_name": None}
    episode = {"ts": "2021-06-01T10:04:00Z", "ms_played": 1000, "master_metadata_track_name": None}
    episode |= {"episode_name": "An episode", "episode_show_name": "A show", "spotify_episode_uri": "e:22"}
    rows, rejects = read(write_dump(json.dumps([song, episode]), "Streaming_History_Audio_2021_0.json"), "spotify")
    assert rows == [("2021-06-01 09:56", "Björk", "Hyperballad", "u:21")]
    assert [(reject.line, reject.reason) for reject in rejects] == [(2, "a podcast episode")]


@pytest.mark.parametrize(
    ("ended", "lasted"),
    [
        ("2021-06-01T10:00:00Z", 10**14),
        ("2021-06-01T10:00:00Z", 10**400),
        ("2021-06-01T10:00:00Z", -1),
        ("0001-01-01T00:00:00+10:00", 1000),
        ("9999-12-31T23:59:59-10:00", 1000),
    ],
    ids=["long", "longer", "negative", "early", "late"],
)
def test_a_spotify_play_with_a_time_out_of_range_is_rejected(write_dump: WriteDump, ended: str, lasted: int) -> None:
    song = {"ts": "2021-06-01T10:00:00Z", "ms_played": 201_000, "master_metadata_track_name": "Hyperballad"}
    song |= {"master_metadata_album_artist_name": "Björk", "spotify_track_uri": "u:21"}
    rows, rejects = read(
        write_dump(json.dumps([song, song | {"ts": ended, "ms_played": lasted}]), "endsong_0.json"), "spotify"
    )
    assert len(rows) == 1
    assert [(reject.line, reject.reason) for reject in rejects] == [(2, "no valid timestamp")]
