"""`sgp continue --history`: the last plays of a listening history as the query."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import skipgramophone as sgp
from skipgramophone.experiment.catalogue import Track
from skipgramophone.lookup.results import Seed
from skipgramophone.names.song_versions import song_key
from skipgramophone.playlists.listening_history import read_plays
from tests.cli.continued import answer, continued


def tracks_of(root: Path, *rows: int) -> list[Track]:
    """Tracks of the sample."""
    with sgp.open("demo", root) as demo:
        return demo.catalogue.tracks(rows)


def plays_in(tracks: list[Track], first_minute: int = 0) -> list[dict[str, object]]:
    """A part of a streaming history of Spotify: a play every ten minutes."""
    return [
        {
            "endTime": f"2024-03-01 {(first_minute + at) // 6:02}:{(first_minute + at) % 6}0",
            "artistName": track.artist,
            "trackName": track.title,
            "msPlayed": 200_000,
        }
        for at, track in enumerate(tracks)
    ]


@pytest.fixture
def history(sample_root: Path, tmp_path: Path) -> Path:
    """Two files of one history, whose names are not in order of time: tracks 9, 8, then 0, 1, 0, 2."""
    first, second = (tracks_of(sample_root, *rows) for rows in ((9, 8), (0, 1, 0, 2)))
    directory = tmp_path / "history"
    directory.mkdir()
    (directory / "StreamingHistory_music_1.json").write_text(json.dumps(plays_in(first)))
    (directory / "StreamingHistory_music_0.json").write_text(json.dumps(plays_in(second, 20)))
    (directory / "Playlist1.json").write_text(
        json.dumps({"playlists": [{"name": "x", "items": [{"track": {"artistName": "a", "trackName": "b"}}]}]})
    )
    return directory


def test_the_last_plays_are_weighted_by_recency_and_number(sample_root: Path, history: Path) -> None:
    assert [track.name for track in read_plays(history)] == [
        track.name for track in tracks_of(sample_root, 9, 8, 0, 1, 0, 2)
    ]
    found = answer(sample_root, "--history", history, "--last", "4")
    # Plays 0, 1, 0, 2 count 1/4, 2/4, 3/4 and 1.
    wanted = dict(zip(tracks_of(sample_root, 0, 1, 2), (1.0, 0.5, 1.0), strict=True))
    assert {(seed["uri"], seed["weight"]) for seed in found["seeds"]} == {(t.uri, w) for t, w in wanted.items()}
    with sgp.open("demo", sample_root) as demo:
        by_hand = demo.similar_to([Seed(track, weight) for track, weight in wanted.items()], sgp.ContinueSettings())
    assert [near["uri"] for near in found["neighbours"]] == [near.track.uri for near in by_hand.neighbours]
    every = answer(sample_root, "--history", history)
    assert {seed["uri"]: seed["weight"] for seed in every["seeds"]} == {
        track.uri: pytest.approx(weight)
        for track, weight in zip(tracks_of(sample_root, 9, 8, 0, 1, 2), (1 / 6, 2 / 6, 8 / 6, 4 / 6, 1), strict=True)
    }


def test_tracks_heard_recently_and_their_versions_are_left_out_on_request(sample_root: Path, tmp_path: Path) -> None:
    (newest,) = tracks_of(sample_root, 41)
    with sgp.open("demo", sample_root) as demo:
        near = [one.track for one in demo.similar_to([Seed(newest)], sgp.ContinueSettings(number=5)).neighbours]
    path = tmp_path / "StreamingHistory0.json"
    path.write_text(json.dumps(plays_in([*near[:3], newest])))
    plain = answer(sample_root, "--history", path, "--last", "1")
    assert [one["uri"] for one in plain["neighbours"][:5]] == [track.uri for track in near]
    found = answer(sample_root, "--history", path, "--last", "1", "--exclude-recent", "4")
    songs = {song_key(one["artist"], one["title"]) for one in found["neighbours"]}
    assert not songs & {song_key(track.artist, track.title) for track in near[:3]}
    assert [one["uri"] for one in found["neighbours"][:2]] == [track.uri for track in near[3:]]
    assert [seed["uri"] for seed in found["seeds"]] == [newest.uri]
    assert "not suggested: 3 tracks from the last 4 plays" in found["notes"]
    # Only the left-out tracks are missing; the similarities of all others stay the same.
    before = {one["uri"]: one["similarity"] for one in plain["neighbours"]}
    assert all(one["similarity"] == before.get(one["uri"], one["similarity"]) for one in found["neighbours"])


def test_other_formats_of_histories_and_files_that_are_none(sample_root: Path, tmp_path: Path) -> None:
    one, other = tracks_of(sample_root, 3, 4)
    scrobbles = tmp_path / "lastfm.csv"
    scrobbles.write_text(  # newest first, as Last.fm writes them
        f'"{other.artist}",x,"{other.title}",20 Nov 2020 09:35\n"{one.artist}",x,"{one.title}",19 Nov 2020 21:02\n'
    )
    found = answer(sample_root, "--history", scrobbles)
    assert [(seed["uri"], seed["weight"]) for seed in found["seeds"]] == [(one.uri, 0.5), (other.uri, 1.0)]
    table = tmp_path / "plays.csv"
    table.write_text(
        "user,artist,track,timestamp\n"
        f'u,"{other.artist}","{other.title}",1605865000\nu,"{one.artist}","{one.title}",1605864000\n'
    )
    assert [track.name for track in read_plays(table)] == [one.name, other.name]
    table.write_text(table.read_text() + "v,a,b,1605864000\n")
    playlist = tmp_path / "list.m3u8"
    playlist.write_text("#EXTM3U\n#EXTINF:1,a - b\nb.ogg\n")
    (tmp_path / "names.txt").write_text("one name\nanother name\n")
    for path, problem in (
        (tmp_path / "names.txt", f"{tmp_path / 'names.txt'} is not a listening history in a format that sgp knows"),
        (table, f"{table} has the plays of 2 listeners: give the history of one listener"),
        (playlist, f"{playlist} is not a listening history: it has no times of plays. Use --file for a playlist"),
    ):
        ran = continued(sample_root, "--history", path)
        assert (ran.code, ran.out, ran.err) == (1, "", f"error: {problem}\n")
    unknown = tmp_path / "StreamingHistory9.json"
    unknown.write_text(json.dumps(plays_in([Track(0, "zzqx vvk", "wwjx qqz", None, 1, 1)])))
    assert continued(sample_root, "--history", unknown).code == 3
    assert continued(sample_root, "--history", tmp_path / "absent").code == 1
    ran = continued(sample_root, "x", "--last", "3")
    assert (ran.code, ran.err) == (
        2,
        "error: --last and --exclude-recent are for a listening history: add --history FILE\n",
    )
