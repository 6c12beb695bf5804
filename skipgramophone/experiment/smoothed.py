"""Smoothed vectors: the vector of each track, averaged over the tracks of its playlists.

    smoothed.npy    float16 (tracks, embedding_dim)    rows of length 1; zeros for a track without a vector

Let u_i be the centre vector of track i, scaled to length 1. Let l_p be the number of different tracks in playlist p.
The vector v_p of a playlist is the sum of the vectors u_i of its tracks; this sum is then scaled to length 1. The
smoothed vector z_i of a track is the sum of v_p / sqrt(l_p) over its playlists, scaled to length 1. Long playlists
therefore have less weight.

The vector of a rare track depends much on the training seed. Its smoothed vector depends little on the seed, because it
is an average over many tracks.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.arrays import read_array

SMOOTHED = "smoothed.npy"

Smoothed = npt.NDArray[np.float16]


def read_smoothed(directory: Path, shape: tuple[int, ...]) -> Smoothed | None:
    """Memory-map the smoothed vectors of a model; return None if the model has none.

    Args:
        directory: directory of the model.
        shape: shape of the centre vectors, (tracks, embedding_dim).

    Raises:
        ExperimentError: the file is damaged, or has another shape.
    """
    path = directory / SMOOTHED
    if not path.exists():
        return None
    smoothed = read_array(path, np.float16, 2)
    if smoothed.shape != shape:
        raise ExperimentError(
            f"{path} does not match the centre vectors: the shapes are {smoothed.shape} and {shape}; "
            "run sgp train again with --force"
        )
    return smoothed
