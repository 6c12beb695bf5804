"""The short form of the drill: some points of the commands that write, struck in each way."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


@pytest.mark.slow
def test_whatever_strikes_leaves_the_old_the_new_or_nothing() -> None:
    drilled = ["extract --force", "extract --append", "index", "import --force", "export npz", "export projector"]
    command = [sys.executable, "-m", "tests.faults.drill", "--of", *drilled, "--every", "9", "--random", "1", "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    tallies = json.loads(ran.stdout)
    assert list(tallies) == drilled
    assert [line for _, bad in tallies.values() for line in bad] == []
    struck = [sum(kinds.values()) for kinds, _ in tallies.values()]
    assert min(struck) >= 2
    assert sum(struck) >= 50
