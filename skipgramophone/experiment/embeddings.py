"""Embeddings: the trained matrices of a model, memory-mapped.

    centre.npy         float32 (tracks, embedding_dim)   vector of each track as the centre of a window
    context.npy        float32 (tracks, embedding_dim)   vector of each track as context
    context_bias.npy   float32 (tracks,)                 bias, added to the dot product of centre and context vector
    centre_mean.npy    float32 (embedding_dim,)          mean that was subtracted from every centre row
    accumulators.npy   float32 (2, tracks)               Adagrad accumulators of the centre and context rows
    factors.npy        see `factors`
    ease.npy           see `ease`
    smoothed.npy       see `smoothed`
    artists.npy        see `track_artists`

The mean and the accumulators are only used to continue training.

Row i belongs to row i of the catalogue. A track without a vector (see `min_count`) has a row of zeros.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.arrays import pieces, read_array, write_array
from skipgramophone.experiment.ease import Ease, has_finite_weights, read_ease
from skipgramophone.experiment.factors import Factors, read_factors
from skipgramophone.experiment.smoothed import Smoothed, read_smoothed
from skipgramophone.experiment.track_artists import TrackArtists, read_track_artists

CENTRE = "centre.npy"
CONTEXT = "context.npy"
CONTEXT_BIAS = "context_bias.npy"  # models of the first version do not have this file
CENTRE_MEAN = "centre_mean.npy"
ACCUMULATORS = "accumulators.npy"

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Embeddings:
    """The centre and context vectors of a model.

    Attributes:
        centre: vectors of the tracks, which look-ups and exports use, float32 (tracks, embedding_dim).
        context: context vectors of the tracks, float32 (tracks, embedding_dim); all zeros if the model has no context
            vectors.
        context_bias: bias of each context track, float32 (tracks,). The score of a context track is the dot product of
            a centre vector and its context vector, plus this bias.
        factors: factors of the tracks; None if the model has none.
        ease: weights of EASE; None if the model has none.
        smoothed: smoothed vectors, float16 (tracks, embedding_dim); None if the model has none.
        artists: artists of the tracks; None if the model has none.
    """

    centre: Matrix
    context: Matrix
    context_bias: Matrix
    factors: Factors | None = None
    ease: Ease | None = None
    smoothed: Smoothed | None = None
    artists: TrackArtists | None = None

    def __len__(self) -> int:
        return len(self.centre)

    @property
    def dim(self) -> int:
        """Embedding dimension."""
        return int(self.centre.shape[1])

    def learnt(self) -> npt.NDArray[np.bool_]:
        """Return which tracks have a vector, bool (tracks,)."""
        return is_learnt(self.centre)

    @property
    def has_context(self) -> bool:
        """Whether there are context vectors; imported models may not have any."""
        return bool(is_learnt(self.context).any())

    def take(self, rows: npt.NDArray[np.int64]) -> Embeddings:
        """Return a copy that contains only the tracks in `rows` (ascending); its track i is the track in `rows[i]`."""
        return Embeddings(
            centre=np.asarray(self.centre[rows]),
            context=np.asarray(self.context[rows]),
            context_bias=np.asarray(self.context_bias[rows]),
            factors=self.factors.take(rows) if self.factors else None,
            ease=self.ease.take(rows) if self.ease else None,
            smoothed=None if self.smoothed is None else np.asarray(self.smoothed[rows]),
            artists=self.artists.take(rows) if self.artists else None,
        )

    def are_finite(self) -> bool:
        """Whether all values are finite; this reads all files completely."""
        matrices: list[npt.NDArray[Any]] = [self.centre, self.context, self.context_bias]
        matrices += [] if self.smoothed is None else [self.smoothed]
        vectors = all(np.isfinite(matrix[some]).all() for matrix in matrices for some in pieces(len(matrix)))
        has_finite_factors = self.factors is None or self.factors.are_finite()
        return vectors and has_finite_factors and (self.ease is None or has_finite_weights(self.ease))

    def write(self, directory: Path) -> None:
        """Write the matrices and the bias to a directory, but not factors, EASE, smoothed vectors and artists."""
        write_array(directory / CENTRE, np.ascontiguousarray(self.centre, np.float32))
        write_array(directory / CONTEXT, np.ascontiguousarray(self.context, np.float32))
        write_array(directory / CONTEXT_BIAS, np.ascontiguousarray(self.context_bias, np.float32))


def unit_rows(matrix: Matrix) -> Matrix:
    """Scale rows to length 1 and leave rows of zeros unchanged; return float32 (rows, embedding_dim).

    >>> unit_rows(np.array([[3, 4], [0, 0]], np.float32)).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]

    Raises:
        ExperimentError: a row contains a value that is not finite, or values so large that its length is infinite.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # overflow is ignored, because the lengths are checked below
        length = np.linalg.norm(matrix, axis=-1, keepdims=True)
    if not np.isfinite(length).all():
        raise not_finite()
    return np.asarray(np.divide(matrix, length, out=np.zeros_like(matrix), where=length > 0), np.float32)


def is_learnt(rows: Matrix) -> npt.NDArray[np.bool_]:
    """Return which rows have a value other than zero, bool (rows,). NaN is not zero."""
    with np.errstate(invalid="ignore"):
        return np.asarray(rows.any(axis=1))


def not_finite() -> ExperimentError:
    """Return the error to raise for a model that contains NaN or infinity."""
    return ExperimentError("the model contains values that are not finite: run sgp train again with --force")


def read_embeddings(directory: Path, tracks: int) -> Embeddings:
    """Memory-map the embeddings of a model stage whose catalogue has `tracks` rows.

    Raises:
        ExperimentError: a file is missing or damaged, or has an unexpected shape.
    """
    centre = read_array(directory / CENTRE, np.float32, 2)
    context = read_array(directory / CONTEXT, np.float32, 2)
    has_bias = (directory / CONTEXT_BIAS).exists()
    bias = read_array(directory / CONTEXT_BIAS, np.float32, 1) if has_bias else np.zeros(tracks, np.float32)
    if centre.shape != context.shape or len(centre) != tracks or len(bias) != tracks or centre.shape[1] < 1:
        raise ExperimentError(
            f"{directory} does not match its catalogue of {tracks:,} tracks: "
            f"the shapes are {centre.shape} (centre) and {context.shape} (context); run sgp train again with --force"
        )
    return Embeddings(
        centre=centre,
        context=context,
        context_bias=bias,
        factors=read_factors(directory, tracks),
        ease=read_ease(directory, tracks),
        smoothed=read_smoothed(directory, centre.shape),
        artists=read_track_artists(directory, tracks),
    )
