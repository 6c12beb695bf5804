"""Read XSPF and JSPF, the "shareable playlist" formats in XML and JSON; ListenBrainz exports JSPF.

    <playlist xmlns="http://xspf.org/ns/0/"><title>Evening</title><trackList>
      <track><title>Paper Boats</title><creator>Nell Quay</creator></track> ...
    {"playlist": {"title": "Evening", "track": [{"title": ..., "creator": ..., "identifier": [...]}, ...]}}

A file is one playlist, named by its title or by the file, with its creator as owner. The uri of a track is its first
identifier or location that is a uri of a service, such as a MusicBrainz recording. The first location that is not such
a uri is kept as the location of the audio file. Further uris, and identifiers such as urn:isrc:USUM71703861, are kept
as identifiers. For a rejected track of JSPF, the "line" is the number of the track in the file, from 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any

from skipgramophone.errors import FormatError
from skipgramophone.names.normalization import SEPARATOR, split_name
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.documents import raw_record, read_document, text_fields
from skipgramophone.playlists.readers.durations import whole_seconds
from skipgramophone.playlists.readers.file_locations import location_of_uri
from skipgramophone.playlists.readers.file_names import FileNames
from skipgramophone.playlists.readers.rows import NAME_NOT_TEXT, RawRecord, Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.track_uris import identifiers_in, service_uri
from skipgramophone.playlists.readers.xml_documents import Element, read_elements
from skipgramophone.settings import ExtractSettings

MILLISECONDS = 1000  # milliseconds per second; XSPF stores durations in milliseconds
TRACK = ("playlist", "trackList", "track")
Fields = dict[str, list[str]]  # name of a child element of a track -> its texts
# Artist, title, uri, text of a location, seconds, identifiers, album.
Names = tuple[str, str, str | None, str | None, int | None, str | None, str | None]
Named = tuple[int, RawRecord, Names | str]  # line number, raw record, names or reason for rejecting the record


def is_jspf(value: Any) -> bool:
    """Whether the start of a JSON document is a JSPF playlist, or an answer of ListenBrainz with several of them."""
    return bool(_playlists_in(value))


def _playlists_in(value: Any) -> list[dict[str, Any]]:
    """Return the JSPF playlists in a JSON document; an empty list if it contains anything else.

    >>> _playlists_in({"playlists": [{"playlist": {"title": "Evening", "track": []}}]})
    [{'title': 'Evening', 'track': []}]
    """
    several = value.get("playlists") if isinstance(value, dict) else None
    found = [each.get("playlist") for each in (several if isinstance(several, list) else [value]) if type(each) is dict]
    playlists = [each for each in found if isinstance(each, dict) and isinstance(each.get("track"), list)]
    return playlists if len(playlists) == len(several if isinstance(several, list) else [value]) else []


def read_xspf(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of an XSPF file, which is one playlist.

    Raises:
        SourceError: the file is not XSPF.
    """
    tracks: list[tuple[int, Fields]] = []
    of_playlist: dict[str, str] = {}
    fields: Fields = {}
    for element in read_elements(stream, "an XSPF playlist"):
        _require_root(element, stream)
        if element.path == TRACK:
            if element.ends:
                tracks.append((element.line, fields))
            fields = {}
        elif element.ends and element.path[:-1] == TRACK:
            fields.setdefault(element.path[-1], []).append(element.text)
        elif element.ends and len(element.path) == 2:
            of_playlist.setdefault(element.path[1], element.text)
    named = ((line, dict(fields), _names_of(fields)) for line, fields in tracks)
    return _rows(named, stream, of_playlist.get("title", ""), of_playlist.get("creator", ""))


def read_jspf(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of a JSPF file, which is one playlist, or an answer of ListenBrainz with several playlists.

    Raises:
        SourceError: the file is not JSPF, or none of its playlists has a track.
    """
    content = read_document(stream, "a JSPF playlist")
    playlists = _playlists_in(content)
    if not playlists:
        raise FormatError(f"{stream.file.display_name} is not a JSPF playlist: it has no list of tracks")
    if "playlists" in content and not any(playlist["track"] for playlist in playlists):
        raise FormatError(
            f"{stream.file.display_name} contains only the names of playlists: save each playlist with its tracks, "
            "for example from https://api.listenbrainz.org/1/playlist/ID"
        )
    number = 0
    for at, playlist in enumerate(playlists):
        title, creator = text_fields(playlist, "title", "creator") or ("", "")
        tracks = enumerate(playlist["track"], number + 1)
        named = ((line, raw_record(track), _jspf_track(track)) for line, track in tracks)
        key = f"{stream.file.place}\0{at}" if "playlists" in content else stream.file.place
        yield from _rows(named, stream, title, creator, key=key)
        number += len(playlist["track"])


def _require_root(element: Element, stream: OpenFile) -> None:
    """Raise `SourceError` unless the root of the document is a playlist."""
    if element.path[0] != "playlist":
        raise FormatError(
            f"{stream.file.display_name} is not an XSPF playlist: its root element is {element.path[0]!r}"
        )


def _rows(
    named: Iterable[Named], stream: OpenFile, title: str, creator: str, key: str | None = None
) -> Iterator[Record]:
    """Yield the tracks of a playlist with a title and a creator; without a key, the file is the only playlist."""
    playlist = title.strip() or PurePosixPath(stream.file.name).stem
    for line, raw, found in named:
        if isinstance(found, str):
            yield line, raw, found
        else:
            artist, name, uri, place, seconds, others, album = found
            if (
                place
                and not (artist.strip() or name.strip())
                and SEPARATOR in (of_file := FileNames([]).name_of(place))
            ):
                artist, name = split_name(of_file)
            location = location_of_uri(place, stream.file) if place else None
            row = Row(creator.strip(), playlist, key or stream.file.place, artist=artist, title=name, uri=uri)
            yield line, raw, row._replace(location=location, seconds=seconds, identifiers=others, album=album)


def _names_of(fields: Fields) -> Names:
    """Return artist, title, uri, location, seconds, identifiers and album of a track."""
    texts = [*fields.get("identifier", ()), *fields.get("location", ())]
    uri = next((uri for text in texts if (uri := service_uri(text))), None)
    place = next((text.strip() for text in fields.get("location", ()) if not service_uri(text)), None)
    seconds = whole_seconds(fields.get("duration", [""])[0], MILLISECONDS)
    artist, title, album = (fields.get(name, [""])[0] for name in ("creator", "title", "album"))
    return artist, title, uri, place, seconds, identifiers_in(texts, uri), album_of(album)


def _jspf_track(track: Any) -> Names | str:
    """Return the `Names` of a JSPF track (artist, title and so on), or the reason for rejecting the track."""
    if not isinstance(track, dict):
        return "a track that is not a JSON object"
    names = text_fields(track, "creator", "title")
    if names is None:
        return NAME_NOT_TEXT
    duration = track.get("duration")
    number = type(duration) in (int, float) or isinstance(duration, str)
    fields: Fields = {"creator": [names[0]], "title": [names[1]], "duration": [str(duration) if number else ""]}
    album = track.get("album")
    fields["album"] = [album if isinstance(album, str) else ""]
    for name in ("identifier", "location"):  # a list, or a string in files of older tools
        value = track.get(name)
        values = value if isinstance(value, list) else [value]
        fields[name] = [text for text in values if isinstance(text, str)]
    return _names_of(fields)
