"""The encoded corpus: memory-mapped playlists of track ids, which are row numbers of the catalogue.

    track_ids.npy   int32   concatenated track ids of all playlists
    offsets.npy     int64   playlists + 1; playlist p is track_ids[offsets[p]:offsets[p + 1]]

Held-out playlists, which are never trained on, are in files with the prefix "held_out_". The names of
tracks are in the catalogue, and the names of playlists are in the playlist table.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.arrays import read_array, write_array
from skipgramophone.parallel import stop_if_cancelled

TRACK_IDS = "track_ids.npy"
OFFSETS = "offsets.npy"
HELD_OUT_PREFIX = "held_out_"  # prefix of the file names of held-out playlists
REJECTS = "rejects.jsonl"  # file with one JSON object per rejected input record
COUNTED = 1 << 22  # number of occurrences that are counted per step


@dataclass(frozen=True, slots=True)
class Corpus:
    """Playlists as track ids.

    Attributes:
        track_ids: the tracks of all playlists, one playlist after the other, int32 (occurrences,).
        offsets: where each playlist begins in `track_ids`, and the end of the last one, int64 (playlists + 1,).
        directory: the directory of the stored corpus from which the playlists come; None if they do not come from a
            stored corpus.
    """

    track_ids: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]
    directory: Path | None = None

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def occurrences(self) -> int:
        """Total length of all playlists."""
        return len(self.track_ids)

    def lengths(self) -> npt.NDArray[np.int64]:
        """Return the length of each playlist, int64 (playlists,)."""
        return np.diff(self.offsets)

    def counts(self, tracks: int) -> npt.NDArray[np.int64]:
        """Return how often each track occurs in a catalogue of `tracks` tracks, int64 (tracks,)."""
        counts = np.zeros(tracks, np.int64)
        for start in range(0, self.occurrences, COUNTED):  # in parts, because bincount copies its input
            stop_if_cancelled()
            counts += np.bincount(self.track_ids[start : start + COUNTED], minlength=tracks)
        return counts

    def has_valid_ids(self, tracks: int) -> bool:
        """Whether every track id is valid in a catalogue of `tracks` tracks."""
        return not self.occurrences or 0 <= int(self.track_ids.min()) <= int(self.track_ids.max()) < tracks

    def playlists(self, chosen: npt.NDArray[np.int64]) -> Corpus:
        """Return a corpus of the playlists with the numbers `chosen`, in this order."""
        places, ends = self.places(chosen)
        return Corpus(np.asarray(self.track_ids[places]), ends)

    def places(self, chosen: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the positions in `track_ids` of the tracks of the chosen playlists, and offsets into these positions.

        The tracks of the playlist chosen[i] are at positions[offsets[i]:offsets[i + 1]].
        """
        starts = self.offsets[chosen]
        lengths = self.offsets[chosen + 1] - starts
        ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return np.repeat(starts - ends[:-1], lengths) + np.arange(ends[-1]), ends

    def draw(self, tokens: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """Draw random playlists with at most `tokens` occurrences in total, and return their sorted numbers.

        At least one playlist is drawn, even if it has more occurrences.
        """
        order = rng.permutation(len(self))
        reached = np.cumsum(self.lengths()[order])
        return np.sort(order[: max(1, int(np.searchsorted(reached, tokens, "right")))])

    def joined_with(self, other: Corpus) -> Corpus:
        """Return a corpus with the playlists of this corpus, followed by those of `other`."""
        offsets = np.concatenate([self.offsets, other.offsets[1:] + self.occurrences])
        return Corpus(np.concatenate([self.track_ids, other.track_ids]), offsets)

    def write(self, directory: Path, prefix: str = "") -> None:
        """Write both arrays to a directory; their file names start with `prefix`."""
        write_array(directory / f"{prefix}{TRACK_IDS}", np.ascontiguousarray(self.track_ids, np.int32))
        write_array(directory / f"{prefix}{OFFSETS}", np.ascontiguousarray(self.offsets, np.int64))


def count_descents(values: npt.NDArray[np.int64], offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """For each playlist, count the descents: occurrences whose value is smaller than that of the occurrence before.

    Args:
        values: one value per occurrence, int64 (occurrences,).
        offsets: offsets of the playlists, none of which is empty.

    Returns:
        int64 (playlists,).
    """
    descents = np.zeros(len(values), np.int64)
    np.greater(values[:-1], values[1:], out=descents[1:], casting="unsafe")
    descents[offsets[:-1]] = 0  # the first value of a playlist has no previous one
    return np.add.reduceat(descents, offsets[:-1]) if len(descents) else np.zeros(0, np.int64)


def read_held_out_corpus(directory: Path) -> Corpus | None:
    """Memory-map the held-out playlists of a corpus stage, or return None if there are none.

    Raises:
        ExperimentError: a file is missing, or has an unexpected type or shape.
    """
    return read_corpus(directory, HELD_OUT_PREFIX) if (directory / f"{HELD_OUT_PREFIX}{OFFSETS}").exists() else None


def read_corpus(directory: Path, prefix: str = "") -> Corpus:
    """Memory-map the playlists of a corpus stage from the files whose names start with `prefix`.

    Raises:
        ExperimentError: a file is missing, or has an unexpected type or shape.
    """
    track_ids = read_array(directory / f"{prefix}{TRACK_IDS}", np.int32, 1)
    offsets = read_array(directory / f"{prefix}{OFFSETS}", np.int64, 1)
    ends_fit = len(offsets) >= 1 and offsets[0] == 0 and offsets[-1] == len(track_ids)
    if not ends_fit or np.any(offsets[:-1] > offsets[1:]):
        raise ExperimentError(
            f"{directory / f'{prefix}{OFFSETS}'} does not match {prefix}{TRACK_IDS}: run sgp extract again with --force"
        )
    return Corpus(track_ids, offsets, None if prefix else directory)
