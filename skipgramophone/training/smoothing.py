"""Computing the smoothed vectors of a model; `experiment.smoothed` documents the equations."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.arrays import pieces, write_rows
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import Embeddings, Matrix, unit_rows
from skipgramophone.experiment.postings import membership
from skipgramophone.experiment.smoothed import SMOOTHED
from skipgramophone.parallel import run_in_order


def write_smoothed(directory: Path, corpus: Corpus, embeddings: Embeddings) -> None:
    """Smooth trained vectors over the playlists of a corpus, and write the smoothed vectors to a file.

    Args:
        directory: directory for the file.
        corpus: the playlists.
        embeddings: the vectors of all tracks; tracks without a vector get zeros.
    """
    playlists, unit = membership(corpus, len(embeddings)), unit_rows(embeddings.centre)
    of_playlists = np.empty((len(corpus), embeddings.dim), np.float32)
    tasks = (partial(_vectors_of_playlists, playlists[some], unit) for some in pieces(len(corpus)))
    for some, vectors in zip(pieces(len(corpus)), run_in_order(tasks), strict=True):
        of_playlists[some] = vectors
    by_track, learnt = playlists.T.tocsr(), embeddings.learnt()
    tasks = (partial(_smoothed, by_track[some], of_playlists, learnt[some]) for some in pieces(len(embeddings)))
    write_rows(directory / SMOOTHED, embeddings.centre.shape, run_in_order(tasks), np.float16)


def _vectors_of_playlists(playlists: Any, unit: Matrix) -> Matrix:
    """Return the vectors of some playlists, float32 (playlists, embedding_dim); long playlists have shorter vectors.

    The vector of a playlist with l_p tracks is v_p / sqrt(l_p); see `experiment.smoothed`.

    Args:
        playlists: scipy.sparse.csr_array (playlists, tracks) of ones.
        unit: the centre vectors, scaled to length 1 (u_i), float32 (tracks, embedding_dim).
    """
    lengths = np.maximum(np.asarray(playlists.sum(axis=1), np.float32), 1).reshape(-1, 1)
    return np.asarray(unit_rows(playlists @ unit) / np.sqrt(lengths), np.float32)


def _smoothed(by_track: Any, of_playlists: Matrix, learnt: npt.NDArray[np.bool_]) -> Matrix:
    """Return the smoothed vectors (z_i) of some tracks, float32 (tracks, embedding_dim).

    Args:
        by_track: scipy.sparse.csr_array (tracks, playlists) of ones.
        of_playlists: result of `_vectors_of_playlists`, float32 (playlists, embedding_dim).
        learnt: bool (tracks,), which of the tracks have a vector.
    """
    return np.asarray(unit_rows(by_track @ of_playlists) * learnt[:, None], np.float32)
