"""Postings: the distinct playlists that contain each track, and co-occurrence scores computed from them.

    postings.npy           int32 (pairs,)       concatenated playlist numbers of all tracks, ascending for each track
    posting_offsets.npy    int64 (tracks + 1,)  track i is in playlists postings[offsets[i]:offsets[i + 1]]

Two numbers are computed from postings. One is the number of playlists that two tracks share. The other is an agreement
score, which measures how often a track j occurs together with the given tracks i. Track i has the weight w_i and occurs
in n_i playlists, and playlist p has l_p tracks. The score is

    agreement_j = sum over the given i and the playlists p that contain i and j of w_i / sqrt(n_i l_p n_j)

This is item-kNN with the cosine similarity of co-occurrence counts, but long playlists have less weight.

Only the playlists of the given tracks are read. The matrix of all pairs of tracks is never computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.arrays import Rows, read_array, write_array
from skipgramophone.experiment.bands import Bands
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.parallel import stop_if_cancelled

POSTINGS = "postings.npy"
POSTING_OFFSETS = "posting_offsets.npy"
MISMATCH = "the postings (playlists of each track) do not match the corpus: run sgp extract again with --force"
OCCURRENCES_PER_BAND = 1 << 24
DIVIDED_AT_ONCE = 1 << 20  # number of occurrences that are divided into bands per step
PLAYLIST_BITS = 32  # a (track, playlist) pair is packed as track << PLAYLIST_BITS | playlist


def sorted_unique(numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the distinct numbers, sorted. This is ten times as fast as numpy's `unique`, which uses hashing."""
    # The kind "stable" is the fastest here, because `numbers` is usually a concatenation of a few sorted sequences.
    ordered = np.sort(numbers, kind="stable")
    return np.asarray(ordered[np.diff(ordered, prepend=ordered[:1] - 1) != 0])


@dataclass(frozen=True)
class Postings:
    """The playlists that contain each track.

    Attributes:
        corpus: the playlists.
        playlists: playlist numbers of all tracks, concatenated, int32 (pairs,).
        offsets: bounds of each track's numbers in `playlists`, int64 (tracks + 1,).
    """

    corpus: Corpus
    playlists: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]

    def of(self, row: int) -> npt.NDArray[np.int32]:
        """Return the numbers of the playlists that contain the track `row`, int32, ascending."""
        return self.playlists[self.offsets[row] : self.offsets[row + 1]]

    def sizes(self, rows: Rows) -> Rows:
        """Return how many playlists contain each of the tracks, int64 (rows,)."""
        return np.asarray(self.offsets[rows + 1] - self.offsets[rows])

    def of_any(self, rows: Rows) -> npt.NDArray[np.int32]:
        """Return the numbers of the playlists that contain at least one of the tracks, int32, ascending."""
        if len(rows) == 1:
            return self.of(rows[0])
        return sorted_unique(np.concatenate([self.of(row) for row in rows.tolist()]))

    def shared(self, given: Rows, rows: Rows) -> Rows:
        """For each track in `rows`, count the playlists that contain it and at least one given track, int64 (rows,)."""
        of_given = self.of_any(given)
        if not len(of_given):
            return np.zeros(len(rows), np.int64)
        of_rows = np.concatenate([self.of(row) for row in rows.tolist()] or [of_given[:0]])
        at = np.minimum(np.searchsorted(of_given, of_rows), len(of_given) - 1)
        hits = np.concatenate([[0], np.cumsum(of_given[at] == of_rows)])
        ends = np.cumsum(self.sizes(rows))
        return np.asarray(hits[ends] - hits[ends - self.sizes(rows)])

    @cached_property
    def distinct_tracks(self) -> npt.NDArray[np.int64]:
        """Number of different tracks of each playlist, int64 (playlists,). The first access reads all postings.

        Raises:
            ExperimentError: the postings do not match the corpus.
        """
        if len(self.playlists) and not 0 <= self.playlists.min() <= self.playlists.max() < len(self.corpus):
            raise ExperimentError(MISMATCH)
        return np.bincount(self.playlists, minlength=len(self.corpus))

    def agreement(self, given: Rows, weights: npt.NDArray[np.float64] | None = None) -> npt.NDArray[np.float32]:
        """Return the agreement score of every track with the given tracks, float32 (tracks,).

        Args:
            given: rows of the given tracks, int64.
            weights: one weight for each given track; by default, every weight is 1.

        Raises:
            ExperimentError: the postings do not match the corpus.
        """
        tracks = len(self.offsets) - 1
        worth = (1.0 if weights is None else weights) / np.sqrt(np.maximum(self.sizes(given), 1))
        chosen, place = np.unique(np.concatenate([self.of(row) for row in given.tolist()]), return_inverse=True)
        if len(chosen) and not 0 <= chosen[0] <= chosen[-1] < len(self.corpus):
            raise ExperimentError(MISMATCH)
        of_playlist = np.bincount(place, weights=np.repeat(worth, self.sizes(given)), minlength=len(chosen))
        corpus = self.corpus.playlists(chosen.astype(np.int64))
        if not corpus.has_valid_ids(tracks):
            raise ExperimentError(
                "the corpus is damaged: unknown track id in a playlist; run sgp extract again with --force"
            )
        lengths, sizes = corpus.lengths(), self.distinct_tracks[chosen]
        playlist, track = np.repeat(np.arange(len(chosen)), lengths), corpus.track_ids
        # In playlists that contain a track more than once, keep each track only once.
        repeating = np.flatnonzero(np.repeat(lengths != sizes, lengths))
        if len(repeating):
            pairs = sorted_unique(playlist[repeating] * tracks + track[repeating])
            kept = np.ones(len(track), np.bool_)
            kept[repeating] = False
            playlist = np.concatenate([playlist[kept], pairs // tracks])
            track = np.concatenate([track[kept], pairs % tracks])
        shares = of_playlist / np.sqrt(np.maximum(sizes, 1))
        of_track = np.bincount(track, weights=shares[playlist], minlength=tracks)
        return np.asarray(of_track / np.sqrt(np.maximum(np.diff(self.offsets), 1)), np.float32)

    def write(self, directory: Path) -> None:
        """Write postings.npy and posting_offsets.npy to a directory."""
        write_array(directory / POSTINGS, self.playlists)
        write_array(directory / POSTING_OFFSETS, self.offsets)


def membership(corpus: Corpus, tracks: int) -> Any:
    """Return a scipy.sparse.csr_array (playlists, tracks), float32, with a 1 for each track that is in a playlist."""
    from scipy import sparse

    ones = np.ones(corpus.occurrences, np.float32)
    shape = (len(corpus), tracks)
    # copy=True, because scipy sums duplicates in place and must not change the arrays of the corpus.
    matrix = sparse.csr_array((ones, corpus.track_ids, corpus.offsets), shape=shape, copy=True)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def build_postings(corpus: Corpus, tracks: int) -> Postings:
    """Compute the postings of a corpus over a catalogue of `tracks` tracks.

    The corpus need not fit into memory: its occurrences are first divided into bands of consecutive tracks, and then
    each band is sorted.
    """
    ends = np.concatenate([[0], np.cumsum(corpus.counts(tracks))])
    band = ends[1:] // OCCURRENCES_PER_BAND
    firsts = np.concatenate([np.flatnonzero(np.diff(band, prepend=-1)), [tracks]])
    by_track, by_playlist = _in_bands(corpus, firsts, ends[firsts])
    playlists, filled, sizes = by_playlist.numbers, 0, [np.zeros(1, np.int64)]
    # Removing repeated pairs never makes a band longer, so the result can be written over the bands already read.
    for first, end, part in zip(firsts[:-1].tolist(), firsts[1:].tolist(), by_track.parts(), strict=True):
        pairs = _sorted_pairs(by_track.numbers[part], playlists[part])
        playlists[filled : filled + len(pairs)] = pairs & ((1 << PLAYLIST_BITS) - 1)
        filled += len(pairs)
        pairs >>= PLAYLIST_BITS
        sizes.append(np.bincount(pairs - first, minlength=end - first))
    return Postings(corpus, playlists[:filled], np.cumsum(np.concatenate(sizes), dtype=np.int64))


def _in_bands(corpus: Corpus, firsts: npt.NDArray[np.int64], bounds: npt.NDArray[np.int64]) -> tuple[Bands, Bands]:
    """Divide the tracks of all occurrences into bands of consecutive tracks, and their playlists in the same way.

    Args:
        corpus: the playlists.
        firsts: the first track of each band, and the number of tracks.
        bounds: the bounds of the bands, as in `Bands`.
    """
    bands = len(firsts) - 1
    band = np.repeat(np.arange(bands, dtype=np.min_scalar_type(max(bands, 1))), np.diff(firsts))
    by_track, by_playlist = Bands(bounds), Bands(bounds)
    for start in range(0, corpus.occurrences, DIVIDED_AT_ONCE):
        stop_if_cancelled()
        end = min(start + DIVIDED_AT_ONCE, corpus.occurrences)
        first, last = np.searchsorted(corpus.offsets, [start, end], "right") - 1
        ends: Rows = np.clip(corpus.offsets[first : last + 2], start, end)
        lengths = np.diff(ends)
        track_ids = corpus.track_ids[start:end]
        by_track.add(band[track_ids], track_ids)
        by_playlist.add(band[track_ids], np.repeat(np.arange(first, first + len(lengths), dtype=np.int32), lengths))
    return by_track, by_playlist


def _sorted_pairs(track_ids: npt.NDArray[np.int32], playlists: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Return the distinct (track, playlist) pairs of some occurrences, packed into integers and sorted, int64 (pairs,).

    Args:
        track_ids: the track of each occurrence.
        playlists: the playlist of each occurrence.
    """
    pairs = track_ids.astype(np.int64)
    pairs <<= PLAYLIST_BITS
    pairs |= playlists
    pairs.sort()
    is_new = np.ones(len(pairs), np.bool_)
    np.not_equal(pairs[1:], pairs[:-1], out=is_new[1:])
    return pairs[is_new]


def has_postings(directory: Path) -> bool:
    """Whether a corpus stage has postings; the first version of `sgp` did not write them."""
    return (directory / POSTINGS).exists()


def read_postings(directory: Path, corpus: Corpus, tracks: int) -> Postings:
    """Memory-map the postings of a corpus stage, or compute them if the stage has none (see `has_postings`).

    Raises:
        ExperimentError: a file is damaged, or does not match the corpus or the catalogue.
    """
    if not has_postings(directory):
        return build_postings(corpus, tracks)
    playlists = read_array(directory / POSTINGS, np.int32, 1)
    offsets = read_array(directory / POSTING_OFFSETS, np.int64, 1)
    ends_fit = len(offsets) == tracks + 1 and offsets[0] == 0 and offsets[-1] == len(playlists)
    if not ends_fit or np.any(offsets[:-1] > offsets[1:]):
        raise ExperimentError(
            f"{directory / POSTING_OFFSETS} does not match {POSTINGS}: run sgp extract again with --force"
        )
    return Postings(corpus, playlists, offsets)
