"""Annoy: a directory of an index of the exported vectors, its manifest, and the names of its items.

An Annoy file does not say its dimension or metric, and the library crashes on a wrong one: manifest.json says both, how
wide to search, and the recall that was measured with it. Item i of the index is line i of names.jsonl.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from skipgramophone.errors import StorageError
from skipgramophone.exporters import jsonl
from skipgramophone.exporters.vectors import TrackVectors
from skipgramophone.neighbours import FILE, build_index
from skipgramophone.publishing import file_sha256
from skipgramophone.settings import IndexSettings

MANIFEST, NAMES = "manifest.json", "names.jsonl"
FILES = (FILE, MANIFEST, NAMES)
FORMAT = 1


def write(directory: Path, vectors: TrackVectors) -> None:
    """Build the index in a directory, measure its recall, and write manifest and names.

    Raises:
        StorageError: what was written does not read back.
    """
    matrix, rows = vectors.single()
    facts = build_index(directory / FILE, np.asarray(rows, np.float32), IndexSettings())  # it opens and asks it
    described = {"format": FORMAT, "matrix": matrix, "sha256": file_sha256(directory / FILE)} | asdict(facts)
    (directory / MANIFEST).write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    if json.loads((directory / MANIFEST).read_text(encoding="utf-8")) != described:
        raise StorageError(f"{directory / MANIFEST} does not read back as written")
    jsonl.write_names(directory / NAMES, vectors)
