"""Benchmarks run on small data, so that they work on large data. Folds keep groups together."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.next_item import fold_of


@pytest.mark.slow
def test_the_gpu_benchmark_measures_every_context() -> None:
    sizes = ["--tokens=30000", "--tracks=500", "--long-tokens=0", "--dim=16"]
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.gpu", "--device=cpu", *sizes], capture_output=True, text=True, check=True
    )
    assert ran.stdout.count("losses on the CPU") == 2
    rows = [line.split(" | ") for line in ran.stdout.splitlines() if line.startswith("| 2")]
    assert [row[1] for row in rows] == ["5", "bag"]
    assert all(float(row[2]) > 0 and row[3].endswith("%") for row in rows)


@pytest.mark.slow
def test_the_benchmark_of_commands_measures_every_command() -> None:
    sizes = ["--tokens=30000", "--tracks=2000", "--dim=8", "--repeats=1"]
    ran = subprocess.run([sys.executable, "-m", "benchmarks.commands", *sizes], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    rows = [line.strip("| ").split(" | ") for line in ran.stdout.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == 14
    assert all(float(wall) > 0 and float(used) > 0 and int(peak) > 20 for _, wall, used, peak in rows)
    assert re.search(r"loading TensorFlow \d+\.\d, .*first round \d+\.\d$", ran.stdout.splitlines()[-1])


def test_folds_keep_groups_together_and_have_about_the_same_size() -> None:
    groups = np.repeat(np.arange(90), np.tile([1, 1, 4], 30))  # 180 playlists in 90 groups
    fold = fold_of(groups, 5, seed=42)
    assert all(len(set(fold[groups == group])) == 1 for group in range(90))
    assert sorted(set(fold)) == [0, 1, 2, 3, 4]
    assert all(abs(size - 36) <= 4 for size in np.bincount(fold))
    assert fold.tolist() == fold_of(groups, 5, seed=42).tolist()
    assert fold.tolist() != fold_of(groups, 5, seed=43).tolist()
