"""Read M3U and M3U8 playlists: one playlist per file, named by #PLAYLIST or by the file.

    #EXTM3U
    #EXTINF:151,Simon & Garfunkel - Cecilia
    music/cecilia.ogg

The name of a track is taken from the tags in #EXTVDJ (VirtualDJ), otherwise from #EXTINF, otherwise from the end of
the path. "Artist - Title" is split at the first " - ". If there is a line #EXTALB or #EXTART after the previous track,
it names the album or the artist of the track. In files of Emby, a track with #EXTART has only its title in #EXTINF. A
file in which most tracks with #EXTART have no " - " in #EXTINF is treated in the same way: the whole #EXTINF of these
tracks is read as the title, unless it begins with the artist and " - ". Paths are kept as locations and never opened.
A path that is the uri of a service, such as spotify:track:..., is used as the uri of the track. A link to a track of a
service is used as the uri only if the track has no name in #EXTINF or #EXTVDJ. A file that is not in the encoding of
the settings is decoded as Windows-1252, the encoding of old players.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape
from pathlib import PurePosixPath
from typing import NamedTuple

from skipgramophone.names.links import read_link
from skipgramophone.names.normalization import SEPARATOR, split_name
from skipgramophone.playlists.line_ends import split_lines
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.durations import whole_seconds
from skipgramophone.playlists.readers.file_locations import location_of
from skipgramophone.playlists.readers.file_names import FileNames
from skipgramophone.playlists.readers.lines import whole_bytes
from skipgramophone.playlists.readers.rows import Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.settings import ExtractSettings

LARGEST = 64 << 20  # maximum size in bytes of a playlist file
INFO = re.compile(r"#EXTINF:([^,]*),(.*)")
NAMED = re.compile(r"#PLAYLIST:(.*)")
ALBUM = re.compile(r"#EXTALB:(.*)")
ARTIST = re.compile(r"#EXTART:(.*)")
TAGS = re.compile(r"#EXTVDJ:(.*)")
TAG = re.compile(r"<(artist|title|remix|songlength)>(.*?)</\1>")
SERVICE_URI = re.compile(r"[a-z][a-z0-9+.-]+:[^/\\\s]\S*")  # such as spotify:track:..., but no Windows path and no URL


class _Entry(NamedTuple):
    """A path in a file, with what the lines above it say about the track.

    Attributes:
        number: line number of the path.
        line: the line with the path.
        info: name in #EXTINF, or "".
        tagged: artist and title in #EXTVDJ, or None.
        artist: artist in #EXTART, or "".
        seconds: duration, or None.
        album: album in #EXTALB, or None.
    """

    number: int
    line: str
    info: str
    tagged: tuple[str, str] | None
    artist: str
    seconds: int | None
    album: str | None


def read_m3u(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of a file, which is one playlist.

    Raises:
        SourceError: the file is too large for a playlist.
    """
    lines = split_lines(whole_playlist_text(stream))
    named = next((found[1].strip() for line in lines if (found := NAMED.match(line))), "")
    playlist = named or PurePosixPath(stream.file.name).stem
    entries = list(_entries(lines))
    files = FileNames(entry.line.strip() for entry in entries)
    with_artist = [entry.info for entry in entries if entry.artist and entry.info]
    are_titles = 2 * sum(SEPARATOR not in info for info in with_artist) > len(with_artist)
    for entry in entries:
        path, info, tagged = entry.line.strip(), entry.info, entry.tagged
        artist, title = tagged or split_name(info or files.name_of(path))
        has_both = info.startswith(entry.artist + SEPARATOR)
        if entry.artist and info and not tagged and are_titles and not has_both:
            artist, title = entry.artist, info
        is_uri = SERVICE_URI.fullmatch(path) or (not info and not tagged and read_link(path))
        uri = path if is_uri else None
        location = None if is_uri or path == info else location_of(path, stream.file)
        row = Row("", playlist, stream.file.place, artist=artist or entry.artist, title=title, uri=uri)
        yield entry.number, entry.line, row._replace(location=location, seconds=entry.seconds, album=entry.album)


def _entries(lines: Sequence[str]) -> Iterator[_Entry]:
    """Yield the entries of a file."""
    info, tagged, artist, seconds, album = "", None, "", None, None
    for number, line in enumerate(lines, 1):
        if found := INFO.match(line):
            info, seconds = found[2].strip(), whole_seconds(found[1])
        elif found := TAGS.match(line):
            tagged, seconds = _tagged_name(found[1]), seconds or _length(found[1])
        elif found := ALBUM.match(line):
            album = album_of(found[1].strip())
        elif found := ARTIST.match(line):
            artist = found[1].strip()
        elif line.strip() and not line.startswith("#"):
            yield _Entry(number, line, info, tagged, artist=artist, seconds=seconds, album=album)
            info, tagged, artist, seconds, album = "", None, "", None, None


def whole_playlist_text(stream: OpenFile) -> str:
    """Return a whole playlist file as text; it is decoded as Windows-1252 if the encoding of the settings fails."""
    data = whole_bytes(stream, LARGEST)
    text = stream.text(data)
    return data.decode("cp1252", "backslashreplace") if text is None else text


def _tagged_name(tags: str) -> tuple[str, str] | None:
    """Return the artist and title in the tags of VirtualDJ, or None if there are none; a remix is added to the title.

    >>> _tagged_name("<filesize>9</filesize><artist>Ada &amp; Nell</artist><title>Rain</title><remix>Dub</remix>")
    ('Ada & Nell', 'Rain (Dub)')
    """
    found = {name: unescape(text).strip() for name, text in TAG.findall(tags)}
    title, remix = found.get("title", ""), found.get("remix", "")
    names = found.get("artist", ""), f"{title} ({remix})" if title and remix else title
    return names if any(names) else None


def _length(tags: str) -> int | None:
    """Return the duration in the tags of VirtualDJ in seconds, or None if there is none."""
    return next((whole_seconds(text) for name, text in TAG.findall(tags) if name == "songlength"), None)
