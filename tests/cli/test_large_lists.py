"""Large files where a list of names or a settings file is expected: they must not fill the memory."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from skipgramophone import word2vec_format
from skipgramophone.cli import line_answers
from tests.conftest import run_sgp

HUGE = 1 << 40  # bytes, in a file without blocks on the disk


def test_huge_files_are_refused_before_they_are_read(trained: Path, tmp_path: Path) -> None:
    where = ["--experiments-dir", str(trained)]
    huge = tmp_path / "huge"
    huge.write_bytes(b"names " * 20_000)
    os.truncate(huge, HUGE)
    refused: list[tuple[list[str | Path], int, str]] = [
        (["similar", "genres", "--file", huge], 1, "4 MiB, the limit for a list of names: split it"),
        (["continue", "genres", "--blend", huge, huge], 1, "4 MiB, the limit for a list of names: split it"),
        (["export", "genres", "-", "--format", "csv", "--only", huge], 1, "256 MiB, the limit for a list of names"),
        (["extract", "x", trained / "dump.csv", "--holdout", huge], 1, "256 MiB, the limit for a list of names"),
        (["train", "genres", "--force", "--config", huge], 2, "1 MiB, so it is not a settings file"),
    ]
    for arguments, code, limit in refused:
        ran = run_sgp(*arguments, *where)
        assert (ran.code, ran.out, len(ran.err.splitlines())) == (code, "", 1)
        assert f"error: {huge} is larger than {limit}" in ran.err
    assert not (trained / "x").exists()


def test_a_long_list_of_names_is_read(trained: Path, tmp_path: Path) -> None:
    """Format detection does not recognize this list, because no line has a separator between artist and title."""
    (tmp_path / "list").write_text("folk 3\n" * 200_000)
    ran = run_sgp("similar", "genres", "--file", tmp_path / "list", "--json", "--experiments-dir", trained)
    assert ran.code == 0
    assert ran.err == ""


def test_standard_input_that_never_ends_its_line_is_refused(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_answers, "LONGEST_QUERY", 100_000)
    where = ["--experiments-dir", str(trained)]
    expected = run_sgp("similar", "genres", "--stdin", *where, stdin="folk 3\n")
    ran = run_sgp("similar", "genres", "--stdin", *where, stdin="folk 3\n" + "x" * 200_000)
    assert (ran.code, ran.out) == (1, expected.out)
    assert ran.err == "error: standard input: a line is longer than 0 MiB, so it is not a query\n"
    ran = run_sgp("continue", "genres", "-", *where, stdin="x" * (5 << 20))
    line = "error: standard input is larger than 4 MiB, the limit for a list of names\n"
    assert (ran.code, ran.out, ran.err) == (1, "", line)


def test_lines_that_arrive_in_pieces_are_whole(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = "folk 3\nnothing\n\nfolk 10"
    whole = run_sgp("similar", "genres", "--stdin", "--experiments-dir", trained, stdin=names)
    monkeypatch.setattr(line_answers, "READ_AT_ONCE", 3)
    assert run_sgp("similar", "genres", "--stdin", "--experiments-dir", trained, stdin=names) == whole
    assert [json.loads(line)["query"] for line in whole.out.splitlines()] == ["folk 3", "nothing", "", "folk 10"]


def test_a_vector_without_a_line_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word2vec_format, "LONGEST_LINE", 1000)
    path = tmp_path / "vectors.vec"
    path.write_text("1 2\na 0 1" + " " * 2000)
    ran = run_sgp("import", "x", path, "--experiments-dir", tmp_path)
    assert (ran.code, len(ran.err.splitlines())) == (1, 1)
    assert "vector 1 of 1: the line is longer than 0 MiB" in ran.err
