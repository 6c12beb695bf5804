"""Measures how fast the neighbours of all tracks are found, by matrix products and by an Annoy index.

python -m benchmarks.neighbour_table [--tracks 100000] [--dim 100] [--neighbours 50] [--repeats 3]

The vectors are random centres plus noise. Matrix products give exact results; for the index, the benchmark also reports
the recall.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.machine import describe
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.embeddings import Matrix, unit_rows
from skipgramophone.lookup.annoy_index import AnnoyCandidates, nearest_by_index
from skipgramophone.lookup.exact_search import nearest_to_each
from skipgramophone.lookup.index_builder import build_index
from skipgramophone.settings import IndexSettings

SEED = 42
SCENES = 1000
QUERIES = 1000  # number of queries to the index


def clustered(tracks: int, dim: int) -> Matrix:
    """Return vectors around random centres, float32 (tracks, dim)."""
    rng = np.random.default_rng(SEED)
    centres = rng.standard_normal((SCENES, dim))
    return np.asarray(centres[rng.integers(0, SCENES, tracks)] + rng.standard_normal((tracks, dim)), np.float32)


def by_index(centre: Matrix, true: Rows, number: int) -> tuple[float, float]:
    """Return the number of queries per second of an index, and its recall of the true neighbours."""
    with tempfile.TemporaryDirectory() as scratch:
        facts = build_index(Path(scratch, "index"), centre, IndexSettings())
        candidates = AnnoyCandidates(Path(scratch, "index"), facts)
        started, found = time.perf_counter(), 0
        for row in range(QUERIES):
            given = nearest_by_index(candidates, centre, unit_rows(centre[row]), number=number, without=np.array([row]))
            found += 0 if given is None else len(np.intersect1d(given.rows, true[row]))
        return QUERIES / (time.perf_counter() - started), found / (QUERIES * number)


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("tracks", 100_000), ("dim", 100), ("neighbours", 50), ("repeats", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    centre = clustered(asked.tracks, asked.dim)
    rates = []
    for _ in range(asked.repeats):
        started = time.perf_counter()
        true, _ = nearest_to_each(centre, asked.neighbours)
        rates.append(asked.tracks / (time.perf_counter() - started))
    rate, recall = by_index(centre, true, asked.neighbours)
    print(f"{describe()}, {asked}")
    print(
        f"products  {statistics.median(rates):,.0f} tracks per second ({min(rates):,.0f} to {max(rates):,.0f}); exact"
    )
    print(f"index     {rate:,.0f} tracks per second on one core; recall {recall:.1%}")


if __name__ == "__main__":
    main()
