"""Lines of a text file, in blocks, with line numbers, and bad bytes set aside.

A block is a few megabytes of whole lines. A line that is not in the encoding or holds a NUL byte cannot be a row and is
handed back as a reject; nothing is guessed. A byte order mark is no part of the first line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.errors import SourceError
from skipgramophone.playlists.readers.rows import Reject
from skipgramophone.playlists.readers.source_files import OpenFile

BLOCK_BYTES = 16 << 20
LONGEST_LINE = 64 << 20  # a "line" beyond this is no row: stop before it fills the memory
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NUL_BYTE = "holds a NUL byte"
Line = tuple[int, str, str]  # number, text, what is wrong with it ("": nothing)


@dataclass(frozen=True, slots=True)
class LineBlock:
    """Whole lines (large_string) without their ends; `numbers` (int64) counts from 1 as an editor does."""

    lines: pa.Array
    numbers: npt.NDArray[np.int64]
    rejects: list[Reject] = field(default_factory=list)
    bytes_read: int = 0


@dataclass(frozen=True)
class RawLines:
    """Whole lines as bytes; the first of them has the number `first`, and the last may lack its end."""

    data: bytes
    first: int
    bytes_read: int

    def __len__(self) -> int:
        return self._number

    @cached_property
    def _number(self) -> int:
        """How many lines there are; numpy counts their ends four times as fast as `bytes`."""
        ends = np.count_nonzero(np.frombuffer(self.data, np.uint8) == ord("\n"))
        return int(ends) + (not self.data.endswith(b"\n") and bool(self.data))

    def split_at(self, number: int) -> tuple[RawLines, RawLines]:
        """The first lines, so many of them or fewer, and the others."""
        ends = self._ends()
        cut = int(ends[number - 1]) + 1 if number <= len(ends) else len(self.data)
        first = RawLines(self.data[:cut], self.first, self.bytes_read)
        return first, RawLines(self.data[cut:], self.first + number, self.bytes_read)

    def texts(self, numbers: npt.NDArray[np.int64]) -> list[str]:
        """The lines of some numbers as they stand, of lines that are text."""
        if not len(numbers):
            return []
        ends = np.concatenate([[-1], self._ends(), [len(self.data)]])
        at = numbers - self.first
        return [
            self.data[start + 1 : end].decode()
            for start, end in zip(ends[at].tolist(), ends[at + 1].tolist(), strict=True)
        ]

    def _ends(self) -> npt.NDArray[np.int64]:
        """Places of the line ends."""
        return np.flatnonzero(np.frombuffer(self.data, np.uint8) == ord("\n"))


def read_lines(stream: OpenFile) -> Iterator[LineBlock]:
    """Deliver the lines of a file in blocks.

    Raises:
        SourceError: the packed data is damaged, or a line has no end.
    """
    return (decode_lines(stream, raw) for raw in read_raw_lines(stream))


def read_raw_lines(stream: OpenFile) -> Iterator[RawLines]:
    """Deliver the lines of a file as bytes, in blocks.

    Raises:
        SourceError: the packed data is damaged, or a line has no end.
    """
    first = 1
    for data in _whole_line_chunks(stream):
        raw = RawLines(data, first, stream.bytes_read)
        first += len(raw)
        yield raw


def numbered_lines(stream: OpenFile) -> Iterator[Line]:
    """Deliver lines one by one.

    Raises:
        SourceError: the packed data is damaged, or a line has no end.
    """
    return number_lines(read_lines(stream))


def number_lines(blocks: Iterable[LineBlock]) -> Iterator[Line]:
    """Deliver the lines of blocks one by one, as `numbered_lines` does."""
    for block in blocks:
        good = zip(block.numbers.tolist(), block.lines.to_pylist(), ("" for _ in block.lines), strict=True)
        bad = ((reject.line, reject.text, reject.reason) for reject in block.rejects)
        yield from sorted((*good, *bad)) if block.rejects else good


def whole_text(stream: OpenFile, raw: bytes) -> str:
    """A whole file as text.

    Raises:
        SourceError: it is not in its encoding.
    """
    text = stream.text(raw)
    if text is None:
        raise SourceError(
            f"{stream.file.display_name} is not {stream.encoding}: name its --encoding, or say --bad-bytes replace"
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
            raise SourceError(
                f"{stream.file.display_name} is larger than {largest >> 20:,} MiB, too large to be what it is"
            )
    return bytes(data.removeprefix(BYTE_ORDER_MARK))


def printable(raw: bytes) -> str:
    """Text of a raw line for a report, bad bytes written as \\xNN."""
    return raw.decode("utf-8", "backslashreplace")


def decode_lines(stream: OpenFile, raw: RawLines) -> LineBlock:
    """Decode whole lines, setting aside those that cannot be text."""
    if is_text(raw.data):
        return text_lines(raw)
    lines, kept, rejects = [], [], []
    for number, line in enumerate(raw.data.removesuffix(b"\n").split(b"\n"), raw.first):
        text = None if b"\0" in line else stream.text(line)
        if text is None:
            reason = NUL_BYTE if b"\0" in line else f"not {stream.encoding}"
            rejects.append(Reject(stream.file.name, number, reason, printable(line)))
        else:
            lines.append(text)
            kept.append(number)
    array = _without_returns(pa.array(lines, pa.large_string()))
    return LineBlock(array, np.array(kept, np.int64), rejects, raw.bytes_read)


def text_lines(raw: RawLines) -> LineBlock:
    """Whole lines of text."""
    lines = pc.split_pattern(_as_one_string(raw.data.removesuffix(b"\n")), "\n")[0].values
    lines = _without_returns(lines) if b"\r" in raw.data else lines
    return LineBlock(lines, np.arange(raw.first, raw.first + len(lines)), [], raw.bytes_read)


def with_plain_ends(data: bytes) -> bytes:
    """Lines that end in a line feed alone, if no carriage return stands elsewhere than before one; else as they are."""
    if b"\r" in data and data.count(b"\r") == data.count(b"\r\n"):
        return data.replace(b"\r\n", b"\n")
    return data


def is_text(data: bytes) -> bool:
    """Whether bytes are UTF-8 without a NUL."""
    if b"\0" in data:
        return False
    try:
        _as_one_string(data).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _as_one_string(data: bytes) -> pa.Array:
    """Bytes as an array of one string, without a copy of them."""
    ends = pa.py_buffer(np.array([0, len(data)], np.int64))
    return pa.Array.from_buffers(pa.large_string(), 1, [None, ends, pa.py_buffer(data)])


def _without_returns(lines: pa.Array) -> pa.Array:
    """Lines without the carriage return that other systems put before the line end."""
    return pc.replace_substring_regex(lines, r"\r\z", "")


def _whole_line_chunks(stream: OpenFile) -> Iterator[bytes]:
    """Read bytes up to a line end, at least a block at a time."""
    pending = stream.read(len(BYTE_ORDER_MARK)).removeprefix(BYTE_ORDER_MARK)
    while data := stream.read(BLOCK_BYTES):
        cut = data.rfind(b"\n") + 1
        if cut:
            yield b"".join((pending, memoryview(data)[:cut]))
            pending = data[cut:]
        else:
            pending += data
        if len(pending) > LONGEST_LINE:
            raise SourceError(
                f"{stream.file.display_name}: a line of more than {LONGEST_LINE >> 20} MiB: not a file of rows"
            )
    if pending:
        yield pending
