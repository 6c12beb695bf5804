"""Factorization of the playlist-track matrix by implicit alternating least squares (iALS).

With r_pi > 0 for a track i in playlist p, and 0 for all other tracks, the factors x_p of playlists and y_i of tracks
minimize

    sum over all p and i of (1 + alpha r_pi) ([r_pi > 0] - x_p . y_i)^2 + regularization (sum |x_p|^2 + sum |y_i|^2)

With the track factors fixed, each x_p is the solution of a linear system, and vice versa. The factors of a new playlist
are computed from the same system ("folding in"). With C = diag(1 + alpha r_pi) and D = diag(alpha r_pi) over the tracks
of playlist p only:

    (P + Y_p^T D Y_p) x_p = Y_p^T C 1        with P = Y^T Y + regularization I = L L^T

In the whitened factors z_i = L^-1 y_i and u_p = L^T x_p, which give the same scores u_p . z_i = x_p . y_i, this is

    (I + Z_p^T D Z_p) u_p = Z_p^T C 1        or        u_p = Z_p^T D^1/2 (I + D^1/2 Z_p Z_p^T D^1/2)^-1 D^-1/2 C 1

so the system of a playlist has one unknown per track of the playlist or one per factor, whichever is less. Look-ups
need only the whitened factors. The systems are solved exactly, and systems of the same size are solved together.

Source: Hu, Koren and Volinsky 2008, "Collaborative Filtering for Implicit Feedback Datasets",
doi 10.1109/ICDM.2008.22. The library `implicit` uses the weight alpha r instead of 1 + alpha r, so an alpha of 20 there
is an alpha of 19 here. The regularization is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
ITERATIONS = 15
INITIAL_SPREAD = 0.01  # standard deviation of the factors at the start
GATHERED = 1 << 23  # float32 numbers per batch of linear systems
EXACT_SIZES = 8  # linear systems up to this size are not padded


@dataclass(frozen=True, slots=True)
class SparseRows:
    """The rows of a sparse matrix, such as playlists with their tracks.

    Attributes:
        columns: int (entries,), column of each entry, for all rows one after another.
        offsets: int (rows + 1,), row p has the entries offsets[p] to offsets[p + 1].
        weights: float32 (entries,), the values r of the module docstring, all greater than 0.
    """

    columns: npt.NDArray[Any]
    offsets: npt.NDArray[Any]
    weights: Matrix

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @classmethod
    def of(cls, matrix: Any) -> SparseRows:
        """Return the rows of a scipy.sparse.csr_array."""
        return cls(matrix.indices, matrix.indptr, matrix.data)


@dataclass(frozen=True, slots=True)
class Factorization:
    """Track factors, which score all tracks for a playlist with given tracks.

    Attributes:
        whitened: float32 (tracks, factors), the z_i of the module docstring.
        root: float32 (factors, factors), the L of the module docstring.
        alpha: weight of a given track.
    """

    whitened: Matrix
    root: Matrix
    alpha: float

    @property
    def tracks(self) -> Matrix:
        """The track factors y_i, float32 (tracks, factors)."""
        return np.asarray(self.whitened @ self.root.T)

    def fold_in(self, given: SparseRows) -> Matrix:
        """Return the whitened factors u_p of playlists with the given tracks, float32 (playlists, factors)."""
        return solve_rows(self.whitened, given, self.alpha)

    def scores(self, given: SparseRows) -> Matrix:
        """Return the scores x_p . y_i of all tracks, float32 (playlists, tracks); a score near 1 is a good fit."""
        return np.asarray(self.fold_in(given) @ self.whitened.T)


def factorize(
    playlists: Any,
    *,
    factors: int,
    regularization: float,
    alpha: float,
    seed: int,
    iterations: int = ITERATIONS,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Factorization:
    """Factorize a playlist-track matrix. The same arguments give the same factors.

    Args:
        playlists: scipy.sparse.csr_array (playlists, tracks) of float32, above 0 where a playlist contains a track.
        factors: number of factors.
        regularization: weight of the squared factors, above 0.
        alpha: weight that a track of a playlist has in addition to 1, the weight of all other tracks; above 0.
        seed: random seed of the initial factors.
        iterations: number of iterations; each computes the playlist factors and then the track factors.
        progress: called with the number of finished iterations and the total.
    """
    by_playlist, by_track = SparseRows.of(playlists), SparseRows.of(playlists.T.tocsr())
    rng = np.random.default_rng(seed)
    tracks = rng.standard_normal((playlists.shape[1], factors), np.float32) * np.float32(INITIAL_SPREAD)
    for done in range(iterations):
        of_playlists = _least_squares(tracks, by_playlist, regularization=regularization, alpha=alpha)
        tracks = _least_squares(of_playlists, by_track, regularization=regularization, alpha=alpha)
        progress(done + 1, iterations)
    whitened, root = _whiten(tracks, regularization)
    return Factorization(whitened, root, alpha)


def gram(columns: Matrix) -> npt.NDArray[np.float64]:
    """Return the Gram matrix of the columns, float64 (columns, columns), summed in float64 in blocks of rows."""
    products = np.zeros((columns.shape[1], columns.shape[1]))
    block = max(1, GATHERED // max(1, columns.shape[1]))
    for first in range(0, len(columns), block):
        some = columns[first : first + block].astype(np.float64)
        products += some.T @ some
    return products


def _least_squares(fixed: Matrix, rows: SparseRows, *, regularization: float, alpha: float) -> Matrix:
    """Return the least-squares factors of rows, given the factors of the columns; float32 (rows, factors)."""
    whitened, root = _whiten(fixed, regularization)
    return np.asarray(solve_rows(whitened, rows, alpha) @ np.linalg.inv(root))


def _whiten(factors: Matrix, regularization: float) -> tuple[Matrix, Matrix]:
    """Return the whitened factors, and the root L of the regularized Gram matrix."""
    root = np.linalg.cholesky(gram(factors) + regularization * np.eye(factors.shape[1]))
    return np.asarray(factors @ np.linalg.inv(root).T.astype(np.float32)), root.astype(np.float32)


def solve_rows(whitened: Matrix, rows: SparseRows, alpha: float) -> Matrix:
    """Return the whitened factors u of rows, float32 (rows, factors).

    Args:
        whitened: whitened factors of the columns, float32 (columns, factors).
        rows: the sparse rows; a row without entries gets zeros.
        alpha: weight of an entry.
    """
    factors = whitened.shape[1]
    solved = np.zeros((len(rows), factors), np.float32)
    lengths = np.diff(rows.offsets)
    sizes = np.where(lengths <= factors, np.minimum(_padded(lengths), factors), 0)
    for size in np.unique(sizes[sizes > 0]).tolist():
        members = np.flatnonzero(sizes == size)
        batch = max(1, GATHERED // (size * (factors + size)))
        for first in range(0, len(members), batch):
            some = members[first : first + batch]
            solved[some] = _solve_short(whitened, rows, some, size=size, alpha=alpha)
    for row in np.flatnonzero(lengths > factors).tolist():
        solved[row] = _solve_long(whitened, rows, row, alpha=alpha)
    return solved


def _padded(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Round lengths up by at most a quarter, so that the systems of many rows have the same size.

    >>> _padded(np.array([0, 7, 9, 17, 33])).tolist()
    [0, 7, 10, 20, 40]
    """
    exponent = np.frexp(np.maximum(lengths - 1, 1).astype(np.float64))[1]
    step = np.where(lengths <= EXACT_SIZES, 1, 1 << np.maximum(exponent - 3, 0))
    return np.asarray(-(-lengths // step) * step)


def _solve_short(whitened: Matrix, rows: SparseRows, some: npt.NDArray[np.int64], *, size: int, alpha: float) -> Matrix:
    """Solve rows of at most `size` entries, with one unknown per entry; return factors, float32 (rows, factors)."""
    starts, lengths = rows.offsets[some], np.diff(rows.offsets)[some]
    filled = np.arange(size) < lengths[:, None]  # (rows, size)
    at = np.where(filled, starts[:, None] + np.arange(size), 0)
    weights = alpha * rows.weights[at]
    root = np.where(filled, np.sqrt(weights), 0).astype(np.float32)
    entries = whitened[rows.columns[at]] * root[:, :, None]  # (rows, size, factors)
    systems = entries @ entries.transpose(0, 2, 1) + np.eye(size, dtype=np.float32)
    target = np.divide(1 + weights, root, out=np.zeros_like(root), where=filled)
    unknowns = np.linalg.solve(systems, target[:, :, None])  # (rows, size, 1)
    return np.asarray((unknowns.transpose(0, 2, 1) @ entries)[:, 0])


def _solve_long(whitened: Matrix, rows: SparseRows, row: int, *, alpha: float) -> Matrix:
    """Solve one row of many entries, with one unknown per factor; return its factors, float32 (factors,)."""
    factors = whitened.shape[1]
    system, target = np.eye(factors), np.zeros(factors)
    block = max(1, GATHERED // factors)
    for first in range(int(rows.offsets[row]), int(rows.offsets[row + 1]), block):
        last = min(first + block, int(rows.offsets[row + 1]))
        weights = alpha * rows.weights[first:last]
        entries = whitened[rows.columns[first:last]]
        system += entries.T @ (entries * weights[:, None])
        target += (1 + weights) @ entries
    return np.linalg.solve(system, target).astype(np.float32)
