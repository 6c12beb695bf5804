"""The agreement of artists with a query: how often an artist shares playlists with the query's tracks and artists.

The parts of a query are its tracks and its artists. The agreement of artist j with a query is defined like the
agreement of a track (see `experiment.postings`):

    agreement_j = sum over the parts i and the playlists p that contain i and j of w_i / sqrt(n_i l_p n_j)

Part i of the query is a track or an artist, and w_i is its weight. The number of playlists that contain this track, or
a track of this artist, is n_i. The number of playlists that contain a track of artist j is n_j. The number of artists
in playlist p is l_p.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.artists import Artists
from skipgramophone.experiment.postings import Postings, sorted_unique
from skipgramophone.lookup.mixed_query import Part
from skipgramophone.lookup.results import Seed

POSTINGS_AT_ONCE = 1 << 22  # number of postings per batch when the playlists of each artist are counted


@dataclass(frozen=True)
class ArtistAgreement:
    """Computes how well artists agree with a query.

    For this, each playlist of the experiment is treated as a list of artists.

    Attributes:
        artists: the artists and their tracks.
        postings: the playlists of each track.
    """

    artists: Artists
    postings: Postings

    @cached_property
    def playlists(self) -> Rows:
        """Number of playlists that contain each artist, int64 (artists,). The first access reads all postings."""
        artists, postings = self.artists, self.postings
        if not postings.corpus.has_valid_ids(artists.tracks):
            raise ExperimentError(
                "the corpus is damaged: unknown track id in a playlist; run sgp extract again with --force"
            )
        found = np.zeros(len(artists), np.int64)
        sizes = postings.sizes(artists.rows)
        # total number of postings of all artists before this one
        ends = np.concatenate([[0], np.cumsum(sizes)])[artists.offsets]
        lists, first = max(1, len(postings.corpus)), 0
        while first < len(artists):
            end = max(first + 1, int(np.searchsorted(ends, ends[first] + POSTINGS_AT_ONCE, "right")) - 1)
            part = slice(artists.offsets[first], artists.offsets[end])
            own = sizes[part]
            places = np.arange(int(own.sum())) + np.repeat(postings.offsets[artists.rows[part]] - _before(own), own)
            owner = np.repeat(np.arange(end - first), np.diff(ends[first : end + 1]))
            pairs = sorted_unique(owner * lists + postings.playlists[places])
            found[first:end] = np.bincount(pairs // lists, minlength=end - first)
            first = end
        return found

    def scores(self, parts: tuple[Part, ...]) -> npt.NDArray[np.float32]:
        """Return how well each artist agrees with a query of tracks and groups of tracks, float32 (artists,)."""
        chosen, worth = [np.zeros(0, np.int64)], [np.zeros(0)]
        for part in parts:
            seeds = (part,) if isinstance(part, Seed) else part.seeds
            own = self.postings.of_any(np.array([seed.track.row for seed in seeds], np.int64))
            chosen.append(own.astype(np.int64))
            worth.append(np.full(len(own), part.weight / np.sqrt(max(1, len(own)))))
        found, place = np.unique(np.concatenate(chosen), return_inverse=True)
        lists = self.artists.playlists_of(self.postings.corpus.playlists(found))
        lengths = lists.lengths()
        shares = np.bincount(place, np.concatenate(worth), len(found)) / np.sqrt(np.maximum(lengths, 1))
        of_artist = np.bincount(lists.track_ids, np.repeat(shares, lengths), len(self.artists))
        return np.asarray(of_artist / np.sqrt(np.maximum(self.playlists, 1)), np.float32)


def _before(sizes: Rows) -> Rows:
    """For each size, return the sum of the sizes before it, int64 (sizes,)."""
    return np.cumsum(sizes) - sizes
