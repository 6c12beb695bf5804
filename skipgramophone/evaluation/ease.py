"""EASE: linear regression of each track on all other tracks, computed in closed form.

With the playlist-track matrix X and P = (X^T X + regularization I)^-1, the weight of a given track i for track j is

    B_ij = -P_ij / P_jj for i != j        B_jj = 0

These weights minimize |X - X B|^2 + regularization |B|^2 under the condition that the diagonal of B is 0. P has one row
and one column per track. If there are fewer playlists than tracks, a smaller matrix gives the same scores. It is
G = (X X^T + regularization I)^-1, with one row and one column per playlist:

    P = (I - X^T G X) / regularization        score_j = (h_j - g_j d_j) / (1 - d_j)
    h = g X^T G X                             d_j = (X^T G X)_jj

where g is a row of zeros and ones that marks the given tracks.

Source: Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data", arXiv 1905.03375.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import EvaluationError
from skipgramophone.evaluation.rankers import Given, Ranker, Scores
from skipgramophone.training.memory import free_bytes

BYTES_PER_PAIR = 20  # two float64 matrices while one is inverted, and a float32 copy
COMPUTED = 1 << 24  # maximum number of elements per block of a matrix product


@dataclass(frozen=True, slots=True)
class PlaylistKernel:
    """EASE computed from pairs of playlists."""

    playlists: Any  # scipy.sparse.csr_array (playlists, tracks), X of the module docstring
    inverse: npt.NDArray[np.float32]  # (playlists, playlists), G of the module docstring
    own: npt.NDArray[np.float64]  # (tracks,), d of the module docstring

    def scores(self, given: Given) -> Scores:
        """For each track, return the sum of the weights that the given tracks have for it."""
        shared = (given @ self.playlists.T).toarray() @ self.inverse
        every = np.asarray(shared @ self.playlists) - given.multiply(self.own.astype(np.float32)).toarray()
        return np.asarray(every / (1 - self.own).astype(np.float32), np.float32)


@dataclass(frozen=True, slots=True)
class TrackWeights:
    """EASE computed from pairs of tracks."""

    weights: npt.NDArray[np.float32]  # (tracks, tracks), B of the module docstring

    def scores(self, given: Given) -> Scores:
        """For each track, return the sum of the weights that the given tracks have for it."""
        return np.asarray(given @ self.weights, np.float32)


def ease(playlists: Any, regularization: float) -> Ranker:
    """Fit EASE to a playlist-track matrix, by tracks or by playlists, whichever are fewer.

    Args:
        playlists: scipy.sparse.csr_array (playlists, tracks) of ones.
        regularization: L2 regularization, above 0.

    Raises:
        EvaluationError: the matrix of all pairs does not fit into memory.
    """
    require_memory_for_ease(min(playlists.shape))
    if playlists.shape[1] <= playlists.shape[0]:
        inverse = _inverse((playlists.T @ playlists).toarray(), regularization)
        weights = inverse / -np.diag(inverse)
        np.fill_diagonal(weights, 0)
        return TrackWeights(weights.astype(np.float32))
    inverse = _inverse((playlists @ playlists.T).toarray(), regularization)
    return PlaylistKernel(playlists, inverse.astype(np.float32), _own_weights(playlists, inverse))


def require_memory_for_ease(fewer: int) -> None:
    """Check that this machine has enough free memory for EASE.

    Args:
        fewer: number of playlists or number of tracks, whichever is smaller.

    Raises:
        EvaluationError: EASE needs more memory than is free.
    """
    needed, free = BYTES_PER_PAIR * fewer**2, free_bytes()
    if free is not None and needed > free:
        raise EvaluationError(
            f"it needs about {needed / 1e9:.1f} GB of memory for a matrix of {fewer:,} × {fewer:,}, but only "
            f"{free / 1e9:.1f} GB are free; close other programs, or evaluate a smaller corpus"
        )


def _inverse(symmetric: npt.NDArray[np.float32], regularization: float) -> npt.NDArray[np.float64]:
    """Return the inverse of a symmetric matrix plus a multiple of the identity, float64 of the same shape."""
    from scipy import linalg

    system = symmetric.astype(np.float64)
    system[np.diag_indices_from(system)] += regularization
    factor = linalg.cho_factor(system, overwrite_a=True, check_finite=False)
    inverse: npt.NDArray[np.float64] = linalg.cho_solve(
        factor, np.eye(len(system)), overwrite_b=True, check_finite=False
    )
    return inverse


def _own_weights(playlists: Any, inverse: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the diagonal of X^T G X, float64 (tracks,), computed in blocks of tracks."""
    by_track = playlists.tocsc()
    block = max(1, COMPUTED // max(1, playlists.shape[0]))
    parts = []
    for first in range(0, playlists.shape[1], block):
        some = by_track[:, first : first + block].astype(np.float64)
        parts.append(np.asarray((some.multiply(inverse @ some)).sum(axis=0)).ravel())
    return np.concatenate(parts)
