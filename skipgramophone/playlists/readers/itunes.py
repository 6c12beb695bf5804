"""Library.xml of iTunes and Apple Music: a property list of tracks by id, and of playlists as lists of ids.

    <plist><dict>
      <key>Tracks</key><dict><key>1001</key><dict><key>Name</key><string>Paper Boats</string> ...
      <key>Playlists</key><array><dict><key>Name</key><string>Evening</string>
        <key>Playlist Items</key><array><dict><key>Track ID</key><integer>1001</integer></dict> ...

Playlists with the same name stay separate. Playlists that the program makes are left out: system playlists (Library,
Music, Downloaded ...), folders, which repeat the tracks of their playlists, smart playlists and Genius playlists.
`plistlib` would hold the whole file in memory; this reader keeps the names of tracks and the ids in playlists.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from skipgramophone.errors import SourceError
from skipgramophone.playlists.readers.histories import EPISODE
from skipgramophone.playlists.readers.rows import LeftOut, Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.xml_documents import Element, read_elements
from skipgramophone.settings import ExtractSettings

ROOT = ("plist", "dict")
TRACKS, PLAYLISTS = (*ROOT, "dict"), (*ROOT, "array")
TRACK, PLAYLIST = (*TRACKS, "dict"), (*PLAYLISTS, "dict")
ITEMS = (*PLAYLIST, "array", "dict")
NAMES = ("Name", "Artist", "Podcast", "Movie", "TV Show")  # what is kept of a track
# The keys of a playlist that the program makes, and why its tracks are left out; the first match counts.
AUTOMATIC = (
    (("Master", "Distinguished Kind", "Music", "Purchased Music", "Podcasts", "Movies"), "in system playlists"),
    (("Folder",), "in folders of playlists"),
    (("Smart Info", "Smart Criteria"), "in smart playlists"),
    (("Genius Track ID",), "in Genius playlists"),
)
NO_PLAYLIST = LeftOut("in no playlist")
VIDEO = LeftOut("films and TV episodes")
Values = dict[str, str]  # key -> text of its value; "true" and "false" for themselves


@dataclass(slots=True)
class Playlist:
    """One playlist: the values of its keys, and the line and id of each track."""

    values: Values = field(default_factory=dict)
    items: list[tuple[int, str]] = field(default_factory=list)

    @property
    def reason_to_leave_out(self) -> LeftOut | None:
        """Why its tracks are left out, or None for a playlist that a person made."""
        marks = {key for key, value in self.values.items() if value != "false"}
        return next((LeftOut(reason) for keys, reason in AUTOMATIC if marks & set(keys)), None)


def read_itunes(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of each playlist.

    Raises:
        SourceError: the file is not a library of iTunes.
    """
    tracks, playlists = _parse(stream)
    keeps_episodes = "episodes" in (settings.keep or ())
    listed: set[str] = set()
    for at, playlist in enumerate(playlists):
        left_out, name = playlist.reason_to_leave_out, playlist.values.get("Name", "")
        for line, number in playlist.items:
            listed.add(number)
            of_track = tracks[number][1] if number in tracks else {}
            record = {"playlist": name, "Track ID": number} | of_track
            if left_out:
                yield line, record, left_out
            elif number not in tracks:
                yield line, record, "a track that is not in the library"
            elif "Movie" in of_track or "TV Show" in of_track:
                yield line, record, VIDEO
            elif "Podcast" in of_track and not keeps_episodes:
                yield line, record, EPISODE
            else:
                artist, title = of_track.get("Artist", ""), of_track.get("Name", "")
                yield line, record, Row("", name, f"{stream.file.place}\0{at}", artist=artist, title=title)
    for number, (line, of_track) in tracks.items():
        if number not in listed:
            yield line, {"Track ID": number} | of_track, NO_PLAYLIST


def _parse(stream: OpenFile) -> tuple[dict[str, tuple[int, Values]], list[Playlist]]:
    """Return the line and names of each track by its id, and the playlists."""
    tracks: dict[str, tuple[int, Values]] = {}
    playlists: list[Playlist] = []
    part, number, found = "", "", False
    key: dict[int, str] = {}  # depth of an element -> the last key there
    values: Values = {}
    for element in read_elements(stream, "a library of iTunes or Apple Music"):
        path, depth = element.path, len(element.path)
        if element.ends and path[-1] == "key":
            key[depth] = element.text
            if depth == len(TRACKS):
                part, found = element.text, found or element.text == "Tracks"
            elif depth == len(TRACK) and part == "Tracks":
                number, values = element.text, {}
        elif part == "Tracks":
            if element.ends and path[:-1] == TRACK and key.get(depth) in NAMES and _value(element) != "false":
                values[key[depth]] = _value(element)
            elif element.ends and path == TRACK:
                tracks[number] = element.line, values
        elif part == "Playlists":
            if path == PLAYLIST and not element.ends:
                playlists.append(Playlist())
            elif element.ends and path[:-1] == PLAYLIST and key.get(depth) != "Playlist Items":
                playlists[-1].values[key.get(depth, "")] = _value(element)
            elif element.ends and path[:-1] == ITEMS and key.get(depth) == "Track ID":
                playlists[-1].items.append((element.line, element.text))
    if not found:
        raise SourceError(f"{stream.file.display_name} is not a library of iTunes or Apple Music: it has no tracks")
    return tracks, playlists


def _value(element: Element) -> str:
    """Return the text of a value, or "true" or "false"."""
    return element.path[-1] if element.path[-1] in ("true", "false") else element.text
