"""Read scrobbles.tsv from the archive that Last.fm itself gave its users, and split it into sessions.

    ISO time <tab> unixtime <tab> track name <tab> track mbid <tab> artist name <tab> ... <tab> application

The archive also has JSON files with the same scrobbles, such as json/scrobbles/scrobbles-2007-07-01.json, which are
not read. The lists of loved, banned and skipped tracks have fewer columns, so they are not recognized as scrobbles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from skipgramophone.names.identifiers import joined, labelled
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.histories import (
    NO_TIME,
    Play,
    PlayRecord,
    seconds_since_1970,
    split_into_sessions,
)
from skipgramophone.playlists.readers.lines import Line, RawLines
from skipgramophone.playlists.readers.rows import Record, RowBlock
from skipgramophone.playlists.readers.scrobble_tables import ScrobbleTable, scrobble_blocks, table_of_header
from skipgramophone.playlists.readers.source_files import OpenFile, SourceFile
from skipgramophone.playlists.readers.tables import (
    NamedFieldsRecord,
    fields_by_name,
    fields_in,
    fields_of,
    named_fields_in,
    read_named_fields,
)
from skipgramophone.settings import ExtractSettings

MBID, ALBUM = "track mbid", "album name"
WHAT = "scrobbles.tsv of Last.fm"
ROLES = {"artist": "artist name", "title": "track name", "time": "unixtime", "mbid": MBID, "album": ALBUM}
COLUMNS = ("ISO time", "unixtime", "track name", "artist name", "application")
SCROBBLES = ("scrobbles.tsv", "tsv/scrobbles.tsv")  # relative to the root of the archive
JSON_LEVELS = 2  # directories between the root of the archive and its JSON files


def is_lastfm_archive(lines: Sequence[str]) -> bool:
    """Whether the first line is the header of scrobbles.tsv."""
    return set(COLUMNS) <= set(fields_of(lines[0], "\t"))


def repeats_scrobbles(file: SourceFile) -> bool:
    """Whether a file is a JSON file that repeats scrobbles: its archive also has scrobbles.tsv, which contains them."""
    above = PurePosixPath(file.member or file.path).parts[-2::-1][:JSON_LEVELS]
    if not file.name.lower().endswith(".json") or "json" not in above:
        return False
    root = "../" * (above.index("json") + 1)
    return any(file.sibling(root + path) for path in SCROBBLES)


def read_lastfm_archive(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield the scrobbles of a file, split into sessions.

    Raises:
        SourceError: the header lacks a required column, or a quoted field does not end.
    """
    return split_into_sessions(_records(read_named_fields(stream, COLUMNS, WHAT, "\t")), stream, settings)


def lastfm_archive_blocks(stream: OpenFile, settings: ExtractSettings) -> Iterator[RowBlock]:
    """Yield the rows of `read_lastfm_archive` in blocks; as long as all lines are `plain`, whole columns are converted.

    Raises:
        SourceError: the header lacks a required column, or a quoted field does not end.
    """

    def table_of(head: RawLines) -> ScrobbleTable | None:
        table = table_of_header(head, ROLES, "\t")
        return table if table and set(COLUMNS) <= set(table.header) else None

    def records_of(lines: Iterator[Line], table: ScrobbleTable | None) -> Iterator[PlayRecord]:
        fields, name = fields_in(lines, stream.file.display_name, "\t"), stream.file.display_name
        return _records(fields_by_name(fields, table.header) if table else named_fields_in(fields, name, COLUMNS, WHAT))

    return scrobble_blocks(stream, settings, table_of, records_of)


def _records(records: Iterable[NamedFieldsRecord]) -> Iterator[PlayRecord]:
    """Yield scrobbles in the order of their rows."""
    for number, line, fields in records:
        if isinstance(fields, str):
            yield number, line, fields
            continue
        time = seconds_since_1970(fields["unixtime"])
        names = fields["artist name"], fields["track name"]
        if time is None:
            yield number, line, NO_TIME
        else:
            identifiers = joined([labelled("mbid", fields.get(MBID))])
            play = Play("", *names, None, began=time, ended=time, identifiers=identifiers)
            yield number, line, play._replace(album=album_of(fields.get(ALBUM)))
