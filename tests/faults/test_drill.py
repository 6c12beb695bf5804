"""A short fault-injection run: some points of the commands that write, with all kinds of faults."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


@pytest.mark.slow
def test_after_any_fault_each_stage_is_the_old_or_the_new_one() -> None:
    commands = ["extract --force", "extract --append", "index", "import --force", "export npz", "export projector"]
    command = [
        sys.executable,
        "-m",
        "tests.faults.drill",
        "--of",
        *commands,
        "--every",
        "25",
        "--random",
        "1",
        "--json",
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    tallies = json.loads(ran.stdout)
    assert list(tallies) == commands
    assert [line for _, failures in tallies.values() for line in failures] == []
    faults = [sum(kinds.values()) for kinds, _ in tallies.values()]
    assert min(faults) >= 2
    assert sum(faults) >= 35
