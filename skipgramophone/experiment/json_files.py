"""Read and write JSON files."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from skipgramophone.errors import DamagedFileError, storage_errors
from skipgramophone.experiment.new_files import write_new_text


def parse_json(text: str) -> Any:
    """Parse JSON; NaN and infinities become None.

    Earlier versions of sgp wrote NaN and infinities, although JSON has no such numbers.

    >>> parse_json("[NaN, -Infinity, 1e999, 2.5]")
    [None, None, None, 2.5]
    """
    return json.loads(text, parse_constant=lambda _: None, parse_float=_finite)


def _finite(text: str) -> float | None:
    """Convert the text of a number to a float, or to None if it is too large for a float."""
    value = float(text)
    return value if math.isfinite(value) else None


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object; see `parse_json`.

    Raises:
        ExperimentError: the file does not contain a JSON object.
        StorageError: the file cannot be read.
    """
    try:
        with storage_errors(path, "read"):
            content = parse_json(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise DamagedFileError(f"{path} is damaged: {error}") from error
    if not isinstance(content, dict):
        raise DamagedFileError(f"{path} is damaged: not a JSON object")
    return content


def write_json(path: Path, record: Mapping[str, Any]) -> None:
    """Write a JSON object with indentation. Lone surrogates are written as \\u escapes."""
    text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_new_text(path, text, errors="backslashreplace")


def write_lines(path: Path, records: Sequence[dict[str, Any]], after: Path | None = None) -> None:
    """Write one JSON object per line. If the file `after` is given, its lines are copied first."""
    with path.open("x", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        if after:
            with after.open("rb") as lines:
                shutil.copyfileobj(lines, file.buffer)
        encode = json.JSONEncoder(ensure_ascii=False).encode
        file.writelines(encode(record) + "\n" for record in records)
