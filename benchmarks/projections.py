"""Compares projections of the same vectors: time, and the share of the ten nearest neighbours that is preserved.

python -m benchmarks.projections [--tracks 20000] [--dim 100]      (pip install umap-learn pacmap openTSNE)

The vectors are random centres plus noise. UMAP gets the exact neighbours, and its time does not include the search for
them; the other methods search for neighbours themselves. Each method runs twice, because the first run compiles code.
The second run is reported.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.neighbour_table import SEED, clustered
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.embeddings import Matrix, unit_rows
from skipgramophone.lookup.exact_search import nearest_to_each
from skipgramophone.maps import projection


def candidates(centre: Matrix, near: Rows, similarities: Matrix) -> dict[str, Callable[[], Any]]:
    """Return the functions that compute the projections, by name."""

    def pacmap() -> Any:
        from pacmap import PaCMAP

        return PaCMAP(random_state=SEED, distance="angular").fit_transform(unit_rows(centre), init="pca")

    def tsne() -> Any:
        from openTSNE import TSNE

        return TSNE(metric="cosine", random_state=SEED, n_jobs=os.cpu_count()).fit(unit_rows(centre))

    return {
        "components": lambda: projection.by_components(centre),
        "UMAP": lambda: projection.by_umap(centre, near, similarities, SEED),
        "PaCMAP": pacmap,
        "openTSNE": tsne,
    }


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("tracks", 20_000), ("dim", 100)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    centre = clustered(asked.tracks, asked.dim)
    near, similarities = nearest_to_each(centre, projection.NEIGHBOURS)
    print(f"{platform.machine()}, {os.cpu_count()} cores, numpy {np.__version__}, {asked}")
    warnings.simplefilter("ignore")
    for name, project in candidates(centre, near, similarities).items():
        project()
        started = time.perf_counter()
        plane = np.asarray(project(), np.float32)
        seconds = time.perf_counter() - started
        share = projection.preserved_share(plane, near[:, :10], SEED)
        print(f"{name:11} {share:.3f} of nearest neighbours preserved, {seconds:.1f} s", flush=True)


if __name__ == "__main__":
    main()
