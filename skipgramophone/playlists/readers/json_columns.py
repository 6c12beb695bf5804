"""Decodes many JSON objects at once with msgspec: the objects of an array, or of JSON lines.

msgspec is stricter than Python's parser: it refuses lone surrogates, NaN and values of unexpected types. Objects
that it refuses are read one by one with Python's parser. Both parsers use the last of duplicate keys.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.playlists.readers.documents import LARGEST
from skipgramophone.playlists.readers.lines import (
    BYTE_ORDER_MARK,
    RawLines,
    is_text,
    places_where,
    require_smaller,
    skip_byte_order_mark,
    with_plain_ends,
)
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.settings import ALL_ROWS

WINDOW = 4 << 20  # approximate number of bytes of JSON objects that are decoded together
WHITESPACE = b" \t\n\r"
HEAD = 1 << 16  # the first two objects of a file must be within this many bytes
DIGITS = 1 << 11
Decode = Callable[[bytes], list[Any] | None]  # array or lines -> decoded objects; None if msgspec refuses one of them


@dataclass(frozen=True)
class ArrayPart:
    """Consecutive values of a JSON array.

    Attributes:
        data: the values as a JSON array.
        values: the objects that msgspec has decoded, or the values as Python reads them.
        decoded: whether msgspec has decoded the values.
        first: the number of the first of these values, from 1.
        wanted: how many of these values become rows; the other values must be valid JSON too.
    """

    data: bytes
    values: list[Any]
    decoded: bool
    first: int
    wanted: int

    def some(self, rows: Sequence[int]) -> list[Any]:
        """Return the values at some indices as Python reads them."""
        if not self.decoded:
            return [self.values[at] for at in rows]
        starts = self._starts
        if starts is None:
            return values_of(self._texts[at] for at in rows)
        data, at = self.data, np.asarray(rows, np.int64)
        bounds = zip(starts[at].tolist(), starts[at + 1].tolist(), strict=True)
        return values_of(data[start : data.rfind(b"}", start, end) + 1] for start, end in bounds)

    @cached_property
    def _starts(self) -> npt.NDArray[np.int64] | None:
        """The start of each object in `data`, followed by the end of `data`.

        None if an object contains another object, or a string with the character "{".
        """
        starts = places_where(self.data, lambda letters: letters == ord("{"))
        return np.append(starts, len(self.data)) if len(starts) == len(self.values) else None

    @cached_property
    def _texts(self) -> list[bytes]:
        """The text of each object."""
        import msgspec

        return [bytes(raw) for raw in msgspec.json.decode(self.data, type=list[msgspec.Raw])]


def values_of(texts: Iterable[bytes]) -> list[Any]:
    """Return JSON values as Python's parser would read them.

    Each text must be a value that msgspec has already accepted: it has decoded the value, or found its end and skipped
    it.
    """
    import msgspec

    decode, found = msgspec.json.Decoder().decode, []
    for text in texts:
        try:
            found.append(decode(text))  # three times as fast
        except (msgspec.DecodeError, RecursionError):  # msgspec skips numbers that it does not decode, such as 1e999
            found.append(json.loads(text.decode()))
    return found


def has_long_number(data: bytes) -> bool:
    """Whether data may contain an integer with too many digits for Python.

    msgspec does not notice such an integer if it skips the field. Python refuses more than 4,300 digits. A number of
    that length fills at least one aligned block of 2,048 bytes, so it is enough to look for blocks of digits only.
    """
    starts = np.arange(0, len(data), DIGITS)
    letters = np.frombuffer(data, np.uint8)[starts]
    doubtful = starts[(letters >= ord("0")) & (letters <= ord("9"))]
    return any(
        len(block) == DIGITS and block.isdigit() for block in (data[at : at + DIGITS] for at in doubtful.tolist())
    )


def array_parts(stream: OpenFile, decode: Decode, number: int) -> Iterator[ArrayPart | None]:
    """Yield the values of a file with a JSON array in parts; yield None if the file must be read as a whole.

    Args:
        stream: the file.
        decode: decodes a JSON array of objects, or returns None if msgspec refuses it.
        number: how many values are read, or `ALL_ROWS`.

    Raises:
        SourceError: the file has more than `LARGEST` bytes, or its compressed data is damaged.
    """
    first = 1
    for data in _arrays(stream):
        is_valid = is_text(data)
        objects = decode(data) if is_valid and not has_long_number(data) else None
        values = _read_array(data) if objects is None and is_valid else objects
        if values is None:
            yield None
            return
        wanted = len(values) if number == ALL_ROWS else max(0, min(len(values), number + 1 - first))
        yield ArrayPart(data, values, objects is not None, first=first, wanted=wanted)
        first += len(values)


def _read_array(data: bytes) -> list[Any] | None:
    """Return a JSON array as Python reads it, or None if the data is not a JSON array."""
    try:
        values = json.loads(data.decode())
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, list) else None


def _arrays(stream: OpenFile) -> Iterator[bytes]:
    """Split a file with a JSON array into arrays of about `WINDOW` bytes; yield b"" if there seems to be no array.

    The file is split where the text that separates its first two objects occurs again. If the file is split inside
    an object, the array before the split is not valid JSON, because an object or a string in it is not closed.
    """
    gap = _gap(stream.peek(HEAD).removeprefix(BYTE_ORDER_MARK))
    if gap is None:
        yield b""
        return
    pending, size, total, opening = list[bytes](), 0, skip_byte_order_mark(stream), b""
    while chunk := stream.read(WINDOW):
        size, total = size + len(chunk), total + len(chunk)
        require_smaller(stream, total, LARGEST)
        cut = chunk.rfind(b"}" + gap + b"{") if size >= WINDOW else -1
        if cut < 0:
            pending.append(chunk)
            continue
        yield b"".join((opening, *pending, memoryview(chunk)[: cut + 1], b"]"))
        pending, opening = [chunk[cut + 1 + len(gap) :]], b"["
        size = len(pending[0])
    yield b"".join((opening, *pending))


def _gap(head: bytes) -> bytes | None:
    """Return the text between the first two objects of an array, or None if the head has fewer than two objects."""
    text = head.decode("utf-8", "ignore")
    start = text.find("{")
    try:
        _, end = json.JSONDecoder().raw_decode(text, max(start, 0))
    except (ValueError, RecursionError):
        return None
    following = text.find("{", end)
    gap = text[end:following].encode() if following >= 0 else b""
    return gap if gap.strip(WHITESPACE) == b"," else None


def objects_on_lines(raw: RawLines) -> RawLines | None:
    """Return lines with LF line ends, or None if a line does not begin with "{" and end with "}".

    If the number of JSON objects is equal to the number of lines, each line is one object. No object can span two
    lines, because each line ends with a closing brace and the next line starts with an opening brace.
    """
    data, letters, ends = _control_characters(raw.data)
    if np.any(letters[ends] == ord("\r")):
        data, letters, ends = _control_characters(with_plain_ends(data))
    # JSON allows other control characters between values, but not in strings.
    if np.any(letters[ends] != ord("\n")) or not is_text(data) or has_long_number(data):
        return None
    edges = np.concatenate([[-1], ends, [] if data.endswith(b"\n") else [len(data)]]).astype(np.int64)
    if not data or np.any(np.diff(edges) < 2):
        return None
    if np.any(letters[edges[:-1] + 1] != ord("{")) or np.any(letters[edges[1:] - 1] != ord("}")):
        return None
    return raw if data is raw.data else replace(raw, data=data)


def _control_characters(data: bytes) -> tuple[bytes, npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Return data, its bytes, and the offsets of control characters, such as line ends, in ascending order."""
    return data, np.frombuffer(data, np.uint8), places_where(data, lambda letters: letters < ord(" "))
