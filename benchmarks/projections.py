"""Compares the projections of `sgp map` on the same vectors: time, peak memory, and the preserved share of neighbours.

python -m benchmarks.projections MODEL [--tracks N]      (MODEL: the folder `model` of an experiment)

The time does not include the search for the exact neighbours.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import numpy as np

from benchmarks.machine import describe
from skipgramophone.lookup.exact_search import nearest_to_each
from skipgramophone.maps import projection
from skipgramophone.settings import PROJECTIONS

SEED = 42


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--tracks", type=int)
    asked = parser.parse_args()
    centre = np.load(asked.model / "centre.npy", allow_pickle=False)[: asked.tracks]
    near, _ = nearest_to_each(centre, projection.NEIGHBOURS)
    print(f"{describe()}, {centre.shape[0]:,} tracks")
    for name in (method for method in PROJECTIONS if method != "auto"):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started, used = time.perf_counter(), time.process_time()
        plane = projection.project(name, centre, near, seed=SEED)
        seconds, processor = time.perf_counter() - started, time.process_time() - used
        peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        share = projection.preserved_share(plane, near[:, :10], SEED)
        print(f"{name:5} {share:.1%} preserved, {seconds:.1f} s, {processor:.1f} s of processors, {peak:.0f} MB more")


if __name__ == "__main__":
    main()
