"""Name search in a program that loads TensorFlow, which contains its own SQLite, first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ASK = """
for place, name, title in zip(*[iter(sys.argv[1:])] * 3):
    try:
        sgp.open(name, place).similar(title)
    except sgp.SgpError as error:
        print(type(error).__name__, error)
"""
GOLDEN = Path(__file__).parent.parent / "golden" / "experiments"
AMBIGUOUS = "AmbiguousTrackError "
NO_SEARCH = "without full-text search (FTS5): import skipgramophone before tensorflow"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "old"),
    [
        ("import tensorflow", AMBIGUOUS),
        ("import sqlite3, tensorflow", AMBIGUOUS),
        ("import tensorflow, sqlite3", NO_SEARCH),
    ],
)
def test_names_are_found_or_an_error_gives_the_reason(sample_root: Path, first: str, old: str) -> None:
    """Only the names of an earlier version, in `GOLDEN`, need the full-text search of SQLite."""
    program = [sys.executable, "-c", f"import sys\n{first}\nimport skipgramophone as sgp\n{ASK}"]
    places = [sample_root, "demo", "every pencil", GOLDEN, "third", "folk artist"]
    done = subprocess.run([*program, *map(str, places)], capture_output=True, text=True, check=True)
    errors = [line for line in done.stdout.splitlines() if "Error " in line]
    assert f"{AMBIGUOUS}2 tracks match 'every pencil'" in errors[0]
    assert old in errors[1]
    assert len(errors) == 2
