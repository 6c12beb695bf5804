"""Hashes of the files that are read: large files are hashed in the background, small ones when they are needed.

Small files are not hashed in the background, because two threads that read small files would wait for Python's
interpreter lock most of the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from pathlib import Path

from skipgramophone.experiment.publishing import file_sha256
from skipgramophone.playlists.readers.rows import Reader

LARGE = 1 << 20  # minimum size in bytes of a large file; hashing a smaller file takes about a millisecond


class SourceHashes:
    """The SHA-256 hashes of all files of some readers."""

    def __init__(self, readers: Sequence[Reader], background: Executor) -> None:
        """Start to hash the large files in the background."""
        files = {reader.file.path: reader.file for reader in readers if reader.file}
        self._known: dict[Path, str | Future[str]] = {
            path: background.submit(file_sha256, path) for path, file in sorted(files.items()) if file.size >= LARGE
        }

    def of(self, path: Path) -> str:
        """Return the hash of a file in hexadecimal.

        Raises:
            StorageError: the file cannot be read.
        """
        hashed = self._known.get(path) or file_sha256(path)
        self._known[path] = known = hashed if isinstance(hashed, str) else hashed.result()
        return known
