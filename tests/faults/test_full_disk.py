"""Commands on a file system that is too small for them: the short form of `full_disk`."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.faults.full_disk import can_mount


@pytest.mark.slow
@pytest.mark.skipif(not can_mount(), reason="no file system can be mounted here")
def test_a_full_disk_is_one_line_and_spoils_nothing() -> None:
    asked = ["--sizes", "4", "--of", "extract", "index", "import", "export annoy"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.full_disk", *asked], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("bad: 0") == 4
    assert "0 of 4 sizes were too small" not in done.stdout
