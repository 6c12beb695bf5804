"""A short run of `full_disk`: commands on disks that are too small for them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.faults.full_disk import can_mount


@pytest.mark.slow
@pytest.mark.skipif(not can_mount(), reason="cannot mount a file system")
def test_a_full_disk_is_a_one_line_error_and_damages_nothing() -> None:
    options = ["--sizes", "4", "--of", "extract", "index", "import", "export annoy"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.full_disk", *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("failures: 0") == 4
    assert "0 of 4 sizes were too small" not in done.stdout
