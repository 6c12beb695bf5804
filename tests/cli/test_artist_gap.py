"""`sgp continue --artist-gap`: tracks that would break the gap are replaced by the next suggestions.

The gap is also kept between the given tracks and the new ones.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import skipgramophone as package
from tests.cli.untrained import give_vectors
from tests.conftest import run_sgp

GAP = 3
MINUTES = 4  # length of each track


@pytest.fixture
def crowded(experiments: Path, tmp_path: Path) -> Path:
    """The experiment "crowded": 40 tracks of 4 minutes; half of them are by one artist, the others by ten artists."""
    artists = ["Main" if at % 2 else f"Guest {at // 2 % 10}" for at in range(40)]
    lines = [f"#EXTINF:{60 * MINUTES},{artist} - Song {at}\nmusic/{at}.ogg" for at, artist in enumerate(artists)]
    (tmp_path / "a.m3u").write_text("#EXTM3U\n" + "\n".join(lines) + "\n")
    package.extract("crowded", tmp_path / "a.m3u", experiments_dir=experiments)
    give_vectors(experiments, "crowded")
    return experiments


def arguments(*more: str) -> tuple[str, ...]:
    """The arguments of a command that orders its list."""
    return ("continue", "crowded", *more, "--max-per-artist", "0", "--arrange", "--artist-gap", str(GAP))


def breaks_gap(artists: list[str]) -> bool:
    """Whether two tracks of one artist are too close to each other."""
    return any(artist in artists[max(0, at - GAP) : at] for at, artist in enumerate(artists))


@pytest.mark.parametrize("minutes", [20, 40, 60])
def test_the_list_is_as_long_as_the_duration_and_keeps_the_gap_after_the_given_tracks(
    crowded: Path, minutes: int
) -> None:
    given = ("Main - Song 1", "Guest 0 - Song 0")
    for number in ("30", "36"):
        for seed in ("1", "2", "3"):
            ran = run_sgp(
                *arguments(*given, "--duration", f"{minutes}m", "-n", number, "-rs", seed),
                *("--include-seeds", "--format", "plain"),
            )
            artists = [line.split(" - ")[0] for line in ran.out.splitlines()]
            assert len(artists) == minutes // MINUTES
            assert artists[:2] == ["Main", "Guest 0"]
            assert not breaks_gap(artists)
            assert "left out" not in ran.err


def answer(*more: str) -> dict[str, Any]:
    """The answer as JSON."""
    ran = run_sgp(*arguments(*more), "--json")
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_tracks_without_a_place_are_replaced_and_counted(crowded: Path) -> None:
    found = answer("Guest 0 - Song 0", "--duration", "40m", "-n", "36")
    assert len(found["neighbours"]) == 10
    assert any(note.endswith(f"that cannot be placed with an artist gap of {GAP}") for note in found["notes"])
    assert found["notes"][-1] == "duration 40 min of at most 40 min"


def test_a_list_that_the_gap_makes_too_short_names_the_gap(crowded: Path) -> None:
    # An artist may be listed once in four tracks. With 36 of 39 tracks, at most nine can be by the main artist.
    found = answer("Guest 0 - Song 0", "-n", "36")
    artists = [near["artist"] for near in found["neighbours"]]
    assert len(artists) < 36
    assert not breaks_gap(artists)
    remedy = [note for note in found["notes"] if "a smaller --artist-gap gives a longer list" in note]
    assert len(remedy) == 1
    found = answer("Guest 0 - Song 0", "-n", "36", "--duration", "3h")
    assert len([note for note in found["notes"] if "a smaller --artist-gap gives a longer list" in note]) == 1
    assert "a larger -n" not in found["notes"][-1]
