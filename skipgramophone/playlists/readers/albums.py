"""Reads the albums of tracks, which few formats contain."""

from __future__ import annotations

import pyarrow as pa

from skipgramophone.playlists.readers.rows import null_for_empty
from skipgramophone.utf8 import replace_surrogates


def album_of(value: object) -> str | None:
    """Return the album that a field names, or None if the field is missing, empty or not text.

    Lone surrogates are replaced: a track is not rejected only because its album is not valid text.
    """
    return replace_surrogates(value) or None if isinstance(value, str) else None


def album_column(values: pa.Array) -> pa.Array | None:
    """Return a column of albums with null for "", or None if no row has an album."""
    albums = null_for_empty(values)
    return albums if albums.null_count < len(albums) else None
