"""Files behind a path: one file, those of a directory, those inside a zip archive, or standard input.

Data in gz and zst are unpacked on the way. What is packed is known by its first bytes, never by its name. Reading is
one stream from the start to the end; damage in packed data becomes one line.
"""

from __future__ import annotations

import codecs
import gzip
import io
import os
import stat
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

import pyarrow as pa

from skipgramophone.errors import SourceError, storage_errors

STANDARD_INPUT = Path("-")
COPIED_AT_ONCE = 1 << 20
HIDDEN = "hidden"
GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
LARGEST_EXPANSION, HARMLESS_SIZE = 200, 256 << 20  # a zip member that is larger and more tightly packed is a bomb
DAMAGE = (EOFError, OSError, UnicodeDecodeError, zlib.error, zipfile.BadZipFile, pa.ArrowException)


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
    passed_over: str = ""  # why it is not read, if it is not
    sessions: Any = None  # of the listening history that this file is a part of; see `histories`
    spool: Any = None  # keeps what was read from standard input until nobody needs it

    @property
    def display_name(self) -> str:
        """What messages call it, in one line: the path that a person can go to, where there is one."""
        name = self.name if self.spool or self.member else str(self.path)
        return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in name)

    @property
    def place(self) -> str:
        """What tells this file from every other, with a NUL in it: see `rows.IN_ONE_FILE`."""
        return f"{self.path}\0{self.member or ''}"

    def sibling(self, name: str) -> SourceFile | None:
        """The file of a name beside this one, if there is one."""
        if self.member is not None:
            inside = str(PurePosixPath(self.member).with_name(name))
            with storage_errors(self.path, "read"), damage_errors(self), zipfile.ZipFile(self.path) as archive:
                there = inside in archive.namelist()
            return replace(self, name=str(PurePosixPath(self.name).with_name(name)), member=inside) if there else None
        path = self.path.with_name(name)
        if self.spool or not path.is_file():
            return None
        return SourceFile(path, str(PurePosixPath(self.name).with_name(name)), path.stat().st_size)

    @contextmanager
    def open(self, encoding: str = "utf-8", replaces: bool = False) -> Iterator[OpenFile]:
        """Open the file for reading, unpacked.

        Args:
            encoding: of its text, which is handed out as UTF-8.
            replaces: bytes that are not in the encoding are replaced, where text is made of them.

        Raises:
            SourceError: the archive is damaged, locked with a password, or unpacks to a size that is a trap.
            StorageError: the file system failed.
        """
        with ExitStack() as stack, storage_errors(self.path, "read"):
            raw = stack.enter_context(self.path.open("rb"))
            packed = raw
            if self.member is not None:
                packed = stack.enter_context(io.BufferedReader(cast(io.RawIOBase, self._member(raw, stack))))
            data = self._unpacked(packed)
            if codecs.lookup(encoding).name != "utf-8":
                data = cast(IO[bytes], RecodedStream(data, encoding, self.display_name))
            yield OpenFile(self, packed, data, encoding.upper(), replaces)

    def _member(self, raw: IO[bytes], stack: ExitStack) -> IO[bytes]:
        """Open the member of a zip archive."""
        with damage_errors(self):
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
        with damage_errors(self):
            head = packed.peek(4)
            if head.startswith(GZIP_MAGIC):
                return cast(IO[bytes], gzip.open(packed))
            if head.startswith(ZSTD_MAGIC):
                return cast(IO[bytes], pa.CompressedInputStream(pa.PythonFile(packed, "r"), "zstd"))
        return packed


class OpenFile:
    """A file being read: bytes, and how far it has come on disk."""

    def __init__(
        self, file: SourceFile, packed: io.BufferedReader, data: IO[bytes], encoding: str, replaces: bool
    ) -> None:
        self.file = file
        self.encoding = encoding
        self.replaced = 0  # letters that stand for bytes which are none
        self._packed = packed
        self._data = data
        self._ahead = b""
        self._replaces = replaces

    def read(self, size: int) -> bytes:
        """Read up to so many unpacked bytes; none are left where none come.

        Raises:
            SourceError: the packed data is damaged or cut short.
        """
        ahead, self._ahead = self._ahead[:size], self._ahead[size:]
        return ahead or self._read(size)

    def peek(self, size: int) -> bytes:
        """The first bytes, which are still to be read."""
        while len(self._ahead) < size and (more := self._read(size)):
            self._ahead += more
        return self._ahead[:size]

    def _read(self, size: int) -> bytes:
        """Read what has not been looked at."""
        with damage_errors(self.file):
            return self._data.read(size)

    def text(self, raw: bytes) -> str | None:
        """Bytes as text; None where they are not UTF-8, unless what is bad in them is to be replaced."""
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            if not self._replaces:
                return None
        text = raw.decode("utf-8", "replace")
        self.replaced += text.count("\ufffd") - raw.count("\ufffd".encode())
        return text

    @property
    def bytes_read(self) -> int:
        """Bytes on disk that have been read; of a zip member its share."""
        return min(self.file.size, self._packed.tell())


class RecodedStream:
    """Bytes in some encoding, read as UTF-8. A byte that is no letter stays as it is, so that its line can be told."""

    def __init__(self, data: IO[bytes], encoding: str, display_name: str) -> None:
        self._data = data
        self._called = display_name
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")

    def read(self, size: int) -> bytes:
        """Read about so many bytes; none are left where none come.

        Raises:
            SourceError: the data cannot be in the encoding.
        """
        text, raw = "", b"?"
        try:
            while raw and not text:
                raw = self._data.read(size)
                text = self._decoder.decode(raw, final=not raw)
            return text.encode("utf-8", "surrogateescape")
        except UnicodeError as error:
            raise SourceError(f"{self._called} is not in {self._encoding}: {error}") from error


@contextmanager
def damage_errors(file: SourceFile) -> Iterator[None]:
    """Turn damage in packed data into one line."""
    try:
        yield
    except DAMAGE as error:
        if isinstance(error, OSError) and error.errno is not None:  # what unpacks complains without a number
            raise
        raise SourceError(f"{file.display_name}: the packed data is damaged or cut short") from error
    except NotImplementedError as error:  # what zipfile says of a method or a version that it does not know
        raise SourceError(f"{file.display_name} is packed in a way that sgp does not know: unpack it first") from error


def files_of(path: Path, received: Callable[[int], None] = lambda _size: None) -> list[SourceFile]:
    """All files that a path stands for, in order of their names; links to directories are not followed.

    Args:
        path: what was given.
        received: is told how many bytes of standard input have come so far.

    Raises:
        SourceError: there is no file, or something that is neither file nor directory.
        StorageError: the file system failed.
    """
    if path == STANDARD_INPUT:
        return [_standard_input(received)]
    try:
        with storage_errors(path, "read"):
            mode = path.stat().st_mode
    except ValueError as error:  # a NUL in the path
        raise SourceError(f"{str(path)!r} is no path: {error}") from error
    if stat.S_ISDIR(mode):
        found = [member for below, reason in _files_below(path) for member in _source_files(below, path, reason)]
        if not found:
            raise SourceError(f"{path} is a directory without a file")
        return found
    if not stat.S_ISREG(mode):
        raise SourceError(f"{path} is not a regular file")
    return _members(path, printable_path(Path(path.name)))


def _source_files(path: Path, directory: Path, reason: str) -> list[SourceFile]:
    """The files that something below a directory stands for."""
    name = printable_path(path.relative_to(directory.parent))
    return [SourceFile(path, name, 0, passed_over=reason)] if reason else _members(path, name)


def printable_path(path: Path) -> str:
    """A path as it is kept in reports: bytes of it that are no UTF-8 are written as \\xNN."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def _files_below(directory: Path) -> list[tuple[Path, str]]:
    """What lies below a directory, in order of its names, each with the reason for which it is not read ("": none)."""
    found: list[tuple[Path, str]] = []
    with storage_errors(directory, "read"):
        for parent, directories, names in os.walk(directory, onerror=_reraise):
            for path in (Path(parent) / name for name in (*directories, *names)):
                reason = _reason_to_skip(path)
                if reason or not path.is_dir():
                    found.append((path, reason))
            directories[:] = [name for name in directories if not _reason_to_skip(Path(parent) / name)]
    return sorted(found)


def _reason_to_skip(path: Path) -> str:
    """Why something below a directory is not read, or nothing."""
    if path.name.startswith("."):
        return HIDDEN
    if path.is_dir():
        return "a link to a directory" if path.is_symlink() else ""
    return "" if path.is_file() else "not a regular file"


def _reraise(error: OSError) -> None:
    """Do not pass over a directory that cannot be read."""
    raise error


def _members(path: Path, name: str) -> list[SourceFile]:
    """A file, or what a zip archive holds."""
    with storage_errors(path, "read"), path.open("rb") as file:
        whole = SourceFile(path, name, path.stat().st_size)
        if not file.read(4).startswith(ZIP_MAGICS):
            return [whole]
    with storage_errors(path, "read"), damage_errors(whole), zipfile.ZipFile(path) as archive:
        # `is_dir` of Python 3.11 fails of a name without a letter.
        files = (known for known in archive.infolist() if not known.filename.endswith("/"))
        inside = sorted(files, key=lambda known: known.filename)
        if not inside:
            raise SourceError(f"{path} is an archive without a file")
        return [
            SourceFile(path, f"{name}/{known.filename}", known.compress_size, known.filename, _hidden(known.filename))
            for known in inside
        ]


def _hidden(member: str) -> str:
    """The reason for which a member of an archive is not read, or nothing; macOS adds files that nobody sees."""
    parts = PurePosixPath(member).parts
    return HIDDEN if "__MACOSX" in parts or any(part.startswith(".") for part in parts) else ""


def _standard_input(received: Callable[[int], None]) -> SourceFile:
    """Standard input, kept in a file: it has to be looked at before it is read, and hashed."""
    spool = tempfile.NamedTemporaryFile(prefix="sgp-")  # noqa: SIM115 (it lives as long as the source)
    path, source = Path(spool.name), cast(io.BufferedReader, sys.stdin.buffer)
    with storage_errors(path, "write"):
        while some := source.read1(COPIED_AT_ONCE):
            spool.write(some)
            received(spool.tell())
        spool.flush()
    return SourceFile(path, "standard input", path.stat().st_size, spool=spool)
