"""EASE: a linear regression of each track on all other tracks, which predicts what a playlist contains.

    ease.npy          (n, n)                 weights of pairs of tracks (float16); if there are fewer playlists than
                                             tracks, of pairs of playlists (float32)
    ease.json         pairs ("tracks" or "playlists"), and regularization, as below
    ease_tracks.npy   int32 (n,)             for pairs of tracks: the row of each track, ascending
    ease_own.npy      float32 (tracks,)      for pairs of playlists: the value d_j of each track j, as below
    ease_members.npy  int32 (2, members)     for pairs of playlists. The first row contains track rows in ascending
                                             order, and the second row the number of a playlist that contains the track

With the playlist-track matrix X and P = (X^T X + regularization I)^-1, the weight of a given track i for track j is

    B_ij = -P_ij / P_jj for i != j        B_jj = 0

These weights minimize |X - X B|^2 + regularization |B|^2 under the condition that the diagonal of B is 0. The score of
a track is the sum of the weights that the given tracks have for it. B has one row and one column per track. If there
are fewer playlists than tracks, a smaller matrix gives the same scores. It is
G = regularization (X X^T + regularization I)^-1, with one row and one column per playlist:

    score_j = (h_j - g_j d_j) / (1 - d_j)     h = g X^T G X / regularization     d_j = (X^T G X)_jj / regularization

where g has one entry per track: the weight of the track if it is a query track, and 0 otherwise.

Source: Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data", arXiv 1905.03375.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.arrays import Rows, pieces, read_array, write_array
from skipgramophone.experiment.json_files import read_json, write_json

WEIGHTS = "ease.npy"
RECORD = "ease.json"
TRACKS = "ease_tracks.npy"
OWN = "ease_own.npy"
MEMBERS = "ease_members.npy"

Scores: TypeAlias = npt.NDArray[np.float32]
Array: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class TrackWeights:
    """EASE with one weight per pair of tracks.

    Attributes:
        weights: (n, n), the matrix B of the module docstring, as float32, or as float16 if it is memory-mapped.
        rows: int (n,), ascending, the row of each track that has weights.
        tracks: number of all tracks.
        regularization: above 0.
    """

    weights: Array
    rows: Array
    tracks: int
    regularization: float

    @property
    def arrays(self) -> list[Array]:
        """The arrays that are stored in npy files."""
        return [self.weights, self.rows]

    def scores(self, given: Any) -> Scores:
        """Return the scores of all tracks for several queries, float32 (queries, tracks).

        Weights that are memory-mapped must first be copied into memory with `take`.

        Args:
            given: scipy.sparse.csr_array (queries, tracks) of float32, the weights of the given tracks.
        """
        if len(self.rows) == self.tracks:
            return np.asarray(given @ self.weights, np.float32)
        scores = np.zeros(given.shape, np.float32)
        scores[:, self.rows] = given[:, self.rows] @ self.weights
        return scores

    def scores_of(self, given: Rows, weights: npt.NDArray[np.float64], rows: Rows) -> Scores:
        """Return the scores of some tracks, float32 (rows,). A track without weights has the score 0.

        Only the weights of the given tracks are read.

        Args:
            given: int64 (given,), rows of the given tracks.
            weights: float64 (given,), their weights, negative for disliked tracks.
            rows: int64 (rows,), the tracks to score.
        """
        places, has_weights = self._places(given)
        totals = weights[has_weights].astype(np.float32) @ self.weights[places[has_weights]].astype(np.float32)
        places, has_weights = self._places(rows)
        return np.where(has_weights, totals[places], np.float32(0))

    def take(self, rows: Rows) -> TrackWeights:
        """Copy the weights of some tracks into memory, and return the copy.

        The tracks of the copy are numbered in the order of `rows`, which must be ascending.
        """
        places, has_weights = self._places(rows)
        kept = places[has_weights]
        weights = self.weights[kept][:, kept].astype(np.float32)
        return TrackWeights(weights, np.flatnonzero(has_weights), len(rows), self.regularization)

    def renumbered(self, rows: Rows, tracks: int) -> TrackWeights:
        """Return the same weights, with tracks numbered by the rows of a larger catalogue.

        Args:
            rows: int64, ascending; rows[i] is the row in the larger catalogue of the track that now has the number i.
            tracks: number of rows of the larger catalogue.
        """
        return TrackWeights(self.weights, rows[self.rows], tracks, self.regularization)

    def write(self, directory: Path) -> None:
        """Write ease.npy, ease_tracks.npy and ease.json to a directory."""
        write_array(directory / WEIGHTS, self.weights.astype(np.float16))
        write_array(directory / TRACKS, self.rows.astype(np.int32))
        write_json(directory / RECORD, {"pairs": "tracks", "regularization": self.regularization})

    def _places(self, rows: Rows) -> tuple[Rows, npt.NDArray[np.bool_]]:
        """Return the position of each track in `self.rows`, int64, and whether it has weights, bool."""
        places = np.minimum(np.searchsorted(self.rows, rows.astype(self.rows.dtype)), len(self.rows) - 1)
        return places, np.asarray(self.rows[places] == rows)


@dataclass(frozen=True)
class PlaylistWeights:
    """EASE with one weight per pair of playlists; the class has the same methods as `TrackWeights`.

    Attributes:
        weights: float32 (playlists, playlists), the matrix G of the module docstring.
        members: int32 (2, members). The first row contains track rows in ascending order, and the second row the number
            of a playlist that contains the track.
        own: float32 (tracks,), d of the module docstring; 0 for a track without a playlist.
        regularization: above 0.
    """

    weights: Scores
    members: npt.NDArray[np.int32]
    own: npt.NDArray[np.float32]
    regularization: float

    @property
    def arrays(self) -> list[Array]:
        """The arrays that are stored in npy files."""
        return [self.weights, self.members, self.own]

    def scores(self, given: Any) -> Scores:
        """Return the scores of all tracks for several queries, float32 (queries, tracks)."""
        of_playlists = (given @ self._by_track).toarray() @ self.weights / np.float32(self.regularization)
        totals = np.asarray(of_playlists @ self._by_track.T) - given.multiply(self.own).toarray()
        return np.asarray(totals / (1 - self.own), np.float32)

    def scores_of(self, given: Rows, weights: npt.NDArray[np.float64], rows: Rows) -> Scores:
        """Return the scores of some tracks, float32 (rows,); the arguments are those of `TrackWeights.scores_of`."""
        playlists, sizes = self._playlists_of(given)
        shared = np.bincount(playlists, np.repeat(weights, sizes), len(self.weights)).astype(np.float32)
        of_playlists = shared @ self.weights / np.float32(self.regularization)
        playlists, sizes = self._playlists_of(rows)
        totals = np.bincount(np.repeat(np.arange(len(rows)), sizes), of_playlists[playlists], len(rows))
        own = self.own[rows]
        own_shares = np.bincount(given, weights, len(self.own))[rows] * own
        return np.asarray((totals - own_shares) / (1 - own), np.float32)

    def take(self, rows: Rows) -> PlaylistWeights:
        """Copy the weights of some tracks into memory, and return the copy.

        The tracks of the copy are numbered in the order of `rows`, which must be ascending.
        """
        playlists, sizes = self._playlists_of(rows)
        members = np.stack([np.repeat(np.arange(len(rows)), sizes), playlists]).astype(np.int32)
        return PlaylistWeights(np.array(self.weights), members, self.own[rows], self.regularization)

    def renumbered(self, rows: Rows, tracks: int) -> PlaylistWeights:
        """Return the same weights, with tracks numbered by the rows of a larger catalogue.

        The arguments are those of `TrackWeights.renumbered`.
        """
        own, members = np.zeros(tracks, np.float32), np.stack([rows[self.members[0]], self.members[1]])
        own[rows] = self.own
        return PlaylistWeights(self.weights, members.astype(np.int32), own, self.regularization)

    def write(self, directory: Path) -> None:
        """Write ease.npy, ease_own.npy, ease_members.npy and ease.json to a directory."""
        write_array(directory / WEIGHTS, self.weights)
        write_array(directory / OWN, self.own)
        write_array(directory / MEMBERS, self.members)
        write_json(directory / RECORD, {"pairs": "playlists", "regularization": self.regularization})

    @cached_property
    def _by_track(self) -> Any:
        """The playlists of each track, scipy.sparse.csr_array (tracks, playlists) of float32 ones."""
        from scipy import sparse

        ones = np.ones(self.members.shape[1], np.float32)
        return sparse.csr_array((ones, tuple(self.members)), shape=(len(self.own), len(self.weights)))

    def _playlists_of(self, rows: Rows) -> tuple[npt.NDArray[np.int32], Rows]:
        """Return the playlists of some tracks.

        Returns:
            The playlists of all these tracks, concatenated, int32, and the number of playlists of each track, int64
            (rows,).
        """
        first, end = (np.searchsorted(self.members[0], rows.astype(np.int32), side) for side in ("left", "right"))
        sizes = end - first
        places = np.arange(sizes.sum()) + np.repeat(first - (np.cumsum(sizes) - sizes), sizes)
        return self.members[1][places], sizes


Ease: TypeAlias = TrackWeights | PlaylistWeights


def read_ease(directory: Path, tracks: int) -> Ease | None:
    """Memory-map the EASE weights of a model for a catalogue of `tracks` rows; return None if the model has none.

    Raises:
        ExperimentError: a file is missing or damaged, or the files do not match.
    """
    if not (directory / WEIGHTS).exists():
        return None
    record = read_json(directory / RECORD)
    try:
        regularization, by_tracks = float(record["regularization"]), record["pairs"] == "tracks"
    except (KeyError, TypeError, ValueError) as error:
        raise ExperimentError(f"{directory / RECORD} is damaged: run sgp train again with --force") from error
    weights = read_array(directory / WEIGHTS, np.float16 if by_tracks else np.float32, 2)
    is_sound = regularization > 0 and np.isfinite(regularization) and weights.shape == weights.T.shape
    ease: Ease
    if by_tracks:
        rows = read_array(directory / TRACKS, np.int32, 1)
        is_sound = is_sound and len(rows) == len(weights) > 0 and _is_within(rows, tracks)
        is_sound = is_sound and bool((np.diff(rows) > 0).all())
        ease = TrackWeights(weights, rows, tracks, regularization)
    else:
        own, members = read_array(directory / OWN, np.float32, 1), read_array(directory / MEMBERS, np.int32, 2)
        is_sound = is_sound and len(own) == tracks and len(members) == 2 and bool((np.diff(members[0]) >= 0).all())
        is_sound = is_sound and _is_within(members[0], tracks) and _is_within(members[1], len(weights))
        ease = PlaylistWeights(weights, members, own, regularization)
    if not is_sound:
        raise ExperimentError(
            f"{directory / WEIGHTS} does not match the other files of EASE, or the catalogue of {tracks:,} tracks: "
            "run sgp train again with --force"
        )
    return ease


def _is_within(numbers: npt.NDArray[np.int32], end: int) -> bool:
    """Return whether all numbers are from 0 to `end` - 1."""
    return not len(numbers) or bool(numbers.min() >= 0 and numbers.max() < end)


def has_finite_weights(ease: Ease) -> bool:
    """Whether all weights are finite. This reads the whole file."""
    return all(np.isfinite(ease.weights[some]).all() for some in pieces(len(ease.weights)))
