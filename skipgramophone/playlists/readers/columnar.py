"""Read tables with any columns: Arrow reads plain blocks (see `plain`); other blocks are read record by record.

Both ways return the same rows. If a quote in the middle of a field is not doubled, the field may span several lines.
The file is then read record by record, starting with the first block that contains such a quote. If rows have times or
positions, all blocks of the file are joined and sorted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.names.normalization import split_name
from skipgramophone.playlists.readers.albums import album_column
from skipgramophone.playlists.readers.artist_lists import without_brackets, without_semicolons
from skipgramophone.playlists.readers.byte_texts import without_byte_marks
from skipgramophone.playlists.readers.clock_times import with_clocks
from skipgramophone.playlists.readers.columns import (
    HEADER,
    TableRecord,
    kind_of,
    parquet_in,
    records_of_document,
    records_of_fields,
    records_of_objects,
    records_of_parquet,
    records_of_playlists,
    require_fields,
)
from skipgramophone.playlists.readers.histories import NO_TABLE_TIME
from skipgramophone.playlists.readers.identifier_columns import table_identifiers
from skipgramophone.playlists.readers.lines import Line, RawLines, decode_lines, first_of, number_lines, read_raw_lines
from skipgramophone.playlists.readers.missing_playlists import rows_without_playlist
from skipgramophone.playlists.readers.missing_values import empty_if_missing
from skipgramophone.playlists.readers.numeric_dates import DateOrder
from skipgramophone.playlists.readers.ordering import (
    PlacedRows,
    in_period,
    join_rows,
    ordered_tables,
    place_of_each,
    session_tables,
)
from skipgramophone.playlists.readers.plain import (
    Fault,
    PlainLines,
    PlainObjects,
    PlainRows,
    columns_of_records,
    is_plain,
    parquet_rows,
    plain_fields,
    plain_pieces,
)
from skipgramophone.playlists.readers.ratings import rated_rows
from skipgramophone.playlists.readers.rows import (
    ALBUM,
    IDENTIFIERS,
    Reject,
    RowBlock,
    as_text,
    dictionary_of,
    encoded_tracks,
    find_unusable,
    make_block,
    null_for_empty,
    rows_with,
)
from skipgramophone.playlists.readers.source_files import OpenFile, SourceFile
from skipgramophone.playlists.readers.sums import rows_of_sums
from skipgramophone.playlists.readers.tables import fields_in
from skipgramophone.settings import ALL_ROWS, ExtractSettings, seconds_of
from skipgramophone.wording import Wording

NO_POSITION, NO_TITLE = "no valid position", "an artist without a title"
NO_CLOCK = "no valid date with a time of day (such as 2024-02-01 and 20:05)"
OF_TRACKS = ("artist", "title", "uri")
NUMBERS = {"time", "clock", "position", "rating"}  # roles of columns that are not text
RULE, LINE = "^(-{3,}|={3,}|_{3,})$", "a separating line"
ABOVE = "above the header of the table"
Made = TypeVar("Made")
Make = Callable[[PlainRows, int, int], Made]  # arguments: rows, bytes read so far, characters replaced so far


@dataclass(frozen=True, slots=True)
class ColumnsReader:
    """Reads one table.

    Attributes:
        file: the file with the table.
        settings: how to read the table; `columns` must be set.
        date_order: how dates are written; see `DateOrder`.
        above: number of lines above the header of CSV or TSV; they are rejected.
        unused: if the columns were guessed from the header, the names of the columns without a role; otherwise None.
        joins_artists: whether artists are joined by semicolons.
        is_ranked: whether rows with equal times are already in the order of their ranks; they then keep this order.
        doubts: sentences for reports about rows or columns that may not be what they are read as.
        format: name of the format.
    """

    file: SourceFile
    settings: ExtractSettings
    unused: Sequence[str] | None = None
    joins_artists: bool = False
    is_ranked: bool = False
    doubts: Sequence[Wording] = ()
    format: str = "columns"
    date_order: DateOrder = ""
    above: int = 0

    def blocks(self) -> Iterator[RowBlock]:
        """Yield the rows in order, at most as many as the setting `num_rows` allows.

        Raises:
            SourceError: the table lacks an assigned column, or it is damaged.
        """
        with self.file.open(self.settings.encoding, self.settings.bad_bytes == "replace") as stream:
            if self._place:
                yield from self._ordered_blocks(stream)
            else:
                yield from self._each(stream, self._block)

    @property
    def _place(self) -> str:
        """The role by which rows are sorted, "time" or "position", or "" if rows keep their order."""
        return next((role for role in ("time", "position") if role in self.settings.roles), "")

    @property
    def _no_place(self) -> str:
        """The reason for rejecting a row without a valid time or position."""
        if self._place == "position":
            return NO_POSITION
        return NO_CLOCK if "clock" in self.settings.roles else NO_TABLE_TIME

    def _ordered_blocks(self, stream: OpenFile) -> Iterator[RowBlock]:
        """While rows are read, yield blocks that contain only rejects; then yield blocks with the sorted rows."""
        pieces = []
        for block, placed in self._each(stream, self._placed):
            yield block
            pieces.append(placed)
        if not pieces:
            return
        whole = join_rows(pieces)
        pieces.clear()
        gap = seconds_of(self.settings.session_gap)
        if self._place == "time" and math.isfinite(gap) and not {"playlist", "id"} & self.settings.roles.keys():
            tables = session_tables(whole, gap, self.file.place, self.is_ranked)
        else:
            tables = ordered_tables(whole)
        yield from (RowBlock(table, [], stream.bytes_read, stream.replaced) for table in tables)

    def _each(self, stream: OpenFile, make: Make[Made]) -> Iterator[Made]:
        """Read the table block by block, and yield the result of `make` for each block."""
        kind = kind_of(stream)
        if kind == "parquet":
            return self._read_parquet(stream, make)
        if kind in ("document", "playlists"):
            read = records_of_document if kind == "document" else records_of_playlists
            records, left = read(stream, self.settings.roles), self.settings.num_rows
            return self._read_records(_first(records, left), stream, make)
        return self._read_objects(stream, make) if kind == "objects" else self._read_fields(stream, make)

    def _read_fields(self, stream: OpenFile, make: Make[Made]) -> Iterator[Made]:
        """Read CSV or TSV, and yield the result of `make` for each block."""
        raws, display_name, roles = read_raw_lines(stream), self.file.display_name, self.settings.roles
        left = self.settings.num_rows
        head = next(raws, None)
        if head is None:
            return
        if self.above:
            while len(head) <= self.above and (more := next(raws, None)) is not None:  # the first block may be short
                head = RawLines(head.data + more.data, head.first, more.bytes_read)
            lines = number_lines([decode_lines(stream, head.split_at(self.above)[0])])
            yield from self._read_records([(line, text, fault or ABOVE) for line, text, fault in lines], stream, make)
            head = head.split_at(self.above)[1]
        plain = plain_fields(head, display_name, roles)
        if plain is None:
            fields = fields_in(_lines(chain([head], raws), stream), display_name)
            records = records_of_fields(fields, display_name, roles)
            yield from self._read_records(_first(records, left), stream, make)
            return
        if plain.layout.has_header and plain.layout.is_by_number:
            yield from self._read_records(
                [(head.first, head.split_at(1)[0].data.decode().rstrip(), HEADER)], stream, make
            )
        raws = chain([head.split_at(1)[1]] if plain.layout.has_header else [head], raws)
        tried = plain_pieces(raws, left, partial(_try_plain, plain, stream=stream, make=make))
        for raw, made in tried:
            if made is None:
                rest = chain([raw], (later for later, _ in tried))
                fields = fields_in(_lines(rest, stream), display_name, plain.delimiter)
                records = records_of_fields(fields, display_name, roles, plain.layout)
                yield from self._read_records(_first(records, left), stream, make)
                return
            left -= 0 if left == ALL_ROWS else min(left, len(raw))
            yield made

    def _read_objects(self, stream: OpenFile, make: Make[Made]) -> Iterator[Made]:
        """Read JSON lines, and yield the result of `make` for each block."""
        require_fields(stream, self.settings.roles)
        plain = PlainObjects(self.settings.roles)
        raws = first_of(read_raw_lines(stream), self.settings.num_rows)
        tried = plain_pieces(raws, ALL_ROWS, partial(_try_plain, plain, stream=stream, make=make))
        for raw, made in tried:
            if made is None:
                records = records_of_objects(_lines([raw], stream), self.settings.roles)
                yield from self._read_records(records, stream, make)
            else:
                yield made

    def _read_parquet(self, stream: OpenFile, make: Make[Made]) -> Iterator[Made]:
        """Read Parquet, and yield the result of `make` for each block; line numbers are row numbers, from 1."""
        roles, left = self.settings.roles, self.settings.num_rows
        with parquet_in(stream, roles) as file:
            if not is_plain(file.schema_arrow, roles):
                records = records_of_parquet(file, roles)
                yield from self._read_records(_first(records, left), stream, make)
                return
            for rows in parquet_rows(file, roles, left):
                yield make(rows, stream.bytes_read, stream.replaced)

    def _read_records(self, records: Iterable[TableRecord], stream: OpenFile, make: Make[Made]) -> Iterator[Made]:
        """Collect records into blocks, and yield the result of `make` for each block."""
        for rows in columns_of_records(records, self.settings.roles):
            yield make(rows, stream.bytes_read, stream.replaced)

    def _block(self, rows: PlainRows, bytes_read: int, replaced: int) -> RowBlock:
        """Convert rows to a block, without the rows whose rating is below the setting `min_rating`."""
        rows, left_out = rated_rows(rows, self.settings.min_rating)
        table = self._table(rows)
        block = make_block(
            table,
            rows.where,
            self._rejects(rows.faults),
            file=self.file.name,
            settings=self.settings,
            so_far=(bytes_read, replaced),
            unusable=self._unusable(table),
        )
        return replace(block, left_out=left_out)

    def _placed(self, rows: PlainRows, bytes_read: int, replaced: int) -> tuple[RowBlock, PlacedRows]:
        """Return a block with only the rejects, and the usable rows with their times or positions."""
        rows, left_out = rated_rows(rows, self.settings.min_rating)
        known, places = place_of_each(rows.columns[self._place], self._place, self.date_order)
        if "clock" in rows.columns:
            known, places = with_clocks(known, places, rows.columns["clock"])
        placed, without = np.flatnonzero(known), np.flatnonzero(~known).tolist()
        if self.settings.period:
            inside, outside = in_period(places, self.settings.period)
            placed, places, left_out = placed[inside], places[inside], left_out | outside
        table = self._table(rows).take(pa.array(placed))
        unusable = self._unusable(table)
        named = np.ones(len(placed), np.bool_)
        named[list(unusable)] = False
        faults = [(line, self._no_place, raw) for line, raw in rows.where(without)]
        unnamed = rows.where(placed[list(unusable)].tolist())
        faults += [(line, reason, raw) for (line, raw), reason in zip(unnamed, unusable.values(), strict=True)]
        columns = {name: table[name].combine_chunks() for name in table.column_names}
        rejects = sorted(self._rejects([*rows.faults, *faults]), key=lambda reject: reject.line)
        return RowBlock(table[:0], rejects, bytes_read, replaced, left_out=left_out), PlacedRows(columns, places, named)

    def _unusable(self, table: pa.Table) -> dict[int, str]:
        """Return row index -> reason for rejecting the row, for each row that names no track.

        In a table with titles, a row with an artist alone names no track; it may be the total below the table. A row of
        dashes names no track either; tables that are aligned with spaces have such a row below the header.
        """
        found = find_unusable(table, self.settings) | rows_without_playlist(table, self.settings)
        if not {"title", "name"} & self.settings.roles.keys():
            return found
        titles = table["title"].combine_chunks()
        empty = rows_with(titles, pc.equal(pc.utf8_trim_whitespace(titles.dictionary), ""))
        untitled = empty[table["uri"].take(pa.array(empty)).is_null().to_numpy()]
        ruled = rows_with(titles, pc.match_substring_regex(titles.dictionary, RULE))
        artists = table["artist"].take(pa.array(ruled)).cast(pa.large_string())
        lines = ruled[pc.match_substring_regex(artists, f"^$|{RULE}").to_numpy()]
        found |= rows_of_sums(table) if "artist" in self.settings.roles else {}
        return dict.fromkeys(untitled.tolist(), NO_TITLE) | dict.fromkeys(lines.tolist(), LINE) | found

    def _rejects(self, faults: Iterable[Fault]) -> list[Reject]:
        """Convert invalid records to rejects that name this file."""
        return [Reject(self.file.name, line, reason, as_text(raw)) for line, reason, raw in faults]

    def _table(self, rows: PlainRows) -> pa.Table:
        """Convert rows to the columns of a block.

        If the table has no column for the role "id" or "playlist", the whole file is one playlist. If there is no
        column for titles, the uri of a track is also its title.
        """
        found = self._names(rows.columns)
        title = found["title"] if "title" in found else found["uri"]
        of_file = None if {"owner", "playlist"} <= found.keys() else self.file.place
        alone = PurePosixPath(self.file.name).stem
        table = {
            "owner": found.get("owner", ""),
            "playlist": found.get("playlist", found.get("id", alone)),
            "key": found.get("id", of_file),
            "artist": joined_artists(found, self.joins_artists),
            "title": title,
            "uri": null_for_empty(found["uri"]) if "uri" in found else None,
        }
        identifiers = table_identifiers(found, self.settings.roles)
        if identifiers is not None:
            table[IDENTIFIERS] = identifiers
        albums = album_column(found[ALBUM]) if ALBUM in found else None
        if albums is not None:
            table[ALBUM] = albums
        for name in OF_TRACKS:
            if isinstance(table[name], pa.Array):
                table[name] = encoded_tracks(table[name])
        return pa.table({name: dictionary_of(values, len(title)) for name, values in table.items()})

    def _names(self, columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
        """Return the text columns without the b'...' of Python bytes, and without spaces after delimiters.

        Spaces are removed only if the names of the columns have them too, as in the header "artist, title". Ids and
        uris that a program has written for a missing value, such as NULL, become empty.
        """
        roles = self.settings.roles
        spaced = any(name != name.strip() for name in roles.values())
        found = dict(columns)
        for role in roles.keys() - NUMBERS:
            named = without_byte_marks(found[role])
            found[role] = pc.utf8_trim_whitespace(named) if spaced else named
        if "name" in found:
            found["artist"], found["title"] = artists_and_titles(found.pop("name"))
        if "placeholders" not in (self.settings.keep or ()):
            found |= {role: empty_if_missing(found[role]) for role in ("id", "uri") if role in found}
        return found


def artists_and_titles(names: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Split names such as "Nell Quay - Paper Boats"; a name without " - " is a title."""
    encoded = names.dictionary_encode()
    parts = [split_name(name.strip()) for name in encoded.dictionary.to_pylist()]
    artists, titles = (pa.array(values, TEXT) for values in zip(*parts, strict=True)) if parts else (names, names)
    return artists.take(encoded.indices), titles.take(encoded.indices)


def joined_artists(columns: Mapping[str, pa.Array], by_semicolons: bool = False) -> pa.Array | str:
    """Return the artist of each row, as "first, second" if there are several; "" if no column has artists.

    Args:
        columns: role -> values.
        by_semicolons: whether the artists in a field are joined by semicolons.
    """
    artists = [without_brackets(column) for role, column in columns.items() if role.startswith("artist")]
    if by_semicolons:
        artists = [without_semicolons(column) for column in artists]
    return reduce(_joined, artists) if artists else ""


def _joined(first: pa.Array, second: pa.Array) -> pa.Array:
    """Join two columns of artists: "first, second" if both are known, else the one that is known."""
    # null_handling="skip" is not used, because pyarrow then drops rows in which all values are null.
    both = pc.and_(pc.not_equal(first, ""), pc.not_equal(second, ""))
    return pc.binary_join_element_wise(first, second, pc.if_else(both, pa.scalar(", ", TEXT), pa.scalar("", TEXT)))


def _first(records: Iterable[TableRecord], number: int) -> Iterable[TableRecord]:
    """Return the first records, or all of them if `number` is `ALL_ROWS`."""
    return records if number == ALL_ROWS else islice(records, number)


def _try_plain(plain: PlainLines, raw: RawLines, *, stream: OpenFile, make: Make[Made]) -> Made | None:
    """Return the result of `make` for the rows of some lines, or None if a line is not `plain`."""
    rows = plain.read(raw)
    return None if rows is None else make(rows, raw.bytes_read, stream.replaced)


def _lines(raws: Iterable[RawLines], stream: OpenFile) -> Iterator[Line]:
    """Decode lines and yield them one by one."""
    return number_lines(decode_lines(stream, raw) for raw in raws)
