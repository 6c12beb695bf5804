"""What is exported: tracks with their vectors, a row a track, and the check that a written file holds just that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skipgramophone.errors import SettingError, StorageError
from skipgramophone.experiment.catalogue import Track
from skipgramophone.experiment.embeddings import unit_rows
from skipgramophone.lookup.exact_search import Rows
from skipgramophone.settings import IndexSettings

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a formula begins with, or what is skipped before one
BLOCK_ROWS = 4096
OF_MATRICES = ("centre", "centre_scale", "context", "context_scale", "context_bias")  # for formats with room for all
LARGEST = 127  # of int8, both ways

Matrix = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class TrackVectors:
    """Learnt tracks and their vectors.

    Attributes:
        tracks: the most frequent first.
        centre: float32, or float16 or int8 where that was asked for, (len(tracks), embedding_dim).
        context: the same.
        context_bias: float32, or float16, (len(tracks),).
        centre_scale: of int8 what each row is to be multiplied with, float32 (len(tracks),), or None.
        context_scale: the same.
        neighbours: gives the nearest of each track, some tracks after the other: places in `tracks`, int64 (some,
            number), and similarities, float32; or None.
        plane: where each track lies in two dimensions, float32 (len(tracks), 2), or None.
        asked: which of centre and context to write.
        index: how an index of them is built, by a format that is one.
    """

    tracks: Sequence[Track]
    centre: Matrix
    context: Matrix
    context_bias: Matrix
    centre_scale: npt.NDArray[np.float32] | None = None
    context_scale: npt.NDArray[np.float32] | None = None
    neighbours: Callable[[], Iterator[tuple[Rows, npt.NDArray[np.float32]]]] | None = None
    plane: npt.NDArray[np.float32] | None = None
    asked: tuple[str, ...] = ("centre", "context")
    index: IndexSettings = field(default_factory=IndexSettings)

    def matrices(self, *room: str) -> dict[str, npt.NDArray[Any]]:
        """Of what a format has room for, the matrices that are there and asked for; the bias goes with context."""
        needs = {name: "context" if name.startswith("context") else "centre" for name in OF_MATRICES}
        chosen = [name for name in room if name not in needs or needs[name] in self.asked]
        return {name: getattr(self, name) for name in chosen if getattr(self, name) is not None}

    def single(self) -> tuple[str, Matrix]:
        """Name and numbers of the one matrix of formats that have room for one: centre, unless context is asked for."""
        name = self.asked[0]
        return name, getattr(self, name)

    def normalised(self) -> TrackVectors:
        """The same with centre and context vectors of length 1; what was added to their product is nothing then."""
        centre, context = (unit_rows(np.asarray(matrix, np.float32)) for matrix in (self.centre, self.context))
        return replace(self, centre=centre, context=context, context_bias=np.zeros_like(self.context_bias))

    def halved(self) -> TrackVectors:
        """The same in float16.

        Raises:
            SettingError: a number is too large for it.
        """
        names = ("centre", "context", "context_bias")
        with np.errstate(over="ignore"):
            halves = {name: getattr(self, name).astype(np.float16) for name in names}
        if not all(np.isfinite(half).all() for half in halves.values()):
            largest = np.finfo(np.float16).max
            raise SettingError(f"float16 has no numbers beyond {largest:,.0f}, and the vectors do: export float32")
        return replace(self, **halves)

    def in_bytes(self) -> TrackVectors:
        """The same in int8, each row scaled so that its largest number is 127; a row of zeros has scale 0."""
        bytes_of: dict[str, Any] = {}
        for name, matrix in (("centre", self.centre), ("context", self.context)):
            scale = np.abs(matrix).max(axis=1) / np.float32(LARGEST)
            steps = np.divide(matrix, scale[:, None], out=np.zeros_like(matrix), where=scale[:, None] > 0)
            bytes_of |= {name: np.rint(steps).astype(np.int8), f"{name}_scale": scale}
        return replace(self, **bytes_of)

    def centre_as_read(self) -> npt.NDArray[np.float32]:
        """The centre vectors as a reader sees them, float32."""
        rows = np.asarray(self.centre, np.float32)
        return rows if self.centre_scale is None else rows * self.centre_scale[:, None]

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


def text_rows(matrix: Matrix) -> Iterator[list[str]]:
    """Rows of a float32 matrix as text: the shortest digits that read back as the same numbers."""
    for start in range(0, len(matrix), BLOCK_ROWS):
        block = np.ascontiguousarray(matrix[start : start + BLOCK_ROWS])
        digits = pa.array(block.reshape(-1)).cast(pa.string()).to_pylist()
        yield from (digits[at : at + block.shape[1]] for at in range(0, len(digits), block.shape[1]))


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
