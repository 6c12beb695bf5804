"""Fitting EASE to the playlist-track matrix; `experiment.ease` documents the equations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.ease import Ease, PlaylistWeights, TrackWeights
from skipgramophone.experiment.embeddings import Embeddings
from skipgramophone.experiment.postings import membership

SERVED_REGULARIZATION = 50.0  # chosen on validation playlists, see docs/quality.md
LARGEST = 5000  # EASE is fitted if there are at most this many playlists, or at most this many tracks with a vector
BLOCK = 1024  # number of rows and columns that are copied together
COMPUTED = 1 << 24  # maximum number of elements per block of a matrix product


def fit_ease(playlists: Any, regularization: float) -> Ease:
    """Fit EASE by inverting a matrix of all pairs of tracks, or of all pairs of playlists if there are fewer of these.

    The same arguments give the same weights on any number of cores, because BLAS runs in a single thread.

    Args:
        playlists: scipy.sparse.csr_array (playlists, tracks) of float32 ones.
        regularization: L2 regularization, above 0.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        if playlists.shape[1] <= playlists.shape[0]:
            inverse = _inverse(playlists.T @ playlists, regularization)
            inverse /= -np.diag(inverse)
            np.fill_diagonal(inverse, 0)
            tracks = playlists.shape[1]
            return TrackWeights(inverse.astype(np.float32), np.arange(tracks), tracks, regularization)
        inverse = _inverse(playlists @ playlists.T, regularization)
        own = _own_weights(playlists, inverse).astype(np.float32)
    by_track = playlists.T.tocsr()
    by_track.sort_indices()
    rows = np.repeat(np.arange(len(own)), np.diff(by_track.indptr))
    members = np.stack([rows, by_track.indices]).astype(np.int32)
    return PlaylistWeights((inverse * regularization).astype(np.float32), members, own, regularization)


def has_ease(playlists: int, tracks: int) -> bool:
    """Return whether EASE is fitted to a corpus with this many playlists, and this many tracks with a vector."""
    return 0 < min(playlists, tracks) <= LARGEST


def write_ease(directory: Path, corpus: Corpus, embeddings: Embeddings) -> None:
    """Fit EASE to the playlists of a corpus, and write its files beside the vectors.

    Args:
        directory: directory for the files.
        corpus: the playlists.
        embeddings: the vectors of all tracks; tracks without a vector are left out.
    """
    learnt = np.flatnonzero(embeddings.learnt())
    playlists = membership(corpus, len(embeddings))[:, learnt].tocsr()
    fit_ease(playlists, SERVED_REGULARIZATION).renumbered(learnt, len(embeddings)).write(directory)


def _inverse(products: Any, regularization: float) -> npt.NDArray[np.float64]:
    """Return the inverse of a symmetric sparse matrix plus a multiple of the identity, float64 of the same shape."""
    from scipy import linalg

    system = np.asfortranarray(products.toarray(), np.float64)
    system[np.diag_indices_from(system)] += regularization
    lower = linalg.cholesky(system, lower=True, overwrite_a=True, check_finite=False)
    inverse, _ = linalg.lapack.dpotri(lower, lower=1, overwrite_c=1)
    # LAPACK computes only the lower triangle of the inverse; the loop copies it to the upper triangle.
    for first in range(0, len(inverse), BLOCK):
        end = first + BLOCK
        inverse[first:end, end:] = inverse[end:, first:end].T
        block = np.tril(inverse[first:end, first:end])
        inverse[first:end, first:end] = block + np.tril(block, -1).T
    return np.asarray(inverse, np.float64)


def _own_weights(playlists: Any, inverse: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the diagonal of X^T (X X^T + regularization I)^-1 X, float64 (tracks,), computed in blocks of tracks."""
    by_track = playlists.tocsc()
    block = max(1, COMPUTED // max(1, playlists.shape[0]))
    parts = []
    for first in range(0, playlists.shape[1], block):
        some = by_track[:, first : first + block].astype(np.float64)
        parts.append(np.asarray((some.multiply(inverse @ some)).sum(axis=0)).ravel())
    return np.concatenate(parts)
