"""Read lists with one "Artist - Title" per line: one playlist per file, named after the file.

    Queen - Bohemian Rhapsody
    50 Cent, Snoop Dogg - P.I.M.P. - Remix

A line is split at the first " - "; a line without " - " is a title.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from skipgramophone.names.normalization import SEPARATOR, split_name
from skipgramophone.playlists.readers.lines import numbered_lines
from skipgramophone.playlists.readers.rows import Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.settings import ExtractSettings

# Delimiters of tables. A comma before a space is prose, and one before three digits is part of a number.
DELIMITER = re.compile(r"\t|[;|](?=\S)|,(?=\S)(?!\d{3}\b)")
QUOTED = re.compile(r'\s*"([^"]|"")*"\s*')


def are_titles(lines: Sequence[str]) -> bool:
    """Whether most lines look like an artist and a title, and few like rows of a table."""
    written = [line for line in lines if line.strip()]
    of_tables = sum(DELIMITER.search(line) is not None or QUOTED.fullmatch(line) is not None for line in written)
    return sum(SEPARATOR in line for line in written) > 0.5 * len(written) >= of_tables


def read_titles(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield each line of a file as a track of one playlist."""
    playlist = PurePosixPath(stream.file.name).stem
    for number, line, fault in numbered_lines(stream):
        if fault or not line.strip():
            yield number, line, fault or "blank line"
        else:
            yield number, line, Row("", playlist, stream.file.place, *split_name(line.strip()))
