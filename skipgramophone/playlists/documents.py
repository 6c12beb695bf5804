"""JSON documents: a whole file as one value, or a value a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from skipgramophone.errors import SourceError
from skipgramophone.playlists.files import OpenFile
from skipgramophone.playlists.lines import numbered_lines, whole_text

LARGEST = 1 << 30


def read_document(stream: OpenFile, what: str) -> Any:
    """The value that a file is.

    Raises:
        SourceError: the file is no JSON, or larger than a document may be; `what` says what it was taken for.
    """
    try:
        return json.loads(whole_text(stream, LARGEST))
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{stream.file.called} is no {what.removeprefix('a ')}: {error}") from error


def read_objects(stream: OpenFile) -> Iterator[tuple[int, str, dict[str, Any] | str]]:
    """The object on each line: its number, its text, and the object or why there is none."""
    for number, line, fault in numbered_lines(stream):
        yield number, line, fault or _object(line)


def _object(line: str) -> dict[str, Any] | str:
    """The object that a line is, or why it is none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return "not JSON" if line.strip() else "blank line"
    return value if isinstance(value, dict) else "no JSON object"


def as_text(value: Any) -> str:
    """A part of a document as it stands in a report."""
    return json.dumps(value, ensure_ascii=False)


def texts_of(record: dict[str, Any], *names: str) -> list[str] | None:
    """Some fields of an object, empty where they are missing; None where one is no text."""
    values = [record.get(name) for name in names]
    return [value or "" for value in values] if all(isinstance(value, str | None) for value in values) else None
