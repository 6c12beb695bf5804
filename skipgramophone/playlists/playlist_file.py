"""Read the tracks of a playlist file in any format, to use them as the query of a look-up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

from skipgramophone.errors import SourceError, storage_errors
from skipgramophone.names.identifiers import SEPARATOR
from skipgramophone.names.normalization import full_name
from skipgramophone.playlists.line_ends import split_lines
from skipgramophone.settings import ExtractSettings

if TYPE_CHECKING:
    from skipgramophone.playlists.readers.rows import RowBlock

LARGEST_LIST = 4 << 20  # maximum size in bytes; a larger text file is not read as a list of names
JUDGED_NAMES = 100  # number of lines that show whether a text in a doubtful format is a list of names with marks
ESCAPED = {"t": "\t", "n": "\n", "r": "\r"}
ESCAPE = re.compile(r"\\(x[0-9a-f]{2}|u[0-9a-f]{4}|[tnr])")
PATH_SEPARATOR = re.compile(r"[/\\]")
REMARK = "#EXT"  # prefix of the lines of an M3U file that are not tracks


@dataclass(frozen=True, slots=True)
class NamedTrack:
    """A track of a file: its name, and its uri and identifiers if the file has them."""

    name: str  # "artist - title", or only the part that is known
    uri: str | None = None
    identifiers: tuple[str, ...] = field(default=(), repr=False, compare=False)
    directories: tuple[str, ...] = field(default=(), repr=False)  # of its audio file, if its artist is unknown


@dataclass(frozen=True, slots=True)
class Listing:
    """The tracks of a playlist file, its number of playlists, and its rejected records."""

    tracks: list[NamedTrack]  # in order of first appearance, without repeats
    playlists: int
    rejected: Mapping[str, int] = field(default_factory=dict)  # reason -> number of rejected records


def names_in(text: str) -> list[str]:
    """Return the non-empty lines of a string, without the directives of M3U."""
    lines = (line.strip() for line in split_lines(text.removeprefix("\ufeff")))
    return [line for line in lines if line and not line.startswith(REMARK)]


def unescaped(line: str) -> str:
    """Return the original name in a line that `--format plain` wrote, by replacing the escapes.

    >>> unescaped(r"red \x1b[31m alert\u202e") == "red \x1b[31m alert\u202e"
    True
    """
    return ESCAPE.sub(lambda found: ESCAPED.get(found[1]) or chr(int(found[1][1:], 16)), line)


def read_listing(path: Path, is_name: Callable[[str], bool] = lambda _line: False) -> Listing:
    """Read a file of playlists in any format that `extract` reads, or else as a text file with one name per line.

    Args:
        path: the file.
        is_name: returns whether a line is the whole name of a known track. If all lines of a text file are names of
            known tracks, the file is read as a list of names, even if it looks like another format.

    Raises:
        SourceError: the file is binary, empty or damaged.
        StorageError: the file system failed.
    """
    # Imported here, because most look-ups do not need pyarrow.
    from skipgramophone.playlists.readers.source_files import regular_file

    with regular_file(path) as place:
        lines = _known_names(place, is_name)
        return Listing([NamedTrack(line) for line in lines], 1) if lines else _read_listing(place)


def named_tracks(block: RowBlock) -> Iterator[NamedTrack]:
    """Yield the track of each row of a block."""
    table = block.table
    columns = [table[name].to_pylist() for name in ("artist", "title", "uri")]
    more = [
        table[name].to_pylist() if name in table.column_names else repeat(None, block.used)
        for name in ("identifiers", "location")
    ]
    for artist, title, uri, others, location in zip(*columns, *more, strict=True):
        yield NamedTrack(
            full_name(artist.strip(), title.strip()),
            uri,
            tuple(others.split(SEPARATOR)) if others else (),
            tuple(PATH_SEPARATOR.split(location)[:-1]) if location and not artist.strip() else (),
        )


def _known_names(path: Path, is_name: Callable[[str], bool]) -> list[str]:
    """Return the lines of a text file, unescaped, or an empty list if any of them is not the name of a known track."""
    if not path.is_file() or path.stat().st_size > LARGEST_LIST:
        return []
    content = path.read_bytes().removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    names: dict[str, None] = {}
    for line in filter(str.strip, content.split("\n")):
        name = next(filter(is_name, (line, unescaped(line))), None)
        if name is None:
            return []
        names[name] = None
    return list(names)


def _first_bytes(path: Path, size: int) -> bytes:
    """Return up to `size` bytes from the beginning of a file."""
    with storage_errors(path, "read"), path.open("rb") as file:
        return file.read(size)


def _read_listing(path: Path) -> Listing:
    """Read a regular file, a directory or an archive as playlists, or else as text with one name per line."""
    from skipgramophone.playlists.detection.format_detection import HEAD_BYTES
    from skipgramophone.playlists.name_list import read_name_list
    from skipgramophone.playlists.readers.titles import are_titles
    from skipgramophone.playlists.sources import open_sources

    try:
        readers = open_sources([path], ExtractSettings()).readers
    except SourceError:
        if not path.is_file() or b"\0" in _first_bytes(path, HEAD_BYTES):
            raise
        content = read_name_list(path, LARGEST_LIST)
        if not content or b"\0" in content:
            raise
        names = names_in(content.decode("utf-8", "replace"))
        if not are_titles(names[:JUDGED_NAMES]):
            return Listing([NamedTrack(line) for line in dict.fromkeys(names)], 1)
        readers = open_sources([path], ExtractSettings(format="titles")).readers
    tracks: dict[NamedTrack, None] = {}
    playlists: set[tuple[str, str, str | None]] = set()
    rejected: Counter[str] = Counter()
    for reader in readers:
        for block in reader.blocks():
            rejected.update(reject.reason for reject in block.rejects)
            columns = [block.table[name].to_pylist() for name in ("owner", "playlist", "key")]
            playlists |= set(zip(*columns, strict=True))
            tracks |= dict.fromkeys(named_tracks(block))
    return Listing(list(tracks), len(playlists), rejected)
