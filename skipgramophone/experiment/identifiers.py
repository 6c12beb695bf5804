"""Store the identifiers of tracks beside the catalogue: ISRCs, MusicBrainz recording ids and additional uris.

The file exists only if a source contains identifiers. It is an SQLite file with one table:

    identifiers   row of the track in the catalogue, identifier

An identifier is a uri, or a text such as "isrc:USUM71703861" or "mbid:11111111-1111-4111-8111-111111111111". The uri
that is in the catalogue is not repeated here.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pyarrow as pa

from skipgramophone.errors import StorageError
from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.experiment.file_names import IDENTIFIERS as FILE
from skipgramophone.experiment.sqlite_fts import sqlite3

IDENTIFIERS = {"row": pa.int64(), "identifier": TEXT}
SCHEMA = (
    "CREATE TABLE identifiers (row INTEGER NOT NULL, identifier TEXT NOT NULL, PRIMARY KEY (row, identifier)) "
    "WITHOUT ROWID"
)
INDEX = "CREATE INDEX by_identifier ON identifiers (identifier)"
BATCH = 100_000


def write_identifiers(directory: Path, identifiers: pa.Table) -> None:
    """Write the identifiers of the tracks of a corpus; if there are none, write no file.

    Args:
        directory: the corpus stage.
        identifiers: the columns of `IDENTIFIERS`, sorted by row and identifier.

    Raises:
        StorageError: SQLite could not write, for example because the disk is full.
    """
    if not identifiers.num_rows:
        return
    path = directory / FILE
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            # SQLite's journal is not needed: if the writer is killed, the incomplete file is a draft, which is never
            # published.
            for statement in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "BEGIN", SCHEMA):
                database.execute(statement)
            for batch in identifiers.select(list(IDENTIFIERS)).to_batches(BATCH):
                columns = (column.to_pylist() for column in batch.columns)
                database.executemany("INSERT INTO identifiers VALUES (?, ?)", zip(*columns, strict=True))
            for statement in (INDEX, "COMMIT"):
                database.execute(statement)
    except sqlite3.Error as error:
        raise StorageError(f"cannot write {path}: {error}") from error
