"""Write the track catalogue, the SQLite file that `catalogue` reads.

The names of one batch are folded (see `fold_name`) in threads while SQLite inserts the previous batch. The ADBC driver
inserts Arrow data in native code, which is twice as fast as inserting Python objects with the module sqlite3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

import adbc_driver_manager as adbc
import adbc_driver_sqlite
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.errors import StorageError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.experiment.catalogue import BY_COUNT, FILE, INDEXED, LARGEST_COUNT, ROW_BITS
from skipgramophone.experiment.name_index_writer import NameIndexWriter, places_by_count, write_name_index
from skipgramophone.experiment.sqlite_fts import sqlite3, sqlite_uri
from skipgramophone.names.arrow_normalization import fold_full_names, fold_names
from skipgramophone.parallel import background_thread, run_in_order

ROWS_AT_ONCE = 100_000
# A killed writer leaves a draft that is never published, so SQLite's journal is not needed.
UNPROTECTED = ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF")
# A second thread sorts the entries of an index while SQLite reads the table. The file is the same as with one thread.
SORT_IN_THREAD = "PRAGMA threads = 1"

TRACKS = {"artist": TEXT, "title": TEXT, "uri": TEXT, "count": pa.int64(), "first_place": pa.int64()}
SPELLINGS = {"row": pa.int64(), "artist": TEXT, "title": TEXT, "count": pa.int64()}
URIS = {"uri": TEXT, "row": pa.int64()}
# Optional columns of `tracks`, which exist only if the sources contain such values.
FACT_TYPES = {"location": TEXT, "seconds": pa.int64(), "album": TEXT}

SCHEMA = """
CREATE TABLE tracks (
    row INTEGER PRIMARY KEY, artist TEXT NOT NULL, title TEXT NOT NULL, uri TEXT, count INTEGER NOT NULL,
    first_place INTEGER NOT NULL, name_folded TEXT NOT NULL, title_folded TEXT NOT NULL{facts}
);
CREATE TABLE spellings (row INTEGER NOT NULL, artist TEXT NOT NULL, title TEXT NOT NULL, count INTEGER NOT NULL);
CREATE TABLE uris (uri TEXT NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (uri, row)) WITHOUT ROWID;
"""
INDEXES = f"""
PRAGMA user_version = {INDEXED};
ALTER TABLE tracks ADD COLUMN
    rank INTEGER GENERATED ALWAYS AS (({LARGEST_COUNT} - count) * {1 << ROW_BITS} + row) VIRTUAL;
CREATE INDEX by_uri ON tracks (uri) WHERE uri IS NOT NULL;
CREATE INDEX by_name ON tracks (name_folded);
CREATE INDEX by_title ON tracks (title_folded);
CREATE INDEX spellings_by_row ON spellings (row);
"""
ORDER_INDEX = f"CREATE UNIQUE INDEX {BY_COUNT} ON tracks (rank);"  # made only if rows are not in order of count
ALBUM_INDEX = "CREATE INDEX by_album ON tracks (album_folded) WHERE album_folded IS NOT NULL;"
FACT_COLUMNS = {
    "location": ", location TEXT",
    "seconds": ", seconds INTEGER",
    "album": ", album TEXT, album_folded TEXT",
}


def write_catalogue(
    directory: Path,
    tracks: pa.Table,
    spellings: pa.Table | None = None,
    uris: pa.Table | None = None,
    in_order: bool = True,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Write the catalogue of a new corpus, and the index of its names.

    Args:
        directory: the corpus stage.
        tracks: the columns of `TRACKS`, in row order, and the columns of `FACT_TYPES` that the sources contain.
        spellings: the columns of `SPELLINGS`: other spellings of the tracks.
        uris: the columns of `URIS`: other uris of the tracks.
        in_order: whether the rows are sorted by count, most frequent first.
        progress: called with the number of tracks written so far; after the last call, the names are indexed.

    Raises:
        StorageError: SQLite could not write, for example because the disk is full.
    """
    path, names = directory / FILE, NameIndexWriter()
    facts = {name: kind for name, kind in FACT_TYPES.items() if name in tracks.column_names}
    batches = run_in_order(partial(with_folded_names, *part) for part in table_parts(tracks, TRACKS | facts))
    schema = SCHEMA.format(facts="".join(FACT_COLUMNS[name] for name in facts))
    others = ((spellings, SPELLINGS, "spellings"), (uris, URIS, "uris"))
    try:
        path.touch(exist_ok=False)  # fails if the path is a link, which SQLite would follow
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            for pragma in UNPROTECTED:
                database.execute(pragma)
            database.executescript(schema)
        with _inserting(path) as insert:
            written = 0
            for batch in batches:
                inserted = insert("tracks", batch)
                names.add(name_text(batch["name_folded"]), batch.num_rows)
                inserted.result()
                written += batch.num_rows
                if progress:
                    progress(written)
            for table, types, name in others:
                for _, batch in table_parts(table, types) if table else ():
                    insert(name, batch).result()
        indexes = INDEXES + (ALBUM_INDEX if "album" in facts else "") + ("" if in_order else ORDER_INDEX)
        by_count = None if in_order else np.argsort(-tracks["count"].to_numpy(), kind="stable")
        write_indexes(path, indexes, names, by_count)
    except sqlite3.Error as error:
        raise StorageError(f"cannot write {path}: {error}") from error
    except adbc.Error as error:  # the first line of the driver's error text ends with SQLite's message
        raise StorageError(f"cannot write {path}: {str(error).splitlines()[0].split(': ', 2)[-1]}") from error


def write_indexes(path: Path, indexes: str, names: NameIndexWriter, by_count: Rows | None) -> None:
    """Create the indexes of SQLite in a thread, and write the name index in the meantime.

    Args:
        path: the catalogue.
        indexes: statements that create the indexes of SQLite.
        names: the folded names of all tracks.
        by_count: the row numbers, sorted by the count of their tracks; None if the rows are in this order.
    """
    script = ";".join([*UNPROTECTED, SORT_IN_THREAD, "BEGIN", indexes, "COMMIT;"])
    with (
        closing(sqlite3.connect(sqlite_uri(path), uri=True, isolation_level=None, check_same_thread=False)) as database,
        background_thread() as thread,
    ):
        indexed = thread.submit(database.executescript, script)
        try:
            write_name_index(path.parent, names.merged(), None if by_count is None else places_by_count(by_count))
            indexed.result()
        except BaseException:
            # After Ctrl-C too, because the thread would otherwise continue until all indexes of SQLite are complete.
            database.interrupt()
            wait([indexed])
            raise


def name_text(names: pa.Array) -> bytes:
    """Return folded names as text for the name index: in UTF-8, each followed by a line feed."""
    every = pa.LargeListArray.from_arrays(pa.array([0, len(names)], pa.int64()), names)
    return bytes(pc.binary_join(every, pa.scalar("\n", names.type))[0].as_buffer()) + b"\n" if len(names) else b""


def table_parts(table: pa.Table, types: dict[str, pa.DataType]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield batches of the columns `types` of a table, each with the number of its first row."""
    chosen = table.select(list(types)).cast(pa.schema(types))
    for start in range(0, table.num_rows, ROWS_AT_ONCE):
        yield start, chosen.slice(start, ROWS_AT_ONCE).combine_chunks().to_batches()[0]


def with_folded_names(start: int, tracks: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch for the SQL table `tracks`, with row numbers and folded names."""
    names, titles = fold_full_names(tracks["artist"], tracks["title"])
    return pa.record_batch(
        {
            "row": pa.array(np.arange(start, start + tracks.num_rows)),
            **dict(zip(tracks.schema.names, tracks.columns, strict=True)),
            "name_folded": names,
            "title_folded": titles,
            **folded_albums(tracks),
        }
    )


def folded_albums(tracks: pa.Table | pa.RecordBatch) -> dict[str, pa.Array]:
    """Return {"album_folded": folded names of the albums}, or an empty dict if the tracks have no column "album"."""
    if "album" not in tracks.schema.names:
        return {}
    albums = tracks["album"]
    return {"album_folded": fold_names(albums.combine_chunks() if isinstance(albums, pa.ChunkedArray) else albums)}


@contextmanager
def _inserting(path: Path) -> Iterator[Callable[[str, pa.RecordBatch], Future[None]]]:
    """Yield a function that inserts rows into a table in the background; all inserts are in one transaction.

    A background thread opens the database and inserts, for two reasons. First, if the main thread did this, it could
    not handle signals while it executes native code. Second, Ctrl-C interrupts only the main thread, so it cannot
    interrupt the background thread while it opens the database.
    """
    with ExitStack() as until_done, background_thread() as thread:
        database = thread.submit(_open, path, until_done).result()
        yield lambda table, batch: thread.submit(_insert, database, table, batch)
        thread.submit(database.commit).result()


def _open(path: Path, until_done: ExitStack) -> adbc.AdbcConnection:
    """Open a database, begin a transaction, and return the connection, which is closed when `until_done` ends."""
    file = until_done.enter_context(adbc_driver_sqlite.connect(sqlite_uri(path)))
    database: adbc.AdbcConnection = until_done.enter_context(adbc.AdbcConnection(file))
    for pragma in UNPROTECTED:
        with adbc.AdbcStatement(database) as statement:
            statement.set_sql_query(pragma)
            statement.execute_update()
    # With autocommit, the driver's own ROLLBACK would fail on a full disk and hide the cause.
    database.set_autocommit(False)
    return database


def _insert(database: adbc.AdbcConnection, table: str, batch: pa.RecordBatch) -> None:
    """Insert a batch into the SQL table `table`, which has the same column names."""
    with adbc.AdbcStatement(database) as statement:
        statement.set_options(
            **{adbc.INGEST_OPTION_TARGET_TABLE: table, adbc.INGEST_OPTION_MODE: adbc.INGEST_OPTION_MODE_APPEND}
        )
        statement.bind(batch)
        statement.execute_update()
