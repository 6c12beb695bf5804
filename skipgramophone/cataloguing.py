"""Cataloguing: the tracks of a new corpus are written to the SQLite file that `catalogue` reads.

Names are folded many at a time, in threads, while SQLite takes in those before them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skipgramophone.catalogue import FILE
from skipgramophone.errors import StorageError
from skipgramophone.full_text import require_full_text, sqlite3
from skipgramophone.playlists.ahead import in_order
from skipgramophone.playlists.folding import all_folded, full_names
from skipgramophone.playlists.rows import TEXT

ROWS_AT_ONCE = 100_000
INSERTED_AT_ONCE = 100  # with one statement: more than twice as fast as one with each
GATHERED = 256 << 20  # bytes of the trigram index that are gathered before they are written: less to merge

TRACKS = {"artist": TEXT, "title": TEXT, "uri": TEXT, "count": pa.int64(), "first_place": pa.int64()}
SPELLINGS = {"row": pa.int64(), "artist": TEXT, "title": TEXT, "count": pa.int64()}
URIS = {"uri": TEXT, "row": pa.int64()}

SCHEMA = """
CREATE TABLE tracks (
    row INTEGER PRIMARY KEY, artist TEXT NOT NULL, title TEXT NOT NULL, uri TEXT, count INTEGER NOT NULL,
    first_place INTEGER NOT NULL, name_folded TEXT NOT NULL, title_folded TEXT NOT NULL{column}
);
CREATE TABLE spellings (row INTEGER NOT NULL, artist TEXT NOT NULL, title TEXT NOT NULL, count INTEGER NOT NULL);
CREATE TABLE uris (uri TEXT NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (uri, row)) WITHOUT ROWID;
CREATE VIRTUAL TABLE names USING fts5 (
    name_folded, content='tracks', content_rowid='{rank}', tokenize='trigram case_sensitive 1', detail='none'
);
"""
INDEXES = """
INSERT INTO names (rowid, name_folded) SELECT {rank}, name_folded FROM tracks ORDER BY {rank};
CREATE VIRTUAL TABLE temp.terms USING fts5vocab (main, names, row);
CREATE TABLE trigrams (term TEXT PRIMARY KEY, doc INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO trigrams SELECT term, doc FROM temp.terms;
CREATE INDEX by_uri ON tracks (uri) WHERE uri IS NOT NULL;
CREATE INDEX by_name ON tracks (name_folded);
CREATE INDEX by_title ON tracks (title_folded);
CREATE INDEX without_trigram ON tracks (length(name_folded)) WHERE length(name_folded) < 3;
CREATE INDEX spellings_by_row ON spellings (row);
"""
IN_ORDER = {"column": "", "rank": "row"}  # of count: what the two above say where a row is its own rank
RANKED = {"column": ", rank INTEGER NOT NULL UNIQUE", "rank": "rank"}
Columns = list[Any]  # of equal length: Arrow arrays, or numpy arrays of numbers


def write_catalogue(
    directory: Path,
    tracks: pa.Table,
    spellings: pa.Table | None = None,
    uris: pa.Table | None = None,
    ranks: npt.NDArray[np.int64] | None = None,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Write the catalogue of a new corpus.

    Args:
        directory: where.
        tracks: the columns of `TRACKS`, in row order.
        spellings: the columns of `SPELLINGS`: other ways in which the tracks were written.
        uris: the columns of `URIS`: other uris of the tracks.
        ranks: the place of each track by count, from 0, int64 (tracks,); None: rows are in that order.
        progress: is told how many tracks are written; after the last their names are indexed.

    Raises:
        StorageError: SQLite could not write, for want of space for one.
    """
    path, written = directory / FILE, 0
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            require_full_text(database)
            # The stage is published as a whole or not at all, so SQLite's own journal has nothing to protect.
            order = IN_ORDER if ranks is None else RANKED
            schema, indexes = SCHEMA.format(**order), INDEXES.format(**order)
            database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + schema)
            database.execute(f"INSERT INTO names (names, rank) VALUES ('hashsize', {GATHERED})")
            database.execute("BEGIN")
            for columns in in_order(partial(_described, *part, ranks) for part in _parts(tracks, TRACKS)):
                _insert(database, "tracks", columns)
                written += len(columns)
                if progress:
                    progress(written)
            for table, kinds, name in ((spellings, SPELLINGS, "spellings"), (uris, URIS, "uris")):
                for _, part in _parts(table, kinds) if table else ():
                    _insert(database, name, _as_objects(part.columns))
            database.execute("COMMIT")
            database.executescript("BEGIN;" + indexes + "COMMIT;")
    except sqlite3.Error as error:
        raise StorageError(f"cannot write {path}: {error}") from error


def _parts(table: pa.Table, kinds: dict[str, pa.DataType]) -> Iterator[tuple[int, pa.Table]]:
    """Some columns of a table, a part at a time, and where each begins."""
    chosen = table.select(list(kinds)).cast(pa.schema(kinds))
    for start in range(0, table.num_rows, ROWS_AT_ONCE):
        yield start, chosen.slice(start, ROWS_AT_ONCE).combine_chunks()


def _described(start: int, tracks: pa.Table, ranks: npt.NDArray[np.int64] | None) -> npt.NDArray[np.object_]:
    """Tracks as their table has them: the row before them, and behind them the folded names and, if any, the rank."""
    artists, titles = (tracks[name].chunk(0) for name in ("artist", "title"))
    rows = np.arange(start, start + tracks.num_rows)
    ranked = [] if ranks is None else [ranks[rows]]
    folded_names = [all_folded(full_names(artists, titles)), all_folded(titles)]
    return _as_objects([rows, *tracks.columns, *folded_names, *ranked])


def _as_objects(columns: Columns) -> npt.NDArray[np.object_]:
    """Columns as Python's objects, (rows, columns): what SQLite is given."""
    table = np.empty((len(columns[0]), len(columns)), np.object_)
    for at, column in enumerate(columns):
        table[:, at] = column if isinstance(column, np.ndarray) else column.to_numpy(zero_copy_only=False)
    return table


def _insert(database: sqlite3.Connection, table: str, values: npt.NDArray[np.object_]) -> None:
    """Insert rows, many with one statement."""
    rows, columns = values.shape
    row, whole = f"({', '.join('?' * columns)})", rows - rows % INSERTED_AT_ONCE
    many = f"INSERT INTO {table} VALUES {', '.join([row] * INSERTED_AT_ONCE)}"
    database.executemany(many, values[:whole].reshape(-1, INSERTED_AT_ONCE * columns).tolist())
    database.executemany(f"INSERT INTO {table} VALUES {row}", values[whole:].tolist())
