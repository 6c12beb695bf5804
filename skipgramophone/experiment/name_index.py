"""Build the trigram index of a catalogue's names in parts, each in its own file and thread, and merge the parts.

FTS5 builds an index in a single thread. The index consists of sorted segments, and each search reads all segments and
merges the results. Therefore each part is built as one segment, and the catalogue gets the segments of all parts. The
numbering of segments, and the two records (averages and structure) that this module writes, are described in the
SQLite documentation: https://www.sqlite.org/fts5.html#fts5_data_structures
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from pathlib import Path

import pyarrow as pa

from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.catalogue import LARGEST_COUNT, ROW_BITS
from skipgramophone.experiment.sqlite_fts import sqlite3, sqlite_uri

PARTS = 2  # more parts would make look-ups slower, because a search reads each segment
NAMES_PER_PART = 100_000  # a smaller catalogue is built faster as a single part
GATHERED = 256 << 20  # bytes of index data that all parts together collect in memory before they write it
# A killed writer leaves a draft that is never published, so SQLite's journal is not needed.
UNPROTECTED = ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF")

# columnsize=0 leaves out data for rankings by relevance. No look-up uses such rankings, and the index takes a quarter
# less time to make.
FULL_TEXT = "CREATE VIRTUAL TABLE {schema}names USING fts5 (name_folded, content={content}, columnsize=0, {options});"
OPTIONS = "tokenize='trigram case_sensitive 1', detail='none'"
NAMES_SCHEMA = "CREATE TABLE folded (rank INTEGER PRIMARY KEY, name TEXT NOT NULL);"
BUILD = f"""
BEGIN;
{FULL_TEXT.format(schema="main.", content="''", options=OPTIONS)}
INSERT INTO names (names, rank) VALUES ('hashsize', {{gathered}});
INSERT INTO names (rowid, name_folded)
SELECT rank, name FROM every.folded ORDER BY rank LIMIT {{number}} OFFSET {{first}};
INSERT INTO names (names) VALUES ('optimize');
CREATE VIRTUAL TABLE temp.terms USING fts5vocab (main, names, row);
CREATE TABLE trigrams (term TEXT PRIMARY KEY, doc INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO trigrams SELECT term, doc FROM temp.terms;
COMMIT;
"""
# FTS5 stores the index in the tables names_data and names_idx. The names themselves stay in the table `tracks`.
MERGED = FULL_TEXT.format(schema="main.", content="'tracks', content_rowid='rank'", options=OPTIONS)
AVERAGES, STRUCTURE = 1, 10  # ids of two records in names_data
SEGMENT_BITS, PAGE_BITS = 37, 31  # id of a page of a segment: segment << SEGMENT_BITS | kind << PAGE_BITS | page
LEAVES = f"(id >> {PAGE_BITS}) % {1 << SEGMENT_BITS - PAGE_BITS} = 0 AND id >= {1 << SEGMENT_BITS}"
COOKIE_BYTES = 4  # The structure record begins with a cookie of this many bytes.


@dataclass(frozen=True, slots=True)
class NamePart:
    """A part of the names, which are sorted by rank: `number` names, beginning with the name at index `first`.

    Attributes:
        path: the file for the index of this part.
        names: the file with the names; it has the table `folded`.
        first, number: the range of names.
        gathered: bytes of the index to collect in memory before writing.
    """

    path: Path
    names: Path
    first: int
    number: int
    gathered: int

    def build(self, database: sqlite3.Connection) -> None:
        """Build the index of this part in an empty database: one segment, and the number of names per trigram."""
        database.execute("ATTACH ? AS every", [sqlite_uri(self.names)])
        for pragma in UNPROTECTED:
            database.execute(pragma)
        database.executescript(BUILD.format(gathered=self.gathered, number=self.number, first=self.first))


def name_parts(names: Path, number: int) -> list[NamePart]:
    """Divide the names in a file into parts."""
    parts = PARTS if number > NAMES_PER_PART else 1
    bounds = [number * part // parts for part in range(parts + 1)]
    return [
        NamePart(
            path=names.with_suffix(f".{part}.sqlite"),
            names=names,
            first=first,
            number=end - first,
            gathered=GATHERED // parts,
        )
        for part, (first, end) in enumerate(pairwise(bounds))
    ]


def merge_parts(database: sqlite3.Connection, parts: Sequence[NamePart]) -> None:
    """Add the indexes of all parts to a catalogue."""
    schemas = [f"part_{number}" for number in range(1, len(parts) + 1)]
    for schema, part in zip(schemas, parts, strict=True):
        database.execute(f"ATTACH ? AS {schema}", [sqlite_uri(part.path)])
    for statement in (*UNPROTECTED, "BEGIN", MERGED, "DELETE FROM main.names_data"):
        database.execute(statement)
    segments = [(schema, *_segment(database, schema)) for schema in schemas]
    database.executemany("INSERT INTO main.names_data VALUES (?, ?)", _records(database, segments))
    for number, (schema, segment, *_) in enumerate(segments, 1):
        database.execute(
            f"INSERT INTO main.names_data SELECT id + (? << {SEGMENT_BITS}), block FROM {schema}.names_data"
            f" WHERE id >= {1 << SEGMENT_BITS} ORDER BY id",
            [number - segment],
        )
    for number, schema in enumerate(schemas, 1):
        database.execute(f"INSERT INTO main.names_idx SELECT ?, term, pgno FROM {schema}.names_idx", [number])
    database.execute("CREATE TABLE main.trigrams (term TEXT PRIMARY KEY, doc INTEGER NOT NULL) WITHOUT ROWID")
    counts = " UNION ALL ".join(f"SELECT term, doc FROM {schema}.trigrams" for schema in schemas)
    database.execute(f"INSERT INTO main.trigrams SELECT term, sum(doc) FROM ({counts}) GROUP BY term")
    database.execute("COMMIT")


def name_ranks(rows: Rows, counts: Rows) -> Rows:
    """Return the column `rank` of tracks, which is their rowid in the name index, int64 (rows,)."""
    return (LARGEST_COUNT - counts << ROW_BITS) + rows


def folded_names(tracks: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch for the SQL table `folded`, given a batch for the table `tracks`."""
    ranks = name_ranks(tracks["row"].to_numpy(), tracks["count"].to_numpy())
    return pa.record_batch({"rank": pa.array(ranks), "name": tracks["name_folded"]})


def _segment(database: sqlite3.Connection, schema: str) -> tuple[int, int, int]:
    """Return the id of the segment of a part, and its first and last page; all are 0 if no name has a trigram."""
    first, last = database.execute(f"SELECT min(id), max(id) FROM {schema}.names_data WHERE {LEAVES}").fetchone()
    if first is None:
        return 0, 0, 0
    pages = (1 << PAGE_BITS) - 1
    return first >> SEGMENT_BITS, first & pages, last & pages


def _records(
    database: sqlite3.Connection, segments: Sequence[tuple[str, int, int, int]]
) -> Iterator[tuple[int, bytes]]:
    """Yield id and content of two records of the merged index: sums over all parts, and the list of segments."""
    block = "SELECT block FROM {}.names_data WHERE id = {}"
    sums = [_numbers(database.execute(block.format(schema, AVERAGES)).fetchone()[0]) for schema, *_ in segments]
    yield AVERAGES, _varints(sum(column) for column in zip_longest(*sums, fillvalue=0))
    cookie = database.execute(block.format(segments[0][0], STRUCTURE)).fetchone()[0][:COOKIE_BYTES]
    pages = [(number, first, last) for number, (_, segment, first, last) in enumerate(segments, 1) if segment]
    written = sum(last for *_, last in pages)
    levels = [1, len(pages), written, 0, len(pages), *(value for page in pages for value in page)]
    yield STRUCTURE, cookie + _varints(levels if pages else (0, 0, 0))


def _numbers(record: bytes) -> list[int]:
    """Decode SQLite's variable-length integers: 7 bits per byte, the highest bits first."""
    numbers, value = [], 0
    for byte in record:
        value = value << 7 | byte & 127
        if byte < 128:
            numbers.append(value)
            value = 0
    return numbers


def _varints(numbers: Iterable[int]) -> bytes:
    """Encode integers (from 0, below 2^56) as SQLite's variable-length integers."""
    encoded = bytearray()
    for number in numbers:
        length = max(1, -(-number.bit_length() // 7))
        encoded += bytes(number >> 7 * at & 127 | (128 if at else 0) for at in reversed(range(length)))
    return bytes(encoded)
