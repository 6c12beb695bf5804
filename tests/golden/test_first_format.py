"""An experiment directory that an earlier version made; later versions must load it or name its format in an error.

It was made from `two_genres()` with `sgp train first -emb 4 -e 3`. The expected answers are computed here by exact
search.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np

from tests.conftest import run_sgp

GOLDEN = Path(__file__).parent / "experiments"


def test_the_first_format_loads(tmp_path: Path) -> None:
    shutil.copytree(
        GOLDEN, tmp_path / "experiments"
    )  # a copy, so that a test that writes by mistake leaves the golden files alone
    before = {path: path.read_bytes() for path in (tmp_path / "experiments").rglob("*") if path.is_file()}
    ran = run_sgp(
        "similar",
        "first",
        "folk 3",
        "--by",
        "cosine",
        "-n",
        "5",
        "--json",
        "--experiments-dir",
        tmp_path / "experiments",
    )
    assert (ran.code, ran.err) == (0, "")
    answer = json.loads(ran.out)
    centre = np.load(GOLDEN / "first" / "model" / "centre.npy")
    unit = centre / np.linalg.norm(centre, axis=1, keepdims=True)
    row = answer["seeds"][0]["position"] - 1
    similarity = unit @ unit[row]
    similarity[row] = -2
    assert [near["position"] - 1 for near in answer["neighbours"]] == np.argsort(-similarity)[:5].tolist()
    assert answer["answered_by"] == "index"
    assert {path: path.read_bytes() for path in (tmp_path / "experiments").rglob("*") if path.is_file()} == before
