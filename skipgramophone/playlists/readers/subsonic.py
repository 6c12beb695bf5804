"""Read playlists of Subsonic servers such as Navidrome, as their API returns them in XML.

    <subsonic-response status="ok"><playlist name="Kitchen" owner="me">
      <entry title="Paper Boats" artist="Nell Quay" album="Boats" duration="214"/> ...

Playlists with the same name stay separate. Videos are left out. The same answer in JSON is read as a table, because its
fields have usual names.
"""

from __future__ import annotations

from collections.abc import Iterator

from skipgramophone.names.identifiers import joined, labelled
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.durations import whole_seconds
from skipgramophone.playlists.readers.rows import LeftOut, Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.xml_documents import read_elements, require_root
from skipgramophone.settings import ExtractSettings

ROOT = "subsonic-response"
PLAYLIST, ENTRY = "playlist", "entry"
VIDEOS = LeftOut("videos")
UNNAMED = "a track without a title"


def read_subsonic(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of each playlist.

    Raises:
        SourceError: the file is not an answer of a Subsonic server.
    """
    what = "an answer of a Subsonic server"
    row, playlists = Row("", "", None, "", ""), 0
    for element in read_elements(stream, what):
        path, attributes = element.path, element.attributes
        require_root(element, (ROOT,), stream, what)
        if element.ends:
            continue
        if path[-1] == PLAYLIST:
            place = f"{stream.file.place}\0{playlists}"
            row = Row(attributes.get("owner", ""), attributes.get("name", ""), place, artist="", title="")
            playlists += 1
        elif path[-2:] == (PLAYLIST, ENTRY):
            yield element.line, {**attributes}, _track(attributes, row)


def _track(attributes: dict[str, str], row: Row) -> Row | LeftOut | str:
    """Return a track as a row, or the reason for leaving it out or rejecting it.

    The row is a copy of `row` with the fields of the track filled in.
    """
    if attributes.get("isVideo") == "true":
        return VIDEOS
    if not attributes.get("title"):
        return UNNAMED
    return row._replace(
        artist=attributes.get("artist", ""),
        title=attributes["title"],
        seconds=whole_seconds(attributes.get("duration", "")),
        album=album_of(attributes.get("album")),
        identifiers=joined([labelled("mbid", attributes.get("musicBrainzId"))]),
    )
