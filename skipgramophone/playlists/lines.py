"""Lines of a text file, in blocks, with line numbers, and bad bytes set aside.

A block is a few megabytes of whole lines. A line that is not in the encoding or holds a NUL byte cannot be a row and is
handed back as a reject; nothing is guessed. A byte order mark is no part of the first line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.errors import SourceError
from skipgramophone.playlists.files import OpenFile
from skipgramophone.playlists.rows import Reject

BLOCK_BYTES = 64 << 20
LONGEST_LINE = 64 << 20  # a "line" beyond this is no row: stop before it fills the memory
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NUL_BYTE = "holds a NUL byte"


@dataclass(frozen=True, slots=True)
class LineBlock:
    """Whole lines (large_string) without their ends; `numbers` (int64) counts from 1 as an editor does."""

    lines: pa.Array
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
        block = _decode(stream, data, first)
        first += len(block.lines) + len(block.rejects)
        yield block


def numbered_lines(stream: OpenFile) -> Iterator[tuple[int, str, str]]:
    """Deliver lines one by one: its number, its text, and what is wrong with it ("": nothing).

    Raises:
        SourceError: the packed data is damaged, or a line has no end.
    """
    for block in read_lines(stream):
        good = zip(block.numbers.tolist(), block.lines.to_pylist(), ("" for _ in block.lines), strict=True)
        bad = ((reject.line, reject.text, reject.reason) for reject in block.rejects)
        yield from sorted((*good, *bad)) if block.rejects else good


def whole_text(stream: OpenFile, largest: int) -> str:
    """A whole file as text.

    Raises:
        SourceError: the file is larger than so many bytes, not in its encoding, or its packed data is damaged.
    """
    text = stream.text(whole_bytes(stream, largest))
    if text is None:
        raise SourceError(
            f"{stream.file.called} is not {stream.encoding}: name its --encoding, or say --bad-bytes replace"
        )
    return text


def whole_bytes(stream: OpenFile, largest: int) -> bytes:
    """A whole file without its byte order mark.

    Raises:
        SourceError: the file is larger than so many bytes, or its packed data is damaged.
    """
    data = bytearray()
    while more := stream.read(1 << 20):
        data += more
        if len(data) > largest:
            raise SourceError(f"{stream.file.called} is larger than {largest >> 20:,} MiB, too large to be what it is")
    return bytes(data.removeprefix(BYTE_ORDER_MARK))


def shown(raw: bytes) -> str:
    """Text of a raw line for a report, bad bytes written as \\xNN."""
    return raw.decode("utf-8", "backslashreplace")


def _decode(stream: OpenFile, data: bytes, first: int) -> LineBlock:
    """Decode whole lines, setting aside those that cannot be text."""
    data = data.removesuffix(b"\n")
    if b"\0" not in data and (whole := _as_one_text(data)) is not None:
        lines = pc.split_pattern(whole, "\n")[0].values
        lines = _without_returns(lines) if b"\r" in data else lines
        return LineBlock(lines, np.arange(first, first + len(lines)), [], stream.bytes_read)
    lines, kept, rejects = [], [], []
    for number, line in enumerate(data.split(b"\n"), first):
        text = None if b"\0" in line else stream.text(line)
        if text is None:
            reason = NUL_BYTE if b"\0" in line else f"not {stream.encoding}"
            rejects.append(Reject(stream.file.name, number, reason, shown(line)))
        else:
            lines.append(text)
            kept.append(number)
    array = _without_returns(pa.array(lines, pa.large_string()))
    return LineBlock(array, np.array(kept, np.int64), rejects, stream.bytes_read)


def _as_one_text(data: bytes) -> pa.Array | None:
    """Bytes as an array of one string, without a copy of them; None where they are not UTF-8."""
    ends = pa.py_buffer(np.array([0, len(data)], np.int64))
    whole = pa.Array.from_buffers(pa.large_string(), 1, [None, ends, pa.py_buffer(data)])
    try:
        whole.validate(full=True)
    except pa.ArrowInvalid:
        return None
    return whole


def _without_returns(lines: pa.Array) -> pa.Array:
    """Lines without the carriage return that other systems put before the line end."""
    return pc.replace_substring_regex(lines, r"\r\z", "")


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
