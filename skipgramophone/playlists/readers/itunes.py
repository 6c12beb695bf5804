"""Read Library.xml of iTunes and Apple Music, a property list with tracks by id, and playlists of track ids.

    <plist><dict>
      <key>Tracks</key><dict><key>1001</key><dict><key>Name</key><string>Paper Boats</string> ...
      <key>Playlists</key><array><dict><key>Name</key><string>Evening</string>
        <key>Playlist Items</key><array><dict><key>Track ID</key><integer>1001</integer></dict> ...

Playlists with the same name stay separate. Playlists that the program creates are left out: system playlists (Library,
Music, Downloaded ...), smart playlists and Genius playlists. Folders are left out too, because they repeat the tracks
of the playlists inside. `plistlib` would keep the whole file in memory; this reader keeps only the names of tracks and
the ids in playlists.
"""

from __future__ import annotations

from collections.abc import Iterator

from skipgramophone.errors import FormatError
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.histories import EPISODE
from skipgramophone.playlists.readers.libraries import Library, LibraryPlaylist, LibraryTrack
from skipgramophone.playlists.readers.rows import LeftOut, Record
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.xml_documents import Element, read_elements
from skipgramophone.settings import ExtractSettings

ROOT = ("plist", "dict")
TRACKS, PLAYLISTS = (*ROOT, "dict"), (*ROOT, "array")
TRACK, PLAYLIST = (*TRACKS, "dict"), (*PLAYLISTS, "dict")
ITEM = (*PLAYLIST, "array", "dict")
# Keys of playlists that the program creates, and why these playlists are left out. The first match counts.
AUTOMATIC = (
    (("Master", "Distinguished Kind", "Music", "Purchased Music", "Podcasts", "Movies"), "in system playlists"),
    (("Folder",), "in folders of playlists"),
    (("Smart Info", "Smart Criteria"), "in smart playlists"),
    (("Genius Track ID",), "in Genius playlists"),
)
VIDEO = LeftOut("films and TV episodes")
Values = dict[str, str]  # key -> text of its value, or "true" or "false"


def read_itunes(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of each playlist.

    Raises:
        SourceError: the file is not a library of iTunes.
    """
    library = Library()
    part, track = "", ""
    key: dict[int, str] = {}  # depth of an element -> the last key at this depth
    values: Values = {}
    for element in read_elements(stream, "a library of iTunes or Apple Music", (TRACK, PLAYLIST).__contains__):
        ends, path, _, text, line = element
        parent = path[:-1]
        depth = len(path)
        if not ends:
            values = {}
            if part == "Playlists":
                library.playlists.append(LibraryPlaylist(""))
        elif path[-1] == "key":
            key[depth] = text
            if depth == len(TRACKS):
                part = text
            elif depth == len(TRACK) and part == "Tracks":
                track = text
        elif parent in (TRACK, PLAYLIST):
            values[key.get(depth, "")] = _value(element)
        elif path == TRACK and part == "Tracks":
            library.add(track, _track(values, line, settings))
        elif path == PLAYLIST and part == "Playlists":
            library.playlists[-1].name = values.get("Name", "")
            library.playlists[-1].left_out = _why_left_out(values)
        elif parent == ITEM and part == "Playlists" and key.get(depth) == "Track ID":
            library.playlists[-1].items.append((line, text))
    if not library.tracks:
        raise FormatError(f"{stream.file.display_name} is not a library of iTunes or Apple Music: it has no tracks")
    return library.records(stream)


def _track(values: Values, line: int, settings: ExtractSettings) -> LibraryTrack:
    """Create a track from the values of its property list."""
    marks = _marks(values)
    unused: LeftOut | str | None = None
    if marks & {"Movie", "TV Show"}:
        unused = VIDEO
    elif "Podcast" in marks and "episodes" not in (settings.keep or ()):
        unused = EPISODE
    names, album = (values.get("Artist", ""), values.get("Name", "")), album_of(values.get("Album"))
    return LibraryTrack(line, *names, unused=unused, album=album)


def _why_left_out(playlist: Values) -> LeftOut | None:
    """Return why the tracks of a playlist are left out, or None for a playlist that a person made."""
    marks = _marks(playlist)
    return next((LeftOut(reason) for keys, reason in AUTOMATIC if marks & set(keys)), None)


def _marks(values: Values) -> set[str]:
    """Return the keys with a value other than false."""
    return {key for key, value in values.items() if value != "false"}


def _value(element: Element) -> str:
    """Return the text of a value element; the elements <true/> and <false/> give "true" and "false"."""
    return element.path[-1] if element.path[-1] in ("true", "false") else element.text
