"""Name search in a program that loads TensorFlow, which contains its own SQLite, first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ASK = "import skipgramophone as sgp\nprint(sgp.open('demo', sys.argv[1]).similar('every pencil').seeds)\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "message"),
    [
        ("import tensorflow", "AmbiguousTrackError: 2 tracks match 'every pencil'"),
        ("import sqlite3, tensorflow", "AmbiguousTrackError: 2 tracks match 'every pencil'"),
        ("import tensorflow, sqlite3", "without full-text search (FTS5): import skipgramophone before tensorflow"),
    ],
)
def test_names_are_found_or_the_error_gives_the_reason(sample_root: Path, first: str, message: str) -> None:
    program = [sys.executable, "-c", f"import sys\n{first}\n{ASK}", str(sample_root)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert message in done.stderr.splitlines()[-1]
