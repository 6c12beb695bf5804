"""Rows of playlists, as every reader delivers them: one row is one track at one place of one playlist.

A reader turns a source into a stream of `RowBlock`s. A block holds columns and never cuts, merges or drops: what it
could not use stands in `rejects`, so that rows read = rows used + rows rejected, always.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pyarrow as pa

COLUMNS = ("owner", "playlist", "artist", "title", "uri")


@dataclass(frozen=True, slots=True)
class Reject:
    """One input record that was not used."""

    file: str
    line: int  # counted from 1, as an editor counts
    reason: str
    text: str  # the line as it stands, bad bytes as \\xNN


def file_name(path: Path) -> str:
    """The name of a file as it is kept in reports: bytes of it that are no UTF-8 are written as \\xNN."""
    return os.fsencode(path.name).decode("utf-8", "backslashreplace")


@dataclass(frozen=True, slots=True)
class RowBlock:
    """Some rows of a source in their order: `table` has the string columns of `COLUMNS`, uri may hold nulls."""

    table: pa.Table
    rejects: list[Reject] = field(default_factory=list)
    bytes_read: int = 0  # of the source as it lies on disk, so far

    @property
    def used(self) -> int:
        """How many rows of the source stand in the table."""
        return int(self.table.num_rows)


class Reader(Protocol):
    """A source that can be read once from the start to the end."""

    @property
    def format(self) -> str:
        """Name of the format."""
        ...

    @property
    def path(self) -> Path | None:
        """The file, if it is one."""
        ...

    def blocks(self) -> Iterator[RowBlock]:
        """Deliver the rows in order."""
        ...
