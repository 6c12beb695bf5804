"""Read cue sheets, the track lists of mixes and CDs: one playlist per file, named by its title or the file.

    PERFORMER "DJ Nell"
    TITLE "Night Boat"
    FILE "night boat.mp3" MP3
      TRACK 01 AUDIO
        TITLE "Paper Boats"
        PERFORMER "Nell Quay"
        INDEX 01 00:00:00

The artist of a track is its own performer, otherwise the performer of the sheet. If most titles of tracks without their
own performer contain " - ", these titles are split into artist and title. A track without a title is named after its
audio file, unless other tracks are in the same file. A file is used as the location of a track only if it contains no
other track. Data tracks, which contain no audio, are left out. A file that is not in the encoding of the settings is
decoded as Windows-1252.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from skipgramophone.errors import FormatError
from skipgramophone.names.identifiers import joined, labelled
from skipgramophone.names.normalization import SEPARATOR, split_name
from skipgramophone.playlists.line_ends import split_lines
from skipgramophone.playlists.readers.file_locations import location_of
from skipgramophone.playlists.readers.file_names import FileNames
from skipgramophone.playlists.readers.m3u import whole_playlist_text
from skipgramophone.playlists.readers.rows import LeftOut, Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.settings import ExtractSettings

COMMAND = re.compile(
    r"\s*(REM|PERFORMER|TITLE|FILE|TRACK|INDEX|ISRC|FLAGS|CATALOG|CDTEXTFILE|SONGWRITER|COMPOSER|PREGAP|POSTGAP)"
    r"(?:\s(.*))?",
    re.IGNORECASE,
)
TRACK = re.compile(r"\s*TRACK\s+\d{1,3}\s+[A-Z0-9/_]+\s*", re.IGNORECASE)
FILE = re.compile(r"(.*\S)\s+\w+")  # name, then type, such as WAVE
AUDIO = "AUDIO"
FIRST_INDEX = "01"  # where the track begins; 00 is the gap before it
DATA = LeftOut("data tracks")
UNTITLED = "a track without a title"
NOT_A_COMMAND = "not a line of a cue sheet"
JUDGED_LINES = 30


@dataclass(slots=True)
class _Track:
    """A track of a cue sheet.

    Attributes:
        line: number of its TRACK line.
        lines: the TRACK line and the other lines of the track, without FILE lines and without indentation.
        kind: AUDIO, or the mode of a data track.
        file: name of the file in which it begins.
        fields: other values by name of the command, in upper case.
    """

    line: int
    lines: list[str]
    kind: str
    file: str
    fields: dict[str, str] = field(default_factory=dict)


def is_cue(lines: Sequence[str]) -> bool:
    """Whether the first lines of a file are commands of a cue sheet, one of which begins a track."""
    written = [line for line in lines if line.strip()][:JUDGED_LINES]
    return any(map(TRACK.fullmatch, written)) and all(map(COMMAND.fullmatch, written))


def read_cue(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of a sheet, which is one playlist.

    Raises:
        SourceError: the file has no line TRACK, or is too large for a playlist.
    """
    lines = split_lines(whole_playlist_text(stream))
    if not any(map(TRACK.fullmatch, lines)):
        raise FormatError(f"{stream.file.display_name} is not a cue sheet: it has no line TRACK 01 AUDIO")
    sheet: dict[str, str] = {}
    tracks: list[_Track] = []
    file = ""
    for number, line in enumerate(lines, 1):
        command = COMMAND.fullmatch(line)
        if command is None:
            if line.strip():
                yield number, line, NOT_A_COMMAND
            continue
        name, value = command[1].upper(), (command[2] or "").strip()
        if TRACK.fullmatch(line):
            tracks.append(_Track(number, [line.strip()], value.split()[-1].upper(), file))
            continue
        if name == "FILE":
            file = _unquoted(found[1] if (found := FILE.fullmatch(value)) else value)
        elif tracks:
            tracks[-1].lines.append(line.strip())
            tracks[-1].fields.setdefault(name, _unquoted(value))
            if name == "INDEX" and value.startswith(FIRST_INDEX):
                tracks[-1].file = file
        else:
            sheet.setdefault(name, _unquoted(value))
    yield from _rows(tracks, sheet, stream)


def _rows(tracks: Sequence[_Track], sheet: dict[str, str], stream: OpenFile) -> Iterator[Record]:
    """Yield the tracks of a cue sheet; `sheet` contains the fields of the sheet itself."""
    playlist = sheet.get("TITLE") or PurePosixPath(stream.file.name).stem
    in_file = Counter(track.file for track in tracks)
    files = FileNames(file for file, number in in_file.items() if file and number == 1)
    titles = [track.fields.get("TITLE", "") for track in tracks if not track.fields.get("PERFORMER")]
    are_names = 2 * sum(SEPARATOR in title for title in titles) > len(titles)
    for track in tracks:
        artist, title = track.fields.get("PERFORMER", ""), track.fields.get("TITLE", "")
        path, raw = track.file if in_file[track.file] == 1 else "", "\n".join(track.lines)
        if not artist and title and are_names and SEPARATOR in title:
            artist, title = split_name(title)
        elif not title and path:
            named, title = split_name(files.name_of(path))
            artist = artist or named
        if track.kind != AUDIO:
            yield track.line, raw, DATA
        elif not title:
            yield track.line, raw, UNTITLED
        else:
            names = artist or sheet.get("PERFORMER", ""), title
            row = Row("", playlist, stream.file.place, *names)
            isrc = joined([labelled("isrc", track.fields.get("ISRC"))])
            yield track.line, raw, row._replace(identifiers=isrc, location=location_of(path, stream.file))


def _unquoted(value: str) -> str:
    """Return a value without the quotes around it."""
    return value[1:-1].strip() if len(value) > 1 and value[0] == value[-1] == '"' else value
