"""Read rekordbox.xml, the collection of a DJ: tracks with ids, and playlists in folders.

    <DJ_PLAYLISTS><COLLECTION><TRACK TrackID="1" Name="Paper Boats" Artist="Nell Quay" Location="file://..."/> ...
    <PLAYLISTS><NODE Type="0" Name="ROOT"><NODE Type="1" Name="Set 1" KeyType="0"><TRACK Key="1"/> ...

Nodes of type 0 are folders and are ignored. A playlist refers to tracks by id (key type 0) or by location (key type 1).
Playlists with the same name stay separate.
"""

from __future__ import annotations

from collections.abc import Iterator

from skipgramophone.errors import FormatError
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.libraries import Library, LibraryPlaylist, LibraryTrack
from skipgramophone.playlists.readers.rows import Record
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.xml_documents import read_elements
from skipgramophone.settings import ExtractSettings

ROOT = "DJ_PLAYLISTS"
TRACK = (ROOT, "COLLECTION", "TRACK")
PLAYLISTS = (ROOT, "PLAYLISTS")
PLAYLIST_TYPE, BY_LOCATION = "1", "1"


def read_rekordbox(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of each playlist.

    Raises:
        SourceError: the file is not a collection of rekordbox.
    """
    library, by_location = Library(), False
    id_at: dict[str, str] = {}  # location -> id of the track
    for element in read_elements(stream, "a collection of rekordbox"):
        path, attributes = element.path, element.attributes
        if path[0] != ROOT:
            raise FormatError(
                f"{stream.file.display_name} is not a collection of rekordbox: its root element is {path[0]!r}"
            )
        if element.ends:
            continue
        if path == TRACK:
            names = attributes.get("Artist", ""), attributes.get("Name", "")
            track = attributes.get("TrackID", "")
            album = album_of(attributes.get("Album"))
            library.add(track, LibraryTrack(element.line, *names, album=album))
            id_at[attributes.get("Location", "")] = track
        elif path[:2] == PLAYLISTS and path[-1] == "NODE" and attributes.get("Type") == PLAYLIST_TYPE:
            library.playlists.append(LibraryPlaylist(attributes.get("Name", "")))
            by_location = attributes.get("KeyType") == BY_LOCATION
        elif path[:2] == PLAYLISTS and path[-1] == "TRACK" and library.playlists:
            key = attributes.get("Key", "")
            library.playlists[-1].items.append((element.line, id_at.get(key, key) if by_location else key))
    return library.records(stream)
