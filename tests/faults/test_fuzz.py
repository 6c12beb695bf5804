"""A short fuzzing run, and all cases that failed in the past."""

from __future__ import annotations

import subprocess
import sys


def test_changed_files_are_read_or_end_in_a_one_line_error() -> None:
    command = [sys.executable, "-m", "tests.faults.fuzz", "--cases", "50", "--again"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split(",")[1] for line in done.stdout.splitlines()] == [" 0 failed"] * 6, done.stdout
