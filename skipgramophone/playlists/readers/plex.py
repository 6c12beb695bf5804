"""Read playlists of Plex as its server returns them, in XML or JSON: one playlist per file, named by its title.

    <MediaContainer title="Kitchen" playlistType="audio">
      <Track title="Paper Boats" grandparentTitle="Nell Quay" parentTitle="Boats" duration="214000">
        <Media><Part file="/music/boats.mp3"/></Media></Track> ...
    {"MediaContainer": {"title": "Kitchen", "playlistType": "audio", "Metadata": [{"type": "track", ...}]}}

The artist of a track is its original artist if it has one (such as in a compilation), otherwise the artist of its
album. The path of the first file is the location of the track. Videos are left out. In JSON, the "line" of a rejected
track is its number in the file, from 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from skipgramophone.errors import FormatError
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.documents import raw_record, read_document, text_fields
from skipgramophone.playlists.readers.durations import whole_seconds
from skipgramophone.playlists.readers.file_locations import location_of
from skipgramophone.playlists.readers.rows import NAME_NOT_TEXT, LeftOut, RawRecord, Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.xml_documents import read_elements, require_root
from skipgramophone.settings import ExtractSettings

ROOT = "MediaContainer"
KIND = "playlistType"
TRACK = "Track"  # element of a track; the elements of other items are Video and Photo
ITEM_KIND = TRACK.lower()  # value of "type" of a track
WHAT = "a playlist of Plex"
NAMES = ("originalTitle", "grandparentTitle", "title", "parentTitle")
MILLISECONDS = 1000  # milliseconds per second; Plex returns durations in milliseconds
OTHER = LeftOut("videos")
UNNAMED = "a track without a title"


class _Item(NamedTuple):
    """An item of a playlist: its line or number, its raw record, its fields and the path of its first file."""

    line: int
    raw: RawRecord
    fields: dict[str, Any]
    path: str = ""


def is_plex(value: Any) -> bool:
    """Whether the start of a JSON document is a playlist of Plex."""
    found = value.get(ROOT) if isinstance(value, dict) else None
    return isinstance(found, dict) and KIND in found and isinstance(found.get("Metadata"), list)


def read_plex(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of a file, which is one playlist.

    Raises:
        SourceError: the file is not a playlist of Plex.
    """
    in_json = stream.peek(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    title, items = _in_json(stream) if in_json else _in_xml(stream)
    playlist = title or PurePosixPath(stream.file.name).stem
    row = Row("", playlist, stream.file.place, artist="", title="")
    for item in items:
        yield item.line, item.raw, _track(item, row, stream)


def _in_xml(stream: OpenFile) -> tuple[str, list[_Item]]:
    """Return the title of a playlist in XML, and its items."""
    title, items = "", list[_Item]()
    for element in read_elements(stream, WHAT):
        path, attributes = element.path, element.attributes
        require_root(element, (ROOT,), stream, WHAT)
        if element.ends:
            continue
        if len(path) == 1:
            title = attributes.get("title", "")
        elif len(path) == 2:
            kind = ITEM_KIND if path[1] == TRACK else path[1]
            items.append(_Item(element.line, {**attributes}, {**attributes, "type": kind}))
        elif path[-1] == "Part" and items and not items[-1].path:
            items[-1] = items[-1]._replace(path=attributes.get("file", ""))
    return title, items


def _in_json(stream: OpenFile) -> tuple[str, list[_Item]]:
    """Return the title of a playlist in JSON, and its items."""
    content = read_document(stream, WHAT)
    if not is_plex(content):
        raise FormatError(f"{stream.file.display_name} is not {WHAT}: it has no list of tracks")
    playlist = content[ROOT]
    title = playlist.get("title")
    items = [
        _Item(number, raw_record(item), item if isinstance(item, dict) else {}, _first_file(item))
        for number, item in enumerate(playlist["Metadata"], 1)
    ]
    return title if isinstance(title, str) else "", items


def _first_file(item: Any) -> str:
    """Return the path of the first file of an item in JSON, or ""."""
    for name in ("Media", "Part"):
        parts = item.get(name) if isinstance(item, dict) else None
        item = parts[0] if isinstance(parts, list) and parts else None
    path = item.get("file") if isinstance(item, dict) else None
    return path if isinstance(path, str) else ""


def _track(item: _Item, row: Row, stream: OpenFile) -> Row | LeftOut | str:
    """Return an item as a row, or the reason for leaving it out or rejecting it.

    The returned row is a copy of `row` with the fields of the item filled in.
    """
    if not item.fields:
        return "a track that is not a JSON object"
    if item.fields.get("type") != ITEM_KIND:
        return OTHER
    names = text_fields(item.fields, *NAMES)
    if names is None:
        return NAME_NOT_TEXT
    original, artist, title, album = names
    return (
        row._replace(
            artist=original or artist,
            title=title,
            album=album_of(album),
            seconds=whole_seconds(str(item.fields.get("duration", "")), MILLISECONDS),
            location=location_of(item.path, stream.file),
        )
        if title
        else UNNAMED
    )
