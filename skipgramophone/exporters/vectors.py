"""What is exported: tracks with their vectors, a row a track, and the check that a written file holds just that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skipgramophone.catalogue import Track
from skipgramophone.embeddings import Matrix
from skipgramophone.errors import StorageError


@dataclass(frozen=True, slots=True)
class TrackVectors:
    """Learnt tracks and their vectors.

    Attributes:
        tracks: in row order.
        centre: float32 (len(tracks), embedding_dim).
        context: float32 (len(tracks), embedding_dim).
    """

    tracks: Sequence[Track]
    centre: Matrix
    context: Matrix


def require_same(path: Path, names: Sequence[tuple[str, str]], centre: Matrix, vectors: TrackVectors) -> None:
    """Insist that artists, titles and centre vectors read back from a file are those that were written.

    Raises:
        StorageError: they are not.
    """
    written = [(track.artist, track.title) for track in vectors.tracks]
    if list(names) != written:
        at = next((i for i, pair in enumerate(zip(names, written, strict=False)) if pair[0] != pair[1]), len(names))
        raise StorageError(
            f"{path} does not read back as written: {len(names)} tracks, the first to differ is {at + 1}"
        )
    if centre.shape != vectors.centre.shape or not np.array_equal(centre, vectors.centre):
        raise StorageError(f"{path} does not read back as written: its vectors differ")
