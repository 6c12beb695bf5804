"""Add tracks to a copy of a catalogue without reading the names of all tracks.

A catalogue file is never changed in place, so a copy is changed. New tracks are inserted with row numbers after those
of the existing tracks. The name index has a list of rows for each trigram; the rows of new tracks are appended to these
lists. The order of all tracks by count is computed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import wait
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from skipgramophone.errors import StorageError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.catalogue import FILE, ROW_BITS, Catalogue
from skipgramophone.experiment.catalogue_writer import (
    FACT_TYPES,
    ORDER_INDEX,
    TRACKS,
    UNPROTECTED,
    folded_albums,
    name_text,
    table_parts,
    with_folded_names,
)
from skipgramophone.experiment.name_index import TrigramIndex
from skipgramophone.experiment.name_index_writer import (
    MergedBlocks,
    NameBlock,
    name_block,
    places_by_count,
    write_name_index,
)
from skipgramophone.experiment.new_files import copy_to_new_file
from skipgramophone.experiment.sqlite_fts import sqlite3, sqlite_uri
from skipgramophone.parallel import background_thread

CACHE = "PRAGMA cache_size = -262144"  # 256 MiB, so large that updates in random order read each page only once


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
        before: the stage with the catalogue, which must not be from an earlier version of sgp (see
            `Catalogue.can_grow`).
        directory: the directory to write to.
        tracks: number of tracks in the catalogue.
        changes: what to change.

    Raises:
        StorageError: SQLite could not write, for example because the disk is full.
    """
    path = directory / FILE
    copy_to_new_file(before / FILE, path)
    try:
        with (
            closing(
                sqlite3.connect(sqlite_uri(path), uri=True, isolation_level=None, check_same_thread=False)
            ) as database,
            background_thread() as thread,
        ):  # a thread makes the changes, so that the main thread can handle signals
            growing = thread.submit(_grow, database, tracks, changes)
            try:
                by_count = growing.result()
            except BaseException:
                database.interrupt()
                wait([growing])
                raise
    except sqlite3.Error as error:
        raise StorageError(f"cannot write {path}: {error}") from error
    with closing(Catalogue(before)) as catalogue:
        blocks = [NameBlock.of_index(catalogue.name_index)] if isinstance(catalogue.name_index, TrigramIndex) else []
    added = (with_folded_names(0, part) for _, part in table_parts(changes.added, TRACKS))
    names = b"".join(name_text(batch["name_folded"]) for batch in added)
    merged = MergedBlocks([*blocks, name_block(names, tracks)])
    write_name_index(directory, merged, places_by_count(by_count))


def _grow(database: sqlite3.Connection, tracks: int, changes: CatalogueChanges) -> Rows:
    """Change a catalogue in one transaction; return the row numbers of all tracks, most frequent first."""
    for pragma in (*UNPROTECTED, CACHE):
        database.execute(pragma)
    database.execute("BEGIN")
    database.execute(ORDER_INDEX.replace("INDEX", "INDEX IF NOT EXISTS", 1))
    facts = [name for name in FACT_TYPES if name in changes.changed.column_names]
    derived = folded_albums(changes.changed)
    updated = pa.table({name: changes.changed[name] for name in ("row", "count", *facts)} | derived)
    values = ", ".join(f"{name} = ?" for name in ("count", *facts, *derived))
    new_values = _rows(updated, ["count", *facts, *derived, "row"])
    database.executemany(f"UPDATE tracks SET {values} WHERE row = ?", new_values)
    _insert(database, tracks, changes.added, facts)
    for row, artist, title, count in _rows(changes.spellings, ["row", "artist", "title", "count"]):
        spelling = "WHERE row = ? AND artist = ? AND title = ?"
        known = database.execute(f"UPDATE spellings SET count = count + ? {spelling}", (count, row, artist, title))
        if not known.rowcount:
            database.execute("INSERT INTO spellings VALUES (?, ?, ?, ?)", (row, artist, title, count))
    database.executemany("INSERT OR IGNORE INTO uris VALUES (?, ?)", _rows(changes.uris, ["uri", "row"]))
    database.execute("COMMIT")
    rows = (row for (row,) in database.execute(f"SELECT rank & {(1 << ROW_BITS) - 1} FROM tracks ORDER BY rank"))
    return np.fromiter(rows, np.int64)


def _insert(database: sqlite3.Connection, tracks: int, added: pa.Table, facts: Sequence[str]) -> None:
    """Insert the new tracks. Their rows start at `tracks`, the number of existing rows."""
    types = TRACKS | {name: FACT_TYPES[name] for name in facts}
    for start, part in table_parts(added, types):
        batch = with_folded_names(tracks + start, part)
        names = batch.schema.names
        statement = f"INSERT INTO tracks ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        database.executemany(statement, _rows(batch, names))


def _rows(table: pa.Table | pa.RecordBatch, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return the given columns of a table as a list of tuples, one per row."""
    return list(zip(*(table.column(name).to_pylist() for name in columns), strict=True))
