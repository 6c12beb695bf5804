"""The question which of several tracks is meant, and the answers to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from skipgramophone.cli import choice
from skipgramophone.cli.choice import matching
from skipgramophone.errors import AmbiguousTrackError
from skipgramophone.experiment.catalogue import Track
from tests.cli.test_terminal import ESCAPES, on_a_terminal

QUESTION = "which one? Type 1 to {}, or a part of its name (Enter = 1, q to quit): "
ADVICE = " that are not listed; to use one of these, quit and give more of the name, as in 'artist - title'"
SKYLINE = "Jörund & the Inkwells - Skyline, Still Wandering"


def typed_at_the_question(root: Path, typed: str) -> tuple[int, str]:
    """Look up a name that four tracks of the sample match, type answers, and return exit code and output."""
    command = ("similar", "demo", "skyline wandering", "-n", "1", "--experiments-dir", root)
    code, output = on_a_terminal(120, *command, typed=typed)
    return code, ESCAPES.sub("", output).replace("\r", "")


def test_a_word_ends_the_command_like_ctrl_c(sample_root: Path) -> None:
    code, output = typed_at_the_question(sample_root, "Q\n")
    assert code == 130
    assert output.endswith(f"{QUESTION.format(4)}no track was chosen\n")


def test_part_of_a_listed_name_chooses_or_narrows(sample_root: Path) -> None:
    code, output = typed_at_the_question(sample_root, "inkwells\n9\nnothing\n(2012) radio\nRÁDIO\n")
    assert code == 0
    assert "all 4 names contain 'inkwells': type a number, or more of the name\n" in output
    assert "the list has the numbers 1 to 4, not 9\n" in output
    assert "no name in the list contains 'nothing'\n" in output
    assert "no name in the list contains '(2012) radio'\n" in output
    assert f"that goes best with '{SKYLINE} - Live at Radio Umberlow'" in output

    code, output = typed_at_the_question(sample_root, "ad\n2\n")  # in "Badger" and "Radio"
    assert code == 0
    narrowed = output.partition("2 of them match 'ad':\n")[2].splitlines()
    assert narrowed[0].startswith(f"   1   {SKYLINE} (feat. Unpaid Badger) (")
    assert narrowed[1].startswith(f"   2   {SKYLINE} - Live at Radio Umberlow (")
    assert narrowed[2].startswith(QUESTION.format(2))
    assert f"that goes best with '{SKYLINE} - Live at Radio Umberlow'" in output


def track(row: int, artist: str, title: str) -> Track:
    """A track that occurs once."""
    return Track(row, artist, title, None, 1, row + 1)


def test_a_text_means_a_whole_name_before_whole_words_and_parts_of_words() -> None:
    tracks = [
        track(0, "Håkan", "Snow"),
        track(1, "Håkan", "Snow - Live"),
        track(2, "Ada", "Snowman Alive"),
        track(3, "Ada", "Rain!"),
    ]
    for text, rows in (
        ("snow", [0]),  # a whole title
        ("HAKAN -  snow", [0]),  # a whole name
        ("Live", [1]),  # a whole word, although it is also part of "Alive"
        ("live snow", [1]),
        ("hakan", [0, 1]),
        ("now", [0, 1, 2]),  # only part of words
        ("rain", [3]),
        ("thunder", []),
        ("hakan rain", []),
        ("-", []),
        ("", []),
    ):
        assert [found.row for found in matching(text, tracks)] == rows, text


def test_artists_are_chosen_like_tracks(sample_root: Path) -> None:
    command = ("similar", "demo", "--artist", "otters", "-n", "1", "--experiments-dir", sample_root)
    code, output = on_a_terminal(80, *command, typed="unpaid\n")
    assert code == 0
    plain = ESCAPES.sub("", output).replace("\r", "")
    assert "several artists match 'otters':\n   1   Odile & the Otters (" in plain
    assert "5 tracks by 'The Unpaid Otters'" in plain
    code, output = on_a_terminal(80, *command, typed="q\n")
    assert code == 130
    assert ESCAPES.sub("", output).endswith("no artist was chosen\r\n")


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
    monkeypatch.setattr(choice, "ask", lambda *_, **__: "2")
    choose = choice._choose
    assert choose("x", error) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[4].startswith("   4   A - x")
    assert lines[5:] == ([line] if line else [])
