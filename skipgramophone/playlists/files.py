"""Files behind a path: one file, those of a directory, those inside a zip archive, or standard input.

Data in gz and zst are unpacked on the way. What is packed is known by its first bytes, never by its name. Reading is
one stream from the start to the end; damage in packed data becomes one line.
"""

from __future__ import annotations

import gzip
import io
import os
import shutil
import stat
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa

from skipgramophone.errors import SourceError, storage_errors

STANDARD_INPUT = Path("-")
GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
LARGEST_EXPANSION, HARMLESS_SIZE = 200, 256 << 20  # a zip member that is larger and more tightly packed is a bomb
DAMAGE = (EOFError, OSError, zlib.error, zipfile.BadZipFile, pa.ArrowException)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to read: `path` on disk, and its `member` where that is a zip archive.

    `name` is what reports call it: it begins at the path that was given, so that it does not say where that lay.
    `size` counts bytes on disk.
    """

    path: Path
    name: str
    size: int
    member: str | None = None
    spool: Any = None  # keeps what was read from standard input until nobody needs it

    @property
    def called(self) -> str:
        """What messages call it: the path that a person can go to, where there is one."""
        return self.name if self.spool or self.member else str(self.path)

    @property
    def place(self) -> str:
        """What tells this file from every other."""
        return f"{self.path}\0{self.member or ''}"

    @contextmanager
    def open(self) -> Iterator[OpenFile]:
        """Open the file for reading, unpacked.

        Raises:
            SourceError: the archive is damaged, locked with a password, or unpacks to a size that is a trap.
            StorageError: the file system failed.
        """
        with ExitStack() as stack, storage_errors(self.path, "read"):
            raw = stack.enter_context(self.path.open("rb"))
            packed = raw
            if self.member is not None:
                packed = stack.enter_context(io.BufferedReader(cast(io.RawIOBase, self._member(raw, stack))))
            yield OpenFile(self, packed, self._unpacked(packed))

    def _member(self, raw: IO[bytes], stack: ExitStack) -> IO[bytes]:
        """Open the member of a zip archive."""
        with damage_told(self):
            archive = stack.enter_context(zipfile.ZipFile(raw))
            known = archive.getinfo(self.member or "")
            if known.flag_bits & 1:
                raise SourceError(f"{self.name} is locked with a password: unpack it first")
            if known.file_size > max(HARMLESS_SIZE, LARGEST_EXPANSION * known.compress_size):
                raise SourceError(
                    f"{self.name} unpacks from {known.compress_size:,} bytes to {known.file_size:,}: "
                    "unpack it by hand if it is meant to"
                )
            return stack.enter_context(archive.open(known))

    def _unpacked(self, packed: io.BufferedReader) -> IO[bytes]:
        """What unpacks gz and zst data, or the data as they are."""
        with damage_told(self):
            head = packed.peek(4)
            if head.startswith(GZIP_MAGIC):
                return cast(IO[bytes], gzip.open(packed))
            if head.startswith(ZSTD_MAGIC):
                return cast(IO[bytes], pa.CompressedInputStream(pa.PythonFile(packed, "r"), "zstd"))
        return packed


class OpenFile:
    """A file being read: bytes, and how far it has come on disk."""

    def __init__(self, file: SourceFile, packed: io.BufferedReader, data: IO[bytes]) -> None:
        self.file = file
        self._packed = packed
        self._data = data

    def read(self, size: int) -> bytes:
        """Read up to so many unpacked bytes; none are left where none come.

        Raises:
            SourceError: the packed data is damaged or cut short.
        """
        with damage_told(self.file):
            return self._data.read(size)

    @property
    def bytes_read(self) -> int:
        """Bytes on disk that have been read; of a zip member its share."""
        return min(self.file.size, self._packed.tell())


@contextmanager
def damage_told(file: SourceFile) -> Iterator[None]:
    """Turn damage in packed data into one line."""
    try:
        yield
    except DAMAGE as error:
        if isinstance(error, OSError) and error.errno is not None:  # what unpacks complains without a number
            raise
        raise SourceError(f"{file.called}: the packed data is damaged or cut short") from error


def files_of(path: Path) -> list[SourceFile]:
    """All files that a path stands for, in order of their names; links to directories are not followed.

    Raises:
        SourceError: there is no file, or something that is neither file nor directory.
        StorageError: the file system failed.
    """
    if path == STANDARD_INPUT:
        return [_standard_input()]
    try:
        with storage_errors(path, "read"):
            mode = path.stat().st_mode
    except ValueError as error:  # a NUL in the path
        raise SourceError(f"{str(path)!r} is no path: {error}") from error
    if stat.S_ISDIR(mode):
        found = [member for file in _below(path) for member in _members(file, shown(file.relative_to(path.parent)))]
        if not found:
            raise SourceError(f"{path} is a directory without a file")
        return found
    if not stat.S_ISREG(mode):
        raise SourceError(f"{path} is not a regular file")
    return _members(path, shown(Path(path.name)))


def shown(path: Path) -> str:
    """A path as it is kept in reports: bytes of it that are no UTF-8 are written as \\xNN."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def _below(directory: Path) -> list[Path]:
    """The regular files below a directory, hidden ones left out, in order of their names."""
    with storage_errors(directory, "read"):
        return sorted(
            Path(parent) / name
            for parent, _, names in os.walk(directory, onerror=_raise)
            for name in names
            if not name.startswith(".") and (Path(parent) / name).is_file()
        )


def _raise(error: OSError) -> None:
    """Do not pass over a directory that cannot be read."""
    raise error


def _members(path: Path, name: str) -> list[SourceFile]:
    """A file, or what a zip archive holds."""
    with storage_errors(path, "read"), path.open("rb") as file:
        size = path.stat().st_size
        if not file.read(4).startswith(ZIP_MAGICS):
            return [SourceFile(path, name, size)]
    whole = SourceFile(path, name, size)
    with storage_errors(path, "read"), damage_told(whole), zipfile.ZipFile(path) as archive:
        inside = sorted((known for known in archive.infolist() if not known.is_dir()), key=lambda known: known.filename)
        if not inside:
            raise SourceError(f"{path} is an archive without a file")
        return [SourceFile(path, f"{name}/{known.filename}", known.compress_size, known.filename) for known in inside]


def _standard_input() -> SourceFile:
    """Standard input, kept in a file: it has to be looked at before it is read, and hashed."""
    spool = tempfile.NamedTemporaryFile(prefix="sgp-")  # noqa: SIM115 (it lives as long as the source)
    path = Path(spool.name)
    with storage_errors(path, "write"):
        shutil.copyfileobj(sys.stdin.buffer, spool)
        spool.flush()
    return SourceFile(path, "standard input", path.stat().st_size, spool=spool)
