"""The file that names the playlists to hold out: what its lines match, and what the errors and reports advise."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.errors import EvaluationError
from skipgramophone.evaluation.held_out_names import match_playlists, read_held_out_names
from skipgramophone.evaluation.splits import HeldOutNames
from tests.conftest import Sgp

OWNERS = ["ada@2019", "ada@2020", "bo@2019", "bo@2020", "cy"]
NAMES = ["Starred", "Rain", "Starred", "Sun", "Moon"]


def test_a_line_matches_the_playlists_of_this_name_or_of_one_owner_or_of_a_group() -> None:
    cases: list[tuple[list[str], str | None, list[int], HeldOutNames]] = [
        (["Starred", "Sun"], None, [0, 2, 3], HeldOutNames(2, 3, 1, "Starred", 2)),
        (["bo@2019\tStarred"], None, [2], HeldOutNames(1, 1, 0, "bo@2019\tStarred", 1)),
        (["Starred", "bo@2019\tStarred"], None, [0, 2], HeldOutNames(2, 2, 1, "Starred", 2)),
        (["bo", "cy\tMoon"], "[^@]*", [2, 3, 4], HeldOutNames(2, 3, 1, "bo", 2)),
    ]
    for lines, group, playlists, expected in cases:
        named, found = match_playlists(lines, OWNERS, NAMES, group)
        assert (named.nonzero()[0].tolist(), found) == (playlists, expected), lines


def test_a_line_that_can_mean_two_things_is_refused() -> None:
    # A tab in a name, and a tab in an owner: both "a" with the playlist "b\tc" and "a\tb" with the playlist "c".
    for owners, names in ((["a", "x"], ["b", "a\tb"]), (["a", "a\tb"], ["b\tc", "c"])):
        line = "a\tb" if names[0] == "b" else "a\tb\tc"
        with pytest.raises(EvaluationError, match=re.escape(f"the line {line!r} is ambiguous: a tab in it")):
            match_playlists([line], owners, names, None)
    assert match_playlists(["a\tb"], ["x", "y"], ["a\tb", "c"], None)[0].tolist() == [True, False]


def test_lines_without_a_match_are_tried_with_other_groups() -> None:
    correct = "correct the file that names the playlists to hold out"
    cases = [
        (
            ["ada", "bo"],
            None,
            "'ada' (2 names without a match): with --group '[^@]*', owners of playlists match 2 of 2 lines of the "
            "file: add this option",
        ),
        (
            ["ada", "zoe"],
            None,
            "with --group '[^@]*', owners of playlists match 1 of 2 lines of the file: add this option",
        ),
        (["ada@2019"], None, "with --group '.*', owners of playlists match 1 of 1 line of the file: add this option"),
        (["Sun"], "[^@]*", "without --group, names of playlists match 1 of 1 line of the file: leave out --group"),
        (["Sun", "zoe"], None, f"'zoe' (1 name without a match): {correct}"),
        (["zoe"], "[^@]*", f"'zoe' (1 name without a match): {correct}"),
    ]
    for lines, group, message in cases:
        with pytest.raises(EvaluationError) as refused:
            match_playlists(lines, OWNERS, NAMES, group)
        assert refused.value.on_command_line.endswith(message)
        in_python = message.replace("--group '", "group='").replace("--group", "group").replace("option", "setting")
        assert str(refused.value).endswith(in_python)


def test_a_file_is_read_without_its_byte_order_mark_and_repeated_lines(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes("\ufeffé\r\n\r\nb\tc\né\n".encode())
    assert read_held_out_names(path) == ["é", "b\tc"]


def test_the_report_says_how_many_playlists_the_lines_matched(
    sgp: Sgp, experiments: Path, write_dump: Callable[..., Path], tmp_path: Path
) -> None:
    rows = [(f"o{at}", "a", str(6 * at + track), f"p{at % 4}") for at in range(12) for track in range(6)]
    dump, names = write_dump(rows), tmp_path / "names.txt"
    names.write_text("p1\n")
    ran = sgp("extract", "x", dump, "--holdout", names)
    text = "1 line of the file matched 3 playlists; 'p1' matches 3; to hold out the playlist of one owner, write the"
    assert (ran.code, text in " ".join(ran.out.split())) == (0, True), ran.out + ran.err
    facts = json.loads((experiments / "x" / "corpus" / "manifest.json").read_text())["facts"]
    assert facts["held_out_names"] == {
        "lines": 1,
        "playlists": 3,
        "several": 1,
        "most": "p1",
        "most_playlists": 3,
        "added": 0,
    }
    names.write_text("o5\tp1\n")
    ran = sgp("extract", "x", dump, "--holdout", names, "--force")
    assert "held out 1 playlist, 6 occurrences" in " ".join(ran.out.split())
    assert "of the file matched" not in ran.out


def test_the_reports_count_the_near_duplicates_of_named_playlists(
    sgp: Sgp, experiments: Path, write_dump: Callable[..., Path], tmp_path: Path
) -> None:
    # Each of the 12 playlists has 6 tracks of its own. "copy" has those of "p1", and "again" those of "p2".
    tracks = {f"p{at}": [str(6 * at + track) for track in range(6)] for at in range(12)}
    tracks |= {"copy": tracks["p1"], "again": tracks["p2"]}
    rows = [("o", "a", track, name) for name, held in tracks.items() for track in held]
    dump, names = write_dump(rows), tmp_path / "names.txt"
    for lines, text in (
        ("p1", "1 other playlist is held out too, because it is a near-duplicate of the 1 playlist in the file"),
        (
            "p1\np2\np3",
            "2 other playlists are held out too, because they are near-duplicates of the 3 playlists in the file",
        ),
        ("p3", ""),
    ):
        names.write_text(lines)
        ran = sgp("extract", "x", dump, "--holdout", names, "--force")
        assert (ran.code, ran.err) == (0, "")
        printed = " ".join(ran.out.split())
        assert text in printed
        assert ("held out too" in printed) == bool(text)
    names.write_text("p1\np2\np3")
    ran = sgp("extract", "x", dump, "--holdout", names, "--force", "--json")
    found = json.loads(ran.out)
    assert (found["held_out_playlists"], found["held_out_names"]["added"]) == (5, 2)
