"""Sources of playlists: what a file holds, found out by looking at it, and the reader that fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from skipgramophone.errors import SourceError
from skipgramophone.playlists.exportify import read_exportify
from skipgramophone.playlists.files import OpenFile, SourceFile, files_of
from skipgramophone.playlists.m3u import read_m3u
from skipgramophone.playlists.mpd import read_mpd
from skipgramophone.playlists.rows import COLUMNS, Reader, Record, RowBlock, gathered
from skipgramophone.playlists.sample import sample_world
from skipgramophone.playlists.sessions import read_sessions
from skipgramophone.playlists.sniffing import recognised
from skipgramophone.playlists.zenodo import ZenodoReader
from skipgramophone.settings import ALL_ROWS, ExtractSettings, Format

HEAD_BYTES = 64 << 10
RecordFunction = Callable[[OpenFile, ExtractSettings], Iterator[Record]]
RECORDS: dict[Format, RecordFunction] = {
    "mpd": read_mpd,
    "exportify": read_exportify,
    "m3u": read_m3u,
    "sessions": read_sessions,
}


def open_sources(paths: Sequence[Path], settings: ExtractSettings) -> list[Reader]:
    """Find the reader for each file of some paths.

    Raises:
        SourceError: there is nothing at a path that a reader takes.
        StorageError: the file system failed.
    """
    return [_reader(file, settings) for path in paths for file in files_of(path)]


def _reader(file: SourceFile, settings: ExtractSettings) -> Reader:
    """The reader for a file, as the settings say or by its first bytes."""
    with file.open() as stream:
        head = stream.read(HEAD_BYTES)
    if not head:
        raise SourceError(f"{file.called} is empty")
    format = settings.format or recognised(file, head)
    if format == "zenodo":
        return ZenodoReader(file, settings)
    return RecordReader(file, settings, format)


@dataclass(frozen=True, slots=True)
class RecordReader:
    """Reads a file record by record."""

    file: SourceFile
    settings: ExtractSettings
    format: Format

    def blocks(self) -> Iterator[RowBlock]:
        """Deliver the rows in order."""
        with self.file.open() as stream:
            yield from gathered(RECORDS[self.format](stream, self.settings), stream, self.settings)


@dataclass(frozen=True, slots=True)
class SampleReader:
    """Reads the built-in sample, which is made up on the spot."""

    num_rows: int = ALL_ROWS
    file: None = None
    format: str = "sample"

    def blocks(self) -> Iterator[RowBlock]:
        """Deliver the rows of the sample in one block."""
        world = sample_world()
        rows = [
            (playlist.owner, playlist.name, None, track.artist, track.title, track.uri)
            for playlist in world.playlists
            for track in (world.tracks[number] for number in playlist.tracks)
        ]
        if self.num_rows != ALL_ROWS:
            rows = rows[: self.num_rows]
        columns = zip(*rows, strict=True)
        yield RowBlock(pa.table({n: pa.array(c, pa.large_string()) for n, c in zip(COLUMNS, columns, strict=True)}))
