"""Read ASX playlists of Windows Media Player: one playlist per file, named by its title or the file.

    <asx version="3.0"><title>Kitchen</title>
      <entry><title>Paper Boats</title><author>Nell Quay</author><ref href="boats.wma"/></entry> ...

The XML need not be well-formed; see `player_xml`. Without an author, "Artist - Title" is split at the first
" - ". Without a title, the name of a track is taken from the name of its file, as in M3U. An entry may have several
references, which are sources of the same track; the first is its location. References to other playlists are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from skipgramophone.names.normalization import split_name
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.file_entries import FileEntry, records_of
from skipgramophone.playlists.readers.player_xml import read_player_elements
from skipgramophone.playlists.readers.rows import LeftOut, Record
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.settings import ExtractSettings

ROOT = "asx"
ENTRY, OTHER_PLAYLIST = "entry", "entryref"
OTHERS = LeftOut("references to other playlists")
ARTISTS, ALBUMS = ("artist", "author", "wm/albumartist"), ("album", "wm/albumtitle")  # names of <param> elements
Fields = dict[str, str]  # name of an element or <param> of an entry, in lower case -> its text, value or address


def read_asx(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of a file, which is one playlist.

    Raises:
        SourceError: the file is not an ASX playlist.
    """
    playlist = PurePosixPath(stream.file.name).stem
    entries: list[FileEntry] = []
    fields: Fields = {}
    for element in read_player_elements(stream, "an ASX playlist", ROOT):
        path, attributes = element.path, element.attributes
        if path[-1] == ENTRY and element.ends:
            entries.append(_entry(element.line, fields))
        elif path[-1] == ENTRY:
            fields = {}
        elif path[-1] == OTHER_PLAYLIST and not element.ends:
            yield element.line, {**attributes}, OTHERS
        elif path == (ROOT, "title") and element.ends:
            playlist = element.text or playlist
        elif path[-2:-1] == (ENTRY,) and element.ends:
            name = attributes.get("name", "").lower() if path[-1] == "param" else path[-1]
            fields.setdefault(name, attributes.get("value", attributes.get("href", element.text)))
    yield from records_of(entries, stream, playlist)


def _entry(line: int, fields: Fields) -> FileEntry:
    """Create an entry from the fields of its element."""
    artist = next((fields[name] for name in ARTISTS if fields.get(name)), "")
    artist, title = (artist, fields.get("title", "")) if artist else split_name(fields.get("title", ""))
    album = album_of(next((fields[name] for name in ALBUMS if fields.get(name)), None))
    return FileEntry(line, {**fields}, fields.get("ref", ""), artist=artist, title=title, album=album)
