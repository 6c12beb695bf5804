"""SQLite with full-text search, also in a process that has loaded TensorFlow first.

TensorFlow carries an SQLite of its own, without FTS5, and puts its names before all others: what loads `sqlite3` after
it would get that one. Told to look into its own libraries first (RTLD_DEEPBIND), it gets the one of Python.
"""

from __future__ import annotations

import os
import sys

from skipgramophone.errors import StorageError

if "tensorflow" in sys.modules and "_sqlite3" not in sys.modules and hasattr(os, "RTLD_DEEPBIND"):
    flags = sys.getdlopenflags()
    sys.setdlopenflags(flags | os.RTLD_DEEPBIND)
    try:
        import _sqlite3  # noqa: F401
    finally:
        sys.setdlopenflags(flags)
import sqlite3

__all__ = ["require_full_text", "sqlite3"]


def require_full_text(database: sqlite3.Connection) -> None:
    """Refuse an SQLite that cannot look names up.

    Raises:
        StorageError: it has no FTS5.
    """
    if not database.execute("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'").fetchone():
        raise StorageError(
            f"this process has an SQLite {sqlite3.sqlite_version} without full-text search (FTS5): import "
            "skipgramophone before tensorflow and sqlite3, or use a Python whose SQLite has it"
        )
