"""Durations in the sources: kept by `extract`, used by `continue --duration` and written into playlists."""

from __future__ import annotations

import json
import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import skipgramophone as package
from skipgramophone.experiment.catalogue import Catalogue
from tests.cli.untrained import give_vectors
from tests.conftest import dump_text, run_sgp

TRACKS = 12
ALL = ("--all-versions", "--max-per-artist", "0")


def seconds_of_tracks(root: Path, name: str) -> dict[str, int | None]:
    """The duration of each track by title."""
    with closing(Catalogue(root / name / "corpus")) as catalogue:
        catalogue.require_sound()
        return {track.title: track.seconds for track in catalogue.all_tracks()}


@pytest.fixture
def timed(experiments: Path, tmp_path: Path) -> Path:
    """The experiment "timed": track n lasts 100 + n seconds, and the duration of "Song 7" is not known."""
    lines = [
        f"#EXTINF:{-1 if at == 7 else 100 + at},Artist {at % 3} - Song {at}\nmusic/{at}.ogg" for at in range(TRACKS)
    ]
    (tmp_path / "a.m3u").write_text("#EXTM3U\n" + "\n".join(lines) + "\n")
    package.extract("timed", tmp_path / "a.m3u", experiments_dir=experiments)
    give_vectors(experiments, "timed")
    return experiments


def answer(*arguments: str) -> dict[str, Any]:
    """The answer as JSON."""
    ran = run_sgp("continue", "timed", *arguments, *ALL, "--json")
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_a_list_ends_before_it_is_too_long_and_unknown_durations_are_left_out(timed: Path) -> None:
    assert seconds_of_tracks(timed, "timed") == {f"Song {at}": None if at == 7 else 100 + at for at in range(TRACKS)}
    whole = [near["title"] for near in answer("Song 0", "-n", "11")["neighbours"]]
    known = [title for title in whole if title != "Song 7"]
    lengths = [100 + int(title.split()[1]) for title in known]
    for number in (1, 3, 5):
        exactly = sum(lengths[:number])
        for seconds, listed in ((exactly, number), (exactly + 99, number), (exactly - 1, number - 1)):
            found = answer("Song 0", "-n", "11", "--duration", f"{seconds}s")
            assert [near["title"] for near in found["neighbours"]] == known[:listed]
            assert "left out 1 track of unknown duration" in found["notes"]
    assert "a larger -n gives more tracks" in answer("Song 0", "-n", "11", "--duration", "2h")["notes"][-1]
    found = answer("--from", "Song 0", "--to", "Song 5", "--arrange", "-n", "9", "--duration", "530s")
    titles = [near["title"] for near in found["neighbours"]]
    total = sum(100 + int(title.split()[1]) for title in titles)
    assert (titles[0], titles[-1]) == ("Song 0", "Song 5")
    assert 530 - 112 < total <= 530
    assert found["arrangement"]["mean_step"] is not None
    ran = run_sgp("continue", "timed", "--from", "Song 0", "--to", "Song 5", "--arrange", "--duration", "204s")
    assert (ran.code, ran.err) == (
        2,
        "error: the first and the last track together are longer than --duration: give a longer --duration\n",
    )
    (refused,) = run_sgp("continue", "timed", "--from", "Song 7", "--arrange", "--duration", "1h").err.splitlines()
    assert refused.startswith("error: the duration of 'Artist 1 - Song 7' is not known: give -n instead")


def test_a_list_from_track_to_track_reaches_its_end_within_the_duration(timed: Path) -> None:
    at = ("--from", "Song 1", "--to", "Song 11", "--arrange")
    found = answer(*at, "-n", "12", "--duration", "550s")
    (note,) = [note for note in found["notes"] if note.startswith("duration")]
    titles = {near["title"] for near in found["neighbours"]}
    # as many points divide the way evenly as there is time for
    alike = [answer(*at, "-n", str(number)) for number in range(3, 12)]
    listed = [{near["title"] for near in other["neighbours"]} - {"Song 7"} for other in alike]
    lengths = [sum(100 + int(title.split()[1]) for title in titles) for titles in listed]
    most = max(place for place, seconds in enumerate(lengths) if seconds <= 550)
    assert titles == listed[most]
    assert note == f"duration {round(lengths[most] / 60)} min of at most 9 min"


def test_the_duration_is_that_of_the_list_that_is_shown(timed: Path) -> None:
    left_out = 0
    for minutes in (6, 8, 10):
        at = ("Song 0", "-n", "9", "--duration", f"{minutes}m", "--arrange", "--artist-gap", "3")
        found = answer(*at)
        left_out += any("that cannot be placed with an artist gap of 3" in note for note in found["notes"])
        total = sum(100 + int(near["title"].split()[1]) for near in found["neighbours"])
        assert found["notes"][-1] == f"duration {round(total / 60)} min of at most {minutes} min"
    assert left_out
    assert answer("Song 0", "--duration", "99s")["notes"][-1] == "no track fits into 2 min: give a longer --duration"


def test_given_tracks_that_are_written_count(timed: Path) -> None:
    at = ("continue", "timed", "Song 1", "Song 7", "--duration", "320s", "--format", "plain", *ALL)
    without, given = run_sgp(*at), run_sgp(*at, "--include-seeds")
    assert len(without.out.splitlines()) == 3
    assert given.out.splitlines()[:2] == ["Artist 1 - Song 1", "Artist 1 - Song 7"]
    assert given.out.splitlines()[2:] == without.out.splitlines()[: len(given.out.splitlines()) - 2]
    total = sum(100 + int(line.rsplit(" ", 1)[1]) for line in given.out.splitlines() if not line.endswith(" 7"))
    assert 320 - 111 < total <= 320
    assert "the duration does not include 1 given track of unknown duration" in given.err
    short = run_sgp(*at[:4], "--duration", "100s", "--format", "plain", "--include-seeds")
    assert (short.code, short.err) == (
        2,
        "error: the given tracks alone are longer than --duration: increase --duration, or leave out --include-seeds\n",
    )


def test_tracks_are_filtered_by_their_duration(timed: Path) -> None:
    at = ("similar", "timed", "Song 0", "-n", "11", "--json")
    for options, songs in (
        (("--longer-than", "105s"), range(5, TRACKS)),
        (("--shorter-than", "105s"), range(1, 6)),
        (("--longer-than", "1.75m", "--shorter-than", "108s"), range(5, 9)),
    ):
        ran = run_sgp(*at, *options)
        titles = {near["title"] for near in json.loads(ran.out)["neighbours"]}
        assert titles == {f"Song {at}" for at in songs if at != 7}
        assert "left out all tracks of unknown duration: 1 of 12 tracks\n" in ran.err
    way = run_sgp(
        "continue", "timed", "--from", "Song 1", "--to", "Song 11", "--arrange", "--longer-than", "106s", *ALL
    )
    assert {f"Song {at}" for at in (2, 3, 4, 5, 7)}.isdisjoint(re.findall(r"Song \d+", way.out))
    blended = run_sgp(
        "similar", "timed", "Song 0", "--by", "cosine+count", "--shorter-than", "103s", "--format", "plain"
    )
    assert sorted(blended.out.split("\n")) == ["", "Artist 0 - Song 3", "Artist 1 - Song 1", "Artist 2 - Song 2"]
    for given, problem in (
        (("--longer-than", "2m", "--shorter-than", "1m"), "--longer-than must not be above --shorter-than"),
        (("--longer-than", "0"), "--longer-than must be above 0 and at most a year, not 0.0"),
        (("--shorter-than", "soon"), "--shorter-than: a time span must be a number followed by s, m or h"),
        (
            ("--shorter-than", "2m", "--of", "artists"),
            "--shorter-than is for lists of tracks: leave it out, or leave out --of artists",
        ),
    ):
        ran = run_sgp(*at, *given)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(f"error: {problem}")


def test_a_corpus_without_durations_cannot_be_filtered_by_them(experiments: Path, tmp_path: Path) -> None:
    (tmp_path / "dump.csv").write_text(dump_text([("o", "A", str(at), "p") for at in range(5)]))
    package.extract("plain", tmp_path / "dump.csv")
    give_vectors(experiments, "plain")
    for command in ("similar", "continue"):
        ran = run_sgp(command, "plain", "A - 1", "--by", "cosine", "--longer-than", "2m")
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == (
            "error: --longer-than and --shorter-than need durations, which the sources of this corpus do not contain "
            "(M3U, PLS, XSPF and JSPF files do): leave these options out\n"
        )


def test_playlists_state_the_durations_and_other_formats_are_read(timed: Path, tmp_path: Path) -> None:
    at = ("continue", "timed", "Song 0", "-n", "11", *ALL, "-q")
    for format in ("m3u8", "xspf", "jspf"):
        path = tmp_path / f"more.{format}"
        assert run_sgp(*at, "-o", path).code == 0
        package.extract(format, path)
        assert seconds_of_tracks(timed, format) == {
            f"Song {at}": None if at == 7 else 100 + at for at in range(1, TRACKS)
        }
    assert "#EXTINF:101,Artist 1 - Song 1\n" in (tmp_path / "more.m3u8").read_text()
    assert "#EXTINF:-1,Artist 1 - Song 7\n" in (tmp_path / "more.m3u8").read_text()
    (tmp_path / "b.pls").write_text(
        "[playlist]\nFile1=1.ogg\nTitle1=A - B\nLength1=61\nFile2=2.ogg\nTitle2=A - C\nLength2=-1\n"
    )
    package.extract("pls", tmp_path / "b.pls")
    assert seconds_of_tracks(timed, "pls") == {"B": 61, "C": None}


def test_a_corpus_that_grows_keeps_durations(timed: Path, tmp_path: Path) -> None:
    before = seconds_of_tracks(timed, "timed")
    more = tmp_path / "more.m3u"
    more.write_text("#EXTM3U\n#EXTINF:7,Artist 1 - Song 7\nx.ogg\n#EXTINF:9,Artist 0 - Song 0\nx.ogg\n")
    package.extract("timed", more, append=True)
    assert seconds_of_tracks(timed, "timed") == before | {"Song 7": 7}
    (tmp_path / "dump.csv").write_text(dump_text([("o", "A", "B", "p")]))
    package.extract("timed", tmp_path / "dump.csv", append=True)
    assert seconds_of_tracks(timed, "timed") == before | {"Song 7": 7, "B": None}
