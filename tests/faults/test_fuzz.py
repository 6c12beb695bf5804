"""The short form of the fuzzing, and what it has found so far."""

from __future__ import annotations

import subprocess
import sys


def test_changed_files_are_read_or_refused_in_one_line() -> None:
    command = [sys.executable, "-m", "tests.faults.fuzz", "--cases", "50", "--again"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split(",")[1] for line in done.stdout.splitlines()] == [" 0 bad"] * 3, done.stdout
