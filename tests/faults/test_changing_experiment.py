"""A short version of `tests.faults.changing_experiment` and of `tests.faults.planted_links`."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", [["changing_experiment", "--rounds", "6"], ["planted_links", "--of", "index", "unpack", "--every", "7"]]
)
def test_look_ups_are_never_mixed_and_links_are_never_followed(words: list[str]) -> None:
    command = [sys.executable, "-m", f"tests.faults.{words[0]}", *words[1:]]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr[-2000:]
