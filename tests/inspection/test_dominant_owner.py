"""An owner with a large share of all occurrences, and the option that limits its influence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from skipgramophone.experiment.corpus import Corpus
from skipgramophone.inspection.contents import Contents
from skipgramophone.inspection.dominant_owner import inspect_dominant_owner
from skipgramophone.inspection.findings import Finding
from skipgramophone.settings import Thresholds

Playlist = tuple[str, Sequence[int]]  # owner and tracks
PEOPLE: list[Playlist] = [(f"person {at}", range(at, at + 10)) for at in range(40)]  # 400 occurrences


def found(playlists: Sequence[Playlist]) -> Finding | None:
    """Return the finding about these playlists."""
    ids = np.array([track for _, tracks in playlists for track in tracks], np.int32)
    offsets = np.cumsum([0, *(len(tracks) for _, tracks in playlists)])
    names = [f"song {at}" for at in range(ids.max() + 1)]
    tracks = pa.table({"artist": [""] * len(names), "title": names, "uri": pa.nulls(len(names), pa.string())})
    owners = [owner for owner, _ in playlists]
    listed = pa.table({"owner": owners, "name": [f"list {at}" for at in range(len(owners))]})
    return next(inspect_dominant_owner(Contents(Corpus(ids, offsets), tracks, listed), Thresholds()), None)


def test_an_owner_with_many_different_playlists_is_named() -> None:
    robot = [("robot", range(at, at + 30)) for at in range(20)]
    finding = found([*PEOPLE, *robot])
    assert finding is not None
    assert finding.what == "one owner has 60% of all occurrences (600 of 1,000), in 20 of 60 playlists"
    assert finding.examples == ("robot (600)",)
    assert finding.apply == {}
    assert "remove its rows from the source" in finding.remedy


@pytest.mark.parametrize(
    ("robot", "options"),
    [
        # Ten playlists of 6 tracks, each of them ten times: 60 of 600 occurrences remain.
        ([("robot", [*range(at, at + 6)] * 10) for at in range(10)], ("--repeats", "drop")),
        # The same 30 tracks in 20 playlists: 30 of 600 occurrences remain.
        ([("robot", range(30))] * 20, ("--drop-duplicate-playlists",)),
        # One playlist of 600 tracks. The others have 10 tracks, and the smallest length to propose is 50.
        ([("robot", range(600))], ("--max-length", "50")),
    ],
)
def test_the_option_that_limits_the_owner_is_proposed(robot: list[Playlist], options: tuple[str, ...]) -> None:
    finding = found([*PEOPLE, *robot])
    assert finding is not None
    assert finding.apply == {"extract": options}
    assert finding.remedy.startswith(options[0]) or f" {options[0]} " in finding.remedy


def test_a_playlist_is_named_if_there_are_no_owners() -> None:
    finding = found([*(("", tracks) for _, tracks in PEOPLE), ("", range(600))])
    assert finding is not None
    assert finding.what == "one playlist has 60% of all occurrences (600 of 1,000)"
    assert finding.examples == ("list 40 (600)",)


@pytest.mark.parametrize(
    "playlists",
    [
        PEOPLE,
        [*PEOPLE, ("fan", range(130))],  # 130 of 530 occurrences, less than a quarter
        [("ann", range(90)), ("bob", range(10))],  # only two owners
    ],
)
def test_ordinary_shares_are_no_problem(playlists: list[Playlist]) -> None:
    assert found(playlists) is None
