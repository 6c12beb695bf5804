"""Sessions of ids, one a line, ids apart by spaces or tabs: what item-embedding papers publish.

    85116 22375 71477
    22492 22771

A session is its line, and is named by the line's number; it has no owner. An id is all there is of a track: its title
and its uri.
"""

from __future__ import annotations

from collections.abc import Iterator

from skipgramophone.playlists.readers.lines import numbered_lines
from skipgramophone.playlists.readers.rows import Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.settings import ExtractSettings


def read_sessions(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Deliver each id of each line."""
    for number, line, fault in numbered_lines(stream):
        ids = line.split()
        if fault or not ids:
            yield number, line, fault or "blank line"
        for track in ids if not fault else ():
            yield number, line, Row("", str(number), stream.file.place, "", track, track)
