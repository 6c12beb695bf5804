"""Export as a directory with an Annoy index of the vectors and a file with the names of its items.

An Annoy file does not record its dimension or metric, and the library crashes if a file is opened with the wrong
dimension or metric. The manifest therefore records both, and also `search_k` and the recall that was measured with this
value. Item i of the index is line i of names.jsonl, counted from 0.
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
    """Build the index in a directory, measure its recall, and write the names file.

    Returns:
        Entries for the manifest.

    Raises:
        StorageError: a written file differs from the data when it is read back.
    """
    rows = np.asarray(vectors.single()[1], np.float32)
    facts = build_index(directory / FILE, rows, vectors.index, use_exact_search=False)
    jsonl.write_names(directory / NAMES, vectors)
    return {name: value for name, value in asdict(facts).items() if name != "answered_by"}
