"""Converts a catalogue to the forms in which earlier versions wrote it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from skipgramophone.experiment.catalogue import BY_COUNT
from skipgramophone.experiment.full_text_index import KEYED
from skipgramophone.experiment.name_index import FILES

RANKED = """
ALTER TABLE tracks ADD COLUMN rank INTEGER;
UPDATE tracks SET rank = (SELECT count(*) FROM tracks AS other
    WHERE other.count > tracks.count OR other.count = tracks.count AND other.row < tracks.row);
CREATE UNIQUE INDEX ranked ON tracks (rank);
"""
FULL_TEXT = """
CREATE VIRTUAL TABLE names USING fts5 (
    name_folded, content='tracks', content_rowid='{rank}', columnsize=0,
    tokenize='trigram case_sensitive 1', detail='none'
);
INSERT INTO names (names) VALUES ('rebuild');
CREATE VIRTUAL TABLE temp.terms USING fts5vocab (main, names, row);
CREATE TABLE trigrams (term TEXT PRIMARY KEY, doc INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO trigrams SELECT term, doc FROM temp.terms;
CREATE INDEX without_trigram ON tracks (length(name_folded)) WHERE length(name_folded) < 3;
"""


def with_full_text(path: Path) -> None:
    """Replace the name index by one of FTS5, as in the version after 0.6.0."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript(FULL_TEXT.format(rank="rank"))
        database.execute(f"PRAGMA user_version = {KEYED}")
    for name in FILES:
        (path.parent / name).unlink(missing_ok=True)


def as_earlier_version(path: Path) -> None:
    """Give names the rowids of earlier versions: the position of the track by count.

    If the rows are not in order of count, the positions are stored in the column `rank`.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        is_ranked = database.execute(f"SELECT 1 FROM sqlite_schema WHERE name = '{BY_COUNT}'").fetchone()
        database.executescript(f"DROP INDEX IF EXISTS {BY_COUNT}; ALTER TABLE tracks DROP COLUMN rank;")
        database.executescript(RANKED if is_ranked else "")
        database.executescript(FULL_TEXT.format(rank="rank" if is_ranked else "row"))
        database.execute("PRAGMA user_version = 0")
    for name in FILES:
        (path.parent / name).unlink(missing_ok=True)
