"""Read playlists as the Web API of Spotify returns them; spotify-backup and many scripts save such files.

    [{"name": "Evening", "owner": {"id": "me"}, "tracks": [{"added_at": ..., "track": {"name": ..., "artists": ...   (1)
    {"name": "Evening", "tracks": {"items": [{"track": {...}}], "total": 1}}                                         (2)
    {"items": [{"added_at": ..., "track": {...}}], "next": null}                                                     (3)
    [{"name": "Paper Boats", "artists": [{"name": "Nell Quay"}], "uri": "spotify:track:..."}]                        (4)

A file contains playlists (1, 2) or the tracks of one playlist (3, 4), which is named after the file. Playlists with the
same name stay separate. For a rejected item, the "line" is the number of the item in the file, from 1.

In the text files of spotify-backup, each playlist is a line with its name, then one line per track (name, artists,
album and uri, separated by tabs), then a blank line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from skipgramophone.errors import FormatError
from skipgramophone.names.identifiers import joined, labelled
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.documents import raw_record, read_document
from skipgramophone.playlists.readers.histories import EPISODE, seconds_since_1970
from skipgramophone.playlists.readers.lines import numbered_lines
from skipgramophone.playlists.readers.rows import NAME_NOT_TEXT, LeftOut, Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.track_uris import EPISODE_URI
from skipgramophone.settings import ExtractSettings

LOCAL, ALBUM = "spotify:local:", "spotify:album:"
ALBUMS = LeftOut("saved albums")
BACKUP_LINE = re.compile(r"[^\t]*\t[^\t]*\t[^\t]*\tspotify:(track|local|episode|album):[^\t]*(\t[^\t]*)?")
Found = tuple[str, str, str | None, str | None, str | None]  # artist, title, uri, identifiers, album


class Playlist(NamedTuple):
    """A playlist of a JSON file: name ("" if it is named after the file), owner and items."""

    name: str
    owner: str
    items: list[Any]


def is_spotify_api(value: Any) -> bool:
    """Whether the start of a JSON document contains tracks as the Web API returns them.

    The result is False for recently played tracks. They are a history, which is read like other tables in JSON.
    """
    items = [item for found in _playlists(value) if found for item in found.items]
    is_history = any(isinstance(item, dict) and "played_at" in item for item in items)
    return not is_history and any(_is_track(_track_in(item)) for item in items)


def is_spotify_backup(lines: Sequence[str]) -> bool:
    """Whether the first lines are a text file of spotify-backup."""
    written = [line for line in lines[:100] if line.strip()]
    named = [line for line in written if "\t" in line]
    tracks = sum(BACKUP_LINE.fullmatch(line) is not None for line in named)
    return len(named) < len(written) and "\t" not in written[0] and tracks > 0.5 * len(named)


def read_spotify_api(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the items of each playlist as rows or rejects.

    Raises:
        SourceError: the file contains no playlists or tracks of the Web API.
    """
    content = read_document(stream, "JSON of the Web API of Spotify")
    playlists = _playlists(content)
    if not playlists:
        raise FormatError(f"{stream.file.display_name} has neither playlists nor tracks of the Web API of Spotify")
    number = 0
    for at, playlist in enumerate(playlists):
        if playlist is None:
            number += 1
            yield number, f"playlist {at + 1}", "a playlist without a name or tracks"
            continue
        name = playlist.name or PurePosixPath(stream.file.name).stem
        for item in playlist.items:
            number += 1
            found = _names(_track_in(item), settings)
            if isinstance(found, str):
                yield number, raw_record(item), found
                continue
            artist, title, uri, identifiers, album = found
            row = Row(playlist.owner, name, f"{stream.file.place}\0{at}", artist=artist, title=title, uri=uri)
            time = item.get("added_at")
            added = seconds_since_1970(time) if isinstance(time, str) else None
            yield number, raw_record(item), row._replace(identifiers=identifiers, album=album, added=added)
    albums = content.get("albums") if isinstance(content, dict) else None
    for album in albums if isinstance(albums, list) else ():
        number += 1
        yield number, raw_record(album), ALBUMS


def read_spotify_backup(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of each playlist of a text file."""
    name, begun = "", 0  # the current playlist, and its first line (0: none)
    for number, line, fault in numbered_lines(stream):
        fields = line.split("\t")
        if fault:
            yield number, line, fault
        elif not line.strip():
            begun = 0
        elif len(fields) == 1:
            if begun:
                yield number, line, "not a track of spotify-backup"
            else:
                name, begun = line.strip(), number
        elif not BACKUP_LINE.fullmatch(line) or not begun:
            yield number, line, "not a track of spotify-backup"
        elif fields[3].startswith(ALBUM):
            yield number, line, ALBUMS
        elif fields[3].startswith(EPISODE_URI) and "episodes" not in (settings.keep or ()):
            yield number, line, EPISODE
        else:
            uri = None if fields[3].startswith(LOCAL) else fields[3]
            place = f"{stream.file.place}\0{begun}"
            row = Row("", name, place, artist=fields[1], title=fields[0], uri=uri)
            yield number, line, row._replace(album=album_of(fields[2]))


def _playlists(content: Any) -> list[Playlist | None]:
    """Return the playlists of a JSON file, with None for a playlist without a name or tracks; [] for other files."""
    if isinstance(content, list):
        if any(_is_track(_track_in(item)) for item in content):
            return [Playlist("", "", content)]
        return [_playlist(each) for each in content] if any(map(_playlist, content)) else []
    if not isinstance(content, dict):
        return []
    if isinstance(content.get("playlists"), list):
        return _playlists(content["playlists"])
    if isinstance(content.get("items"), list) and "name" not in content:
        return _playlists(content["items"])
    found = _playlist(content)
    return [found] if found else []


def _playlist(value: Any) -> Playlist | None:
    """Convert a JSON value to a playlist, or return None if the value is not a playlist object."""
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        return None
    tracks = value.get("tracks", value.get("items"))
    items = tracks.get("items") if isinstance(tracks, dict) else tracks
    owner = value.get("owner")
    owner_id = owner.get("id") if isinstance(owner, dict) else None
    return (
        Playlist(value["name"], owner_id if isinstance(owner_id, str) else "", items)
        if isinstance(items, list)
        else None
    )


def _track_in(item: Any) -> Any:
    """Return the track object of a playlist item, which may be the item itself; None if the item has no track."""
    if not isinstance(item, dict):
        return None
    return item["track"] if "track" in item else item.get("item", item if "artists" in item else None)


def _is_track(track: Any) -> bool:
    """Whether a value is a track object: it has a name, and artists with names."""
    artists = track.get("artists") if isinstance(track, dict) else None
    return isinstance(artists, list) and all(isinstance(a, dict) and "name" in a for a in artists) and "name" in track


def _names(track: Any, settings: ExtractSettings) -> Found | str:
    """Return artist, title, uri, identifiers and album of a track object, or the reason for rejecting the track."""
    if not isinstance(track, dict):
        return "an item without a track"
    uri, title, track_id = track.get("uri"), track.get("name"), track.get("id")
    if not isinstance(uri, str):
        uri = f"spotify:track:{track_id}" if isinstance(track_id, str) else ""
    if track.get("type") == "episode" or uri.startswith(EPISODE_URI):
        if "episodes" not in (settings.keep or ()):
            return EPISODE
        artists: Any = [track["show"]] if "show" in track else []
    else:
        artists = track.get("artists", [])
    if not isinstance(artists, list) or not isinstance(title, str | None):
        return NAME_NOT_TEXT
    names = [artist.get("name") or "" for artist in artists if isinstance(artist, dict)]
    if not all(isinstance(name, str) for name in names):
        return NAME_NOT_TEXT
    known = None if not uri or uri.startswith(LOCAL) else uri
    others = track.get("external_ids")
    isrc = labelled("isrc", others.get("isrc")) if isinstance(others, dict) else ""
    album = track.get("album")
    own = album_of(album.get("name")) if isinstance(album, dict) else None
    return ", ".join(filter(None, names)), title or "", known, joined([isrc]), own
