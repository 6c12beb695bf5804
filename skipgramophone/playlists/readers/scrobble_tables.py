"""Reads tables of scrobbles in columns while all lines are plain (see `plain`), and the rest row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.names.identifiers import joined, labelled
from skipgramophone.playlists.readers.albums import album_column, album_of
from skipgramophone.playlists.readers.columns import ColumnLayout
from skipgramophone.playlists.readers.histories import NO_TIME, Play, PlayRecord, seconds_since_1970
from skipgramophone.playlists.readers.identifier_columns import joined_columns
from skipgramophone.playlists.readers.lines import Line, RawLines, decode_lines, is_text, number_lines, read_raw_lines
from skipgramophone.playlists.readers.ordering import seconds_of_all
from skipgramophone.playlists.readers.plain import PlainFields, are_plain, plain_pieces
from skipgramophone.playlists.readers.play_columns import (
    PlayColumns,
    PlayTable,
    plays_in,
    plays_of_records,
    session_blocks,
)
from skipgramophone.playlists.readers.rows import ALBUM, IDENTIFIERS, RowBlock, dictionary_of
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.tables import fields_of
from skipgramophone.settings import ALL_ROWS, ExtractSettings


@dataclass(frozen=True, slots=True)
class ScrobbleTable:
    """How to read the lines of a table of scrobbles.

    Attributes:
        plain: reads plain lines; the roles of the columns are artist, title and time, and perhaps album and mbid.
        header: names of all columns.
        listener: the owner of the sessions.
        seconds: converts a time to seconds since 1970, or returns None if it is invalid.
        seconds_of_all: converts a column of times; NaN for a time that `seconds` must convert.
    """

    plain: PlainFields
    header: Sequence[str]
    listener: str = ""
    seconds: Callable[[str], float | None] = seconds_since_1970
    seconds_of_all: Callable[[pa.Array], npt.NDArray[np.float64]] = seconds_of_all


RecordsOf = Callable[[Iterator[Line], ScrobbleTable | None], Iterator[PlayRecord]]


def table_of_header(head: RawLines, roles: dict[str, str], delimiter: str) -> ScrobbleTable | None:
    """Return how to read a table that begins with a header; None if it must be read row by row.

    Args:
        head: the first lines of the file.
        roles: role -> name of its column. The columns of artist, title and time must exist.
        delimiter: the delimiter.
    """
    line = head.split_at(1)[0].data.removesuffix(b"\n").removesuffix(b"\r")
    if not is_text(line) or not are_plain(pa.array([text := line.decode()], TEXT), delimiter):
        return None
    header = [name.strip() for name in fields_of(text, delimiter)]
    places = {role: header.index(name) for role, name in roles.items() if name in header}
    if len(set(header)) < len(header) or not {"artist", "title", "time"} <= set(places):
        return None
    return ScrobbleTable(PlainFields(ColumnLayout(places, header, True), delimiter), header)


def scrobble_blocks(
    stream: OpenFile,
    settings: ExtractSettings,
    table_of: Callable[[RawLines], ScrobbleTable | None],
    records_of: RecordsOf,
) -> Iterator[RowBlock]:
    """Yield the scrobbles of a table in blocks, split into sessions.

    Args:
        stream: the file.
        settings: the settings of the extraction.
        table_of: returns how to read the table that begins with the given lines; None if its first line is not
            `plain`.
        records_of: reads lines row by row. Its second argument is the table. It is None if the lines are the whole
            file; the first of them then determines the columns.
    """
    raws = read_raw_lines(stream)
    head = next(raws, None)
    if head is None:
        return
    table = table_of(head)
    pieces: list[PlayColumns] = []
    rest: Iterable[RawLines] = chain([head], raws)
    left = settings.num_rows
    if table:
        raws = chain([head.split_at(1)[1]] if table.plain.layout.has_header else [head], raws)
        tried = plain_pieces(raws, left, partial(_columns, table, stream=stream, settings=settings))
        rest = ()
        for raw, piece in tried:
            if piece is None:
                rest = chain([raw], (later for later, _ in tried))
                break
            pieces.append(piece)
            left -= 0 if left == ALL_ROWS else min(left, len(raw))
    if rest:
        records = records_of(number_lines(decode_lines(stream, raw) for raw in rest), table)
        some = list(records if left == ALL_ROWS else islice(records, left))
        pieces.append(plays_of_records(some, stream.file.name, settings))
    yield from session_blocks(pieces, stream, settings)


def _columns(table: ScrobbleTable, raw: RawLines, *, stream: OpenFile, settings: ExtractSettings) -> PlayColumns | None:
    """Return the scrobbles of some lines as columns, or None if a line is not `plain`."""
    rows = table.plain.read(raw)
    if rows is None:
        return None
    artist, title, time = (rows.columns[role] for role in ("artist", "title", "time"))
    mbid, album = rows.columns.get("mbid"), rows.columns.get(ALBUM)
    ended = table.seconds_of_all(time)

    def records(some: Sequence[int]) -> Iterator[PlayRecord]:
        for row, (line, text) in zip(some, rows.where(some), strict=True):
            seconds = table.seconds(time[row].as_py())
            if seconds is None:
                yield line, text, NO_TIME
                continue
            play = Play(table.listener, artist[row].as_py(), title[row].as_py(), None, began=seconds, ended=seconds)
            ids = joined([labelled("mbid", mbid[row].as_py())]) if mbid is not None else None
            name = album_of(album[row].as_py()) if album is not None else None
            yield line, text, play._replace(identifiers=ids, album=name)

    columns = {
        "owner": dictionary_of(table.listener, len(artist)),
        "artist": artist,
        "title": title,
        "uri": dictionary_of(None, len(artist)),
    }
    others = {
        IDENTIFIERS: joined_columns([("mbid", mbid)]) if mbid is not None else None,
        ALBUM: album_column(album) if album is not None else None,
    }
    columns |= {name: column for name, column in others.items() if column is not None}
    found = PlayTable(columns, ended, ended, usual=~np.isnan(ended), records=records, faults=rows.faults)
    return plays_in(found, stream.file.name, settings)
