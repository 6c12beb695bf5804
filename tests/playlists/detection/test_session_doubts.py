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


def fixed_as_asked(asked: str, path: Path) -> str:
    """Return the output of the command that an error suggests for a file."""
    command = asked.partition("for example with ")[2].partition(", and read")[0]
    return subprocess.run([*shlex.split(command), path], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("written", [with_lengths, in_spmf])
def test_other_numbers_are_not_read_as_ids(written: Callable[[list[list[str]]], str], write_dump: WriteDump) -> None:
    path = write_dump(written(SESSIONS), "sessions.txt")
    asked = error_of(path)
    assert asked.startswith("PATH is not in a format that sgp knows, because it seems to be ")
    rows, rejects = read(write_dump(fixed_as_asked(asked, path), "fixed.txt"), "sessions")
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


def of_users(sessions: list[list[str]]) -> str:
    """Return lines with the number of a user before the ids, as LightGCN expects them."""
    return "".join(f"{user} {' '.join(ids)}\n" for user, ids in enumerate(sessions))


def of_users_with_colons(sessions: list[list[str]]) -> str:
    """Return lines with the number of a user and a colon before the ids."""
    return "".join(f"{7 * user % 5}: {' '.join(ids)}\n" for user, ids in enumerate(sessions))


@pytest.mark.parametrize("written", [of_users, of_users_with_colons])
def test_numbers_of_users_are_not_read_as_ids(written: Callable[[list[list[str]]], str], write_dump: WriteDump) -> None:
    path = write_dump(written(SESSIONS), "users.txt")
    asked = error_of(path)
    assert "lines that begin with the number of an owner or a session" in asked
    rows, _ = read(write_dump(fixed_as_asked(asked, path), "fixed.txt"), "sessions")
    assert [row[3] for row in rows] == [item for ids in SESSIONS for item in ids]


def test_owners_without_items_may_be_missing(write_dump: WriteDump) -> None:
    seeded = random.Random(2)
    users = [user for user in range(40) if seeded.random() < 0.8]
    lines = [[str(seeded.randrange(100, 120)) for _ in range(seeded.randrange(2, 7))] for _ in users]
    text = "".join(f"{user} {' '.join(ids)}\n" for user, ids in zip(users, lines, strict=True))
    assert "begin with the number of an owner" in error_of(write_dump(text, "users.txt"))
    without = "".join(f"{' '.join(ids)}\n" for ids in lines)
    assert len(read(write_dump(without, "sessions.txt"), "sessions")[0]) == sum(map(len, lines))


PAIRS = [("1", "101"), ("1", "102"), ("2", "101"), ("2", "103"), ("3", "102"), ("3", "104")]
MATRIX = "%%MatrixMarket matrix coordinate integer general\n% invented\n3 104 6\n"
GRAPH = "# Nodes: 7 Edges: 6\n# FromNodeId ToNodeId\n"


@pytest.mark.parametrize("comments", ["", MATRIX, GRAPH])
@pytest.mark.parametrize("values", ["", " 5", " 4 1700000000"])
def test_pairs_that_spaces_separate_are_not_sessions(comments: str, values: str, write_dump: WriteDump) -> None:
    text = comments + "".join(f"{' '.join(pair)}{values}\n" for pair in PAIRS)
    path = write_dump(text, "pairs.txt")
    asked = error_of(path)
    assert "columns that are separated by spaces" in asked
    command = asked.partition("for example with ")[2].partition(", and read")[0]
    fixed = subprocess.run(f"cat {shlex.quote(str(path))} | {command}", shell=True, capture_output=True, text=True)
    rows, _ = read(write_dump(fixed.stdout, "fixed.csv"), "columns", columns="owner=1,uri=2")
    assert [row[3] for row in rows] == [item for _, item in PAIRS]


def test_items_with_values_are_not_ids(write_dump: WriteDump) -> None:
    text = "".join(f"{number % 2} {' '.join(f'{item}:1' for item in ids)}\n" for number, ids in enumerate(SESSIONS))
    path = write_dump(text, "libsvm.txt")
    asked = error_of(path)
    rows, _ = read(write_dump(fixed_as_asked(asked, path), "fixed.csv"), "columns", columns="owner=1,uri=2")
    assert [row[3] for row in rows] == [item for ids in SESSIONS for item in ids]


def test_ids_of_users_before_the_items_are_not_items(write_dump: WriteDump) -> None:
    seeded = random.Random(4)
    lines = [[f"S{seeded.randrange(100, 130)}" for _ in range(seeded.randrange(3, 8))] for _ in range(30)]
    text = "".join(f"{seeded.randbytes(16).hex()} {' '.join(ids)}\n" for ids in lines)
    path = write_dump(text, "users.txt")
    asked = error_of(path)
    assert "lines that begin with the id of an owner or a session" in asked
    rows, _ = read(write_dump(fixed_as_asked(asked, path), "fixed.txt"), "sessions")
    assert [row[3] for row in rows] == [item for ids in lines for item in ids]
