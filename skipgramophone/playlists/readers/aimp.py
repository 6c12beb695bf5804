"""Read playlists of AIMP 4 and 5 (.aimppl4): one playlist per file, named by its summary or the file.

    #-----SUMMARY-----#
    Name=Kitchen
    #-----CONTENT-----#
    -C:\\Music\\Nell Quay
    C:\\Music\\Nell Quay\\boats.mp3|Paper Boats|Nell Quay|Boats|Nell Quay|Folk|2019|3|1|||320|2|44100|214000|8565760

The fields of a track are separated by bars: path, title, artist, album, and others, such as the duration in
milliseconds. A line that begins with "-" is the name of a group. Without a title, the name of a track is taken from the
name of its file, as in M3U. The text is usually UTF-16.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from skipgramophone.errors import FormatError
from skipgramophone.playlists.line_ends import split_lines
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.durations import whole_seconds
from skipgramophone.playlists.readers.file_entries import FileEntry, records_of
from skipgramophone.playlists.readers.m3u import whole_playlist_text
from skipgramophone.playlists.readers.rows import Record
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.settings import ExtractSettings

SUMMARY, CONTENT = "#-----SUMMARY-----#", "#-----CONTENT-----#"
SECTION = "#-----"  # start of the first line of a section
NAME = "Name="
FEWEST_FIELDS, DURATION = 4, 14  # number of fields that a track has at least, and index of its duration
MILLISECONDS = 1000  # milliseconds per second


def is_aimp(lines: Sequence[str]) -> bool:
    """Whether the first line of a file is that of a playlist of AIMP."""
    return lines[0].strip() == SUMMARY


def read_aimp(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of a file, which is one playlist.

    Raises:
        SourceError: the file has no section with tracks, or is too large for a playlist.
    """
    lines = split_lines(whole_playlist_text(stream))
    if CONTENT not in map(str.strip, lines):
        raise FormatError(f"{stream.file.display_name} is not a playlist of AIMP: it has no line {CONTENT}")
    playlist, section = PurePosixPath(stream.file.name).stem, ""
    entries: list[FileEntry] = []
    for number, line in enumerate(lines, 1):
        if line.startswith(SECTION):
            section = line.strip()
        elif section == SUMMARY and line.startswith(NAME):
            playlist = line.removeprefix(NAME).strip() or playlist
        elif section == CONTENT and line.strip() and not line.startswith("-"):
            fields = line.split("|")
            if len(fields) < FEWEST_FIELDS:
                yield number, line, f"fewer than {FEWEST_FIELDS} fields"
            else:
                entries.append(_entry(number, fields))
    yield from records_of(entries, stream, playlist)


def _entry(number: int, fields: Sequence[str]) -> FileEntry:
    """Return the entry on a line, which has these fields."""
    path, title, artist, album = (field.strip() for field in fields[:FEWEST_FIELDS])
    seconds = whole_seconds(fields[DURATION], MILLISECONDS) if len(fields) > DURATION else None
    raw = {"path": path, "title": title, "artist": artist, "album": album}
    return FileEntry(number, raw, path, artist=artist, title=title, seconds=seconds, album=album_of(album))
