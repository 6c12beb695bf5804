"""Find and open the files of a path: a file, the files of a directory or a zip archive, or standard input.

Data that is compressed with gzip, Zstandard, bzip2 or xz is decompressed while it is read. Compression is detected from
the first bytes of a file, not from its name. A file is read once from start to end. Damaged data raises a one-line
error.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import os
import posixpath
import re
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
from skipgramophone.playlists.directory_walk import walk
from skipgramophone.playlists.readers.file_version import FileVersion, same_version, version_of
from skipgramophone.playlists.readers.old_line_ends import OldLineEnds
from skipgramophone.playlists.readers.recoded_text import MarkedStream, RecodedStream
from skipgramophone.playlists.readers.spreadsheets import spreadsheet_reason
from skipgramophone.playlists.readers.zip_archives import open_archive
from skipgramophone.utf8 import is_utf8, printable_path

STANDARD_INPUT = Path("-")
COPIED_AT_ONCE = 1 << 20
HIDDEN = "hidden"
GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
BZIP2_MAGIC = re.compile(rb"BZh[1-9]\x31\x41\x59\x26\x53\x59")
XZ_MAGIC = b"\xfd7zXZ\0"
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
# Largest compression ratio, and size in bytes. A zip member that exceeds both limits is treated as a zip bomb.
LARGEST_EXPANSION, HARMLESS_SIZE = 200, 256 << 20
DAMAGE = (EOFError, OSError, UnicodeDecodeError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, pa.ArrowException)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to read.

    Attributes:
        path: path of the file or zip archive on disk.
        name: name for reports. It starts with the last component of the user's path, so that reports do not reveal the
            directories above.
        size: size on disk in bytes.
        member: name of the member, if the path is a zip archive; otherwise None.
        passed_over: reason why the file is skipped, or "".
        sessions: state that the files of one listening history share, see `histories`; otherwise None.
        version: version of the file on disk when it was found; None if later changes are not detected.
        spool: for standard input or a pipe, the temporary file with its content; it exists as long as this object.
    """

    path: Path
    name: str
    size: int
    member: str | None = None
    passed_over: str = ""
    sessions: Any = None
    version: FileVersion | None = None
    spool: Any = None

    @property
    def display_name(self) -> str:
        """The name for messages: the path on disk, or `name` for archive members, pipes and standard input."""
        name = self.name if self.spool or self.member else str(self.path)
        if name.isprintable():
            return name
        return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in name)

    @property
    def place(self) -> str:
        """A key that is unique per file; it contains `rows.IN_ONE_FILE`."""
        path = str(self.path)
        return f"{path if is_utf8(path) else os.fsencode(path).hex()}\0{self.member or ''}"

    @property
    def directory(self) -> Path:
        """The directory of the file; for an archive member, the path of the archive and the directory inside it."""
        return self.path / PurePosixPath(self.member).parent if self.member else self.path.parent

    def sibling(self, name: str) -> SourceFile | None:
        """Return the file at the path `name`, relative to the directory of this file; None if it does not exist."""
        shown = posixpath.normpath(PurePosixPath(self.name).parent / name)
        if self.member is not None:
            inside = posixpath.normpath(PurePosixPath(self.member).parent / name)
            with storage_errors(self.path, "read"), damage_errors(self):
                there = inside in open_archive(self.path).NameToInfo
            return replace(self, name=shown, member=inside) if there else None
        path = self.path.parent / name
        if self.spool or not path.is_file():
            return None
        version = version_of(path)
        return SourceFile(path, shown, version.size, version=version)

    @contextmanager
    def open(self, encoding: str = "utf-8", replaces: bool = False) -> Iterator[OpenFile]:
        """Open the file for reading; the stream returns decompressed data, with LF for lines that end with CR alone.

        Args:
            encoding: encoding of the text; the stream returns UTF-8. If the encoding is UTF-8 but the file begins with
                a UTF-16 byte order mark, the file is decoded as UTF-16.
            replaces: whether `OpenFile.text` replaces bytes that the encoding cannot decode.

        Raises:
            SourceError: the archive is damaged, password-protected or a zip bomb, or another program changed the file.
            StorageError: the file system failed.
        """
        unchanged = same_version(self.path, self.version, self.display_name)
        with ExitStack() as stack, unchanged, storage_errors(self.path, "read"):
            if self.member is None:
                packed = stack.enter_context(self.path.open("rb"))
            else:
                packed = stack.enter_context(io.BufferedReader(cast(io.RawIOBase, self._member(stack))))
            data = self._unpacked(packed)
            if codecs.lookup(encoding).name == "utf-8":
                with damage_errors(self):
                    marked = MarkedStream(data)
                encoding, data = "utf-16" if marked.is_utf_16 else encoding, cast(IO[bytes], marked)
            if codecs.lookup(encoding).name != "utf-8":
                data = cast(IO[bytes], RecodedStream(data, encoding, self.display_name))
            data = cast(IO[bytes], OldLineEnds(data))
            yield OpenFile(self, packed, data, encoding=encoding.upper(), replaces=replaces)

    def _member(self, stack: ExitStack) -> IO[bytes]:
        """Open the member of a zip archive."""
        with damage_errors(self):
            archive = open_archive(self.path)
            known = archive.getinfo(self.member or "")
            if known.flag_bits & 1:
                raise SourceError(f"{self.display_name} is password-protected: unpack it first")
            if known.file_size > max(HARMLESS_SIZE, LARGEST_EXPANSION * known.compress_size):
                raise SourceError(
                    f"{self.display_name} would expand from {known.compress_size:,} to {known.file_size:,} bytes, "
                    "which looks like a zip bomb: if you trust it, unpack it first"
                )
            return stack.enter_context(archive.open(known))

    def _unpacked(self, packed: io.BufferedReader) -> IO[bytes]:
        """Return a stream that decompresses gzip, Zstandard, bzip2 and xz data, or other data unchanged."""
        with damage_errors(self):
            head = packed.peek(10)
            if head.startswith(GZIP_MAGIC):
                return cast(IO[bytes], gzip.open(packed))
            if head.startswith(ZSTD_MAGIC):
                return cast(IO[bytes], pa.CompressedInputStream(pa.PythonFile(packed, "r"), "zstd"))
            if BZIP2_MAGIC.match(head):
                return cast(IO[bytes], bz2.open(packed))
            if head.startswith(XZ_MAGIC):
                return cast(IO[bytes], lzma.open(packed))
        return packed


class OpenFile:
    """An open file: reads decompressed bytes, and counts how many bytes on disk have been read."""

    def __init__(
        self, file: SourceFile, packed: io.BufferedReader, data: IO[bytes], *, encoding: str, replaces: bool
    ) -> None:
        self.file = file
        self.encoding = encoding
        self.replaced = 0  # number of characters that have replaced undecodable bytes
        self._packed = packed
        self._data = data
        self._ahead = b""
        self._replaces = replaces

    def read(self, size: int) -> bytes:
        """Read up to `size` decompressed bytes; an empty result means the end of the file.

        Raises:
            SourceError: the compressed data is damaged or truncated.
        """
        ahead, self._ahead = self._ahead[:size], self._ahead[size:]
        return ahead or self._read(size)

    def peek(self, size: int) -> bytes:
        """Return the next `size` bytes, or fewer at the end of the file, without consuming them."""
        while len(self._ahead) < size and (more := self._read(size)):
            self._ahead += more
        return self._ahead[:size]

    def _read(self, size: int) -> bytes:
        """Read up to `size` more bytes from the stream; bytes that `peek` has returned are not read again."""
        with damage_errors(self.file):
            return self._data.read(size)

    def text(self, raw: bytes) -> str | None:
        """Decode UTF-8; return None if the bytes are invalid and `replaces` is false."""
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
        """Number of bytes on disk that have been read so far; an estimate for a zip member."""
        return min(self.file.size, self._packed.tell())


@contextmanager
def damage_errors(file: SourceFile) -> Iterator[None]:
    """Turn decompression errors in the `with` block into a one-line `SourceError`."""
    try:
        yield
    except DAMAGE as error:
        # Only errors of the file system have an errno; errors of decompressors have none.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise SourceError(
            f"{file.display_name}: the compressed data is damaged or truncated: copy or download it again"
        ) from error
    except NotImplementedError as error:  # zipfile does not support the method or version
        raise SourceError(
            f"{file.display_name} uses a compression method that sgp does not support: unpack it first"
        ) from error


def files_of(path: Path, received: Callable[[int], None] = lambda _size: None) -> list[SourceFile]:
    """Return all files of a path, sorted by name; links to directories are not followed.

    Args:
        path: a file, directory, archive or named pipe, or `-` for standard input.
        received: called with the number of bytes that were received from standard input or a pipe so far.

    Raises:
        SourceError: there is no file, or the path is neither a regular file nor a directory.
        StorageError: the file system failed.
    """
    if path == STANDARD_INPUT:
        return [_standard_input(received)]
    mode = _mode_of(path)
    if stat.S_ISDIR(mode):
        found = [member for below, reason in _files_below(path) for member in _source_files(below, path, reason)]
        if not found:
            raise SourceError(f"{path} is a directory without files")
        return found
    if stat.S_ISFIFO(mode):
        return [_copied_pipe(path, received)]
    _require_regular(path, mode)
    return members_of(path, printable_path(Path(path.name)))


@contextmanager
def regular_file(path: Path) -> Iterator[Path]:
    """Yield a path that can be read several times: a pipe or standard input is copied to a temporary file.

    Args:
        path: a file, directory or named pipe, or `-` for standard input.

    Raises:
        SourceError: the path is a device or a socket.
        StorageError: the file system failed.
    """
    mode = 0 if path == STANDARD_INPUT else _mode_of(path)
    if path != STANDARD_INPUT and not stat.S_ISFIFO(mode):
        if not stat.S_ISDIR(mode):
            _require_regular(path, mode)
        yield path
        return
    copy = files_of(path)[0]
    try:
        yield copy.path
    except SourceError as error:  # The message must contain the path that the user gave, not the path of the copy.
        place = "standard input" if path == STANDARD_INPUT else str(path)
        raise SourceError(
            str(error).replace(str(copy.path), place), error.on_command_line.replace(str(copy.path), place)
        ) from error
    finally:
        copy.spool.close()


def _mode_of(path: Path) -> int:
    """Return the mode (`st_mode`) of a file, following links."""
    try:
        with storage_errors(path, "read"):
            return path.stat().st_mode
    except ValueError as error:  # a NUL in the path
        raise SourceError(f"{str(path)!r} is not a valid path: {error}") from error


def _require_regular(path: Path, mode: int) -> None:
    """Refuse sockets and devices, because reading a device may never end."""
    if not stat.S_ISREG(mode):
        raise SourceError(f"{path} is not a regular file")


def _source_files(path: Path, directory: Path, reason: str) -> list[SourceFile]:
    """Return the files of a path below `directory`; if `reason` is not empty, the path is skipped for this reason."""
    name = printable_path(path.relative_to(directory.parent))
    return [SourceFile(path, name, 0, passed_over=reason)] if reason else members_of(path, name)


def _files_below(directory: Path) -> list[tuple[Path, str]]:
    """Return the files below a directory, sorted by path, each with the reason why it is skipped, or ""."""
    found: list[tuple[Path, str]] = []
    with storage_errors(directory, "read"):
        for parent, directories, names in walk(directory):
            for path in (parent / name for name in (*directories, *names)):
                reason = _reason_to_skip(path)
                if reason or not path.is_dir():
                    found.append((path, reason))
            directories[:] = [name for name in directories if not _reason_to_skip(parent / name)]
    return sorted(found)


def _reason_to_skip(path: Path) -> str:
    """Return the reason why a path below a directory is skipped, or "" if it is read."""
    if path.name.startswith("."):
        return HIDDEN
    if path.is_dir():
        return "a link to a directory" if path.is_symlink() else ""
    if path.is_file():
        return ""
    return "not a regular file" if os.path.lexists(path) else "removed while the directory was read"


def members_of(path: Path, name: str, spool: Any = None) -> list[SourceFile]:
    """Return the file at a path or, if it is a zip archive, its members; `spool` is the temporary file at the path."""
    with storage_errors(path, "read"), path.open("rb") as file:
        version = version_of(path)
        whole = SourceFile(path, name, version.size, version=version, spool=spool)
        if not file.read(4).startswith(ZIP_MAGICS):
            return [whole]
    with storage_errors(path, "read"), damage_errors(whole):
        archive = open_archive(path)
        if reason := spreadsheet_reason(archive):
            return [replace(whole, passed_over=reason)]
        # `ZipInfo.is_dir` is not used, because in Python 3.11 it fails for an empty name.
        files = (known for known in archive.infolist() if not known.filename.endswith("/"))
        inside = sorted(files, key=lambda known: known.filename)
        if not inside:
            raise SourceError(f"{whole.display_name} is an archive without files")
        return [
            SourceFile(
                path,
                f"{name}/{known.filename}",
                known.compress_size,
                member=known.filename,
                version=version,
                passed_over=_hidden(known.filename),
                spool=spool,
            )
            for known in inside
        ]


def _hidden(member: str) -> str:
    """Return the reason to skip a hidden archive member, such as those that macOS adds; "" for other members."""
    parts = PurePosixPath(member).parts
    return HIDDEN if "__MACOSX" in parts or any(part.startswith(".") for part in parts) else ""


def _standard_input(received: Callable[[int], None]) -> SourceFile:
    """Copy standard input to a temporary file."""
    return _copied(cast(io.BufferedReader, sys.stdin.buffer), "standard input", received)


def _copied_pipe(path: Path, received: Callable[[int], None]) -> SourceFile:
    """Copy a named pipe to a temporary file.

    If a shell makes the pipe for <(…), its name is a number, as in /dev/fd/63; reports then call it "pipe".
    """
    with storage_errors(path, "read"), path.open("rb") as pipe:
        return _copied(pipe, "pipe" if path.name.isdigit() else printable_path(Path(path.name)), received)


def _copied(source: io.BufferedReader, name: str, received: Callable[[int], None]) -> SourceFile:
    """Copy a stream to a temporary file, because its content is read several times."""
    spool = tempfile.NamedTemporaryFile(prefix="sgp-")  # noqa: SIM115 (exists as long as the source)
    path = Path(spool.name)
    with storage_errors(path, "write"):
        while some := source.read1(COPIED_AT_ONCE):
            spool.write(some)
            received(spool.tell())
        spool.flush()
    return SourceFile(path, name, path.stat().st_size, spool=spool)
