"""Reads JSON objects (in an array or on lines) into columns with Arrow, if Arrow reads them as Python does.

Arrow and Python treat duplicate keys, control characters and some numbers differently. If the data may contain these,
the functions return None, and the caller reads the objects one by one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as arrow_json

from skipgramophone.playlists.readers.lines import RawLines, is_text, text_lines, with_plain_ends
from skipgramophone.settings import ALL_ROWS

WINDOW = 1 << 24  # bytes of objects that are read together
WHITESPACE = b" \t\n\r"
HEAD = 1 << 16  # the first two objects must be within this many bytes


@dataclass(frozen=True, slots=True)
class ArrayPart:
    """Consecutive objects of a JSON array.

    Attributes:
        contents: the objects without their outer braces.
        first: the number of the first of these objects, from 1.
        wanted: how many of these objects are read; the other objects must be valid too.
    """

    contents: list[bytes]
    first: int
    wanted: int

    def one(self, at: int) -> dict[str, Any]:
        """Return the object at an index."""
        found: dict[str, Any] = json.loads(f"{{{self.contents[at].decode()}}}")
        return found

    def table(self, schema: pa.Schema) -> pa.Table | None:
        """Return fields of the wanted objects, or None if Arrow would read the objects differently from Python."""
        text = b"{" + b"}\n{".join(self.contents) + b"}"
        table = columns_of_objects(text, len(self.contents), schema)
        return None if table is None else table[: self.wanted]

    def are_objects(self) -> bool:
        """Whether Python also reads each entry of `contents` as one object."""
        try:
            values = json.loads(b"[{" + b"},{".join(self.contents) + b"}]")
        except (ValueError, RecursionError):
            return False
        return len(values) == len(self.contents)


def array_parts(data: bytes, number: int) -> Iterator[ArrayPart] | None:
    """Split a JSON array into parts of about `WINDOW` bytes, or return None if it is not a list of similar objects.

    Args:
        data: the document.
        number: how many objects are read, or `ALL_ROWS`.
    """
    contents = _contents(data)
    return None if contents is None else _parts(contents, len(contents) if number == ALL_ROWS else number)


def _parts(contents: list[bytes], number: int) -> Iterator[ArrayPart]:
    """Yield the objects in parts; the first `number` objects are wanted."""
    start, size = 0, 0
    for at, content in enumerate(contents, 1):
        size += len(content)
        if size > WINDOW or at == len(contents):
            yield ArrayPart(contents[start:at], start + 1, max(0, min(at, number) - start))
            start, size = at, 0


def _contents(data: bytes) -> list[bytes] | None:
    """Split a JSON array at every repetition of the text between its first two objects.

    Return None if the data is not such an array, or if its first two objects are not near its start.

    The parts are the objects without their outer braces. If the text also occurs inside an object, the parts are not
    valid objects. Then `ArrayPart.table` returns None, because a comma is missing or a string contains a line end.
    """
    gap = _gap(data)
    if gap is None or not is_text(data):
        return None
    start, end = data.find(b"{"), data.rfind(b"}") + 1
    if data[:start].strip(WHITESPACE) != b"[" or data[end:].strip(WHITESPACE) != b"]":
        return None
    return data[start + 1 : end - 1].split(b"}" + gap + b"{")


def _gap(data: bytes) -> bytes | None:
    """Return the text between the first two objects of an array, or None if they are not near its start."""
    head = data[:HEAD].decode("utf-8", "ignore")
    start = head.find("{")
    try:
        _, end = json.JSONDecoder().raw_decode(head, max(start, 0))
    except (ValueError, RecursionError):
        return None
    following = head.find("{", end)
    gap = head[end:following].encode() if following >= 0 else b""
    return gap if gap.strip(WHITESPACE) == b"," else None


def columns_of_objects(data: bytes, number: int, schema: pa.Schema) -> pa.Table | None:
    """Return fields of consecutive objects, or None if Arrow would read them differently from Python.

    Args:
        data: text of the objects.
        number: number of the objects.
        schema: the fields; others are ignored.
    """
    try:
        table = arrow_json.read_json(
            pa.BufferReader(data),
            arrow_json.ReadOptions(use_threads=False, block_size=len(data) + 1),
            arrow_json.ParseOptions(
                explicit_schema=schema, newlines_in_values=True, unexpected_field_behavior="ignore"
            ),
        )
    except pa.ArrowInvalid:
        return None
    return table.combine_chunks() if table.num_rows == number else None


def objects_on_lines(raw: RawLines) -> tuple[bytes, pa.Array] | None:
    """Return lines with one object each, as bytes and as an array, or None if a line is not a single object."""
    data = with_plain_ends(raw.data)
    if b"\r" in data or not is_text(data):
        return None
    lines = text_lines(replace(raw, data=data)).lines
    # Lines with these edges have at least one object each, and no object spans two lines.
    if not pc.all(pc.and_(pc.starts_with(lines, "{"), pc.ends_with(lines, "}"))).as_py():
        return None
    letters = np.frombuffer(data, np.uint8)
    if np.count_nonzero(letters < ord(" ")) != np.count_nonzero(letters == ord("\n")):
        return None  # a control character, which JSON allows between values but not in strings
    return data, lines


def texts(table: pa.Table, path: Sequence[str]) -> pa.Array:
    """Return the text of a column, or of a field of a nested column, with "" for null."""
    column = table[path[0]].combine_chunks()
    column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    for name in path[1:]:
        column = pc.struct_field(column, name)
    return pc.fill_null(column, "")
