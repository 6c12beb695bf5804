"""word2vec text and binary; with what `sgp export` laid beside them, artist, title, uri and count come back too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from skipgramophone.errors import SourceError
from skipgramophone.experiment.embeddings import Matrix
from skipgramophone.importers.vectors import NamedVectors, split_names
from skipgramophone.word2vec_format import names_file, read, unescaped


def read_text(path: Path) -> NamedVectors:
    """Read the text format.

    Raises:
        SourceError: the file is no such file, or the names beside it are not of it.
    """
    return _named(path, *read(path, binary=False))


def read_binary(path: Path) -> NamedVectors:
    """Read the binary format.

    Raises:
        SourceError: the file is no such file, or the names beside it are not of it.
    """
    return _named(path, *read(path, binary=True))


def _named(path: Path, keys: list[str], centre: Matrix) -> NamedVectors:
    """Vectors by the names that lie beside them, or else by what their keys say."""
    beside = names_file(path)
    if not beside.is_file():
        artist, title = split_names([unescaped(key) for key in keys])
        return NamedVectors(artist, title, [None] * len(keys), None, centre)
    records = _records(beside)
    if [record["key"] for record in records] != keys:
        raise SourceError(f"{beside} has other keys than {path}: remove it, and the keys themselves are read")
    count = np.array([record["count"] for record in records], np.int64)
    artist, title, uri = ([record[name] for record in records] for name in ("artist", "title", "uri"))
    return NamedVectors(artist, title, uri, count, centre)


def _records(path: Path) -> list[dict[str, Any]]:
    """The lines of a names file."""
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
                raise SourceError(f"{path}, line {number}: not a record of {', '.join(kinds)}")
            records.append(record)
    return records
