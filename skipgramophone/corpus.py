"""The encoded corpus: every playlist as row numbers of the catalogue, memory-mapped.

    track_ids.npy   int32   all playlists end to end
    offsets.npy     int64   playlists + 1; playlist p is track_ids[offsets[p]:offsets[p + 1]]

It knows nothing of names; those are the catalogue's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from skipgramophone.arrays import read_array
from skipgramophone.errors import ExperimentError

TRACK_IDS = "track_ids.npy"
OFFSETS = "offsets.npy"


@dataclass(frozen=True, slots=True)
class Corpus:
    """Playlists as row numbers.

    Attributes:
        track_ids: int32 (occurrences,).
        offsets: int64 (playlists + 1,), from 0 to the number of occurrences, never falling.
    """

    track_ids: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def occurrences(self) -> int:
        """Places of all playlists together."""
        return len(self.track_ids)

    def lengths(self) -> npt.NDArray[np.int64]:
        """Length of each playlist, int64 (playlists,)."""
        return np.diff(self.offsets)

    def counts(self, tracks: int) -> npt.NDArray[np.int64]:
        """Occurrences of each of `tracks` tracks, int64 (tracks,)."""
        return np.bincount(self.track_ids, minlength=tracks).astype(np.int64)

    def write(self, directory: Path) -> None:
        """Write the two arrays."""
        np.save(directory / TRACK_IDS, np.ascontiguousarray(self.track_ids, np.int32))
        np.save(directory / OFFSETS, np.ascontiguousarray(self.offsets, np.int64))


def read_corpus(directory: Path) -> Corpus:
    """Map the corpus in a stage directory.

    Raises:
        ExperimentError: a file is missing or of another kind or shape than the contract says.
    """
    track_ids = read_array(directory / TRACK_IDS, np.int32, 1)
    offsets = read_array(directory / OFFSETS, np.int64, 1)
    ends_fit = len(offsets) >= 1 and offsets[0] == 0 and offsets[-1] == len(track_ids)
    if not ends_fit or np.any(np.diff(offsets) < 0):
        raise ExperimentError(f"{directory / OFFSETS} does not fit {TRACK_IDS}: extract again with --force")
    return Corpus(track_ids, offsets)
