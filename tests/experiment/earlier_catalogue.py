"""Converts a catalogue to the form in which earlier versions wrote it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from skipgramophone.experiment.catalogue import BY_COUNT
from skipgramophone.experiment.name_index import FULL_TEXT, OPTIONS

RANKED = """
ALTER TABLE tracks ADD COLUMN rank INTEGER;
UPDATE tracks SET rank = (SELECT count(*) FROM tracks AS other
    WHERE other.count > tracks.count OR other.count = tracks.count AND other.row < tracks.row);
CREATE UNIQUE INDEX ranked ON tracks (rank);
"""


def as_earlier_version(path: Path) -> None:
    """Give names the rowids of earlier versions: the position of the track by count.

    If the rows are not in order of count, the positions are stored in the column `rank`.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        is_ranked = database.execute(f"SELECT 1 FROM sqlite_schema WHERE name = '{BY_COUNT}'").fetchone()
        database.executescript(
            f"DROP TABLE names; DROP INDEX IF EXISTS {BY_COUNT}; ALTER TABLE tracks DROP COLUMN rank;"
        )
        database.executescript(RANKED if is_ranked else "")
        place = "rank" if is_ranked else "row"
        content = f"'tracks', content_rowid='{place}'"
        database.execute(FULL_TEXT.format(schema="", content=content, options=OPTIONS))
        database.execute("INSERT INTO names (names) VALUES ('rebuild')")
        database.execute("PRAGMA user_version = 0")
