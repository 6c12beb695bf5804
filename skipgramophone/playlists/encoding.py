"""Encoding: from rows of names to tracks, playlists and row numbers.

A track is its uri where the source gives one, otherwise its artist and title without case, edge spaces and Unicode
form. A playlist is an owner and a name, and the key by which its source tells it from another of that name. Tracks are
numbered by count, ties by first appearance; playlists stand in order of first appearance and their tracks in the order
of the dump, repeats included. All columnar: names are folded once for each distinct spelling, never once for each row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.playlists.names import identity
from skipgramophone.playlists.rows import COLUMNS, Reject, RowBlock

Ids = npt.NDArray[np.int64]
SORTABLE_LENGTH = 5  # shorter playlists may be in order by chance


@dataclass(frozen=True, slots=True)
class EncodedPlaylists:
    """A dump in numbers.

    Attributes:
        tracks: a row a track in order of count; artist, title and uri as first read, count, first_place (the row of
            the dump, counted from 1 over the rows used).
        spellings: other ways in which tracks were written: row, artist, title, count.
        playlists: owner and name, a row a playlist.
        track_ids: int32, all playlists end to end.
        offsets: int64, playlists + 1.
        sorted_by_title: playlists of `SORTABLE_LENGTH` or more whose titles stand in code-point order.
        sortable: playlists of `SORTABLE_LENGTH` or more.
        without_artist: rows with an empty artist.
        rejects: the input records that were not used.
    """

    tracks: pa.Table
    spellings: pa.Table
    playlists: pa.Table
    track_ids: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]
    sorted_by_title: int
    sortable: int
    without_artist: int
    rejects: list[Reject]


class PlaylistEncoder:
    """Gathers blocks of rows, then encodes them as a whole."""

    def __init__(self) -> None:
        self._blocks: list[pa.Table] = []
        self._rejects: list[Reject] = []

    def add(self, block: RowBlock) -> None:
        """Take in a block; its strings are kept once each."""
        columns = {name: block.table[name].combine_chunks().dictionary_encode() for name in COLUMNS}
        self._blocks.append(pa.table(columns))
        self._rejects += block.rejects

    def encode(self) -> EncodedPlaylists:
        """Number tracks and playlists."""
        table = pa.concat_tables(self._blocks).unify_dictionaries()
        self._blocks = []
        coded = {name: _codes(table[name]) for name in COLUMNS}
        track, tracks, spellings = _number_tracks(coded)
        playlist, playlists = _number_playlists(coded)
        order = np.argsort(playlist, kind="stable")
        offsets = np.concatenate([[0], np.cumsum(np.bincount(playlist, minlength=len(playlists)))]).astype(np.int64)
        codes, titles = coded["title"]
        sorted_by_title, sortable = _count_sorted(pc.take(titles, pa.array(codes[order])), offsets)
        return EncodedPlaylists(
            tracks=tracks,
            spellings=spellings,
            playlists=playlists,
            track_ids=track[order].astype(np.int32),
            offsets=offsets,
            sorted_by_title=sorted_by_title,
            sortable=sortable,
            without_artist=_count_empty(*coded["artist"]),
            rejects=self._rejects,
        )


def _codes(column: pa.ChunkedArray) -> tuple[Ids, pa.Array]:
    """Numbers (-1: null) and the distinct strings of a dictionary-encoded column."""
    if column.num_chunks == 0:
        return np.empty(0, np.int64), pa.array([], pa.large_string())
    indices = [chunk.indices.fill_null(-1).to_numpy(zero_copy_only=False) for chunk in column.chunks]
    return np.concatenate(indices).astype(np.int64), column.chunk(0).dictionary


def _identity_codes(codes: Ids, strings: pa.Array) -> tuple[Ids, int]:
    """Numbers under which spellings of one name are one, and how many there are."""
    keys, names = pd.factorize(np.array([identity(name) for name in strings.to_pylist()], object))
    return keys.astype(np.int64)[codes], len(names)


def _number_tracks(coded: dict[str, tuple[Ids, pa.Array]]) -> tuple[Ids, pa.Table, pa.Table]:
    """Give each row of the dump its track's row number; describe the tracks and their other spellings."""
    (artist, artists), (title, titles), (uri, uris) = coded["artist"], coded["title"], coded["uri"]
    artist_key, _ = _identity_codes(artist, artists)
    title_key, distinct_titles = _identity_codes(title, titles)
    key = np.where(uri >= 0, -1 - uri, artist_key * distinct_titles + title_key)
    appearance, distinct = pd.factorize(key)  # numbered by first appearance
    count = np.bincount(appearance, minlength=len(distinct))
    by_count = np.argsort(-count, kind="stable")
    rank = np.empty_like(by_count)
    rank[by_count] = np.arange(len(by_count))
    first = np.empty(len(distinct), np.int64)
    first[appearance[::-1]] = np.arange(len(appearance))[::-1]  # the earliest row is written last, and stays
    place = first[by_count]
    row = rank[appearance].astype(np.int64)
    tracks = pa.table(
        {
            "artist": pc.take(artists, pa.array(artist[place])),
            "title": pc.take(titles, pa.array(title[place])),
            "uri": pc.take(uris, pa.array(uri[place], mask=uri[place] < 0)),
            "count": pa.array(count[by_count]),
            "first_place": pa.array(place + 1),
        }
    )
    return row, tracks, _spellings(row, place, artist, title, artists, titles)


def _spellings(row: Ids, place: Ids, artist: Ids, title: Ids, artists: pa.Array, titles: pa.Array) -> pa.Table:
    """Count the ways in which a track was written other than the first."""
    other = np.flatnonzero((artist != artist[place][row]) | (title != title[place][row]))
    written = pd.DataFrame({"row": row[other], "artist": artist[other], "title": title[other]})
    grouped = written.groupby(["row", "artist", "title"], sort=True).size()
    index = grouped.index.to_frame(index=False) if len(grouped) else written
    return pa.table(
        {
            "row": pa.array(index["row"].to_numpy(np.int64)),
            "artist": pc.take(artists, pa.array(index["artist"].to_numpy(np.int64))),
            "title": pc.take(titles, pa.array(index["title"].to_numpy(np.int64))),
            "count": pa.array(grouped.to_numpy(np.int64)),
        }
    )


def _number_playlists(coded: dict[str, tuple[Ids, pa.Array]]) -> tuple[Ids, pa.Table]:
    """Give each row of the dump its playlist's number; name the playlists in order of appearance."""
    (owner, owners), (name, names), (key, keys) = coded["owner"], coded["playlist"], coded["key"]
    # A playlist is its owner, its name and its key, where it has one.
    named = owner * len(names) + name
    if len(keys):
        named = pd.factorize(named)[0] * (len(keys) + 1) + key + 1
    playlist, distinct = pd.factorize(named)
    first = np.empty(len(distinct), np.int64)
    first[playlist[::-1]] = np.arange(len(playlist))[::-1]  # the earliest row is written last, and stays
    return playlist.astype(np.int64), pa.table(
        {"owner": pc.take(owners, pa.array(owner[first])), "name": pc.take(names, pa.array(name[first]))}
    )


def _count_empty(codes: Ids, strings: pa.Array) -> int:
    """Count the rows whose string is empty."""
    empty = np.flatnonzero(pc.equal(strings, "").to_numpy(zero_copy_only=False))
    return int(np.isin(codes, empty).sum())


def _count_sorted(titles: pa.Array, offsets: Ids) -> tuple[int, int]:
    """Count the playlists whose titles stand in code-point order, and those long enough to tell."""
    length = np.diff(offsets)
    sortable = length >= SORTABLE_LENGTH
    if len(titles) < SORTABLE_LENGTH:
        return 0, 0
    # Arrow compares UTF-8 bytes, whose order is the order of code points.
    falls = pc.greater(titles[:-1], titles[1:]).to_numpy(zero_copy_only=False)
    falls[offsets[1:-1] - 1] = False  # from one playlist to the next
    falls_before = np.concatenate([[0], np.cumsum(falls)])
    inside = falls_before[offsets[1:] - 1] - falls_before[offsets[:-1]]
    return int(np.count_nonzero(sortable & (inside == 0))), int(np.count_nonzero(sortable))


def encode(blocks: Iterable[RowBlock]) -> EncodedPlaylists:
    """Encode a stream of row blocks."""
    encoder = PlaylistEncoder()
    for block in blocks:
        encoder.add(block)
    return encoder.encode()
