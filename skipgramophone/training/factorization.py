"""Factorization of the playlist-track matrix by implicit alternating least squares (iALS).

`experiment.factors` documents what is minimized, and how the factors of playlists are computed from the factors of
tracks and vice versa. An iteration computes the factors of all playlists, then the factors of all tracks. The first
iteration starts from random factors or from trained vectors.

From trained vectors, one iteration is enough: three or six are not better on validation playlists. From random factors,
about ten are needed. The initial factors of a track are its unit centre vector followed by its unit context vector, so
there are twice as many factors as dimensions.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import Embeddings, unit_rows
from skipgramophone.experiment.factors import Factors, Matrix, Objective, SparseRows
from skipgramophone.experiment.postings import membership

ITERATIONS = 15  # default number of iterations; enough even if the factors start from random values
INITIAL_SPREAD = 0.01  # standard deviation of random factors
SERVED = Objective(alpha=19, regularization=0.3, exponent=1)  # chosen on validation playlists, see docs/quality.md


def factorize(
    playlists: Any,
    start: Matrix,
    objective: Objective,
    *,
    iterations: int = ITERATIONS,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Factors:
    """Factorize a matrix of playlists and tracks. The same arguments give the same factors on any number of cores.

    Batches are solved in one thread per core. Each of these threads uses BLAS with a single thread. With several
    threads, BLAS would add numbers in an order that depends on the number of threads, and it is many times slower if
    other processes use the cores.

    Args:
        playlists: scipy.sparse.csr_array (playlists, tracks) of float32, above 0 where a playlist contains a track.
        start: initial factors of the tracks, float32 (tracks, factors).
        objective: what to minimize.
        iterations: number of iterations; each computes the factors of playlists, and then the factors of tracks.
        progress: called with the number of finished iterations and the total.
    """
    from threadpoolctl import threadpool_limits

    by_playlist, by_track = SparseRows.of(playlists), SparseRows.of(playlists.T.tocsr())
    with threadpool_limits(1, user_api="blas"):
        tracks = Factors.rotated(start, objective)
        for done in range(iterations):
            of_playlists = Factors.rotated(tracks.fold_in(by_playlist), objective)
            tracks = Factors.rotated(of_playlists.fold_in(by_track), objective)
            progress(done + 1, iterations)
    return tracks


def random_start(tracks: int, factors: int, seed: int) -> Matrix:
    """Return small normally distributed factors, float32 (tracks, factors)."""
    return np.random.default_rng(seed).standard_normal((tracks, factors), np.float32) * np.float32(INITIAL_SPREAD)


def write_factors(directory: Path, corpus: Corpus, embeddings: Embeddings) -> None:
    """Factorize the playlists of a corpus, starting from trained vectors, and write the factors beside the vectors.

    Args:
        directory: directory for the files.
        corpus: the playlists.
        embeddings: centre and context vectors of all tracks; tracks without a vector get no factors.
    """
    learnt = np.flatnonzero(embeddings.learnt())
    start = np.concatenate([unit_rows(embeddings.centre[learnt]), unit_rows(embeddings.context[learnt])], axis=1)
    playlists = membership(corpus, len(embeddings))[:, learnt].tocsr()
    factorize(playlists, start, SERVED, iterations=1).write(directory, learnt, len(embeddings))
