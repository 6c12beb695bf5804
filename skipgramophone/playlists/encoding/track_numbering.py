"""Numbers the rows by track, and the tracks by count.

A track is identified by its uri if the source has one, otherwise by artist and title. Differences in case, surrounding
spaces and Unicode normalization form are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skipgramophone.experiment.arrays import scratch
from skipgramophone.names.arrow_normalization import identities
from skipgramophone.parallel import run_in_order
from skipgramophone.playlists.encoding.key_numbering import number_keys
from skipgramophone.playlists.encoding.numbering import Codes, Column, codes_at, count_codes, row_slices
from skipgramophone.playlists.encoding.partitioning import FEW_VALUES, Partition, partition_by_letters, single_part
from skipgramophone.playlists.encoding.row_numbers import RowNumbers

Ids = npt.NDArray[np.int64]
ROW_BITS = 32  # a count and a row are packed into 64 bits


@dataclass(frozen=True, slots=True)
class NumberedTracks:
    """Tracks by descending count; tracks with the same count are in order of first appearance.

    Attributes:
        ids: int32 (used rows,), the track id of each used row.
        counts: int64 (tracks,), the number of used rows of each track.
        rows: int64 (tracks,), the first used row of each track: the one with the lowest number.
        first: for each column, its number in the first used row of each track, int32 (tracks,).
    """

    ids: Codes
    counts: Ids
    rows: Ids
    first: dict[str, Codes]


def number_by_name(artist: Column, title: Column) -> tuple[Codes, int]:
    """Number the rows by artist and title, regardless of spelling, in order of first appearance; see `number_keys`."""
    (artists_of, artists), (titles_of, titles) = artist, title
    identified = run_in_order(partial(_identity_keys, strings) for strings in (artists, titles))
    (artist_key, artist_keys), (title_key, title_keys) = identified

    def keys(part: slice) -> Ids:
        return artist_key[artists_of[part]] * title_keys + title_key[titles_of[part]]

    return number_keys(len(artists_of), keys, artist_keys * title_keys)


def number_by_uri(uri: Column, named: Codes, names: int) -> Codes:
    """Number the rows by uri or, without a uri, by artist and title; int32 (rows,).

    Args:
        uri: the column with the uris.
        named: the number of the artist and title of each row (see `number_by_name`).
        names: how many such numbers there are.
    """
    uri_of, uris = uri
    if not len(uris):
        return named

    def keys(part: slice) -> Ids:
        return np.where(uri_of[part] >= 0, uri_of[part].astype(np.int64), named[part].astype(np.int64) + len(uris))

    return number_keys(len(uri_of), keys, len(uris) + names)[0]


def number_by_count(track: Codes, used: RowNumbers, of_used: Codes, columns: Mapping[str, Codes]) -> NumberedTracks:
    """Number the tracks by count.

    Args:
        track: number of the track of each row; the numbers need not be in a particular order.
        used: indices of the rows that are used, in the order of the corpus.
        of_used: number of the track of each used row. The track ids are written into this array if it is writeable.
        columns: the columns whose numbers in the first used row of each track are needed.
    """
    highest = max((int(track[part].max()) for part in row_slices(len(track))), default=-1)
    count = count_codes(of_used, highest + 1)
    first = np.full(len(count), len(track))
    for part in row_slices(len(used)):
        # `minimum.at` is ten times as fast if both arrays have the same dtype.
        np.minimum.at(first, of_used[part], used[part].astype(np.int64))
    # A count and a row are packed into 64 bits, because sorting them is faster than sorting indices.
    ranked = (-count << ROW_BITS | first)[count > 0]
    ranked.sort()
    rows = ranked & ((1 << ROW_BITS) - 1)
    order = np.argsort(rows)
    rank = np.empty(len(count), np.int32)
    rank[codes_at(track, rows, order)] = np.arange(len(rows))
    # All columns are read before the track ids are written, because `of_used` may be one of them.
    codes = {name: codes_at(column, rows, order) for name, column in columns.items()}
    ids = of_used if of_used.flags.writeable else scratch(len(of_used), np.int32)
    for part in row_slices(len(of_used)):
        ids[part] = rank[of_used[part]]
    return NumberedTracks(ids, counts=-(ranked >> ROW_BITS), rows=rows, first=codes)


def _identity_keys(strings: pa.Array) -> tuple[Ids, int]:
    """Number strings so that all spellings of a name have the same number; also return the number of names."""
    partition = partition_by_letters if len(strings) > FEW_VALUES else single_part

    def partitioned_names(some: slice) -> Partition:
        return partition(identities(strings[some]))

    slices = list(row_slices(len(strings)))
    split = list(run_in_order(partial(partitioned_names, some) for some in slices))
    keys, known = np.empty(len(strings), np.int64), 0
    parts = range(len(split[0])) if split else ()
    for part, names in enumerate(run_in_order(partial(_encoded_part, split, part) for part in parts)):
        places = [some.start + partitioned.places(part) for some, partitioned in zip(slices, split, strict=True)]
        keys[np.concatenate(places)] = names.indices.to_numpy() + known
        known += len(names.dictionary)
    return keys, known


def _encoded_part(split: Sequence[Partition], part: int) -> pa.DictionaryArray:
    """Dictionary-encode the values that are in the given part of several partitions."""
    return pa.concat_arrays([partitioned.part(part) for partitioned in split]).dictionary_encode()
