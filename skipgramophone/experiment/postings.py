"""Postings: for each track the playlists that hold it, once each, and what is counted with them.

    postings.npy           int32 (pairs,)       playlists of all tracks end to end, rising within a track
    posting_offsets.npy    int64 (tracks + 1,)  track i is in playlists postings[offsets[i]:offsets[i + 1]]

They say how many playlists two tracks share, and how far playlists agree that a track belongs to what is given: with
n_i playlists of a track i and l_p tracks of a playlist p

    agreement_j = sum over the given i and the playlists p that hold both of w_i / sqrt(n_i l_p n_j)

That is item-kNN's cosine of co-occurrence, but for the length of the playlists, of which long ones say less.

What is asked about alone is looked at: the playlists of the given tracks, and the tracks of these. The matrix of all
pairs of tracks is never made.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.arrays import read_array, scratch
from skipgramophone.experiment.corpus import Corpus

POSTINGS = "postings.npy"
POSTING_OFFSETS = "posting_offsets.npy"
TURNED_AT_ONCE = 1 << 24  # occurrences

Rows = npt.NDArray[np.int64]


def distinct(numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Sort numbers and leave repeats out; ten times as fast as numpy's `unique`, which hashes them."""
    ordered = np.sort(numbers)
    return np.asarray(ordered[np.diff(ordered, prepend=ordered[:1] - 1) != 0])


@dataclass(frozen=True, slots=True)
class Postings:
    """The playlists of each track.

    Attributes:
        corpus: the playlists.
        playlists: int32 (pairs,).
        offsets: int64 (tracks + 1,).
    """

    corpus: Corpus
    playlists: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]

    def of(self, row: int) -> npt.NDArray[np.int32]:
        """The playlists of a track, int32, rising."""
        return self.playlists[self.offsets[row] : self.offsets[row + 1]]

    def sizes(self, rows: Rows) -> Rows:
        """In how many playlists each of some tracks stands, int64 (rows,)."""
        return np.asarray(self.offsets[rows + 1] - self.offsets[rows])

    def of_any(self, rows: Rows) -> npt.NDArray[np.int32]:
        """The playlists that hold one of some tracks at least, int32, rising."""
        return self.of(rows[0]) if len(rows) == 1 else distinct(np.concatenate([self.of(row) for row in rows.tolist()]))

    def shared(self, given: Rows, rows: Rows) -> Rows:
        """How many of the playlists that hold a given track hold each of some tracks too, int64 (rows,)."""
        held = self.of_any(given)
        if not len(held):
            return np.zeros(len(rows), np.int64)
        theirs = np.concatenate([self.of(row) for row in rows.tolist()] or [held[:0]])
        at = np.minimum(np.searchsorted(held, theirs), len(held) - 1)
        hits = np.concatenate([[0], np.cumsum(held[at] == theirs)])
        ends = np.cumsum(self.sizes(rows))
        return np.asarray(hits[ends] - hits[ends - self.sizes(rows)])

    def agreement(self, given: Rows, weights: npt.NDArray[np.float64] | None = None) -> npt.NDArray[np.float32]:
        """How far playlists agree that each track belongs to given rows of some weights (1 each), float32 (tracks,).

        Raises:
            ExperimentError: the postings do not fit the corpus.
        """
        tracks = len(self.offsets) - 1
        worth = (1.0 if weights is None else weights) / np.sqrt(np.maximum(self.sizes(given), 1))
        chosen, place = np.unique(np.concatenate([self.of(row) for row in given.tolist()]), return_inverse=True)
        if len(chosen) and not 0 <= chosen[0] <= chosen[-1] < len(self.corpus):
            raise ExperimentError("the postings do not fit the corpus: run sgp extract again with --force")
        of_playlist = np.bincount(place, weights=np.repeat(worth, self.sizes(given)), minlength=len(chosen))
        held = self.corpus.playlists(chosen.astype(np.int64))
        if held.occurrences and not 0 <= held.track_ids.min() <= held.track_ids.max() < tracks:
            raise ExperimentError("the playlists name tracks that there are not: run sgp extract again with --force")
        pairs = distinct(np.repeat(np.arange(len(chosen)), held.lengths()) * tracks + held.track_ids)
        playlist, track = pairs // tracks, pairs % tracks
        said = of_playlist / np.sqrt(np.maximum(np.bincount(playlist, minlength=len(chosen)), 1))
        of_track = np.bincount(track, weights=said[playlist], minlength=tracks)
        return np.asarray(of_track / np.sqrt(np.maximum(np.diff(self.offsets), 1)), np.float32)

    def write(self, directory: Path) -> None:
        """Write the two arrays."""
        np.save(directory / POSTINGS, self.playlists)
        np.save(directory / POSTING_OFFSETS, self.offsets)


def postings(corpus: Corpus, tracks: int) -> Postings:
    """The postings of a corpus over a catalogue of so many tracks; so many occurrences are turned round at once."""
    from scipy.sparse import csr_array  # where a corpus is made, not in look-ups

    band = np.cumsum(corpus.counts(tracks)) // TURNED_AT_ONCE
    firsts = np.concatenate([np.flatnonzero(np.diff(band, prepend=-1)), [tracks]])
    playlists, filled, sizes = scratch(corpus.occurrences, np.int32), 0, [np.zeros(1, np.int64)]
    for first, end in zip(firsts[:-1].tolist(), firsts[1:].tolist(), strict=True):
        tracks_there, offsets = corpus.track_ids, corpus.offsets
        if end - first < tracks:
            places = np.flatnonzero((tracks_there >= first) & (tracks_there < end))
            tracks_there, offsets = tracks_there[places] - np.int32(first), np.searchsorted(places, offsets)
        held = np.ones(len(tracks_there), np.bool_), tracks_there, offsets
        holders = csr_array(held, shape=(len(corpus), end - first)).tocsc()
        theirs, begins = holders.indices, holders.indptr
        again = np.flatnonzero(theirs[1:] == theirs[:-1]) + 1
        again = again[begins[np.searchsorted(begins, again)] != again]  # the first of the next track is not
        pairs = np.delete(theirs, again)
        playlists[filled : filled + len(pairs)] = pairs
        filled += len(pairs)
        track = np.searchsorted(begins, again, side="right") - 1
        sizes.append(np.diff(begins) - np.bincount(track, minlength=end - first))
    return Postings(corpus, playlists[:filled], np.cumsum(np.concatenate(sizes), dtype=np.int64))


def read_postings(directory: Path, corpus: Corpus, tracks: int) -> Postings:
    """Map the postings of a corpus stage; those of the first version had none, and they are counted then.

    Raises:
        ExperimentError: a file is damaged, or fits neither the corpus nor the catalogue.
    """
    if not (directory / POSTINGS).exists():
        return postings(corpus, tracks)
    playlists = read_array(directory / POSTINGS, np.int32, 1)
    offsets = read_array(directory / POSTING_OFFSETS, np.int64, 1)
    ends_fit = len(offsets) == tracks + 1 and offsets[0] == 0 and offsets[-1] == len(playlists)
    if not ends_fit or np.any(offsets[:-1] > offsets[1:]):
        raise ExperimentError(f"{directory / POSTING_OFFSETS} does not fit {POSTINGS}: extract again with --force")
    return Postings(corpus, playlists, offsets)
