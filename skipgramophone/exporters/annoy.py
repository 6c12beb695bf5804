"""Annoy: a directory with an index of the exported vectors and the names of its items.

An Annoy file does not record its dimension or metric, and the library crashes if it is opened with wrong ones. The
manifest therefore records both. It also records `search_k` and the recall that was measured with this value. Item i of
the index is line i of names.jsonl.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from skipgramophone.exporters import jsonl
from skipgramophone.exporters.vectors import TrackVectors
from skipgramophone.lookup.annoy_index import FILE
from skipgramophone.lookup.index_builder import build_index

NAMES = "names.jsonl"


def write(directory: Path, vectors: TrackVectors) -> dict[str, Any]:
    """Build the index in a directory, measure its recall and write the names; return the facts of the index.

    Raises:
        StorageError: a written file differs from the data when it is read back.
    """
    rows = np.asarray(vectors.single()[1], np.float32)
    facts = build_index(directory / FILE, rows, vectors.index)  # this also queries the written file
    jsonl.write_names(directory / NAMES, vectors)
    return asdict(facts)
