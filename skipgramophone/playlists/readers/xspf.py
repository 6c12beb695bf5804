"""Read XSPF and JSPF, the "shareable playlist" formats in XML and JSON; ListenBrainz exports JSPF.

    <playlist xmlns="http://xspf.org/ns/0/"><title>Evening</title><trackList>
      <track><title>Paper Boats</title><creator>Nell Quay</creator></track> ...
    {"playlist": {"title": "Evening", "track": [{"title": ..., "creator": ..., "identifier": [...]}, ...]}}

A file is one playlist. Its name is its title or that of the file, and its creator is the owner. The uri of a track is
the first of its identifiers and locations that is a uri of a service, such as a MusicBrainz recording. Locations of
files are ignored. In JSPF, the "line" numbers of rejects count the tracks from 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any

from skipgramophone.errors import FormatError
from skipgramophone.playlists.readers.documents import raw_record, read_document, text_fields
from skipgramophone.playlists.readers.rows import NAME_NOT_TEXT, RawRecord, Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.track_uris import service_uri
from skipgramophone.playlists.readers.xml_documents import Element, read_elements
from skipgramophone.settings import ExtractSettings

TRACK = ("playlist", "trackList", "track")
Fields = dict[str, list[str]]  # name of child elements of a track -> their texts
Named = tuple[int, RawRecord, tuple[str, str, str | None] | str]  # line, record, names or why rejected


def is_jspf(value: Any) -> bool:
    """Whether the start of a JSON document is a JSPF playlist."""
    playlist = value.get("playlist") if isinstance(value, dict) else None
    return isinstance(playlist, dict) and isinstance(playlist.get("track"), list)


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
    """Yield the tracks of a JSPF file, which is one playlist.

    Raises:
        SourceError: the file is not JSPF.
    """
    content = read_document(stream, "a JSPF playlist")
    if not is_jspf(content):
        raise FormatError(f"{stream.file.display_name} is not a JSPF playlist: it has no list of tracks")
    playlist = content["playlist"]
    title, creator = text_fields(playlist, "title", "creator") or ("", "")
    named = ((number, raw_record(track), _jspf_track(track)) for number, track in enumerate(playlist["track"], 1))
    return _rows(named, stream, title, creator)


def _require_root(element: Element, stream: OpenFile) -> None:
    """Raise `SourceError` unless the root of the document is a playlist."""
    if element.path[0] != "playlist":
        raise FormatError(f"{stream.file.display_name} is not an XSPF playlist: its root is {element.path[0]!r}")


def _rows(named: Iterable[Named], stream: OpenFile, title: str, creator: str) -> Iterator[Record]:
    """Yield the tracks of a playlist with a title and a creator."""
    playlist = title.strip() or PurePosixPath(stream.file.name).stem
    for line, raw, found in named:
        if isinstance(found, str):
            yield line, raw, found
        else:
            artist, name, uri = found
            row = Row(creator.strip(), playlist, stream.file.place, artist=artist, title=name, uri=uri)
            yield line, raw, row


def _names_of(fields: Fields) -> tuple[str, str, str | None]:
    """Return artist, title and uri of a track, from the texts of its child elements."""
    identifiers = [*fields.get("identifier", ()), *fields.get("location", ())]
    uri = next((uri for text in identifiers if (uri := service_uri(text))), None)
    return fields.get("creator", [""])[0], fields.get("title", [""])[0], uri


def _jspf_track(track: Any) -> tuple[str, str, str | None] | str:
    """Return artist, title and uri of a JSPF track, or the reason for rejecting the track."""
    if not isinstance(track, dict):
        return "a track that is not a JSON object"
    names = text_fields(track, "creator", "title")
    if names is None:
        return NAME_NOT_TEXT
    fields: Fields = {"creator": [names[0]], "title": [names[1]]}
    for name in ("identifier", "location"):  # a list, or a text in files of older tools
        value = track.get(name)
        values = value if isinstance(value, list) else [value]
        fields[name] = [text for text in values if isinstance(text, str)]
    return _names_of(fields)
