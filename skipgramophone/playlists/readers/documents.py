"""Read JSON files: one value per file, or one value per line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from skipgramophone.errors import FormatError
from skipgramophone.playlists.readers.lines import Line, whole_bytes, whole_text
from skipgramophone.playlists.readers.rows import RawRecord
from skipgramophone.playlists.readers.source_files import OpenFile

LARGEST = 1 << 30  # maximum size in bytes of a file that is one JSON value


def read_document(stream: OpenFile, what: str) -> Any:
    """Read a file as one JSON value; `what` describes the expected content in error messages.

    Raises:
        SourceError: the file is not JSON, or has more than `LARGEST` bytes.
    """
    return document_of(stream, whole_bytes(stream, LARGEST), what)


def document_of(stream: OpenFile, raw: bytes, what: str) -> Any:
    """Parse the bytes of a file as one JSON value; `what` describes the expected content in error messages.

    Raises:
        SourceError: the file is not JSON.
    """
    try:
        return json.loads(whole_text(stream, raw))
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{stream.file.display_name} is not {what}: {_fault(error)}") from error


def _fault(error: Exception) -> str:
    """Return why a file is not JSON, with the remedy if it ends early."""
    if not isinstance(error, json.JSONDecodeError):
        return str(error)
    if error.pos < len(error.doc.rstrip()) and not error.msg.startswith("Unterminated string"):
        return str(error)
    return f"the JSON ends early, at line {error.lineno} column {error.colno}: copy or download it again"


def objects_in(lines: Iterable[Line]) -> Iterator[tuple[int, str, dict[str, Any] | str]]:
    """Yield the number and text of each line, and its JSON object or the reason for rejecting it."""
    for number, line, fault in lines:
        yield number, line, fault or _object(line)


def _object(line: str) -> dict[str, Any] | str:
    """Return the JSON object of a line, or the reason for rejecting it."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return "not JSON" if line.strip() else "blank line"
    return value if isinstance(value, dict) else "not a JSON object"


def text_fields(record: dict[str, Any], *names: str) -> list[str] | None:
    """Return the values of some fields, "" if a field is missing or null; return None if one of them is not text."""
    values = [record.get(name) for name in names]
    return [value or "" for value in values] if all(isinstance(value, str | None) for value in values) else None


def raw_record(part: Any) -> RawRecord:
    """Return a part of a document as a raw record: an object unchanged, anything else as JSON text."""
    return part if isinstance(part, dict) else json.dumps(part, ensure_ascii=False)
