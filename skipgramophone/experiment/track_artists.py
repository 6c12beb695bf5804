"""The artists that are credited for each track of a model, stored as numbers.

The hybrid ranking compares them with the artists of the query tracks.

    artists.npy   int32 (2, credits)   first the rows of the tracks, then the numbers of their artists; sorted by track

A track with several artists has one credit for each artist. In the array, artists[0, i] is the row of the track of
credit i, and artists[1, i] is the number of its artist.

The numbers only tell artists apart: two tracks have an artist in common if they have a number in common.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.arrays import Rows, read_array, write_array
from skipgramophone.experiment.artists import Artists

FILE = "artists.npy"


@dataclass(frozen=True, slots=True)
class TrackArtists:
    """The artists of each track.

    Attributes:
        rows: int32 (credits,), ascending; for each credit, the row of the track.
        artists: int32 (credits,); for each credit, the number of the artist.
        tracks: number of tracks.
    """

    rows: npt.NDArray[np.int32]
    artists: npt.NDArray[np.int32]
    tracks: int

    def in_common(self, rows: Rows, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
        """For each track of the model, return the weighted number of given tracks with its artists, float32 (tracks,).

        A given track with k artists counts 1/k for each artist that it has in common with the track of the model.

        Args:
            rows: int64 (given,), the given tracks.
            weights: float64 (given,); a given track with weight w counts w times. Weights may be negative.
        """
        first, end = (np.searchsorted(self.rows, rows.astype(np.int32), side) for side in ("left", "right"))
        numbers = [self.artists[a:b] for a, b in zip(first.tolist(), end.tolist(), strict=True)]
        sizes = end - first
        artists = np.concatenate([*numbers, np.empty(0, np.int32)])
        of_artist = np.bincount(artists, np.repeat(weights / np.maximum(sizes, 1), sizes), self._artists())
        credited = np.flatnonzero(of_artist[self.artists])
        return np.bincount(self.rows[credited], of_artist[self.artists[credited]], self.tracks).astype(np.float32)

    def matrix(self) -> Any:
        """Return a scipy.sparse.csr_array (tracks, artists), float32, with a 1 for each artist of a track."""
        from scipy import sparse

        ones = np.ones(len(self.rows), np.float32)
        return sparse.csr_array((ones, (self.rows, self.artists)), shape=(self.tracks, self._artists()))

    def take(self, rows: Rows) -> TrackArtists:
        """Return the artists of the tracks in `rows` (ascending), renumbered.

        Track i of the result is track `rows[i]` of this object.
        """
        place = np.full(self.tracks, -1, np.int32)
        place[rows] = np.arange(len(rows), dtype=np.int32)
        kept = place[self.rows] >= 0
        return TrackArtists(place[self.rows[kept]], self.artists[kept], len(rows))

    def write(self, directory: Path) -> None:
        """Write artists.npy to a directory."""
        write_array(directory / FILE, np.stack([self.rows, self.artists]))

    def _artists(self) -> int:
        """Return the largest artist number plus 1, which is the number of columns of `matrix`."""
        return int(self.artists.max(initial=-1)) + 1


def track_artists(artists: Artists) -> TrackArtists:
    """Return the artists of each track of a catalogue."""
    numbers, offsets = artists.by_track
    rows = np.repeat(np.arange(artists.tracks, dtype=np.int32), np.diff(offsets))
    return TrackArtists(rows, numbers.astype(np.int32), artists.tracks)


def read_track_artists(directory: Path, tracks: int) -> TrackArtists | None:
    """Memory-map the artists of a model whose catalogue has `tracks` rows; return None if the model has none.

    Raises:
        ExperimentError: the file is damaged, or names a track that does not exist.
    """
    path = directory / FILE
    if not path.exists():
        return None
    found = read_array(path, np.int32, 2)
    if len(found) != 2 or not _is_sound(found[0], found[1], tracks):
        raise ExperimentError(
            f"{path} does not match its catalogue of {tracks:,} tracks: run sgp train again with --force"
        )
    return TrackArtists(found[0], found[1], tracks)


def _is_sound(rows: npt.NDArray[np.int32], artists: npt.NDArray[np.int32], tracks: int) -> bool:
    """Return whether rows are sorted and in the catalogue, and each artist number is from 0 to len(artists) - 1."""
    if not len(rows):
        return True
    is_sorted = bool((rows[1:] >= rows[:-1]).all())
    return is_sorted and rows[0] >= 0 and rows[-1] < tracks and artists.min() >= 0 and artists.max() < len(artists)
