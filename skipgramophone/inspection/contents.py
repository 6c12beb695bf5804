"""The data that an inspection examines: playlists as track ids, and the names of tracks, playlists and owners.

The same data is built from sources and from an experiment, so both are inspected in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.experiment.corpus import Corpus
from skipgramophone.names.normalization import full_name

Ids = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]
VALUE_BITS = 31  # a playlist number and a value, such as a track id, are packed as playlist << VALUE_BITS | value
EXAMPLES = 2  # maximum number of examples in a finding
# minimum number of tracks to test whether a playlist is sorted; shorter playlists may be sorted by chance
MIN_SORTABLE = 5
NAMELESS = "(no name)"  # shown for a track without artist, title and uri


@dataclass(frozen=True)
class Contents:
    """The playlists and names to inspect.

    Attributes:
        corpus: the playlists; none is empty, and each track occurs at least once.
        tracks: one row per track id, with the columns artist and title (large_string), and uri (which may be null).
        playlists: one row per playlist, in the order of `corpus`, with the columns owner and name (large_string).
    """

    corpus: Corpus
    tracks: pa.Table
    playlists: pa.Table

    @classmethod
    def of_playlists(cls, corpus: Corpus, tracks: pa.Table, playlists: pa.Table) -> Contents:
        """Return the contents of the given playlists, without tracks that occur only in held-out playlists."""
        occurs = corpus.counts(tracks.num_rows) > 0
        if not occurs.all():
            # The tracks that occur in these playlists get new numbers, from 0.
            number = np.cumsum(occurs, dtype=np.int32) - np.int32(1)
            corpus, tracks = Corpus(number[corpus.track_ids], corpus.offsets), tracks.filter(pa.array(occurs))
        return cls(corpus, tracks, playlists)

    @cached_property
    def counts(self) -> Ids:
        """Return the number of occurrences of each track, int64 (tracks,)."""
        return self.corpus.counts(self.tracks.num_rows)

    @cached_property
    def lengths(self) -> Ids:
        """Return the length of each playlist, int64 (playlists,)."""
        return self.corpus.lengths()

    @cached_property
    def artists(self) -> pa.Array:
        """Return the artist of each track, in lower case and without surrounding spaces, large_string (tracks,)."""
        return fold_case(self.tracks["artist"])

    @cached_property
    def titles(self) -> pa.Array:
        """Return the title of each track, in lower case and without surrounding spaces, large_string (tracks,)."""
        return fold_case(self.tracks["title"])

    @cached_property
    def distinct_tracks(self) -> Ids:
        """Return the number of distinct tracks of each playlist, int64 (playlists,)."""
        return np.bincount(self._track_pairs >> VALUE_BITS, minlength=len(self.corpus))

    @cached_property
    def playlist_counts(self) -> Ids:
        """Return the number of playlists that contain each track, int64 (tracks,)."""
        return np.bincount(self._track_pairs & ((1 << VALUE_BITS) - 1), minlength=self.tracks.num_rows)

    def distinct_among(self, marked: Marks) -> Ids:
        """For each playlist, return how many different tracks it contains for which `marked` is true.

        The result is int64 (playlists,).

        Args:
            marked: bool (tracks,).
        """
        pairs = self._track_pairs
        kept = pairs[marked[pairs & ((1 << VALUE_BITS) - 1)]]
        return np.bincount(kept >> VALUE_BITS, minlength=len(self.corpus))

    def distinct_values(self, values: Ids) -> Ids:
        """Return the number of distinct values in each playlist, int64 (playlists,).

        Args:
            values: int64 (occurrences,), one value per occurrence.
        """
        return np.bincount(self._pairs(values) >> VALUE_BITS, minlength=len(self.corpus))

    @cached_property
    def _track_pairs(self) -> Ids:
        """Return the distinct pairs of playlist and track, each packed into one number, ascending, int64 (pairs,)."""
        return self._pairs(self.corpus.track_ids)

    def _pairs(self, values: npt.NDArray[np.integer]) -> Ids:
        """Return the distinct pairs of playlist and value, each packed into one number, ascending, int64 (pairs,)."""
        pairs = np.sort(np.repeat(np.arange(len(self.corpus)), self.lengths) << VALUE_BITS | values)
        first: Marks = np.concatenate([[True], pairs[1:] != pairs[:-1]])
        distinct: Ids = pairs[first]
        return distinct

    def track_names(self, chosen: Ids) -> tuple[str, ...]:
        """Return the name of each track in `chosen`; a track without a name is shown by its uri."""
        rows = self.tracks.take(pa.array(chosen)).to_pylist()
        return tuple(full_name(row["artist"], row["title"]) or row["uri"] or NAMELESS for row in rows)

    def playlist_names(self, chosen: Ids) -> tuple[str, ...]:
        """Return the name of each playlist in `chosen` with its number of tracks, as in "gym (40)"."""
        names = self.playlists["name"].take(pa.array(chosen)).to_pylist()
        return tuple(f"{name} ({self.lengths[at]:,})" for name, at in zip(names, chosen, strict=True))


def fold_case(strings: pa.ChunkedArray) -> pa.Array:
    """Return strings in lower case and without surrounding spaces, as one chunk."""
    return pc.utf8_trim_whitespace(pc.utf8_lower(pa.chunked_array(strings, pa.large_string()).combine_chunks()))


def rank_strings(strings: pa.Array) -> Ids:
    """Return the rank of each string among the distinct strings, in code-point order, int64 (strings,)."""
    coded = strings.dictionary_encode()
    rank = np.empty(len(coded.dictionary), np.int64)
    rank[pc.sort_indices(coded.dictionary).to_numpy()] = np.arange(len(rank))
    ranked: Ids = rank[coded.indices.to_numpy()]
    return ranked
