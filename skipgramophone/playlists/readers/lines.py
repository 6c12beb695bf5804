"""Read the lines of a text file in blocks, with line numbers.

A block is about 16 MiB of whole lines. A line that the encoding cannot decode, or that contains a NUL byte, is
rejected. A byte order mark is not part of the first line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.errors import FormatError, SourceError
from skipgramophone.playlists.readers.rows import Reject
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.settings import ALL_ROWS
from skipgramophone.utf8 import give_encoding

BLOCK_BYTES = 16 << 20
COUNTED = 1 << 17  # number of bytes to compare at once; so few that the results stay in the processor's cache
# Maximum length of a line in bytes. Longer lines are refused, because they are probably not rows and would fill the
# memory.
LONGEST_LINE = 64 << 20
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NUL_BYTE = "contains a NUL byte"
Line = tuple[int, str, str]  # line number, text, reason for rejecting the line ("" = not rejected)


@dataclass(frozen=True, slots=True)
class LineBlock:
    """A block of whole, decoded lines.

    Attributes:
        lines: the lines without line ends, large_string.
        numbers: number of each line, counted from 1, int64 (lines,).
        rejects: lines that cannot be decoded.
        bytes_read: bytes of the file on disk that have been read so far.
    """

    lines: pa.Array
    numbers: npt.NDArray[np.int64]
    rejects: list[Reject] = field(default_factory=list)
    bytes_read: int = 0


@dataclass(frozen=True)
class RawLines:
    """A block of whole lines as bytes; the last line of a file may have no line end.

    Attributes:
        data: the lines with their line ends.
        first: number of the first line, counted from 1.
        bytes_read: bytes of the file on disk that have been read so far.
    """

    data: bytes
    first: int
    bytes_read: int

    def __len__(self) -> int:
        return self._number

    @cached_property
    def _number(self) -> int:
        """Number of lines; numpy counts line ends ten times as fast as `bytes.count`."""
        ends = sum(int(np.count_nonzero(part == ord("\n"))) for _, part in pieces_of(self.data))
        return ends + (not self.data.endswith(b"\n") and bool(self.data))

    def split_at(self, number: int) -> tuple[RawLines, RawLines]:
        """Split the block after its first `number` lines; the second part is empty if there are no more lines."""
        ends = self._ends()
        cut = int(ends[number - 1]) + 1 if number <= len(ends) else len(self.data)
        first = RawLines(self.data[:cut], self.first, self.bytes_read)
        return first, RawLines(self.data[cut:], self.first + number, self.bytes_read)

    def texts(self, numbers: npt.NDArray[np.int64]) -> list[str]:
        """Return the lines with the given numbers; these lines must be valid text."""
        if not len(numbers):
            return []
        ends = np.concatenate([[-1], self._ends(), [len(self.data)]])
        at = numbers - self.first
        return [
            self.data[start + 1 : end].decode()
            for start, end in zip(ends[at].tolist(), ends[at + 1].tolist(), strict=True)
        ]

    def _ends(self) -> npt.NDArray[np.int64]:
        """Return the offsets of the line ends in `data`."""
        return places_where(self.data, lambda letters: letters == ord("\n"))


def pieces_of(data: bytes) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
    """Split data into pieces of `COUNTED` bytes; yield the offset and the bytes of each piece."""
    letters = np.frombuffer(data, np.uint8)
    return ((start, letters[start : start + COUNTED]) for start in range(0, len(letters), COUNTED))


def places_where(
    data: bytes, is_meant: Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.bool_]]
) -> npt.NDArray[np.int64]:
    """Return the offsets of some bytes, int64, in ascending order; `is_meant` finds them in a piece of the data."""
    found = [np.flatnonzero(is_meant(part)) + start for start, part in pieces_of(data)]
    return np.concatenate(found) if found else np.empty(0, np.int64)


def read_lines(stream: OpenFile) -> Iterator[LineBlock]:
    """Yield the decoded lines of a file in blocks.

    Raises:
        SourceError: the compressed data is damaged, or a line is too long.
    """
    return (decode_lines(stream, raw) for raw in read_raw_lines(stream))


def read_raw_lines(stream: OpenFile) -> Iterator[RawLines]:
    """Yield the lines of a file as bytes, in blocks.

    Raises:
        SourceError: the compressed data is damaged, or a line is too long.
    """
    first = 1
    for data in _whole_line_chunks(stream):
        raw = RawLines(data, first, stream.bytes_read)
        first += len(raw)
        yield raw


def first_of(raws: Iterable[RawLines], number: int) -> Iterator[RawLines]:
    """Yield the first `number` lines, or all lines if `number` is `ALL_ROWS`."""
    left = number
    for raw in raws:
        yield raw if number == ALL_ROWS else raw.split_at(left)[0]
        left -= len(raw)
        if number != ALL_ROWS and left <= 0:
            return


def numbered_lines(stream: OpenFile) -> Iterator[Line]:
    """Yield the decoded lines of a file one by one.

    Raises:
        SourceError: the compressed data is damaged, or a line is too long.
    """
    return number_lines(read_lines(stream))


def number_lines(blocks: Iterable[LineBlock]) -> Iterator[Line]:
    """Yield all lines of the given blocks, including rejected ones, in order of their line numbers."""
    for block in blocks:
        good = zip(block.numbers.tolist(), block.lines.to_pylist(), ("" for _ in block.lines), strict=True)
        bad = ((reject.line, reject.text, reject.reason) for reject in block.rejects)
        yield from sorted((*good, *bad)) if block.rejects else good


def whole_text(stream: OpenFile, raw: bytes) -> str:
    """Decode the content of a whole file.

    Raises:
        SourceError: the encoding of the settings cannot decode the bytes.
    """
    text = stream.text(raw)
    if text is None:
        raise SourceError.naming(
            lambda named: (
                f"{stream.file.display_name} is not {stream.encoding}: {give_encoding(named, stream.encoding)}, "
                f"or add {named('bad_bytes', 'replace')}"
            )
        )
    return text


def whole_bytes(stream: OpenFile, largest: int) -> bytes:
    """Read a whole file, without its byte order mark.

    Raises:
        SourceError: the file has more than `largest` bytes, or its compressed data is damaged.
    """
    pieces, size = [], skip_byte_order_mark(stream)
    while more := stream.read(1 << 20):
        pieces.append(more)
        size += len(more)
        require_smaller(stream, size, largest)
    return b"".join(pieces)


def skip_byte_order_mark(stream: OpenFile) -> int:
    """Skip a byte order mark at the start of a file, and return how many bytes were skipped."""
    return len(stream.read(len(BYTE_ORDER_MARK))) if stream.peek(len(BYTE_ORDER_MARK)) == BYTE_ORDER_MARK else 0


def require_smaller(stream: OpenFile, size: int, largest: int) -> None:
    """Raise `SourceError` if the part of a file that has been read has more than `largest` bytes."""
    if size > largest:
        raise SourceError(
            f"{stream.file.display_name} is larger than {largest >> 20:,} MiB, the limit for its format: split it"
        )


def printable(raw: bytes) -> str:
    """Return a raw line as text for a report; undecodable bytes are written as \\xNN."""
    return raw.decode("utf-8", "backslashreplace")


def decode_lines(stream: OpenFile, raw: RawLines) -> LineBlock:
    """Decode a block of lines; lines that cannot be decoded are rejected."""
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
    """Decode a block of lines that are all valid UTF-8."""
    lines = pc.split_pattern(_as_one_string(raw.data.removesuffix(b"\n")), "\n")[0].values
    lines = _without_returns(lines) if b"\r" in raw.data else lines
    return LineBlock(lines, np.arange(raw.first, raw.first + len(lines)), [], raw.bytes_read)


def with_plain_ends(data: bytes) -> bytes:
    """Replace CRLF line ends by LF; data with any other carriage return is returned unchanged."""
    if b"\r" in data and data.count(b"\r") == data.count(b"\r\n"):
        return data.replace(b"\r\n", b"\n")
    return data


def is_text(data: bytes) -> bool:
    """Whether bytes are valid UTF-8 without NUL bytes."""
    if b"\0" in data:
        return False
    try:
        _as_one_string(data).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _as_one_string(data: bytes) -> pa.Array:
    """Return an Arrow array of one string that shares the memory of `data`."""
    ends = pa.py_buffer(np.array([0, len(data)], np.int64))
    return pa.Array.from_buffers(pa.large_string(), 1, [None, ends, pa.py_buffer(data)])


def _without_returns(lines: pa.Array) -> pa.Array:
    """Remove a carriage return at the end of each line."""
    return pc.replace_substring_regex(lines, r"\r\z", "")


def _whole_line_chunks(stream: OpenFile) -> Iterator[bytes]:
    """Yield chunks of about `BLOCK_BYTES` that end at a line end."""
    pending = stream.read(len(BYTE_ORDER_MARK)).removeprefix(BYTE_ORDER_MARK)
    while data := _next_bytes(stream):
        cut = data.rfind(b"\n") + 1
        if cut:
            yield b"".join((pending, memoryview(data)[:cut]))
            pending = data[cut:]
        else:
            pending += data
        if len(pending) > LONGEST_LINE:
            raise FormatError(
                f"{stream.file.display_name}: a line is longer than {LONGEST_LINE >> 20} MiB, so this is probably not "
                "text with a row per line"
            )
    if pending:
        yield pending


def _next_bytes(stream: OpenFile) -> bytes:
    """Read `BLOCK_BYTES`, or fewer at the end of the file.

    A single read may return fewer bytes, for example those that `peek` has read. For a small file, it is faster to read
    all lines as one block than as several.
    """
    pieces, left = list[bytes](), BLOCK_BYTES
    while left > 0 and (more := stream.read(left)):
        pieces.append(more)
        left -= len(more)
    return b"".join(pieces)
