"""Read YourLibrary.json of Spotify's privacy export: the saved tracks of the user.

    {"tracks": [{"artist": "Nell Quay", "album": ..., "track": "Paper Boats", "uri": "spotify:track:..."}], ...

The saved tracks are one playlist, named after the file. Albums, shows, artists and banned tracks are left out. For a
rejected entry, the "line" is the number of the entry in the file, from 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from skipgramophone.errors import FormatError
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.documents import raw_record, read_document, text_fields
from skipgramophone.playlists.readers.histories import EPISODE
from skipgramophone.playlists.readers.rows import NAME_NOT_TEXT, LeftOut, Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.settings import ExtractSettings

FIELDS = {"tracks": ("artist", "track", "uri"), "episodes": ("show", "name", "uri")}
LEFT_OUT = {
    "albums": LeftOut("saved albums"),
    "shows": LeftOut("saved shows"),
    "artists": LeftOut("followed artists"),
    "bannedTracks": LeftOut("banned tracks"),
    "bannedArtists": LeftOut("banned artists"),
}
OTHER = LeftOut("other saved entries")


def is_spotify_library(value: Any) -> bool:
    """Whether the start of a JSON document is a library of saved tracks."""
    tracks = value.get("tracks") if isinstance(value, dict) else None
    first = tracks[0] if isinstance(tracks, list) and tracks else None
    return isinstance(first, dict) and {"artist", "track", "uri"} <= set(first)


def read_spotify_library(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the entries of a library; its tracks are one playlist.

    Raises:
        SourceError: the file is not a library of Spotify.
    """
    content = read_document(stream, "a library of Spotify")
    if not isinstance(content, dict) or not isinstance(content.get("tracks"), list):
        raise FormatError(f"{stream.file.display_name} is not a library of Spotify: it has no list of tracks")
    playlist = PurePosixPath(stream.file.name).stem
    number = 0
    for section, entries in content.items():
        for entry in entries if isinstance(entries, list) else ():
            number += 1
            found = _names(section, entry, settings)
            if isinstance(found, list):
                artist, title, uri = found
                row = Row("", playlist, stream.file.place, artist=artist, title=title, uri=uri or None)
                album = album_of(entry.get("album")) if section == "tracks" else None
                yield number, raw_record(entry), row._replace(album=album)
            else:
                yield number, raw_record(entry), found


def _names(section: str, entry: Any, settings: ExtractSettings) -> list[str] | LeftOut | str:
    """Return artist, title and uri of an entry, or the reason for leaving out or rejecting the entry."""
    if section not in FIELDS:
        return LEFT_OUT.get(section, OTHER)
    if section == "episodes" and "episodes" not in (settings.keep or ()):
        return EPISODE
    if not isinstance(entry, dict):
        return "an entry that is not a JSON object"
    fields = text_fields(entry, *FIELDS[section])
    return NAME_NOT_TEXT if fields is None else fields
