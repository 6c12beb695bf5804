"""Projects vectors to two dimensions by t-SNE or principal components (PCA)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import SettingError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.embeddings import Matrix, unit_rows
from skipgramophone.maps.tsne import by_tsne
from skipgramophone.settings import Embedded, Projection

NEIGHBOURS = 15  # number of nearest tracks that attract a track in t-SNE
SAMPLED = 500  # number of tracks whose nearest neighbours in the plane and by vector are compared
METHODS = {"tsne": "t-SNE", "pca": "principal components"}
Plane = npt.NDArray[np.float32]


def choose_projection(projection: Projection, number: int, of: Embedded = "tracks") -> Projection:
    """Return the projection to use for `number` tracks or artists; "auto" means t-SNE if there are enough of them.

    Raises:
        SettingError: "tsne" is requested, but there are too few tracks or artists for it.
    """
    enough = number > 2 * NEIGHBOURS
    if projection == "tsne" and not enough:
        raise SettingError.naming(
            lambda named: f"t-SNE needs more than {2 * NEIGHBOURS} {of}: use {named('projection', 'pca')}"
        )
    return "pca" if projection == "pca" or not enough else "tsne"


def project(
    projection: Projection,
    centre: Matrix,
    near: Rows,
    *,
    seed: int,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Plane:
    """Project tracks to two dimensions with "tsne" or "pca".

    Args:
        projection: the method.
        centre: float32 (tracks, embedding_dim).
        near: for t-SNE, nearest rows of each track, int64 (tracks, at least NEIGHBOURS).
        seed: random seed of t-SNE.
        progress: called with the number of finished t-SNE iterations and the total number.
    """
    components = by_components(centre)
    return by_tsne(near[:, :NEIGHBOURS], components, seed, progress) if projection == "tsne" else components


def by_components(centre: Matrix) -> Plane:
    """Return the first two principal components of the unit vectors, float32 (tracks, 2).

    The sign of each component is chosen so that its value with the largest absolute value is positive.
    """
    units = unit_rows(np.asarray(centre))
    units -= units.mean(axis=0)
    _, axes = np.linalg.eigh((units.T @ units).astype(np.float64))
    plane = np.zeros((len(units), 2), np.float32)
    found = units @ axes[:, ::-1][:, :2].astype(np.float32)
    plane[:, : found.shape[1]] = found * np.where(found.max(axis=0) < -found.min(axis=0), -1, 1)
    return plane


def preserved_share(plane: Plane, near: Rows, seed: int) -> float:
    """Return the share of nearest neighbours by vector that are also nearest in the plane, for a sample of tracks."""
    number = near.shape[1]
    sampled = np.random.default_rng(seed).permutation(len(plane))[:SAMPLED]
    preserved = 0
    for row in sampled:
        distance = ((plane - plane[row]) ** 2).sum(axis=1)
        distance[row] = np.inf
        preserved += len(np.intersect1d(np.argpartition(distance, number - 1)[:number], near[row]))
    return preserved / (len(sampled) * number) if number else 1.0
