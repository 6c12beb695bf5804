"""The encoded corpus: every playlist as row numbers of the catalogue, memory-mapped.

    track_ids.npy   int32   all playlists end to end
    offsets.npy     int64   playlists + 1; playlist p is track_ids[offsets[p]:offsets[p + 1]]

Playlists that were set aside and are never trained on lie beside them, in files of the same names with "held_out_"
before. It knows nothing of names; those are the catalogue's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.arrays import read_array

TRACK_IDS = "track_ids.npy"
OFFSETS = "offsets.npy"
ASIDE = "held_out_"  # before the names of the files of playlists that were set aside
REJECTS = "rejects.jsonl"  # what was not used, a record each
COUNTED = 1 << 22  # occurrences that are counted at once


@dataclass(frozen=True, slots=True)
class Corpus:
    """Playlists as row numbers.

    Attributes:
        track_ids: int32 (occurrences,).
        offsets: int64 (playlists + 1,), from 0 to the number of occurrences, never falling.
        directory: the stage directory that holds just these, if there is one.
    """

    track_ids: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]
    directory: Path | None = None

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
        counts = np.zeros(tracks, np.int64)
        for start in range(0, self.occurrences, COUNTED):  # bincount copies what it counts
            counts += np.bincount(self.track_ids[start : start + COUNTED], minlength=tracks)
        return counts

    def names_only(self, tracks: int) -> bool:
        """Whether every track that it names is one of so many."""
        return not self.occurrences or 0 <= int(self.track_ids.min()) <= int(self.track_ids.max()) < tracks

    def playlists(self, chosen: npt.NDArray[np.int64]) -> Corpus:
        """A corpus of some playlists, in the order in which they are named."""
        places, ends = self.places(chosen)
        return Corpus(np.asarray(self.track_ids[places]), ends)

    def places(self, chosen: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Where the tracks of some playlists stand, end to end, and the offsets of the playlists among them."""
        starts = self.offsets[chosen]
        lengths = self.offsets[chosen + 1] - starts
        ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return np.repeat(starts - ends[:-1], lengths) + np.arange(ends[-1]), ends

    def drawn(self, tokens: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """Numbers of random playlists, rising, that together hold up to so many tokens; of one at the least."""
        order = rng.permutation(len(self))
        reached = np.cumsum(self.lengths()[order])
        return np.sort(order[: max(1, int(np.searchsorted(reached, tokens, "right")))])

    def and_then(self, other: Corpus) -> Corpus:
        """The playlists of both, those of the other last."""
        offsets = np.concatenate([self.offsets, other.offsets[1:] + self.occurrences])
        return Corpus(np.concatenate([self.track_ids, other.track_ids]), offsets)

    def write(self, directory: Path, prefix: str = "") -> None:
        """Write the two arrays."""
        np.save(directory / f"{prefix}{TRACK_IDS}", np.ascontiguousarray(self.track_ids, np.int32))
        np.save(directory / f"{prefix}{OFFSETS}", np.ascontiguousarray(self.offsets, np.int64))


def falls(values: npt.NDArray[np.int64], offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How often values, one a place, fall from one place of a playlist to the next, int64 (playlists,).

    No playlist is empty.
    """
    falling = np.zeros(len(values), np.int64)
    np.greater(values[:-1], values[1:], out=falling[1:], casting="unsafe")
    falling[offsets[:-1]] = 0  # from one playlist to the next
    return np.add.reduceat(falling, offsets[:-1]) if len(falling) else np.zeros(0, np.int64)


def read_corpus_set_aside(directory: Path) -> Corpus | None:
    """Map the playlists of a stage directory that are never trained on, if there are any.

    Raises:
        ExperimentError: a file is missing or of another kind or shape than the contract says.
    """
    return read_corpus(directory, ASIDE) if (directory / f"{ASIDE}{OFFSETS}").exists() else None


def read_corpus(directory: Path, prefix: str = "") -> Corpus:
    """Map the corpus in a stage directory.

    Raises:
        ExperimentError: a file is missing or of another kind or shape than the contract says.
    """
    track_ids = read_array(directory / f"{prefix}{TRACK_IDS}", np.int32, 1)
    offsets = read_array(directory / f"{prefix}{OFFSETS}", np.int64, 1)
    ends_fit = len(offsets) >= 1 and offsets[0] == 0 and offsets[-1] == len(track_ids)
    if not ends_fit or np.any(offsets[:-1] > offsets[1:]):
        raise ExperimentError(
            f"{directory / f'{prefix}{OFFSETS}'} does not fit {prefix}{TRACK_IDS}: extract again with --force"
        )
    return Corpus(track_ids, offsets, None if prefix else directory)
