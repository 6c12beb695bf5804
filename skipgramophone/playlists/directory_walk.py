"""Walk through the directories below a directory.

This module replaces `os.walk`, which in Python 3.11 calls itself for each level and fails at about a thousand levels.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def walk(directory: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """Yield each directory with the names of its subdirectories and the names of its files; links are not followed.

    The caller may remove names from the list of directories; these directories are then skipped.

    Raises:
        OSError: a directory cannot be read.
    """
    pending = [directory]
    while pending:
        parent = pending.pop()
        directories: list[str] = []
        names: list[str] = []
        with os.scandir(parent) as entries:
            for entry in entries:
                (directories if _is_directory(entry) else names).append(entry.name)
        yield parent, directories, names
        pending += [path for path in (parent / name for name in reversed(directories)) if not path.is_symlink()]


def _is_directory(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a directory or a link to one; a broken link is not."""
    try:
        return entry.is_dir()
    except OSError:
        return False
