"""Lines of ids that also contain other numbers are refused, and the suggested command makes sessions of them."""

from __future__ import annotations

import random
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.playlists.readers.reading import error_of, read

WriteDump = Callable[..., Path]
SESSIONS = [["10", "11", "12"], ["11", "13"], ["10", "12", "13", "14"], ["12", "11"]]


def with_lengths(sessions: list[list[str]]) -> str:
    """Return lines with the number of ids before the ids."""
    return "".join(f"{len(ids)} {' '.join(ids)}\n" for ids in sessions)


def in_spmf(sessions: list[list[str]]) -> str:
    """Return sequences of itemsets with one id each, as SPMF writes them."""
    return "".join(f"{' -1 '.join(ids)} -1 -2\n" for ids in sessions)


@pytest.mark.parametrize("written", [with_lengths, in_spmf])
def test_other_numbers_are_not_read_as_ids(written: Callable[[list[list[str]]], str], write_dump: WriteDump) -> None:
    path = write_dump(written(SESSIONS), "sessions.txt")
    asked = error_of(path)
    command = asked.partition("for example with ")[2]
    assert asked.startswith("PATH is not in a format that sgp knows, because it seems to be ")
    fixed = subprocess.run([*shlex.split(command), path], capture_output=True, text=True, check=True).stdout
    rows, rejects = read(write_dump(fixed, "fixed.txt"), "sessions")
    assert [row[3] for row in rows] == [item for ids in SESSIONS for item in ids]
    assert rejects == []


def test_many_lines_that_begin_with_the_same_length_are_refused(write_dump: WriteDump) -> None:
    seeded = random.Random(1)
    pairs = [[str(seeded.randrange(100, 120)) for _ in range(9)] for _ in range(20)]
    assert "begin with the number of their items" in error_of(write_dump(with_lengths(pairs)))


def test_sessions_with_a_few_such_lines_are_read(write_dump: WriteDump) -> None:
    text = "2 10 11\n3 10 11 12\n" + "".join(f"{' '.join(ids)}\n" for ids in SESSIONS)
    rows, _ = read(write_dump(text, "sessions.txt"), "sessions")
    assert [row[3] for row in rows[:3]] == ["2", "10", "11"]
