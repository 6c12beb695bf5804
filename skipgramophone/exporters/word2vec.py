"""Export as word2vec text or binary.

The key (word) of a vector is the track's "artist - title", percent-encoded: "A%20-%20B" for the title B by A.
"""

from __future__ import annotations

import json
from pathlib import Path

from skipgramophone.errors import StorageError
from skipgramophone.exporters.vectors import TrackVectors, require_same, text_rows
from skipgramophone.word2vec_format import read, unique_keys


def write_text(path: Path, vectors: TrackVectors) -> None:
    """Write the text file, read it back and verify it."""
    with path.open("xb") as file:
        file.write(_header(vectors))
        rows = zip(_keys(vectors), text_rows(vectors.single()[1]), strict=True)
        file.writelines(f"{key} {' '.join(row)}\n".encode() for key, row in rows)
    _require_same(path, vectors, binary=False)


def write_binary(path: Path, vectors: TrackVectors) -> None:
    """Write the binary file, read it back and verify it."""
    with path.open("xb") as file:
        file.write(_header(vectors))
        for key, vector in zip(_keys(vectors), vectors.single()[1], strict=True):
            file.write(key.encode() + b" " + vector.astype("<f4").tobytes())
    _require_same(path, vectors, binary=True)


def write_names(path: Path, vectors: TrackVectors) -> None:
    """Write the names file: one JSON object per line, with a key and the metadata of its track. Verify the file."""
    columns = vectors.columns()
    records = [
        {"key": key} | dict(zip(columns, values, strict=True))
        for key, values in zip(_keys(vectors), zip(*columns.values(), strict=True), strict=True)
    ]
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    with path.open(encoding="utf-8", newline="\n") as file:
        found = [json.loads(line) for line in file]
    require_same(path, {name: [record[name] for record in found] for name in columns}, {}, vectors)


def _header(vectors: TrackVectors) -> bytes:
    """Return the first line of a word2vec file: the number of vectors and their dimension."""
    return b"%d %d\n" % vectors.centre.shape


def _keys(vectors: TrackVectors) -> list[str]:
    """Return the key of each track: its escaped name, unique within the file."""
    return unique_keys(track.name for track in vectors.tracks)


def _require_same(path: Path, vectors: TrackVectors, binary: bool) -> None:
    """Read the file back, and verify its keys and vectors."""
    keys, found = read(path, binary)
    if keys != _keys(vectors):
        raise StorageError(f"verification of {path} failed: keys differ from the exported data; export again")
    require_same(path, {}, {vectors.single()[0]: found}, vectors)
