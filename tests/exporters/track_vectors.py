"""Track vectors with awkward names and numbers, for the tests of exporters and importers."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from skipgramophone.experiment.catalogue import Track
from skipgramophone.exporters.vectors import TrackVectors

HOSTILE_NAMES = [
    '=HYPERLINK("x")', "+1", "-1", "@x", 'a "quoted" name', "comma, semicolon; tab\tend", "line\nbreak", "cr\rhere",
    "[/b]", ":heart:", "\x1b[31m", "\u202egnp", "<script>alert(1)</script>", "NA", "nan", "", " edge ", "椎名林檎",
    "true", "1e5", "'", "\\", "\ufeff", "🐴",
]  # fmt: skip


def vectors_of(names: list[str], dim: int = 3, seed: int = 1) -> TrackVectors:
    """Return tracks with the given names (as titles in reverse order) and vectors with extreme numbers."""
    rng = np.random.default_rng(seed)
    tracks = [
        Track(row, name, names[-1 - row], None if row % 2 else f"x:{row}", len(names) - row, row + 1)
        for row, name in enumerate(names)
    ]
    centre, context = rng.standard_normal((2, len(names), dim)).astype(np.float32) * np.float32(1e-3)
    centre[0, 0], centre[-1, -1] = np.float32(1e-38), np.float32(-3.4e38)
    return TrackVectors(tracks, centre, context, rng.standard_normal(len(names)).astype(np.float32))


def read_texts(read: Any, name: str) -> list[str]:
    """Read the texts of one column of an npz file as docs/exporting.md describes."""
    data = read[f"{name}_utf8"].tobytes()
    return [data[start:end].decode() for start, end in itertools.pairwise(read[f"{name}_offsets"])]
