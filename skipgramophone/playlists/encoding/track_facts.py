"""Collects optional properties of tracks, such as durations; for each track, the first value is used."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.experiment.catalogue_writer import FACT_TYPES
from skipgramophone.playlists.encoding.corpus_rows import CorpusRows
from skipgramophone.playlists.encoding.numbering import Codes, Column, codes_at, row_slices


def with_facts(
    tracks: pa.Table,
    coded: Mapping[str, Column],
    row: Codes,
    kept: CorpusRows,
) -> pa.Table:
    """Add a column to the table of tracks for each optional property that a kept row has, and return the table.

    Args:
        tracks: one row per track.
        coded: for each column, the index of each row's value (-1: no value), and the distinct values as strings.
        row: the track of each kept row.
        kept: the rows that remain after cleaning.
    """
    for name, kind in FACT_TYPES.items():
        codes, values = coded[name]
        values, is_stated = _stated(name, values)
        if not is_stated.any():
            continue
        first, sorted_codes = np.full(tracks.num_rows, len(codes)), kept.select(codes)
        for part in row_slices(len(row)):
            here = sorted_codes[part]
            there = (here >= 0) & is_stated[here]
            np.minimum.at(first, row[part][there], kept.numbers[part][there].astype(np.int64))
        known = first < len(codes)
        if known.any():
            place = np.where(known, first, 0)
            code = codes_at(codes, place, np.argsort(place))
            tracks = tracks.append_column(name, pc.take(values, pa.array(code, mask=~known)).cast(kind))
    return tracks


def _stated(name: str, values: pa.Array) -> tuple[pa.Array, npt.NDArray[np.bool_]]:
    """Return the distinct values of the property `name` as they are stored, and which of them are not empty."""
    if name != "album":
        return values, np.ones(len(values), np.bool_)
    trimmed = pc.utf8_trim_whitespace(values)
    return trimmed, pc.not_equal(trimmed, "").to_numpy(zero_copy_only=False)
