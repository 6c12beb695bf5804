"""Read PLS playlists of Winamp and internet radio stations: one playlist per file, named after the file.

    [playlist]
    File1=a.mp3
    Title1=Nell Quay - Paper Boats
    NumberOfEntries=1

The name of a track is its title or, without one, the end of its path. "Artist - Title" is split at the first " - ".
Paths are kept as locations and never opened. A path that is the uri of a service, such as spotify:track:..., is used as
the uri of the track. A file that is not in the encoding of the settings is decoded as Windows-1252, the encoding of old
players.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from skipgramophone.errors import FormatError
from skipgramophone.names.normalization import split_name
from skipgramophone.playlists.line_ends import split_lines
from skipgramophone.playlists.readers.durations import whole_seconds
from skipgramophone.playlists.readers.file_locations import location_of
from skipgramophone.playlists.readers.file_names import FileNames
from skipgramophone.playlists.readers.m3u import whole_playlist_text
from skipgramophone.playlists.readers.rows import Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.track_uris import service_uri
from skipgramophone.settings import ExtractSettings

SECTION = "[playlist]"
ENTRY = re.compile(r"(file|title)(\d{1,9})\s*=(.*)", re.IGNORECASE)
LENGTH = re.compile(r"length(\d{1,9})\s*=(.*)", re.IGNORECASE)
OTHER_ENTRY = re.compile(r"(length\d+|numberofentries|version)\s*=|[;#\[]", re.IGNORECASE)


def is_pls(lines: Sequence[str]) -> bool:
    """Whether the first line of a file is that of a PLS file."""
    return lines[0].strip().lower() == SECTION


def read_pls(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of a file, which is one playlist, in the order of their numbers.

    Raises:
        SourceError: the file has no line [playlist], or is too large for a playlist.
    """
    lines = split_lines(whole_playlist_text(stream))
    if not any(is_pls([line]) for line in lines):
        raise FormatError(f"{stream.file.display_name} is not a PLS playlist: it has no line {SECTION}")
    entries: dict[int, dict[str, str]] = {}
    first_line: dict[int, int] = {}
    lengths = {int(found[1]): found[2] for line in lines if (found := LENGTH.match(line.strip()))}
    for number, line in enumerate(lines, 1):
        if found := ENTRY.match(line.strip()):
            at, name = int(found[2]), found[1].lower()
            first_line.setdefault(at, number)
            if name in entries.setdefault(at, {}):
                yield number, line, f"a second {found[1]} for entry {at}"
            entries[at].setdefault(name, found[3].strip())
        elif line.strip() and not OTHER_ENTRY.match(line.strip()):
            yield number, line, "not an entry of a PLS playlist"
    playlist = PurePosixPath(stream.file.name).stem
    files = FileNames(entry.get("file", "") for entry in entries.values() if not entry.get("title"))
    for at, entry in sorted(entries.items()):
        path = entry.get("file", "")
        artist, title = split_name(entry.get("title") or files.name_of(path))
        raw = "; ".join(f"{name}{at}={text}" for name, text in entry.items())
        uri = service_uri(path)
        location = None if path == entry.get("title") else location_of(path, stream.file)
        row = Row("", playlist, stream.file.place, artist=artist, title=title, uri=uri)
        yield first_line[at], raw, row._replace(location=location, seconds=whole_seconds(lengths.get(at, "")))
