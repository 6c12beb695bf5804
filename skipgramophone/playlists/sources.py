"""Sources of playlists: what a path holds, found out by looking at it, and the reader that fits.

Raises one clear line for whatever is no dump: missing, empty, a directory, binary, in no known dialect.
"""

from __future__ import annotations

import gzip
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from skipgramophone.errors import SourceError, storage_errors
from skipgramophone.playlists.lines import GZIP_MAGIC
from skipgramophone.playlists.rows import COLUMNS, Reader, RowBlock
from skipgramophone.playlists.sample import sample_world
from skipgramophone.playlists.zenodo import ZenodoReader, columns_of
from skipgramophone.settings import ALL_ROWS

HEADER_BYTES = 64 << 10
KNOWN = 'sgp reads the Zenodo dialect: "user_id", "artistname", "trackname", "playlistname"'


def open_source(path: Path, num_rows: int = ALL_ROWS) -> Reader:
    """Find the reader for a path by looking at its first bytes.

    Raises:
        SourceError: there is nothing at the path that a reader takes.
        StorageError: the file system failed.
    """
    _require_file(path)
    head = _first_bytes(path)
    if not head:
        raise SourceError(f"{path} is empty")
    first = head.split(b"\n", 1)[0].removesuffix(b"\r")
    if b"\0" in first:
        raise SourceError(f"{path} is a binary file; {KNOWN}")
    header = first.decode("utf-8", "replace")
    if columns_of(header) is None:
        raise SourceError(f"{path} is in no known dialect (its first line is {_shortened(header)!r}); {KNOWN}")
    return ZenodoReader(path, num_rows)


@dataclass(frozen=True, slots=True)
class SampleReader:
    """Reads the built-in sample, which is made up on the spot."""

    num_rows: int = ALL_ROWS
    path: None = None
    format: str = "sample"

    def blocks(self) -> Iterator[RowBlock]:
        """Deliver the rows of the sample in one block."""
        world = sample_world()
        rows = [
            (playlist.owner, playlist.name, track.artist, track.title, track.uri)
            for playlist in world.playlists
            for track in (world.tracks[number] for number in playlist.tracks)
        ]
        if self.num_rows != ALL_ROWS:
            rows = rows[: self.num_rows]
        columns = zip(*rows, strict=True)
        yield RowBlock(pa.table({n: pa.array(c, pa.large_string()) for n, c in zip(COLUMNS, columns, strict=True)}))


def _require_file(path: Path) -> None:
    """Refuse what is no regular file, each kind in its own words."""
    try:
        with storage_errors(path, "read"):
            mode = path.stat().st_mode
    except ValueError as error:  # a NUL in the path
        raise SourceError(f"{str(path)!r} is no path: {error}") from error
    if stat.S_ISDIR(mode):
        raise SourceError(f"{path} is a directory; give the file inside it")
    if not stat.S_ISREG(mode):
        raise SourceError(f"{path} is not a regular file")


def _first_bytes(path: Path) -> bytes:
    """Read the start of a plain or gzip file."""
    with storage_errors(path, "read"), path.open("rb") as file:
        head = file.read(HEADER_BYTES)
        if not head.startswith(GZIP_MAGIC):
            return head
        file.seek(0)
        try:
            return gzip.open(file).read(HEADER_BYTES)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise SourceError(f"{path}: the gzip data is damaged or cut short") from error


def _shortened(header: str) -> str:
    """The start of a line, enough to recognise it."""
    return header if len(header) <= 60 else header[:57] + "..."
