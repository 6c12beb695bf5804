"""Read a table with the names of tracks or products, for sources that contain only their ids.

Shops, for example, have orders in one table (order, customer, product number) and the names of products in another one.
The table of names may have any format of a table of playlists: CSV, TSV, JSON or Parquet, compressed or not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.errors import SourceError, UnknownFormatError
from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.names.normalization import full_name
from skipgramophone.playlists.columns.name_columns import guess_name_columns, names_columns_text
from skipgramophone.playlists.columns.values import Table
from skipgramophone.playlists.detection.format_detection import HEAD_BYTES, first_lines
from skipgramophone.playlists.detection.second_tables import lines_above_main_table
from skipgramophone.playlists.detection.table_head import first_rows
from skipgramophone.playlists.detection.table_preamble import blank_lines_above, lines_above_header
from skipgramophone.playlists.readers.rows import ALBUM, Reader
from skipgramophone.playlists.readers.source_files import SourceFile, files_of
from skipgramophone.playlists.sources import open_reader
from skipgramophone.playlists.utf8_sources import is_certainly_utf8
from skipgramophone.settings import ExtractSettings, columns_text
from skipgramophone.wording import plural, visible

NO_ID = "no id"
MOST_AMBIGUOUS = 0.5  # maximum share of ids with several names; above it, the column probably contains something else
EXAMPLES = 2  # number of examples of ids with several names


@dataclass(frozen=True)
class NameTable:
    """The names of tracks by their ids.

    Attributes:
        reader: the reader of the table, for its description in reports.
        columns: the columns, as the value of `--names-columns`.
        unused: if the columns were guessed, the names of the other columns; otherwise None.
        ids: the distinct ids, large_string, without surrounding spaces.
        names: artist, title and album of each id, in the order of `ids`; albums may be null.
        rejected: reason -> number of rows without an id or a name.
        several: number of ids with several names; the first name is used.
        examples: some of these ids, each with two of its names.
    """

    reader: Reader
    columns: str
    unused: Sequence[str] | None
    ids: pa.Array
    names: pa.Table
    rejected: dict[str, int]
    several: int
    examples: tuple[tuple[str, str, str], ...]

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Id -> its row in `names`."""
        return {text: row for row, text in enumerate(self.ids.to_pylist())}


def read_name_table(path: Path, settings: ExtractSettings) -> NameTable:
    """Read a table of names.

    Args:
        path: the table.
        settings: the settings of the extraction, of which `names_columns`, `encoding` and `bad_bytes` apply.

    Raises:
        SourceError: the file is not a table, its columns are unclear, no row has an id and a name, or most ids have
            several names.
        StorageError: the file system failed.
    """
    files = [file for file in files_of(path) if not file.passed_over]
    if len(files) != 1:
        raise SourceError.naming(
            lambda named: f"{named('names')} must be one table, but {path} has {plural(len(files), 'file')}"
        )
    encoding = "utf-8" if is_certainly_utf8(files[0], bare=True) else settings.encoding
    roles, unused = _columns(files[0], settings, encoding)
    chosen = ExtractSettings(columns=columns_text(roles), encoding=encoding, bad_bytes=settings.bad_bytes)
    reader = open_reader(files[0], chosen)
    rejected: Counter[str] = Counter()
    tables = [pa.table({name: pa.array([], TEXT) for name in ("uri", "artist", "title", ALBUM)})]
    for block in reader.blocks():
        rejected.update(reject.reason for reject in block.rejects)
        tables.append(_texts(block.table))
    rows = pa.concat_tables(tables)
    known = pc.not_equal(rows["uri"], "")
    if without := len(rows) - (pc.sum(known).as_py() or 0):
        rejected[NO_ID] += without
    columns = names_columns_text(roles)
    return _by_id(rows.filter(known), reader, columns=columns, unused=unused, rejected=dict(rejected))


def _columns(file: SourceFile, settings: ExtractSettings, encoding: str) -> tuple[dict[str, str], Sequence[str] | None]:
    """Return role -> column and, if the columns were guessed, the names of the other columns.

    Raises:
        SourceError: the columns are unclear, or the file is not a table.
    """
    if settings.names_columns is not None:
        return settings.name_roles, None
    rows = _first_rows(file, encoding)
    found = guess_name_columns(rows) if len(rows) > 1 and len(rows[0]) > 1 else None
    if found is None:
        raise SourceError.naming(
            lambda named: f"{file.display_name} is not a table with ids and names, which {named('names')} needs"
        )
    if not isinstance(found, dict):
        raise UnknownFormatError(file.display_name, found)
    return found, [name for name in rows[0] if name not in found.values()]


def _first_rows(file: SourceFile, encoding: str) -> Table:
    """Return the first rows of a table, without lines above its header; empty if the file is not a table."""
    with file.open(encoding) as stream:
        head = stream.read(HEAD_BYTES)
    lines = first_lines(head)
    above = lines_above_main_table(lines) or lines_above_header(lines) or blank_lines_above(lines)
    return first_rows(file, head, lines[above:])


def _texts(table: pa.Table) -> pa.Table:
    """Return ids and names without surrounding spaces. A missing id is "", and a missing album is null."""
    albums = table[ALBUM].cast(TEXT) if ALBUM in table.column_names else pa.nulls(len(table), TEXT)
    texts = {name: pc.utf8_trim_whitespace(table[name].cast(TEXT)) for name in ("uri", "artist", "title")}
    return pa.table(texts | {"uri": pc.fill_null(texts["uri"], ""), ALBUM: albums})


def _by_id(
    rows: pa.Table, reader: Reader, *, columns: str, unused: Sequence[str] | None, rejected: dict[str, int]
) -> NameTable:
    """Return one name per id: the first one, if `rows` contains several names for an id.

    Raises:
        SourceError: there are no rows, or most ids have several names, so they are probably not ids of tracks.
    """
    shown = reader.file.display_name if reader.file else ""
    if not len(rows):
        reasons = ", ".join(f"{count:,} × {reason}" for reason, count in rejected.items())
        raise SourceError(f"{shown} has no row with an id and a name{': ' if reasons else ''}{reasons}")
    names = ["artist", "title", ALBUM]
    distinct = rows.group_by(["uri", "artist", "title"], use_threads=False).aggregate([(ALBUM, "first")])
    distinct = distinct.rename_columns(["uri", *names])
    by_id = distinct.group_by("uri", use_threads=False).aggregate(
        [*((name, "first") for name in names), ("title", "count")]
    )
    several = by_id.filter(pc.greater(by_id["title_count"], 1))
    if len(several) > MOST_AMBIGUOUS * len(by_id):
        raise SourceError.naming(
            lambda named: (
                f"{shown}: most ids have several names, such as {several['uri'][0].as_py()!r}, so this column does not "
                f"seem to contain the ids of tracks: choose another one with {named('names_columns', 'id=…,title=…')} "
                f"(now: {visible(columns)})"
            )
        )
    columns_of_names = [by_id[f"{name}_first"] for name in names]
    examples = tuple(_example(distinct, item) for item in several["uri"][:EXAMPLES].to_pylist())
    return NameTable(
        reader,
        columns=columns,
        unused=unused,
        ids=by_id["uri"].combine_chunks(),
        names=pa.table(columns_of_names, names=names).combine_chunks(),
        rejected=rejected,
        several=len(several),
        examples=examples,
    )


def _example(distinct: pa.Table, item: str) -> tuple[str, str, str]:
    """Return the id `item` and the first two of its names."""
    rows = distinct.filter(pc.equal(distinct["uri"], item))[:2].to_pylist()
    first, second = (full_name(row["artist"], row["title"]) for row in rows)
    return item, first, second
