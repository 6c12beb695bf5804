"""Commands with an output file: a missing model is reported before the output file that already exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Sgp, run_sgp


@pytest.mark.parametrize("words", ["map {name} -o {place}", "export {name} {place}", "continue {name} x -o {place}"])
def test_a_missing_model_is_reported_first(
    sgp: Sgp, experiments: Path, trained: Path, tmp_path: Path, words: str
) -> None:
    assert sgp("extract", "semi", "--sample").code == 0
    place = tmp_path / ("map.html" if words.startswith("map") else "out.csv")
    place.write_text("kept")
    command = [word.format(name="semi", place=place) for word in words.split()]
    ran = sgp(*command)
    assert (ran.code, ran.err) == (1, "error: experiment 'semi' has no model yet: run sgp train semi\n")
    command[1] = "missing"
    assert sgp(*command).err.startswith(f"error: there is no experiment 'missing' in {experiments}")
    command[1] = "genres"
    taken = run_sgp(*command, "--experiments-dir", trained)
    assert (taken.code, taken.out) == (1, "")
    assert taken.err == f"error: {place} already exists: choose another path, or replace it with --force\n"
    assert place.read_text() == "kept"
