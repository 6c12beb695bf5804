"""Two dimensions of many: principal components, or UMAP where it is installed.

UMAP (McInnes, Healy and Melville, arXiv 1802.03426) is given the exact neighbours and begins at the principal
components, so that nothing but its own descent depends on the seed.
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
from skipgramophone.experiment.embeddings import Matrix, unit_rows
from skipgramophone.lookup.exact_search import Rows
from skipgramophone.settings import Projection

NEIGHBOURS = 15  # of each track that UMAP keeps near
ASKED = 500  # tracks of which the neighbours in the plane are compared with the true ones
Plane = npt.NDArray[np.float32]


def chosen(projection: Projection, tracks: int) -> Projection:
    """The projection to use: as asked for, else UMAP where it is installed and there are tracks enough.

    Raises:
        SettingError: UMAP is asked for and not installed, or there are too few tracks for it.
    """
    enough, installed = tracks > 2 * NEIGHBOURS, find_spec("umap") is not None
    if projection == "umap" and not installed:
        raise SettingError("UMAP is not installed: pip install 'skipgramophone[map]', or take --projection pca")
    if projection == "umap" and not enough:
        raise SettingError(f"UMAP needs more than {2 * NEIGHBOURS} tracks: take --projection pca")
    if projection == "auto":
        return "umap" if installed and enough else "pca"
    return projection


def plane_of(projection: Projection, centre: Matrix, near: Rows, similarities: Matrix, seed: int) -> Plane:
    """The tracks in two dimensions by a projection that `chosen` has chosen; see `by_umap` for what it is given."""
    return by_umap(centre, near, similarities, seed) if projection == "umap" else by_components(centre)


def by_components(centre: Matrix) -> Plane:
    """The first two principal components of the unit rows, float32 (tracks, 2), the largest of each upwards."""
    units = unit_rows(np.asarray(centre))
    units -= units.mean(axis=0)
    _, axes = np.linalg.eigh((units.T @ units).astype(np.float64))
    plane = np.zeros((len(units), 2), np.float32)
    found = units @ axes[:, ::-1][:, :2].astype(np.float32)
    plane[:, : found.shape[1]] = found * np.where(found.max(axis=0) < -found.min(axis=0), -1, 1)
    return plane


def by_umap(centre: Matrix, near: Rows, similarities: Matrix, seed: int) -> Plane:
    """UMAP by cosine, float32 (tracks, 2).

    Args:
        centre: float32 (tracks, embedding_dim).
        near: the nearest rows of each, int64 (tracks, at least NEIGHBOURS - 1).
        similarities: their cosines, float32, of the same shape.
        seed: of its descent.
    """
    umap = _umap()
    own = np.arange(len(centre))[:, None]
    rows = np.hstack([own, near[:, : NEIGHBOURS - 1]])
    far = np.hstack([np.zeros((len(centre), 1), np.float32), 1 - similarities[:, : NEIGHBOURS - 1]])
    with warnings.catch_warnings():  # it warns that it could not place other tracks later, and that it uses one core
        warnings.simplefilter("ignore")
        descent = umap.UMAP(
            n_neighbors=NEIGHBOURS,
            metric="cosine",
            init=by_components(centre),
            precomputed_knn=(rows, np.maximum(far, 0).astype(np.float32)),
            random_state=seed,
            n_jobs=1,
        )
        return np.asarray(descent.fit_transform(np.asarray(centre)), np.float32)


def _umap() -> ModuleType:
    """The library, which is an extra and compiles as it loads, without TensorFlow, which it loads where it can."""
    hidden = "tensorflow" not in sys.modules
    if hidden:
        sys.modules["tensorflow"] = None  # type: ignore[assignment]  # what makes Python's import fail
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import umap
    finally:
        if hidden:
            del sys.modules["tensorflow"]
    return cast(ModuleType, umap)


def preserved(plane: Plane, near: Rows, seed: int) -> float:
    """Share of the true nearest of some tracks that are as near in the plane: what the picture keeps."""
    number = near.shape[1]
    asked = np.random.default_rng(seed).permutation(len(plane))[:ASKED]
    kept = 0
    for row in asked:
        distance = ((plane - plane[row]) ** 2).sum(axis=1)
        distance[row] = np.inf
        kept += len(np.intersect1d(np.argpartition(distance, number - 1)[:number], near[row]))
    return kept / (len(asked) * number) if number else 1.0
