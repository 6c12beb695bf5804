"""Opens zip archives for reading, and keeps the last one open.

To open an archive, the list of all its members must be read. If the archive were opened again for each of thousands of
members, this list would be read thousands of times.
"""

from __future__ import annotations

import zipfile
from functools import lru_cache
from pathlib import Path


def open_archive(path: Path) -> zipfile.ZipFile:
    """Return an open archive, which the caller must not close.

    If the file has changed since it was opened, it is opened again.

    Raises:
        OSError: the file does not exist, or cannot be read.
        BadZipFile: the archive is damaged.
    """
    status = path.stat()
    return _open(path, (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns))


@lru_cache(maxsize=1)
def _open(path: Path, _version: tuple[int, ...]) -> zipfile.ZipFile:
    """Open an archive, and keep it open for the next call.

    When another archive has been opened, this archive is closed as soon as none of its members is open.
    """
    return zipfile.ZipFile(path)
