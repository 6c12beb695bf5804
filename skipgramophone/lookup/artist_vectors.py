"""Computes artist vectors: sums of the unit vectors u of the tracks, weighted by count.

    a = sum over the tracks i of an artist of (count_i / largest count)^1.5 u_i, scaled to length 1

Artist vectors are computed on first use, and are not stored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.artists import Artists
from skipgramophone.experiment.embeddings import Matrix, is_learnt, unit_rows

# The weight of a track is proportional to its count raised to this power. Rankings by shared playlists divide the score
# by the square root of the count. With the exponent 1.5 (= 1 + 1/2), the influence of a track on a ranking remains
# proportional to its count, so many rare tracks of an artist do not outweigh the well-known ones.
ARTIST_EXPONENT = 1.5
ROWS_AT_ONCE = 1 << 16  # number of tracks whose vectors are in memory at the same time


def artist_weights(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the weights of the tracks of one artist, float64 (tracks,).

    The weights are from 0 to 1. If all counts are 0, all weights are 1.

    >>> artist_weights(np.array([4, 1, 0])).tolist()
    [1.0, 0.125, 0.0]
    """
    most = counts.max(initial=0)
    return np.asarray((counts / most) ** ARTIST_EXPONENT if most else np.ones(len(counts)), np.float64)


@dataclass(frozen=True, slots=True)
class ArtistVectors:
    """Vectors and counts of the artists of a catalogue, computed from the tracks that have a vector.

    Attributes:
        unit: unit vectors, float32 (artists, embedding_dim); zeros if no track of the artist has a vector.
        tracks: number of tracks that have a vector, int64 (artists,).
        counts: occurrences of these tracks, int64 (artists,).
    """

    unit: Matrix
    tracks: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]


def artist_vectors(artists: Artists, centre: Matrix, counts: npt.NDArray[np.int64]) -> ArtistVectors:
    """Compute the vectors of all artists.

    Args:
        artists: the artists and their tracks.
        centre: vectors of the tracks, float32 (tracks, embedding_dim); tracks beyond the last row have no vector.
        counts: occurrences of each track, int64 (tracks,).

    Raises:
        ExperimentError: a vector is not finite.
    """
    sums = np.zeros((len(artists), centre.shape[1]), np.float32)
    tracks, occurrences = np.zeros(len(artists), np.int64), np.zeros(len(artists), np.int64)
    first = 0
    while first < len(artists):
        begin = artists.offsets[first]
        end = max(first + 1, int(np.searchsorted(artists.offsets, begin + ROWS_AT_ONCE, "right")) - 1)
        rows = artists.rows[begin : artists.offsets[end]]
        owner = np.repeat(np.arange(end - first), np.diff(artists.offsets[first : end + 1]))
        known = rows < len(centre)
        rows, owner = rows[known], owner[known]
        vectors = np.asarray(centre[rows])
        known = is_learnt(vectors)
        rows, owner, vectors = rows[known], owner[known], vectors[known]
        here, starts = np.unique(owner, return_index=True)  # not all artists have a track with a vector
        if len(here):
            weights = _weights(counts[rows], starts)
            sums[first + here] = np.add.reduceat(unit_rows(vectors) * weights[:, None].astype(np.float32), starts)
            tracks[first + here] = np.diff([*starts, len(rows)])
            occurrences[first + here] = np.add.reduceat(counts[rows], starts)
        first = end
    return ArtistVectors(unit_rows(sums), tracks, occurrences)


def _weights(counts: npt.NDArray[np.int64], starts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the weights of `artist_weights` for several artists; the tracks of artist i begin at index `starts[i]`."""
    most = np.repeat(np.maximum.reduceat(counts, starts), np.diff([*starts, len(counts)]))
    return np.asarray(np.where(most > 0, counts / np.maximum(most, 1), 1.0) ** ARTIST_EXPONENT, np.float64)
