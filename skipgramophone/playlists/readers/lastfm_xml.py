"""Read scrobbles of Last.fm as its API returns them in XML, and split them into sessions.

    <lfm status="ok"><recenttracks user="me"><track>
      <artist mbid="">Nell Quay</artist><name>Paper Boats</name><album mbid="">Boats</album>
      <date uts="1622541600">1 Jun 2021, 10:00</date></track> ...

The user is the owner of the sessions. A track that was playing during the export has no time and is rejected.
"""

from __future__ import annotations

from collections.abc import Iterator

from skipgramophone.playlists.readers.histories import PlayRecord, split_into_sessions
from skipgramophone.playlists.readers.lastfm_json import play_of
from skipgramophone.playlists.readers.rows import Record
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.xml_documents import read_elements, require_root
from skipgramophone.settings import ExtractSettings

SCROBBLES, SCROBBLE = "recenttracks", "track"
ROOTS = ("lfm", SCROBBLES)


def read_lastfm_xml(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the scrobbles of a file, split into sessions.

    Raises:
        SourceError: the file contains no scrobbles in XML.
    """
    return split_into_sessions(_plays(stream), stream, settings)


def _plays(stream: OpenFile) -> Iterator[PlayRecord]:
    """Yield the scrobbles in the order of the file."""
    what = "a file with scrobbles of Last.fm in XML"
    listener = ""
    fields: dict[str, str] = {}
    for element in read_elements(stream, what):
        path, text = element.path, element.text
        require_root(element, ROOTS, stream, what)
        if path[-1] == SCROBBLES:
            listener = element.attributes.get("user", "")
        elif path[-2:] == (SCROBBLES, SCROBBLE):
            if element.ends:
                yield element.line, {**fields}, play_of(fields, listener)
            fields = {}
        elif path[-3:-1] == (SCROBBLES, SCROBBLE) and element.ends:
            known = fields.get(path[-1])
            fields[path[-1]] = element.attributes.get("uts", text) if path[-1] == "date" else known or text
        elif path[-4:-1] == (SCROBBLES, SCROBBLE, "artist") and path[-1] == "name" and element.ends:
            fields["artist"] = text  # in the extended form of the API, the artist has child elements
