"""Projections to two dimensions: UMAP, or principal components on request or for few tracks.

UMAP gets exact neighbours and starts from the principal components, so only its optimization depends on the seed.

Source: McInnes, Healy and Melville, arXiv 1802.03426.
"""

from __future__ import annotations

import sys
import warnings
from importlib.util import find_spec
from types import ModuleType
from typing import cast

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import SettingError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.embeddings import Matrix, unit_rows
from skipgramophone.settings import Projection

NEIGHBOURS = 15  # n_neighbors of UMAP
SAMPLED = 500  # number of tracks whose nearest neighbours in the plane are compared with those by vector
Plane = npt.NDArray[np.float32]


def choose_projection(projection: Projection, tracks: int) -> Projection:
    """Return the projection to use; "auto" is UMAP if there are enough tracks.

    If UMAP is not installed, "auto" is an error: principal components preserve few nearest neighbours, so they never
    replace UMAP silently.

    Raises:
        SettingError: UMAP is needed and not installed, or there are too few tracks for it.
    """
    enough = tracks > 2 * NEIGHBOURS
    if projection == "umap" and not enough:
        raise SettingError(f"UMAP needs more than {2 * NEIGHBOURS} tracks: use --projection pca")
    if projection == "pca" or not enough:
        return "pca"
    if find_spec("umap") is None:
        raise SettingError(
            "a good map needs UMAP, which is not installed: pip install 'skipgramophone[map]' (or accept a rough map, "
            "which preserves few neighbours: --projection pca)"
        )
    return "umap"


def project(projection: Projection, centre: Matrix, near: Rows, similarities: Matrix, *, seed: int) -> Plane:
    """Project tracks to two dimensions with "umap" or "pca"; see `by_umap` for the arguments."""
    return by_umap(centre, near, similarities, seed) if projection == "umap" else by_components(centre)


def by_components(centre: Matrix) -> Plane:
    """Return the first two principal components of the unit rows, float32 (tracks, 2).

    The sign of each component makes its largest absolute value positive.
    """
    units = unit_rows(np.asarray(centre))
    units -= units.mean(axis=0)
    _, axes = np.linalg.eigh((units.T @ units).astype(np.float64))
    plane = np.zeros((len(units), 2), np.float32)
    found = units @ axes[:, ::-1][:, :2].astype(np.float32)
    plane[:, : found.shape[1]] = found * np.where(found.max(axis=0) < -found.min(axis=0), -1, 1)
    return plane


def by_umap(centre: Matrix, near: Rows, similarities: Matrix, seed: int) -> Plane:
    """Return the UMAP projection by cosine distance, float32 (tracks, 2).

    Args:
        centre: float32 (tracks, embedding_dim).
        near: nearest rows of each track, int64 (tracks, at least NEIGHBOURS - 1).
        similarities: cosine similarities of these rows, float32, of the same shape.
        seed: random seed of the optimization.
    """
    umap = _import_umap()
    own = np.arange(len(centre))[:, None]
    rows = np.hstack([own, near[:, : NEIGHBOURS - 1]])
    far = np.hstack([np.zeros((len(centre), 1), np.float32), 1 - similarities[:, : NEIGHBOURS - 1]])
    with warnings.catch_warnings():  # UMAP warns that it cannot transform new tracks and that it uses one core
        warnings.simplefilter("ignore")
        reducer = umap.UMAP(
            n_neighbors=NEIGHBOURS,
            metric="cosine",
            init=by_components(centre),
            precomputed_knn=(rows, np.maximum(far, 0).astype(np.float32)),
            random_state=seed,
            n_jobs=1,
        )
        return np.asarray(reducer.fit_transform(np.asarray(centre)), np.float32)


def _import_umap() -> ModuleType:
    """Import UMAP, an optional dependency, and prevent it from importing TensorFlow."""
    hidden = "tensorflow" not in sys.modules
    if hidden:
        sys.modules["tensorflow"] = None  # type: ignore[assignment]  # makes `import tensorflow` fail
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import umap
    finally:
        if hidden:
            del sys.modules["tensorflow"]
    return cast(ModuleType, umap)


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
