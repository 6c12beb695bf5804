"""JSON documents: a whole file as one value, or a value a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from skipgramophone.errors import SourceError
from skipgramophone.playlists.readers.lines import Line, whole_bytes, whole_text
from skipgramophone.playlists.readers.rows import RawRecord
from skipgramophone.playlists.readers.source_files import OpenFile

LARGEST = 1 << 30


def read_document(stream: OpenFile, what: str) -> Any:
    """The value that a file is.

    Raises:
        SourceError: the file is no JSON, or larger than a document may be; `what` says what it was taken for.
    """
    return document_of(stream, whole_bytes(stream, LARGEST), what)


def document_of(stream: OpenFile, raw: bytes, what: str) -> Any:
    """The value that a file is which has been read.

    Raises:
        SourceError: it is no JSON; `what` says what it was taken for.
    """
    try:
        return json.loads(whole_text(stream, raw))
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{stream.file.display_name} is no {what.removeprefix('a ')}: {error}") from error


def objects_in(lines: Iterable[Line]) -> Iterator[tuple[int, str, dict[str, Any] | str]]:
    """The object on each line: its number, its text, and the object or why there is none."""
    for number, line, fault in lines:
        yield number, line, fault or _object(line)


def _object(line: str) -> dict[str, Any] | str:
    """The object that a line is, or why it is none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return "not JSON" if line.strip() else "blank line"
    return value if isinstance(value, dict) else "no JSON object"


def text_fields(record: dict[str, Any], *names: str) -> list[str] | None:
    """Some fields of an object, empty where they are missing; None where one is no text."""
    values = [record.get(name) for name in names]
    return [value or "" for value in values] if all(isinstance(value, str | None) for value in values) else None


def raw_record(part: Any) -> RawRecord:
    """A part of a document as a record tells it: JSON at once where it is no object, for a line is text too."""
    return part if isinstance(part, dict) else json.dumps(part, ensure_ascii=False)
