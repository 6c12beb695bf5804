"""The error for a list of names none of which can be used: short, with counts, names and the next step."""

from __future__ import annotations

from pathlib import Path

import pytest

from skipgramophone.errors import AmbiguousTrackError, UnknownTrackError
from skipgramophone.lookup.missing_names import nothing_found
from skipgramophone.lookup.results import Missing
from tests.conftest import run_sgp

ADVICE = "to see the reason and similar names, look one up alone: sgp similar demo NAME"


def listed(path: Path, names: list[str]) -> Path:
    """Write a list of names."""
    path.write_text("".join(f"{name}\n" for name in names))
    return path


@pytest.mark.parametrize("command", ["continue", "similar"])
def test_a_list_of_unknown_names_is_one_short_line(sample_root: Path, tmp_path: Path, command: str) -> None:
    # Few tracks share letters with these names, so that the search for similar names does not take seconds.
    names = listed(tmp_path / "mine.txt", [f"Qx{at} - Jz{at}" for at in range(1, 1201)])
    ran = run_sgp(command, "demo", "--file", names, "--experiments-dir", sample_root)
    first = "'Qx1 - Jz1', 'Qx2 - Jz2', 'Qx3 - Jz3' and 1,197 more"
    line = f"none of the 1,200 names matches a track that has a vector ({first}); {ADVICE}"
    assert (ran.code, ran.out, ran.err) == (3, "", f"error: {line}\n")


def test_unknown_and_ambiguous_names_are_counted_apart(sample_root: Path, tmp_path: Path) -> None:
    for names, code, problem in (
        (
            ["Band 1 - Song 1", "every", "the", "Band 2 - Song 2"],
            3,
            "none of the 4 names matches exactly one track: 2 names without a match or without a vector "
            "('Band 1 - Song 1', 'Band 2 - Song 2'), and 2 names with several matches ('every', 'the')",
        ),
        (["every", "the"], 4, "none of the 2 names matches only one track ('every', 'the')"),
    ):
        path = listed(tmp_path / "mine.txt", names)
        ran = run_sgp("continue", "demo", "--file", path, "--experiments-dir", sample_root)
        assert (ran.code, ran.err) == (code, f"error: {problem}; {ADVICE}\n")


def test_one_name_or_one_reason_keeps_its_own_error(sample_root: Path, tmp_path: Path) -> None:
    ran = run_sgp("continue", "demo", "unpaid nowhere", "--experiments-dir", sample_root)
    first = "error: no track matches 'unpaid nowhere'; did you mean one of these?"
    assert (ran.code, ran.err.splitlines()[0]) == (3, first)
    same = UnknownTrackError("the sources of this corpus contain no uris, so links and uris match no track")
    assert nothing_found([Missing("a", same), Missing("b", same)], "demo") is same


def test_long_names_are_shortened() -> None:
    missing = [Missing(letter * 5000, UnknownTrackError(letter)) for letter in "ab"]
    assert len(str(nothing_found(missing, "demo"))) < 400
    several = [Missing(letter, AmbiguousTrackError(letter)) for letter in "ab"]
    assert isinstance(nothing_found(several, "demo"), AmbiguousTrackError)
