"""Locations of tracks: each track keeps the first location that a row gives it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.playlists.numbering import Codes, row_slices
from skipgramophone.playlists.readers.rows import LOCATION


def with_locations(tracks: pa.Table, coded: tuple[Codes, pa.Array], row: Codes, used: Codes) -> pa.Table:
    """Return the table of tracks with a column of locations, or unchanged if no row has one.

    Args:
        tracks: one row per track.
        coded: the number of each row's location (-1: none), and the locations.
        row: the track of each used row.
        used: indices of the rows that are used.
    """
    codes, locations = coded
    if not len(locations):
        return tracks
    first = np.full(tracks.num_rows, len(codes))
    for part in row_slices(len(used)):
        there = codes[used[part]] >= 0
        np.minimum.at(first, row[part][there], used[part][there].astype(np.int64))
    known = first < len(codes)
    if not known.any():
        return tracks
    code = codes[np.where(known, first, 0)]
    return tracks.append_column(LOCATION, pc.take(locations, pa.array(code, mask=~known)))
