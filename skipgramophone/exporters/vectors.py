"""What is exported: tracks with their vectors, a row a track, and the check that a written file holds just that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.catalogue import Track
from skipgramophone.embeddings import Matrix, unit_rows
from skipgramophone.errors import StorageError

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a formula begins with, or what is skipped before one


@dataclass(frozen=True, slots=True)
class TrackVectors:
    """Learnt tracks and their vectors.

    Attributes:
        tracks: in row order.
        centre: float32 (len(tracks), embedding_dim).
        context: float32 (len(tracks), embedding_dim).
        context_bias: float32 (len(tracks),).
        neighbours: positions of the nearest of each track, int64 (len(tracks), number), or None.
        similarities: theirs, float32 (len(tracks), number), or None.
    """

    tracks: Sequence[Track]
    centre: Matrix
    context: Matrix
    context_bias: Matrix
    neighbours: npt.NDArray[np.int64] | None = None
    similarities: Matrix | None = None

    def normalised(self) -> TrackVectors:
        """The same with centre and context vectors of length 1; what was added to their product is nothing then."""
        bias = np.zeros_like(self.context_bias)
        return replace(self, centre=unit_rows(self.centre), context=unit_rows(self.context), context_bias=bias)

    def in_safe_cells(self) -> TrackVectors:
        """The same with an apostrophe before each text that a spreadsheet would take for a formula."""
        tracks = [
            replace(track, artist=_safe(track.artist), title=_safe(track.title), uri=track.uri and _safe(track.uri))
            for track in self.tracks
        ]
        return replace(self, tracks=tracks)

    def columns(self) -> dict[str, list[Any]]:
        """What is known of the tracks, a list a column; uri may hold None."""
        return {
            "position": [track.position for track in self.tracks],
            "artist": [track.artist for track in self.tracks],
            "title": [track.title for track in self.tracks],
            "uri": [track.uri for track in self.tracks],
            "count": [track.count for track in self.tracks],
        }


def _safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula.

    >>> _safe("=1+1"), _safe("1=1")
    ("'=1+1", '1=1')
    """
    return "'" + text if text.startswith(FORMULA) else text


def require_same(
    path: Path, read: Mapping[str, list[Any]], matrices: Mapping[str, npt.NDArray[Any]], vectors: TrackVectors
) -> None:
    """Insist that the columns and matrices that were read back from a file are those that were written.

    Raises:
        StorageError: they are not.
    """
    columns = vectors.columns()
    for name, column in read.items():
        written = ["" if value is None else value for value in columns[name]]
        if ["" if value is None else value for value in column] != written:
            raise StorageError(f"{path} does not read back as written: its column {name} differs")
    for name, matrix in matrices.items():
        if not np.array_equal(matrix, getattr(vectors, name)):
            raise StorageError(f"{path} does not read back as written: its {name} differ")
