"""word2vec text and binary; the names file that `sgp export` writes next to it adds artist, title, uri and count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from skipgramophone.errors import SourceError
from skipgramophone.experiment.embeddings import Matrix
from skipgramophone.importers.vectors import NamedVectors, split_names
from skipgramophone.word2vec_format import names_file, read, unescape


def read_text(path: Path) -> NamedVectors:
    """Read the text format.

    Raises:
        SourceError: the file is not in this format, or its names file belongs to another file.
    """
    return _named(path, *read(path, binary=False))


def read_binary(path: Path) -> NamedVectors:
    """Read the binary format.

    Raises:
        SourceError: the file is not in this format, or its names file belongs to another file.
    """
    return _named(path, *read(path, binary=True))


def _named(path: Path, keys: list[str], centre: Matrix) -> NamedVectors:
    """Return the vectors with names from the names file; without this file, the keys are the names."""
    names = names_file(path)
    if not names.is_file():
        artist, title = split_names([unescape(key) for key in keys])
        return NamedVectors(artist, title, uri=[None] * len(keys), count=None, centre=centre)
    records = _records(names)
    if [record["key"] for record in records] != keys:
        raise SourceError(
            f"{names} does not have the keys of {path}: move it away to use the keys as names, or restore that file"
        )
    count = np.array([record["count"] for record in records], np.int64)
    artist, title, uri = ([record[name] for record in records] for name in ("artist", "title", "uri"))
    return NamedVectors(artist, title, uri=uri, count=count, centre=centre)


def _records(path: Path) -> list[dict[str, Any]]:
    """Read the lines of a names file."""
    kinds: dict[str, Any] = {"key": str, "artist": str, "title": str, "uri": (str, type(None)), "count": int}
    records = []
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                record = None
            if not isinstance(record, dict) or not all(
                isinstance(record.get(name, b""), kind) for name, kind in kinds.items()
            ):
                raise SourceError(f"{path}, line {number}: not a JSON object with {', '.join(kinds)}")
            records.append(record)
    return records
