"""Read Traktor collections (NML): tracks, identified by the path of their file, and playlists in folders.

    <NML><COLLECTION><ENTRY TITLE="Paper Boats" ARTIST="Nell Quay"><LOCATION VOLUME="Mac" DIR="/:m/:" FILE="a.mp3"/> ...
    <PLAYLISTS><NODE TYPE="FOLDER" NAME="$ROOT"><SUBNODES><NODE TYPE="PLAYLIST" NAME="Set 1"><PLAYLIST>
      <ENTRY><PRIMARYKEY TYPE="TRACK" KEY="Mac/:m/:a.mp3"/></ENTRY> ...

Folders are ignored, and smart playlists contain no tracks. The lists of loops and recordings, which Traktor creates,
are left out. Playlists with the same name stay separate.
"""

from __future__ import annotations

from collections.abc import Iterator

from skipgramophone.errors import FormatError
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.libraries import Library, LibraryPlaylist, LibraryTrack
from skipgramophone.playlists.readers.rows import LeftOut, Record
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.xml_documents import read_elements
from skipgramophone.settings import ExtractSettings

ROOT = "NML"
ENTRY = (ROOT, "COLLECTION", "ENTRY")
LOCATION, ALBUM = (*ENTRY, "LOCATION"), (*ENTRY, "ALBUM")
PLAYLISTS = (ROOT, "PLAYLISTS")
AUTOMATIC = ("_LOOPS", "_RECORDINGS")
SYSTEM = LeftOut("in system playlists")


def read_traktor(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of each playlist.

    Raises:
        SourceError: the file is not a collection of Traktor.
    """
    library = Library()
    key, album = "", None
    for element in read_elements(stream, "a collection of Traktor"):
        path, attributes = element.path, element.attributes
        if path[0] != ROOT:
            raise FormatError(
                f"{stream.file.display_name} is not a collection of Traktor: its root element is {path[0]!r}"
            )
        if path == LOCATION and not element.ends:
            key = "".join(attributes.get(part, "") for part in ("VOLUME", "DIR", "FILE"))
        elif path == ALBUM and not element.ends:
            album = album_of(attributes.get("TITLE"))
        elif path == ENTRY and element.ends:
            names = attributes.get("ARTIST", ""), attributes.get("TITLE", "")
            library.add(key or f"line {element.line}", LibraryTrack(element.line, *names, album=album))
            key, album = "", None
        elif path[:2] == PLAYLISTS and path[-1] == "NODE" and attributes.get("TYPE") == "PLAYLIST" and not element.ends:
            name = attributes.get("NAME", "")
            library.playlists.append(LibraryPlaylist(name, left_out=SYSTEM if name in AUTOMATIC else None))
        elif path[:2] == PLAYLISTS and path[-1] == "PRIMARYKEY" and library.playlists and not element.ends:
            library.playlists[-1].items.append((element.line, attributes.get("KEY", "")))
    return library.records(stream)
