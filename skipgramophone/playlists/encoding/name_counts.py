"""Counts empty names, tracks with equal names and playlists sorted by title, for the report of an extraction."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.playlists.encoding.numbering import Codes, playlist_slices, row_slices
from skipgramophone.playlists.encoding.partitioning import first_bytes

Ids = npt.NDArray[np.int64]
SHOWN_NAMESAKES = 3
SORTABLE_LENGTH = 5  # minimum length of the playlists that are tested; shorter playlists may be sorted by chance


def count_empty(codes: Codes, strings: pa.Array) -> int:
    """Count the rows with an empty string in a column."""
    empty = pc.index(strings, "").as_py()  # -1 if no string is empty
    return 0 if empty < 0 else sum(int(np.count_nonzero(codes[part] == empty)) for part in row_slices(len(codes)))


def count_namesakes(name_of: Codes, tracks: pa.Table) -> tuple[int, list[tuple[str, str, int]]]:
    """Count the tracks that share their name with an earlier track, and find the names with the most tracks.

    Args:
        name_of: the number of each track's name.
        tracks: one row per track.

    Returns:
        The number of tracks; and the names with the most tracks, each as artist, title and number of tracks, without
        names that only one track has.
    """
    bearers = np.bincount(name_of)
    most = np.argsort(-bearers, kind="stable")[:SHOWN_NAMESAKES]
    rows = [int(np.flatnonzero(name_of == name)[0]) for name in most if bearers[name] > 1]
    shown = [(tracks["artist"][at].as_py(), tracks["title"][at].as_py(), int(bearers[name_of[at]])) for at in rows]
    return tracks.num_rows - int(np.count_nonzero(bearers)), shown


def count_sorted(codes: Codes, titles: pa.Array, offsets: Ids) -> tuple[int, int]:
    """Return how many playlists are sorted by title (in code-point order), and how many are long enough to test.

    Args:
        codes: the title of each occurrence, as an index of `titles`.
        titles: the distinct titles.
        offsets: bounds of the playlists in `codes`.
    """
    length, begin = np.diff(offsets), first_bytes(titles)
    sortable, in_order = length >= SORTABLE_LENGTH, 0
    for some in playlist_slices(offsets):
        first, end = int(offsets[some.start]), int(offsets[some.stop])
        title = codes[first:end]
        begins = begin[title]
        falls = begins[:-1] > begins[1:]
        # Whole titles are compared only if their first eight bytes are equal. UTF-8 bytes sort like code points.
        alike = np.flatnonzero((begins[:-1] == begins[1:]) & (title[:-1] != title[1:]))
        earlier, later = (titles.take(pa.array(title[alike + ahead])) for ahead in (0, 1))
        falls[alike] = pc.greater(earlier, later).to_numpy(zero_copy_only=False)
        # The last title of a playlist is not compared with the first title of the next playlist.
        falls[offsets[some.start + 1 : some.stop] - first - 1] = False
        sums = np.concatenate([[0], np.cumsum(falls)])
        number = sums[offsets[some.start + 1 : some.stop + 1] - first - 1] - sums[offsets[some] - first]
        in_order += int(np.count_nonzero(sortable[some] & (number == 0)))
    return in_order, int(np.count_nonzero(sortable))
