"""Detect files that another program changes while they are read.

A source is opened several times: its format is detected, its rows are read, and its checksum is computed. If it changes
in between, the rows and the checksum do not belong together, or the rows end early. Each time, the file must therefore
have the same size and modification time as when it was found.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from skipgramophone.errors import SourceError, storage_errors


@dataclass(frozen=True, slots=True)
class FileVersion:
    """Size in bytes and modification time of a file; both are those of the target if the path is a link."""

    size: int
    modified_ns: int


def version_of(path: Path) -> FileVersion:
    """Return the current version of a file.

    Raises:
        StorageError: the file does not exist, or cannot be read.
    """
    with storage_errors(path, "read"):
        status = path.stat()
    return FileVersion(status.st_size, status.st_mtime_ns)


def require_version(path: Path, version: FileVersion, name: str = "") -> None:
    """Verify that a file still has the given version.

    Args:
        path: the file.
        version: its version when it was found.
        name: name of the file in the error; the default is its path.

    Raises:
        SourceError: the file has been changed or replaced.
        StorageError: the file has been removed, or cannot be read.
    """
    if version_of(path) != version:
        raise SourceError(
            f"{name or path} changed while it was read: wait until no other program writes it, then run the command "
            "again"
        )


@contextmanager
def same_version(path: Path, version: FileVersion | None, name: str = "") -> Iterator[None]:
    """Context manager that verifies after the `with` block that a file still has the given version.

    If `version` is None, nothing is verified. A change can make a file look damaged. If the `with` block raises a
    `SourceError` and the file has changed, the error is therefore replaced by one that reports the change.

    Raises:
        SourceError: the file has been changed or replaced.
        StorageError: the file has been removed, or cannot be read.
    """
    try:
        yield
    except SourceError:
        if version:
            require_version(path, version, name)
        raise
    if version:
        require_version(path, version, name)
