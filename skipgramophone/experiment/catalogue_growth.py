"""Add tracks to a copy of a catalogue without rebuilding its name index.

A catalogue file is never changed in place: it is copied, and the copy is changed. New tracks are inserted. If the count
of a track changes, its rank changes too, so its entry in the name index is replaced. The index consists of sorted
segments. FTS5 adds new entries in a new segment, so the other entries do not have to be indexed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import wait
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from skipgramophone.errors import StorageError
from skipgramophone.experiment.catalogue import FILE
from skipgramophone.experiment.catalogue_writer import (
    FACT_TYPES,
    ORDER_INDEX,
    TRACKS,
    folded_albums,
    table_parts,
    with_folded_names,
)
from skipgramophone.experiment.name_index import FULL_TEXT, OPTIONS, UNPROTECTED
from skipgramophone.experiment.new_files import copy_to_new_file
from skipgramophone.experiment.sqlite_fts import require_full_text, sqlite3, sqlite_uri
from skipgramophone.parallel import background_thread

# The cache size is in KiB. It is so large that each page is read only once, although updates come in random order.
CACHE = "PRAGMA cache_size = -262144"
# The old entries of tracks with a new rank are removed from the index, and all new entries are added. This is done in
# one pass in order of rowid, because FTS5 ends a segment at each rowid that is smaller than the one before it. A row
# with the command 'delete' removes an entry.
INDEX_NAMES = """
INSERT INTO names (names, rowid, name_folded)
SELECT command, place, name FROM (
    SELECT 'delete' AS command, old_rank AS place, name_folded AS name
    FROM temp.moved JOIN tracks USING (row) WHERE old_rank IS NOT NULL
    UNION ALL SELECT NULL, rank, name_folded FROM temp.moved JOIN tracks USING (row)
) ORDER BY place;
"""
COUNT_TRIGRAMS = f"""
{FULL_TEXT.format(schema="temp.", content="''", options=OPTIONS).replace("names USING", "added USING")}
INSERT INTO temp.added (rowid, name_folded)
SELECT row, name_folded FROM temp.moved JOIN tracks USING (row) WHERE old_rank IS NULL ORDER BY row;
CREATE VIRTUAL TABLE temp.terms USING fts5vocab (temp, added, row);
INSERT INTO trigrams SELECT term, doc FROM temp.terms WHERE true
ON CONFLICT (term) DO UPDATE SET doc = doc + excluded.doc;
"""


@dataclass(frozen=True, slots=True)
class CatalogueChanges:
    """The changes of a catalogue when a corpus grows.

    Attributes:
        changed: existing tracks whose count or optional columns change. Columns: row, count, and the optional columns
            (see `FACT_TYPES`) that the catalogue has.
        added: the new tracks, whose rows come after the existing rows. Columns: those of `TRACKS`, and the same
            optional columns.
        spellings: other spellings of tracks, as they occur in the added input rows. Columns: row, artist, title, count.
        uris: other uris of tracks, as they occur in the added input rows. Columns: uri, row.
    """

    changed: pa.Table
    added: pa.Table
    spellings: pa.Table
    uris: pa.Table


def grow_catalogue(before: Path, directory: Path, tracks: int, changes: CatalogueChanges) -> None:
    """Copy the catalogue of a corpus stage to another directory, and change the copy.

    Args:
        before: the stage with a catalogue whose ranks are computed from count and row (`Catalogue.is_keyed`).
        directory: the directory to write to.
        tracks: number of tracks in the catalogue.
        changes: what to change.

    Raises:
        StorageError: SQLite could not write, for example because the disk is full.
    """
    path = directory / FILE
    copy_to_new_file(before / FILE, path)
    try:
        with closing(
            sqlite3.connect(sqlite_uri(path), uri=True, isolation_level=None, check_same_thread=False)
        ) as database:
            require_full_text(database)
            with background_thread() as thread:  # the main thread stays free to handle signals
                growing = thread.submit(_grow, database, tracks, changes)
                try:
                    growing.result()
                except BaseException:
                    database.interrupt()
                    wait([growing])
                    raise
    except sqlite3.Error as error:
        raise StorageError(f"cannot write {path}: {error}") from error


def _grow(database: sqlite3.Connection, tracks: int, changes: CatalogueChanges) -> None:
    """Change a catalogue in one transaction."""
    for pragma in (*UNPROTECTED, CACHE):
        database.execute(pragma)
    database.execute("BEGIN")
    database.execute(ORDER_INDEX.replace("INDEX", "INDEX IF NOT EXISTS", 1))
    database.execute("CREATE TABLE temp.moved (row INTEGER PRIMARY KEY, old_rank INTEGER)")
    facts = [name for name in FACT_TYPES if name in changes.changed.column_names]
    changed = _rows(changes.changed, ["row"])
    database.executemany("INSERT INTO temp.moved SELECT row, rank FROM tracks WHERE row = ?", changed)
    derived = folded_albums(changes.changed)
    updated = pa.table({name: changes.changed[name] for name in ("row", "count", *facts)} | derived)
    values = ", ".join(f"{name} = ?" for name in ("count", *facts, *derived))
    new_values = _rows(updated, ["count", *facts, *derived, "row"])
    database.executemany(f"UPDATE tracks SET {values} WHERE row = ?", new_values)
    database.execute("DELETE FROM temp.moved WHERE old_rank = (SELECT rank FROM tracks WHERE tracks.row = moved.row)")
    _insert(database, tracks, changes.added, facts)
    database.execute(INDEX_NAMES)
    for statement in COUNT_TRIGRAMS.strip().split(";\n"):
        database.execute(statement)
    for row, artist, title, count in _rows(changes.spellings, ["row", "artist", "title", "count"]):
        spelling = "WHERE row = ? AND artist = ? AND title = ?"
        known = database.execute(f"UPDATE spellings SET count = count + ? {spelling}", (count, row, artist, title))
        if not known.rowcount:
            database.execute("INSERT INTO spellings VALUES (?, ?, ?, ?)", (row, artist, title, count))
    database.executemany("INSERT OR IGNORE INTO uris VALUES (?, ?)", _rows(changes.uris, ["uri", "row"]))
    database.execute("COMMIT")


def _insert(database: sqlite3.Connection, tracks: int, added: pa.Table, facts: Sequence[str]) -> None:
    """Insert the new tracks. Their rows start at `tracks`, the number of existing rows."""
    types = TRACKS | {name: FACT_TYPES[name] for name in facts}
    for start, part in table_parts(added, types):
        batch = with_folded_names(tracks + start, part)
        names = batch.schema.names
        statement = f"INSERT INTO tracks ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        database.executemany(statement, _rows(batch, names))
    database.execute("INSERT INTO temp.moved SELECT row, NULL FROM tracks WHERE row >= ?", (tracks,))


def _rows(table: pa.Table | pa.RecordBatch, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return the given columns of a table as a list of tuples, one per row."""
    return list(zip(*(table.column(name).to_pylist() for name in columns), strict=True))
