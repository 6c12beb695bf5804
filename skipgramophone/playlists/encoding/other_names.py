"""The other spellings and uris of tracks: those that differ from the first one of their track."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.playlists.encoding.numbering import Codes, Column, row_slices

Ids = npt.NDArray[np.int64]


def other_spellings(coded: Mapping[str, Column], row: Codes, first: Mapping[str, Codes], added: Ids | None) -> pa.Table:
    """Count the spellings of each track except its first; return a table sorted by track id, artist and title.

    Args:
        coded: the columns in the order of the corpus.
        row: the track id of each occurrence.
        first: for each column, the index of the string in the first row of each track.
        added: the occurrences that are examined; None for all.
    """
    (artist, artists), (title, titles) = coded["artist"], coded["title"]
    names = ["row", "artist", "title"]
    found = [pa.table({name: pa.array([], pa.int32()) for name in names} | {"count": pa.array([], pa.int64())})]
    for part in row_slices(len(row) if added is None else len(added)):
        here = part if added is None else added[part]
        rows, artist_here, title_here = row[here], artist[here], title[here]
        other = (artist_here != first["artist"][rows]) | (title_here != first["title"][rows])
        written = pa.table({"row": rows[other], "artist": artist_here[other], "title": title_here[other]})
        found.append(written.group_by(names).aggregate([([], "count_all")]).rename_columns([*names, "count"]))
    spelt = pa.concat_tables(found).group_by(names).aggregate([("count", "sum")]).rename_columns([*names, "count"])
    written = {"artist": pc.take(artists, spelt["artist"]), "title": pc.take(titles, spelt["title"])}
    spelt = pa.table({"row": spelt["row"].cast(pa.int64())} | written | {"count": spelt["count"]})
    return spelt.sort_by([(name, "ascending") for name in names])


def other_uris(coded: Mapping[str, Column], row: Codes, first: Mapping[str, Codes], added: Ids | None) -> pa.Table:
    """Return a table of the uris of each track other than its main uri, in order of first appearance.

    The arguments are the same as those of `other_spellings`.
    """
    codes, uris = coded["uri"]
    found = [pa.table({name: pa.array([], pa.int32()) for name in ("uri", "row")})]
    for part in row_slices(len(row) if added is None else len(added)) if len(uris) else ():
        here = part if added is None else added[part]
        uri, rows = codes[here], row[here]
        other = (uri >= 0) & (uri != first["uri"][rows])
        found.append(_without_repeats(pa.table({"uri": uri[other], "row": rows[other]})))
    pairs = _without_repeats(pa.concat_tables(found))
    return pa.table({"uri": pc.take(uris, pairs["uri"]), "row": pairs["row"].cast(pa.int64())})


def _without_repeats(table: pa.Table) -> pa.Table:
    """Return the distinct rows of a table in order of first appearance."""
    return table.group_by(table.column_names, use_threads=False).aggregate([])
