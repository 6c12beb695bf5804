"""Postings: which tracks stand in which playlists, counted once each, and item-kNN's scores from them.

    score_j = sum over the given i of shared(i, j) / sqrt(playlists of i x playlists of j)

Two passes over the pairs answer a question; the matrix of all pairs of tracks is never made.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.corpus import Corpus


@dataclass(frozen=True, slots=True)
class Postings:
    """Pairs of a playlist and a track in it, each pair once.

    Attributes:
        playlists: int64 (pairs,), never falling.
        tracks: int64 (pairs,).
        sizes: int64 (tracks,), in how many playlists each track stands.
    """

    playlists: npt.NDArray[np.int64]
    tracks: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]

    def scores(self, given: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Item-kNN's score of every track for rows that are given, float32 (tracks,)."""
        worth = np.zeros(len(self.sizes))
        worth[given] = 1 / np.sqrt(np.maximum(self.sizes[given], 1))
        of_playlist = np.bincount(self.playlists, weights=worth[self.tracks])
        of_track = np.bincount(self.tracks, weights=of_playlist[self.playlists], minlength=len(self.sizes))
        return np.asarray(of_track / np.sqrt(np.maximum(self.sizes, 1)), np.float32)


def postings(corpus: Corpus, tracks: int) -> Postings:
    """The postings of a corpus over a catalogue of so many tracks."""
    playlists = np.repeat(np.arange(len(corpus), dtype=np.int64), corpus.lengths())
    pairs = np.unique(playlists * tracks + corpus.track_ids)
    of = pairs % tracks
    return Postings(pairs // tracks, of, np.bincount(of, minlength=tracks))
