"""Read B4S playlists of Winamp 3 and later: one playlist per file, named by its label or the file.

    <WinampXML><playlist num_entries="1" label="Kitchen">
      <entry Playstring="file:C:\\Music\\boats.mp3"><Name>Nell Quay - Paper Boats</Name><Length>214000</Length></entry>

The XML need not be well-formed; see `player_xml`. "Artist - Title" is split at the first " - ". Without a name,
the name of a track is taken from the name of its file, as in M3U.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from skipgramophone.names.normalization import split_name
from skipgramophone.playlists.readers.durations import whole_seconds
from skipgramophone.playlists.readers.file_entries import FILE_URI, FileEntry, records_of
from skipgramophone.playlists.readers.player_xml import read_player_elements
from skipgramophone.playlists.readers.rows import Record
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.settings import ExtractSettings

ROOT = "winampxml"
PLAYLIST = (ROOT, "playlist")
ENTRY = (*PLAYLIST, "entry")
MILLISECONDS = 1000  # milliseconds per second; B4S stores durations in milliseconds


def read_b4s(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of a file, which is one playlist.

    Raises:
        SourceError: the file is not a B4S playlist.
    """
    playlist = PurePosixPath(stream.file.name).stem
    entries: list[FileEntry] = []
    fields: dict[str, str] = {}  # name of an element of an entry, in lower case -> its text
    for element in read_player_elements(stream, "a B4S playlist of Winamp", ROOT):
        path, attributes = element.path, element.attributes
        if path == PLAYLIST and not element.ends:
            playlist = attributes.get("label") or playlist
        elif path == ENTRY and element.ends:
            entries.append(_entry(element.line, attributes, fields))
        elif path == ENTRY:
            fields = {}
        elif path[:-1] == ENTRY and element.ends:
            fields.setdefault(path[-1], element.text)
    return records_of(entries, stream, playlist)


def _entry(line: int, attributes: dict[str, str], fields: dict[str, str]) -> FileEntry:
    """Return the entry that an element and the elements inside it describe."""
    address = attributes.get("playstring", "")
    path = address if address.lower().startswith(f"{FILE_URI}//") else address.removeprefix(FILE_URI)
    artist, title = split_name(fields.get("name", ""))
    seconds = whole_seconds(fields.get("length", ""), MILLISECONDS)
    return FileEntry(line, {**attributes, **fields}, path, artist=artist, title=title, seconds=seconds)
