"""Lines of a text file, in blocks, with line numbers, and bad bytes set aside.

A block is a few megabytes of whole lines. A line that is not in the encoding or holds a NUL byte cannot be a row and is
handed back as a reject; nothing is guessed. A byte order mark is no part of the first line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import SourceError
from skipgramophone.playlists.files import OpenFile
from skipgramophone.playlists.rows import Reject

BLOCK_BYTES = 16 << 20
LONGEST_LINE = 64 << 20  # a "line" beyond this is no row: stop before it fills the memory
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class LineBlock:
    """Whole lines without their ends; `numbers` (int64) counts from 1 as an editor does."""

    lines: list[str]
    numbers: npt.NDArray[np.int64]
    rejects: list[Reject] = field(default_factory=list)
    bytes_read: int = 0


def read_lines(stream: OpenFile) -> Iterator[LineBlock]:
    """Deliver the lines of a file in blocks.

    Raises:
        SourceError: the packed data is damaged, or a line has no end.
    """
    first = 1
    for data in _whole_line_chunks(stream):
        raw = data.split(b"\n")
        if data.endswith(b"\n"):
            raw.pop()
        numbers = np.arange(first, first + len(raw), dtype=np.int64)
        first += len(raw)
        yield _decode(stream, data, raw, numbers)


def numbered_lines(stream: OpenFile) -> Iterator[tuple[int, str, str]]:
    """Deliver lines one by one: its number, its text, and what is wrong with it ("": nothing).

    Raises:
        SourceError: the packed data is damaged, or a line has no end.
    """
    for block in read_lines(stream):
        good = zip(block.numbers.tolist(), block.lines, ("" for _ in block.lines), strict=True)
        bad = ((reject.line, reject.text, reject.reason) for reject in block.rejects)
        yield from sorted((*good, *bad)) if block.rejects else good


def shown(raw: bytes) -> str:
    """Text of a raw line for a report, bad bytes written as \\xNN."""
    return raw.decode("utf-8", "backslashreplace")


def _decode(stream: OpenFile, data: bytes, raw: list[bytes], numbers: npt.NDArray[np.int64]) -> LineBlock:
    """Decode the raw lines, setting aside those that cannot be text."""
    try:
        whole = data.decode("utf-8") if b"\0" not in data else None
    except UnicodeDecodeError:
        whole = None
    if whole is not None:
        lines = whole.split("\n")
        if data.endswith(b"\n"):
            lines.pop()
        return LineBlock([line.removesuffix("\r") for line in lines], numbers, bytes_read=stream.bytes_read)
    lines, kept, rejects = [], [], []
    for line, number in zip(raw, numbers.tolist(), strict=True):
        reason = _not_text(line)
        if reason is None:
            lines.append(line.decode("utf-8").removesuffix("\r"))
            kept.append(number)
        else:
            rejects.append(Reject(stream.file.name, number, reason, shown(line)))
    return LineBlock(lines, np.array(kept, np.int64), rejects, stream.bytes_read)


def _not_text(line: bytes) -> str | None:
    """Why a line cannot be a row of text, or None where it can."""
    if b"\0" in line:
        return "holds a NUL byte"
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return "not UTF-8"
    return None


def _whole_line_chunks(stream: OpenFile) -> Iterator[bytes]:
    """Read bytes up to a line end, at least a block at a time."""
    pending = stream.read(len(BYTE_ORDER_MARK)).removeprefix(BYTE_ORDER_MARK)
    while data := stream.read(BLOCK_BYTES):
        cut = data.rfind(b"\n") + 1
        if cut:
            yield pending + data[:cut]
            pending = data[cut:]
        else:
            pending += data
        if len(pending) > LONGEST_LINE:
            raise SourceError(f"{stream.file.called}: a line of more than {LONGEST_LINE >> 20} MiB: not a file of rows")
    if pending:
        yield pending
