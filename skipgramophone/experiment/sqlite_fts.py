"""Import SQLite with full-text search, even if TensorFlow was loaded first.

TensorFlow contains its own SQLite without FTS5 and exports the symbols globally. If the module `sqlite3` were imported
after TensorFlow, it would use that SQLite. Loading `_sqlite3` with RTLD_DEEPBIND binds it to the SQLite of Python.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from skipgramophone.errors import StorageError
from skipgramophone.utf8 import replace_surrogates

if "tensorflow" in sys.modules and "_sqlite3" not in sys.modules and hasattr(os, "RTLD_DEEPBIND"):
    flags = sys.getdlopenflags()
    sys.setdlopenflags(flags | os.RTLD_DEEPBIND)
    try:
        import _sqlite3  # noqa: F401
    finally:
        sys.setdlopenflags(flags)
import sqlite3

__all__ = ["bindable", "require_full_text", "sqlite3", "sqlite_uri"]


def sqlite_uri(path: Path) -> str:
    """Return the URI of a file, even if its name is not valid UTF-8."""
    return f"file:{quote(os.fsencode(path.absolute()))}"


def bindable(values: Sequence[Any]) -> list[Any]:
    """Replace lone surrogates in parameters: SQLite cannot encode them, and no name contains them."""
    return [replace_surrogates(value) if isinstance(value, str) else value for value in values]


def require_full_text(database: sqlite3.Connection) -> None:
    """Verify that SQLite has full-text search.

    Raises:
        StorageError: SQLite has no FTS5.
    """
    if not database.execute("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'").fetchone():
        raise StorageError(
            f"this process uses SQLite {sqlite3.sqlite_version} without full-text search (FTS5): import "
            "skipgramophone before tensorflow and sqlite3, or use a Python installation whose SQLite has FTS5"
        )
