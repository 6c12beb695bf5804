"""Read word2vec files, text and binary, and the names file that `sgp export` writes next to them."""

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
    """Read a word2vec text file.

    Raises:
        SourceError: the file is not in this format, or its names file has different keys.
    """
    return _named(path, *read(path, binary=False))


def read_binary(path: Path) -> NamedVectors:
    """Read a word2vec binary file.

    Raises:
        SourceError: the file is not in this format, or its names file has different keys.
    """
    return _named(path, *read(path, binary=True))


def _named(path: Path, keys: list[str], centre: Matrix) -> NamedVectors:
    """Return the vectors with the names from the names file or, if it does not exist, with the keys as names."""
    names = names_file(path)
    if not names.is_file():
        artist, title = split_names([unescape(key) for key in keys])
        return NamedVectors(artist, title, uri=[None] * len(keys), count=None, centre=centre)
    records = _records(names)
    if [record["key"] for record in records] != keys:
        raise SourceError(
            f"the keys in {names} differ from those in {path}: restore {names.name}. "
            f"To use the keys in {path.name} as names instead, move {names.name} to another directory"
        )
    count = np.array([record["count"] for record in records], np.int64)
    artist, title, uri = ([record[name] for record in records] for name in ("artist", "title", "uri"))
    return NamedVectors(artist, title, uri=uri, count=count, centre=centre)


def _records(path: Path) -> list[dict[str, Any]]:
    """Read a names file: key, artist, title, uri and count per line."""
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
