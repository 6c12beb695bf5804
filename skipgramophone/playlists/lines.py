"""Lines of a text source, in blocks: plain or gzip, with line numbers, and bad bytes set aside.

A block is a few megabytes of whole lines. A line that is not UTF-8 or holds a NUL byte cannot be a row and is
handed back as a reject; nothing is replaced or guessed.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import SourceError, storage_errors
from skipgramophone.playlists.rows import Reject, file_name

BLOCK_BYTES = 16 << 20
LONGEST_LINE = 64 << 20  # a "line" beyond this is no row: stop before it fills the memory
GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class LineBlock:
    """Whole lines without their ends; `numbers` (int64) counts from 1 as an editor does."""

    lines: list[str]
    numbers: npt.NDArray[np.int64]
    rejects: list[Reject] = field(default_factory=list)
    bytes_read: int = 0


def read_lines(path: Path) -> Iterator[LineBlock]:
    """Deliver the lines of a plain or gzip file in blocks.

    Raises:
        SourceError: the gzip data is damaged, or a line has no end.
        StorageError: the file system failed.
    """
    first = 1
    for data, bytes_read in _whole_line_chunks(path):
        raw = data.split(b"\n")
        if data.endswith(b"\n"):
            raw.pop()
        numbers = np.arange(first, first + len(raw), dtype=np.int64)
        first += len(raw)
        yield _decode(path, data, raw, numbers, bytes_read)


def shown(raw: bytes) -> str:
    """Text of a raw line for a report, bad bytes written as \\xNN."""
    return raw.decode("utf-8", "backslashreplace")


def _decode(path: Path, data: bytes, raw: list[bytes], numbers: npt.NDArray[np.int64], bytes_read: int) -> LineBlock:
    """Decode the raw lines, setting aside those that cannot be text."""
    try:
        whole = data.decode("utf-8") if b"\0" not in data else None
    except UnicodeDecodeError:
        whole = None
    if whole is not None:
        lines = whole.split("\n")
        if data.endswith(b"\n"):
            lines.pop()
        return LineBlock([line.removesuffix("\r") for line in lines], numbers, bytes_read=bytes_read)
    lines, kept, rejects = [], [], []
    for line, number in zip(raw, numbers.tolist(), strict=True):
        reason = _not_text(line)
        if reason is None:
            lines.append(line.decode("utf-8").removesuffix("\r"))
            kept.append(number)
        else:
            rejects.append(Reject(file_name(path), number, reason, shown(line)))
    return LineBlock(lines, np.array(kept, np.int64), rejects, bytes_read)


def _not_text(line: bytes) -> str | None:
    """Why a line cannot be a row of text, or None where it can."""
    if b"\0" in line:
        return "holds a NUL byte"
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return "not UTF-8"
    return None


def _whole_line_chunks(path: Path) -> Iterator[tuple[bytes, int]]:
    """Read (bytes up to a line end, bytes of the file read so far), at least a block at a time."""
    with storage_errors(path, "read"), path.open("rb") as file:
        packed = file.read(2) == GZIP_MAGIC
        file.seek(0)
        stream = cast(IO[bytes], gzip.open(file) if packed else file)  # noqa: SIM115 (the file is closed above)
        pending = b""
        while True:
            data = _read_block(stream, path)
            if not data:
                break
            cut = data.rfind(b"\n") + 1
            if cut:
                yield pending + data[:cut], file.tell()
                pending = data[cut:]
            else:
                pending += data
            if len(pending) > LONGEST_LINE:
                raise SourceError(f"{path}: a line of more than {LONGEST_LINE >> 20} MiB: not a file of rows")
        if pending:
            yield pending, file.tell()


def _read_block(stream: IO[bytes], path: Path) -> bytes:
    """Read a block, turning damage in gzip data into one line."""
    try:
        return stream.read(BLOCK_BYTES)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceError(f"{path}: the gzip data is damaged or cut short") from error
