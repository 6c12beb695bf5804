"""Experiments with random vectors: look-ups in them need no training."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np

import skipgramophone as package
from skipgramophone.experiment.catalogue import Catalogue


def give_vectors(root: Path, name: str) -> None:
    """Give each track of a corpus a random vector."""
    with closing(Catalogue(root / name / "corpus")) as catalogue:
        artists, titles, _ = zip(*catalogue.names(), strict=True)
    vectors = np.random.default_rng(1).standard_normal((len(artists), 4)).astype(np.float32)
    np.savez(root / "vectors.npz", vectors=vectors, artist=np.array(artists), title=np.array(titles))
    package.import_vectors(name, root / "vectors.npz", experiments_dir=root)
