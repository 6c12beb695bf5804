"""What an inspection looks at: playlists in numbers, and the names of their tracks, playlists and owners.

It is the same whether it was read from sources a moment ago or lies in an experiment.
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
VALUE_BITS = 31  # of a track, an artist or a title, beside the number of its playlist
EXAMPLES = 2  # that a finding names
LEAST_TELLING = 5  # tracks: in shorter playlists an order may be chance
NAMELESS = "(no name)"  # stands for a track that has neither artist, title nor uri


@dataclass(frozen=True)
class Contents:
    """Playlists and names.

    Attributes:
        corpus: the playlists; each has a track, and each track is in one.
        tracks: a row a track, in the order of its numbers: large_string artist and title, and uri, which may be null.
        playlists: a row a playlist: large_string owner and name.
    """

    corpus: Corpus
    tracks: pa.Table
    playlists: pa.Table

    @cached_property
    def counts(self) -> Ids:
        """Occurrences of each track, int64 (tracks,)."""
        return self.corpus.counts(self.tracks.num_rows)

    @cached_property
    def lengths(self) -> Ids:
        """Length of each playlist, int64 (playlists,)."""
        return self.corpus.lengths()

    @cached_property
    def artists(self) -> pa.Array:
        """The artist of each track, in small letters and without edge spaces, large_string (tracks,)."""
        return plain(self.tracks["artist"])

    @cached_property
    def titles(self) -> pa.Array:
        """The title of each track, in small letters and without edge spaces, large_string (tracks,)."""
        return plain(self.tracks["title"])

    @cached_property
    def held(self) -> Ids:
        """Each playlist and track that it holds, once, as a number of both, rising, int64 (pairs,)."""
        return self._pairs(self.corpus.track_ids)

    @cached_property
    def distinct_tracks(self) -> Ids:
        """How many tracks each playlist holds, those that stand there again not counted again, int64 (playlists,)."""
        return np.bincount(self.held >> VALUE_BITS, minlength=len(self.corpus))

    @cached_property
    def holders(self) -> Ids:
        """How many playlists hold each track, int64 (tracks,)."""
        return np.bincount(self.held & ((1 << VALUE_BITS) - 1), minlength=self.tracks.num_rows)

    def distinct(self, values: Ids) -> Ids:
        """How many values stand in each playlist: one a place goes in, int64 (playlists,) comes out."""
        return np.bincount(self._pairs(values) >> VALUE_BITS, minlength=len(self.corpus))

    def _pairs(self, values: npt.NDArray[np.integer]) -> Ids:
        """Each playlist and value that stands in it, once; values take no more than `VALUE_BITS`."""
        pairs = np.sort(np.repeat(np.arange(len(self.corpus)), self.lengths) << VALUE_BITS | values)
        first: Marks = np.concatenate([[True], pairs[1:] != pairs[:-1]])
        distinct: Ids = pairs[first]
        return distinct

    def track_names(self, chosen: Ids) -> tuple[str, ...]:
        """Some tracks as people write them, each with its uri where it has no name."""
        rows = self.tracks.take(pa.array(chosen)).to_pylist()
        return tuple(full_name(row["artist"], row["title"]) or row["uri"] or NAMELESS for row in rows)

    def playlist_names(self, chosen: Ids) -> tuple[str, ...]:
        """Some playlists by their names and lengths."""
        names = self.playlists["name"].take(pa.array(chosen)).to_pylist()
        return tuple(f"{name} ({self.lengths[at]:,})" for name, at in zip(names, chosen, strict=True))


def plain(strings: pa.ChunkedArray) -> pa.Array:
    """Strings in small letters and without edge spaces, in one piece."""
    return pc.utf8_trim_whitespace(pc.utf8_lower(pa.chunked_array(strings, pa.large_string()).combine_chunks()))


def numbered(strings: pa.Array) -> Ids:
    """The rank of each string among the distinct ones, in code-point order, int64."""
    coded = strings.dictionary_encode()
    rank = np.empty(len(coded.dictionary), np.int64)
    rank[pc.sort_indices(coded.dictionary).to_numpy()] = np.arange(len(rank))
    ranked: Ids = rank[coded.indices.to_numpy()]
    return ranked
