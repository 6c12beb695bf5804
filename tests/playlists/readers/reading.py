"""Reads a whole file, for the tests of the readers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from skipgramophone.errors import SourceError
from skipgramophone.playlists.readers.rows import Reject
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings, Format

Rows = list[tuple[str, str, str, str | None]]  # playlist, artist, title, uri


def read(path: Path, expected: str, **settings: Any) -> tuple[Rows, list[Reject]]:
    """Return the rows and rejects of a file, after checking that it is read in the format `expected`."""
    rows, rejects, _ = read_all(path, expected, **settings)
    return rows, rejects


def read_all(path: Path, expected: str, **settings: Any) -> tuple[Rows, list[Reject], dict[str, int]]:
    """Return the rows and rejects of a file, and how many rows were left out by reason."""
    (reader,) = open_sources([path], ExtractSettings(**settings)).readers
    assert reader.format == expected
    rows: Rows = []
    rejects: list[Reject] = []
    left_out: Counter[str] = Counter()
    for block in reader.blocks():
        rows += [tuple(row.values()) for row in block.table.select(["playlist", "artist", "title", "uri"]).to_pylist()]
        rejects += block.rejects
        left_out.update(block.left_out)
    return rows, rejects, dict(left_out)


def reasons(rejects: list[Reject]) -> list[tuple[int, str]]:
    """Return the lines and reasons of rejects."""
    return [(reject.line, reject.reason) for reject in rejects]


def error_of(path: Path, format: Format | None = None) -> str:
    """Return the error of reading a file, as users of the command line see it; "PATH" replaces the path in it.

    Also check that the message is a single line.
    """
    with pytest.raises(SourceError) as raised:
        for reader in open_sources([path], ExtractSettings(format=format)).readers:
            list(reader.blocks())
    message = raised.value.on_command_line
    assert "\n" not in message + str(raised.value)
    assert "<function" not in message + str(raised.value)  # a part of the message that was not asked for its words
    return message.replace(str(path), "PATH")
