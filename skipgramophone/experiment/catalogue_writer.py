"""Write the track catalogue, the SQLite file that `catalogue` reads.

The names of one batch are folded (see `fold_name`) in threads while SQLite inserts the previous batch. The ADBC driver
inserts Arrow data in native code, which is twice as fast as inserting Python objects with the module sqlite3.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

import adbc_driver_manager as adbc
import adbc_driver_sqlite
import numpy as np
import pyarrow as pa

from skipgramophone.errors import StorageError
from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.experiment.catalogue import BY_COUNT, FILE, KEYED, LARGEST_COUNT, ROW_BITS
from skipgramophone.experiment.name_index import (
    NAMES_SCHEMA,
    UNPROTECTED,
    folded_names,
    merge_parts,
    name_parts,
)
from skipgramophone.experiment.sqlite_fts import require_full_text, sqlite3, sqlite_uri
from skipgramophone.names.arrow_normalization import fold_names, full_names
from skipgramophone.parallel import background_thread, run_in_order

ROWS_AT_ONCE = 100_000
NAMES = "names.{token}.sqlite"  # temporary: removed when the catalogue is complete

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
PRAGMA user_version = {KEYED};
ALTER TABLE tracks ADD COLUMN
    rank INTEGER GENERATED ALWAYS AS (({LARGEST_COUNT} - count) * {1 << ROW_BITS} + row) VIRTUAL;
CREATE INDEX by_uri ON tracks (uri) WHERE uri IS NOT NULL;
CREATE INDEX by_name ON tracks (name_folded);
CREATE INDEX by_title ON tracks (title_folded);
CREATE INDEX without_trigram ON tracks (length(name_folded)) WHERE length(name_folded) < 3;
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
    """Write the catalogue of a new corpus.

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
    path, names = directory / FILE, directory / NAMES.format(token=secrets.token_hex(5))
    facts = {name: kind for name, kind in FACT_TYPES.items() if name in tracks.column_names}
    batches = run_in_order(partial(with_folded_names, *part) for part in table_parts(tracks, TRACKS | facts))
    schema = SCHEMA.format(facts="".join(FACT_COLUMNS[name] for name in facts))
    others = ((spellings, SPELLINGS, "spellings"), (uris, URIS, "uris"))
    try:
        for place, tables in ((path, schema), (names, NAMES_SCHEMA)):
            place.touch(exist_ok=False)  # fails if the path is a link, which SQLite would follow
            with closing(sqlite3.connect(place, isolation_level=None)) as database:
                require_full_text(database)
                for pragma in UNPROTECTED:
                    database.execute(pragma)
                database.executescript(tables)
        with _inserting(path) as insert, _inserting(names) as insert_name:
            written = 0
            for batch in batches:
                named = insert_name("folded", folded_names(batch))
                insert("tracks", batch).result()
                named.result()
                written += batch.num_rows
                if progress:
                    progress(written)
            for table, types, name in others:
                for _, batch in table_parts(table, types) if table else ():
                    insert(name, batch).result()
        indexes = INDEXES + (ALBUM_INDEX if "album" in facts else "") + ("" if in_order else ORDER_INDEX)
        write_indexes(path, names, tracks.num_rows, indexes)
    except sqlite3.Error as error:
        raise StorageError(f"cannot write {path}: {error}") from error
    except adbc.Error as error:  # the first line of its text ends with SQLite's message
        raise StorageError(f"cannot write {path}: {str(error).splitlines()[0].split(': ', 2)[-1]}") from error


def write_indexes(path: Path, names: Path, tracks: int, indexes: str) -> None:
    """Create the indexes. The name index is built in separate files, which are then merged into the catalogue.

    Args:
        path: the catalogue.
        names: the file with the folded names, which is removed afterwards.
        tracks: number of tracks.
        indexes: statements that create the other indexes.
    """
    script = ";".join([*UNPROTECTED, "BEGIN", indexes, "COMMIT;"])
    parts = name_parts(names, tracks)
    for part in parts:
        part.path.touch(exist_ok=False)
    _run({path: lambda database: database.executescript(script)} | {part.path: part.build for part in parts})
    _run({path: partial(merge_parts, parts=parts)})
    for file in (names, *(part.path for part in parts)):
        file.unlink()


def table_parts(table: pa.Table, types: dict[str, pa.DataType]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield batches of the columns `types` of a table, each with the number of its first row."""
    chosen = table.select(list(types)).cast(pa.schema(types))
    for start in range(0, table.num_rows, ROWS_AT_ONCE):
        yield start, chosen.slice(start, ROWS_AT_ONCE).combine_chunks().to_batches()[0]


def with_folded_names(start: int, tracks: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch for the SQL table `tracks`, with row numbers and folded names."""
    return pa.record_batch(
        {
            "row": pa.array(np.arange(start, start + tracks.num_rows)),
            **dict(zip(tracks.schema.names, tracks.columns, strict=True)),
            "name_folded": fold_names(full_names(tracks["artist"], tracks["title"])),
            "title_folded": fold_names(tracks["title"]),
            **folded_albums(tracks),
        }
    )


def folded_albums(tracks: pa.Table | pa.RecordBatch) -> dict[str, pa.Array]:
    """Return the column `album_folded` as a dict; the dict is empty if the tracks have no column of albums."""
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


def _run(tasks: Mapping[Path, Callable[[sqlite3.Connection], object]]) -> None:
    """Run one task per database, each in its own thread, so that the main thread can handle signals."""
    with ExitStack() as until_done:
        running = []
        for path, task in tasks.items():
            database = sqlite3.connect(sqlite_uri(path), uri=True, isolation_level=None, check_same_thread=False)
            until_done.enter_context(closing(database))
            thread = until_done.enter_context(background_thread())
            running.append((database, thread.submit(task, database)))
        try:
            for _, executed in running:
                executed.result()
        except BaseException:  # for example an interrupt; without this, the threads would run until they are done
            for database, _ in running:
                database.interrupt()
            wait([executed for _, executed in running])
            raise


def _insert(database: adbc.AdbcConnection, table: str, batch: pa.RecordBatch) -> None:
    """Insert a batch into the SQL table `table`, which has the same column names."""
    with adbc.AdbcStatement(database) as statement:
        statement.set_options(
            **{adbc.INGEST_OPTION_TARGET_TABLE: table, adbc.INGEST_OPTION_MODE: adbc.INGEST_OPTION_MODE_APPEND}
        )
        statement.bind(batch)
        statement.execute_update()
