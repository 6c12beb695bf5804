"""Name search in a program that loads TensorFlow, which contains its own SQLite, first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ASK = "import skipgramophone as sgp\nprint(sgp.open(sys.argv[2], sys.argv[1]).similar(sys.argv[3]).seeds)\n"
GOLDEN = Path(__file__).parent.parent / "golden" / "experiments"
AMBIGUOUS = "AmbiguousTrackError: 2 tracks match 'every pencil'"


def last_line(first: str, *arguments: object) -> str:
    """Run a look-up in a new process, and return the last line of its error."""
    program = [sys.executable, "-c", f"import sys\n{first}\n{ASK}", *map(str, arguments)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    return done.stderr.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.parametrize("first", ["import tensorflow", "import sqlite3, tensorflow", "import tensorflow, sqlite3"])
def test_names_are_found(sample_root: Path, first: str) -> None:
    assert AMBIGUOUS in last_line(first, sample_root, "demo", "every pencil")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "message"),
    [
        ("import tensorflow", "AmbiguousTrackError: "),
        ("import tensorflow, sqlite3", "without full-text search (FTS5): import skipgramophone before tensorflow"),
    ],
)
def test_names_of_an_earlier_version_are_found_or_the_error_gives_the_reason(first: str, message: str) -> None:
    assert message in last_line(first, GOLDEN, "third", "folk artist")
