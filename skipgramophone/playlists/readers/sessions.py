"""Sessions of ids, one session per line, separated by spaces or tabs, as item-embedding papers publish them.

    85116 22375 71477
    22492 22771

A session is named by the number of its line and has no owner. The id is both title and uri of a track.
"""

from __future__ import annotations

from collections.abc import Iterator

from skipgramophone.playlists.readers.lines import numbered_lines
from skipgramophone.playlists.readers.rows import Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.settings import ExtractSettings


def read_sessions(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield each id of each line."""
    for number, line, fault in numbered_lines(stream):
        ids = line.split()
        if fault or not ids:
            yield number, line, fault or "blank line"
        for track in ids if not fault else ():
            yield number, line, Row("", str(number), stream.file.place, artist="", title=track, uri=track)
