"""Writes playlists as text, in formats that players read and services import.

    m3u8           #EXTALB with the album, #EXTINF with the name, then the location of the file, the uri or the name
    xspf, jspf     the shareable playlist formats in XML and JSON
    uris           one uri per line
    tunemymusic    CSV with the header of TuneMyMusic
    soundiiz       CSV with the header of Soundiiz

Names come from untrusted sources, so XML, JSON and CSV are written by libraries. Control characters are written as
escapes, because they break lines, and because XML cannot contain them.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote
from xml.etree import ElementTree

from skipgramophone.names.identifiers import RECORDING_URI
from skipgramophone.names.normalization import full_name
from skipgramophone.playlists.file_paths import ADDRESS
from skipgramophone.wording import STEERING, visible

XSPF = "http://xspf.org/ns/0/"
NOT_IN_XML = re.compile("[\ufffe\uffff]")  # `visible` escapes control characters and surrogates
SPOTIFY = "spotify:track:"
TUNEMYMUSIC = ("Track name", "Artist name", "Album", "Playlist name", "Type", "ISRC", "Spotify - id")
SOUNDIIZ = ("title", "artist", "album", "isrc")
WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")  # beginning of an absolute Windows path
SAFE_IN_PATHS = "/:"
MILLISECONDS = 1000  # milliseconds per second; XSPF and JSPF store durations in milliseconds


@dataclass(frozen=True, slots=True)
class Entry:
    """A track of a playlist; `location` is a file path that a player can resolve, and `seconds` the duration.

    `identifiers` are texts such as "isrc:USUM71703861". `album` is "" if it is not known.
    """

    artist: str
    title: str
    uri: str | None = None
    location: str | None = None
    seconds: int | None = None
    identifiers: tuple[str, ...] = ()
    album: str = ""

    @property
    def isrc(self) -> str:
        """The first ISRC, or ""."""
        return next((text.removeprefix("isrc:") for text in self.identifiers if text.startswith("isrc:")), "")

    @property
    def uris(self) -> list[str]:
        """The uri of the track, and its identifiers in the form of uris."""
        others = (RECORDING_URI + text[5:] if text.startswith("mbid:") else text for text in self.identifiers)
        return list(dict.fromkeys([*([self.uri] if self.uri else []), *others]))

    @property
    def name(self) -> str:
        """The name "artist - title", or only the artist or the title if the other is empty."""
        return full_name(self.artist, self.title)


Write = Callable[[Sequence[Entry], str], str]  # takes the entries and the title of the playlist ("": no title)


def m3u8(entries: Sequence[Entry], title: str) -> str:
    """Return an M3U playlist.

    The line of a track contains its path or, if it has none, its uri or name. If this text begins with "#", "./" is
    written before it, because players treat a line that begins with "#" as a comment.
    """
    lines = ["#EXTM3U", *([f"#PLAYLIST:{visible(title)}"] if title else [])]
    for entry in entries:
        path = entry.location if entry.location and not breaks_lines(entry.location) else None
        line = path or visible(entry.uri or entry.name)
        lines += [f"#EXTALB:{visible(entry.album)}"] if entry.album else []
        lines += [f"#EXTINF:{entry.seconds or -1},{visible(entry.name)}", f"./{line}" if line.startswith("#") else line]
    return "".join(f"{line}\n" for line in lines)


def breaks_lines(location: str) -> bool:
    """Whether a path has characters that M3U cannot contain, and that cannot be escaped without changing the path."""
    return STEERING.search(location) is not None


def xspf(entries: Sequence[Entry], title: str) -> str:
    """Return an XSPF playlist."""
    root = ElementTree.Element("playlist", {"version": "1", "xmlns": XSPF})
    _add(root, "title", title)
    tracks = ElementTree.SubElement(root, "trackList")
    for entry in entries:
        track = ElementTree.SubElement(tracks, "track")
        _add(track, "location", _as_uri(entry.location))
        for uri in entry.uris:
            _add(track, "identifier", uri)
        _add(track, "title", entry.title)
        _add(track, "creator", entry.artist)
        _add(track, "album", entry.album)
        _add(track, "duration", str(MILLISECONDS * entry.seconds) if entry.seconds else None)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, "unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _add(parent: ElementTree.Element, name: str, text: str | None) -> None:
    """Add a child element with the given text, unless the text is empty or None."""
    if text:
        escaped = NOT_IN_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", visible(text))
        ElementTree.SubElement(parent, name).text = escaped


def jspf(entries: Sequence[Entry], title: str) -> str:
    """Return a JSPF playlist."""
    tracks = [
        {
            **({"location": [_as_uri(entry.location)]} if entry.location else {}),
            **({"identifier": list(map(visible, entry.uris))} if entry.uris else {}),
            "title": visible(entry.title),
            "creator": visible(entry.artist),
            **({"album": visible(entry.album)} if entry.album else {}),
            **({"duration": MILLISECONDS * entry.seconds} if entry.seconds else {}),
        }
        for entry in entries
    ]
    playlist = {"playlist": {**({"title": visible(title)} if title else {}), "track": tracks}}
    return json.dumps(playlist, ensure_ascii=False, indent=2) + "\n"


def lines_of_uris(entries: Sequence[Entry], title: str) -> str:  # noqa: ARG001 (all formats have the same signature)
    """Return the uris of the tracks that have one, one per line."""
    return "".join(f"{visible(entry.uri)}\n" for entry in entries if entry.uri)


def tunemymusic(entries: Sequence[Entry], title: str) -> str:
    """Return a CSV table that TuneMyMusic can import."""
    uris = [entry.uri or "" for entry in entries]
    ids = [uri.removeprefix(SPOTIFY) if uri.startswith(SPOTIFY) else "" for uri in uris]
    rows = (
        (entry.title, entry.artist, entry.album, title, "Playlist", entry.isrc, key)
        for entry, key in zip(entries, ids, strict=True)
    )
    return _table(TUNEMYMUSIC, rows, ",")


def soundiiz(entries: Sequence[Entry], title: str) -> str:  # noqa: ARG001 (all formats have the same signature)
    """Return a CSV table that Soundiiz can import."""
    return _table(SOUNDIIZ, ((entry.title, entry.artist, entry.album, entry.isrc) for entry in entries), ";")


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], delimiter: str) -> str:
    """Return rows as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([visible(cell) for cell in row] for row in rows)
    return text.getvalue()


def _as_uri(location: str | None) -> str | None:
    """Return a path as a relative or absolute uri; a location that already is a uri is returned unchanged.

    >>> _as_uri("C:\\\\Music\\\\a b.mp3"), _as_uri("//box/a.mp3"), _as_uri("1:1.mp3")
    ('file:///C:/Music/a%20b.mp3', 'file://box/a.mp3', './1:1.mp3')
    """
    if location is None or ADDRESS.match(location):
        return location
    if WINDOWS.match(location):
        location = location.replace("\\", "/")
    path = quote(location, safe=SAFE_IN_PATHS, errors="surrogateescape")
    if path.startswith("//"):
        return f"file:{path}"
    if path.startswith("/") or WINDOWS.match(location):
        return f"file://{path}" if path.startswith("/") else f"file:///{path}"
    # Without "./", the text before the colon would be read as the scheme of the uri.
    return f"./{path}" if ":" in path.split("/")[0] else path


WRITERS: dict[str, Write] = {
    "m3u8": m3u8,
    "xspf": xspf,
    "jspf": jspf,
    "uris": lines_of_uris,
    "tunemymusic": tunemymusic,
    "soundiiz": soundiiz,
}
WITH_PATHS = ("m3u8", "xspf", "jspf")
WITH_TITLE = ("m3u8", "xspf", "jspf", "tunemymusic")
