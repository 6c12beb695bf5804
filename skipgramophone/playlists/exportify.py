"""CSV files of Exportify, a playlist each: its name is the file's. The columns of 2020 and of 2026 are read.

    Track URI, Track Name, Artist Name, ...          2020
    Track URI, Track Name, Artist Name(s), ...       2026, artists apart by semicolons

A local file has a uri that nobody else has, so that artist and title are what it goes by.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import PurePosixPath

from skipgramophone.errors import SourceError
from skipgramophone.playlists.files import OpenFile
from skipgramophone.playlists.lines import numbered_lines
from skipgramophone.playlists.rows import Record, Row
from skipgramophone.settings import ExtractSettings

URI, TITLE = "Track URI", "Track Name"
ARTISTS = ("Artist Name(s)", "Artist Name")
LOCAL = "spotify:local:"
LONGEST_FIELD = 1 << 20  # letters


def is_header(line: str) -> bool:
    """Whether a line names the columns of an Exportify file."""
    fields = next(csv.reader([line]), [])
    return URI in fields and TITLE in fields and any(name in fields for name in ARTISTS)


def read_exportify(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Deliver the tracks of the playlist that a file is.

    Raises:
        SourceError: the first line names no columns of Exportify, or a quoted field does not end.
    """
    faults: list[tuple[int, str, str]] = []
    numbers: list[int] = [0]
    playlist = PurePosixPath(stream.file.name).name.removesuffix(".csv")

    def good_lines() -> Iterator[str]:
        for number, line, fault in numbered_lines(stream):
            if fault:
                faults.append((number, line, fault))
            else:
                numbers[0] = number
                yield line + "\n"

    csv.field_size_limit(LONGEST_FIELD)
    rows = csv.reader(good_lines(), strict=True)
    try:
        header = next(rows, [])
        if not is_header(",".join(f'"{name}"' for name in header)):
            raise SourceError(f"{stream.file.called} is no file of Exportify: its first line names no {URI}, {TITLE}")
        artist_at = next(header.index(name) for name in ARTISTS if name in header)
        for fields in rows:
            yield from faults
            faults.clear()
            text = ",".join(fields)
            if len(fields) != len(header):
                yield numbers[0], text, f"{len(fields)} fields instead of {len(header)}"
                continue
            uri = fields[header.index(URI)]
            artist = fields[artist_at].replace(";", ", ")
            known = None if not uri or uri.startswith(LOCAL) else uri
            yield numbers[0], text, Row("", playlist, stream.file.place, artist, fields[header.index(TITLE)], known)
    except csv.Error as error:
        raise SourceError(f"{stream.file.called}, line {numbers[0]}: {error}") from error
    yield from faults
