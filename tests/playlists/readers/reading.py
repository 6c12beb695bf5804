"""Reads a whole file, for the tests of the readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from skipgramophone.playlists.readers.rows import Reject
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings

Rows = list[tuple[str, str, str, str | None]]  # playlist, artist, title, uri


def read(path: Path, format: str, **settings: Any) -> tuple[Rows, list[Reject]]:
    """Return the rows and rejects of a file, after checking that its format is detected."""
    (reader,) = open_sources([path], ExtractSettings(**settings)).readers
    assert reader.format == format
    rows: Rows = []
    rejects: list[Reject] = []
    for block in reader.blocks():
        rows += [tuple(row.values()) for row in block.table.select(["playlist", "artist", "title", "uri"]).to_pylist()]
        rejects += block.rejects
    return rows, rejects
