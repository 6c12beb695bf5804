"""The list of tracks from which a user chooses on a terminal."""

from __future__ import annotations

import pytest

from skipgramophone.cli import choice
from skipgramophone.errors import AmbiguousTrackError
from skipgramophone.experiment.catalogue import Track

ADVICE = "; to reach them, give more of the name, as in 'artist - title'"


@pytest.mark.parametrize(
    ("unlisted", "named", "line"),
    [
        (0, "(A - x; A - x; A - x; and 1 more)", None),
        (1200, "(A - x; A - x; A - x; and 1,201 more)", f"       and 1,200 more{ADVICE}"),
        (None, "(A - x; A - x; A - x; and others)", f"       and others{ADVICE}"),
    ],
)
def test_a_list_that_is_not_complete_states_how_many_tracks_are_missing(
    unlisted: int | None,
    named: str,
    line: str | None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tracks = tuple(Track(row, "A", "x", None, 9, row + 1) for row in range(4))
    error = AmbiguousTrackError("several tracks match 'x'", ("A - x",) * 4, tracks, unlisted)
    assert str(error) == f"several tracks match 'x' {named}"
    monkeypatch.setattr(choice, "ask", lambda *_: "2")
    choose = choice._choose
    assert choose("x", error).row == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[4].startswith("   4   A - x")
    assert lines[5:] == ([line] if line else [])
