"""The GPU benchmark runs on the CPU with a small corpus, so that it works when a GPU is available."""

from __future__ import annotations

import subprocess
import sys

import pytest


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
