"""Recognizes tracks of a growing corpus by the other uris and names that they got when tracks were merged.

A corpus keeps one uri and one spelling per track to identify it. If tracks were merged by identifiers, their other uris
and spellings are in the tables `uris` and `spellings`. A row that is added later may contain one of these uris or
spellings but no identifier; this module finds the track of such a row.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.names.arrow_normalization import identities
from skipgramophone.playlists.encoding.known_rows import KnownRows
from skipgramophone.playlists.encoding.numbering import Column

Ids = npt.NDArray[np.int64]


def recognized(columns: Mapping[str, Column], first: Ids, known: KnownRows, merge_uris: bool) -> list[tuple[int, int]]:
    """Return pairs of a known track and an added track that are the same track.

    Args:
        columns: artist, title and uri of each row.
        first: the first row of each track; known tracks come first.
        known: the existing corpus.
        merge_uris: whether artist and title identify a track, even if it has a uri.
    """
    old = known.tracks.num_rows
    added = first[old:]
    codes, uris = columns["uri"]
    of_added = codes[added]
    own = np.full(len(added), -1, np.int64)
    by_name = np.ones(len(added), np.bool_) if merge_uris else of_added < 0
    if not merge_uris and len(uris) and known.uris.num_rows:
        owner = _rows_of(uris, known.uris["uri"], known.uris["row"])
        own[~by_name] = owner[of_added[~by_name]]
    spellings = known.spellings
    if not merge_uris:
        without_uri = known.tracks["uri"].is_null().to_numpy()
        spellings = spellings.filter(pa.array(without_uri[spellings["row"].to_numpy()]))
    if spellings.num_rows and by_name.any():
        named = (columns["artist"], columns["title"])
        names = [values.take(pa.array(rows[added[by_name]])) for rows, values in named]
        others = [spellings[name].combine_chunks() for name in ("artist", "title")]
        own[by_name] = _rows_of(_keys(*names), _keys(*others), spellings["row"])
    return [(int(own[at]), old + int(at)) for at in np.flatnonzero(own >= 0)]


def _rows_of(wanted: pa.Array, there: pa.ChunkedArray | pa.Array, rows: pa.ChunkedArray) -> Ids:
    """For each string of `wanted`, find its index in `there`, and return the element of `rows` at this index.

    For a string that was not found, -1 is returned.
    """
    values = there.combine_chunks() if isinstance(there, pa.ChunkedArray) else there
    at = pc.index_in(wanted, values.cast(wanted.type))
    found = rows.combine_chunks().take(at)
    return np.asarray(pc.fill_null(found, -1), np.int64)


def _keys(artists: pa.Array, titles: pa.Array) -> pa.Array:
    """Return one string per pair of artist and title, which identifies the pair."""
    return pc.binary_join_element_wise(identities(artists), identities(titles), pa.scalar("\0", artists.type))
