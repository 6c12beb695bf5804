"""Read the playlists of Rhythmbox: playlists.xml, with the names of tracks from rhythmdb.xml in the same directory.

    <rhythmdb-playlists><playlist name="Kitchen" type="static">
      <location>file:///music/Nell%20Quay/03%20Paper%20Boats.ogg</location> ...

    <rhythmdb version="2.0"><entry type="song"><title>Paper Boats</title><artist>Nell Quay</artist>
      <location>file:///music/Nell%20Quay/03%20Paper%20Boats.ogg</location> ...

A track that is not in rhythmdb.xml gets its name from the name of its file, as in M3U. An automatic playlist is a query
without tracks; these playlists and the play queue are left out. Playlists with the same name stay separate.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from skipgramophone.names.identifiers import joined, labelled
from skipgramophone.names.normalization import split_name
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.durations import whole_seconds
from skipgramophone.playlists.readers.file_locations import location_of_uri
from skipgramophone.playlists.readers.file_names import FileNames
from skipgramophone.playlists.readers.histories import EPISODE
from skipgramophone.playlists.readers.libraries import Library, LibraryPlaylist, LibraryTrack
from skipgramophone.playlists.readers.rows import LeftOut, Record
from skipgramophone.playlists.readers.source_files import OpenFile, SourceFile
from skipgramophone.playlists.readers.track_uris import service_uri
from skipgramophone.playlists.readers.xml_documents import read_elements, require_root
from skipgramophone.settings import ExtractSettings

TRACKS_FILE = "rhythmdb.xml"
ROOT, TRACKS_ROOT = "rhythmdb-playlists", "rhythmdb"
PLAYLIST, ENTRY = (ROOT, "playlist"), (TRACKS_ROOT, "entry")
LOCATION = (*PLAYLIST, "location")
STATIC, QUEUE = "static", "queue"
IN_QUEUE, IN_AUTOMATIC = LeftOut("in the play queue"), LeftOut("in automatic playlists")
AUTOMATIC = LeftOut("automatic playlists")
STATION = LeftOut("radio stations")
UNKNOWN = "Unknown"  # written by Rhythmbox if a file has no artist or album
Fields = dict[str, str]  # name of a child element -> its text


def read_rhythmbox(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of each playlist.

    Raises:
        SourceError: the file does not contain playlists of Rhythmbox, or rhythmdb.xml is damaged.
    """
    library = Library()
    queries: list[Record] = []
    what = "a file with playlists of Rhythmbox"
    for element in read_elements(stream, what):
        require_root(element, (ROOT,), stream, what)
        if element.path == PLAYLIST and not element.ends:
            kind = element.attributes.get("type", "")
            left_out = None if kind == STATIC else IN_QUEUE if kind == QUEUE else IN_AUTOMATIC
            library.playlists.append(LibraryPlaylist(element.attributes.get("name", ""), left_out=left_out))
        elif element.path == LOCATION and element.ends:
            library.playlists[-1].items.append((element.line, element.text))
        elif element.path == PLAYLIST and _is_query(library.playlists[-1]):
            queries.append((element.line, {**element.attributes}, AUTOMATIC))
    _add_tracks(library, stream, settings)
    return chain(library.records(stream), queries)


def _is_query(playlist: LibraryPlaylist) -> bool:
    """Whether a playlist is an automatic playlist, which contains no tracks."""
    return playlist.left_out is IN_AUTOMATIC and not playlist.items


def _add_tracks(library: Library, stream: OpenFile, settings: ExtractSettings) -> None:
    """Add the tracks of all playlists to a library, with their names from rhythmdb.xml or from the names of files."""
    line_of = {uri: line for playlist in library.playlists for line, uri in playlist.items}
    entries: dict[str, tuple[str, Fields]] = {}  # location -> type and fields of its entry
    if (beside := stream.file.sibling(TRACKS_FILE)) is not None:
        for kind, fields in _entries(beside, settings):
            if fields.get("location") in line_of:
                entries.setdefault(fields["location"], (kind, fields))
    files = FileNames(uri for uri in line_of if uri not in entries)
    for uri, line in line_of.items():
        kind, fields = entries.get(uri, ("song", {}))
        unused: LeftOut | str | None = STATION if kind == "iradio" else None
        if kind == "podcast-post" and "episodes" not in (settings.keep or ()):
            unused = EPISODE
        artist, title = _known(fields, "artist"), fields.get("title", "")
        artist, title = (artist, title) if title else split_name(files.name_of(uri))
        track = LibraryTrack(
            line,
            artist,
            title,
            service_uri(uri),
            unused=unused,
            album=album_of(_known(fields, "album")),
            location=None if service_uri(uri) else location_of_uri(uri, stream.file),
            seconds=whole_seconds(fields.get("duration", "")),
            identifiers=joined([labelled("mbid", fields.get("mb-trackid"))]),
        )
        library.add(uri, track)


def _entries(file: SourceFile, settings: ExtractSettings) -> Iterator[tuple[str, Fields]]:
    """Yield type and fields of each entry of rhythmdb.xml."""
    with file.open(settings.encoding, settings.bad_bytes == "replace") as stream:
        fields: Fields = {}
        for element in read_elements(stream, "a library of Rhythmbox", lambda path: path == ENTRY):
            if element.path == ENTRY:
                if element.ends:
                    yield element.attributes.get("type", ""), fields
                fields = {}
            elif element.path[:-1] == ENTRY:
                fields.setdefault(element.path[-1], element.text)


def _known(fields: Fields, name: str) -> str:
    """Return the field `name`, or "" if it is missing or contains "Unknown", as Rhythmbox writes it."""
    text = fields.get(name, "")
    return "" if text == UNKNOWN else text
