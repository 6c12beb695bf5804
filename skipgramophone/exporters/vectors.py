"""The tracks and vectors of an export, and the verification of written files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skipgramophone.errors import SettingError, StorageError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.catalogue import Track
from skipgramophone.experiment.embeddings import unit_rows
from skipgramophone.settings import Embedded, IndexSettings
from skipgramophone.wording import safe_cell

BLOCK_ROWS = 4096
ALL_MATRICES = ("centre", "centre_scale", "context", "context_scale", "context_bias")
LARGEST = 127  # int8 values are from -127 to 127

Matrix = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class TrackVectors:
    """The tracks of an export and their vectors; all arrays have one row per track.

    Attributes:
        tracks: tracks, most frequent first.
        centre: float32, float16 or int8 (len(tracks), embedding_dim).
        context: like `centre`.
        context_bias: float32 or float16 (len(tracks),).
        centre_scale: for int8, the scale factor of each row, float32 (len(tracks),); otherwise None.
        context_scale: like `centre_scale`.
        neighbours: a function that yields the neighbours of all tracks in blocks: indices into `tracks`, int64
            (block, number), and similarities, float32 (block, number); or None.
        plane: position of each track in two dimensions, float32 (len(tracks), 2), or None.
        selected: the names of the matrices to write: "centre", "context" or both.
        index: the settings of the index, for formats that build one.
        of: what is exported, "tracks" or "artists". Artists are written as tracks with an empty title; they have no
            context vectors.
    """

    tracks: Sequence[Track]
    centre: Matrix
    context: Matrix
    context_bias: Matrix
    centre_scale: npt.NDArray[np.float32] | None = None
    context_scale: npt.NDArray[np.float32] | None = None
    neighbours: Callable[[], Iterator[tuple[Rows, npt.NDArray[np.float32]]]] | None = None
    plane: npt.NDArray[np.float32] | None = None
    selected: tuple[str, ...] = ("centre", "context")
    index: IndexSettings = field(default_factory=IndexSettings)
    of: Embedded = "tracks"

    def matrices(self, *supported: str) -> dict[str, npt.NDArray[Any]]:
        """Return the matrices that are selected and that the format supports, by name.

        `context_bias` is included if `context` is selected. The scale factors of a matrix are included if the matrix is
        selected.
        """
        needs = {name: "context" if name.startswith("context") else "centre" for name in ALL_MATRICES}
        chosen = [name for name in supported if name not in needs or needs[name] in self.selected]
        return {name: getattr(self, name) for name in chosen if getattr(self, name) is not None}

    def single(self) -> tuple[str, Matrix]:
        """Return the matrix to write in a format that can store only one, as a pair of its name and the matrix.

        The name is "context" if only this matrix is selected, otherwise "centre".
        """
        name = self.selected[0]
        return name, getattr(self, name)

    def normalized(self) -> TrackVectors:
        """Return a copy with centre and context vectors of length 1 and a context bias of 0."""
        centre, context = (unit_rows(np.asarray(matrix, np.float32)) for matrix in (self.centre, self.context))
        return replace(self, centre=centre, context=context, context_bias=np.zeros_like(self.context_bias))

    def to_float16(self) -> TrackVectors:
        """Return a copy in float16.

        Raises:
            SettingError: a number is too large for float16.
        """
        names = ("centre", "context", "context_bias")
        with np.errstate(over="ignore"):
            halves = {name: getattr(self, name).astype(np.float16) for name in names}
        if not all(np.isfinite(half).all() for half in halves.values()):
            largest = np.finfo(np.float16).max
            raise SettingError(
                f"the vectors contain numbers above {largest:,.0f}, the maximum of float16: export them as float32"
            )
        return replace(self, **halves)

    def to_int8(self) -> TrackVectors:
        """Return a copy in int8, each row scaled so that its largest absolute value is 127; zero rows have scale 0."""
        bytes_of: dict[str, Any] = {}
        for name, matrix in (("centre", self.centre), ("context", self.context)):
            scale = np.abs(matrix).max(axis=1) / np.float32(LARGEST)
            steps = np.divide(matrix, scale[:, None], out=np.zeros_like(matrix), where=scale[:, None] > 0)
            bytes_of |= {name: np.rint(steps).astype(np.int8), f"{name}_scale": scale}
        return replace(self, **bytes_of)

    def centre_float32(self) -> npt.NDArray[np.float32]:
        """Return the centre vectors as float32; float16 and int8 vectors are converted back."""
        rows = np.asarray(self.centre, np.float32)
        return rows if self.centre_scale is None else rows * self.centre_scale[:, None]

    def with_safe_cells(self) -> TrackVectors:
        """Return a copy with an apostrophe before each text that a spreadsheet would read as a formula."""
        tracks = [
            replace(
                track,
                artist=safe_cell(track.artist),
                title=safe_cell(track.title),
                uri=track.uri and safe_cell(track.uri),
                identifiers=tuple(map(safe_cell, track.identifiers)),
                album=track.album and safe_cell(track.album),
            )
            for track in self.tracks
        ]
        return replace(self, tracks=tracks)

    def columns(self) -> dict[str, list[Any]]:
        """Return the metadata of the tracks: column name -> values, in which a missing uri is None.

        The identifiers of a track are joined with spaces, and an unknown album is "". The column of identifiers is left
        out if no track has an identifier, and the column of albums if no track has an album.
        """
        identifiers = [" ".join(track.identifiers) for track in self.tracks]
        albums = [track.album or "" for track in self.tracks]
        return {
            "position": [track.position for track in self.tracks],
            "artist": [track.artist for track in self.tracks],
            "title": [track.title for track in self.tracks],
            "uri": [track.uri for track in self.tracks],
            "count": [track.count for track in self.tracks],
            **({"identifiers": identifiers} if any(identifiers) else {}),
            **({"album": albums} if any(albums) else {}),
        }


def text_rows(matrix: Matrix) -> Iterator[list[str]]:
    """Yield the rows of a float32 matrix as text, with just enough digits to restore the same numbers."""
    for start in range(0, len(matrix), BLOCK_ROWS):
        block = np.ascontiguousarray(matrix[start : start + BLOCK_ROWS])
        digits = pa.array(block.reshape(-1)).cast(pa.string()).to_pylist()
        yield from (digits[at : at + block.shape[1]] for at in range(0, len(digits), block.shape[1]))


def require_same(
    path: Path, read: Mapping[str, list[Any]], matrices: Mapping[str, npt.NDArray[Any]], vectors: TrackVectors
) -> None:
    """Verify that the columns and matrices that were read back from a file equal those of `vectors`.

    Raises:
        StorageError: a column or matrix differs.
    """
    columns = vectors.columns()
    for name, column in read.items():
        written = ["" if value is None else value for value in columns[name]]
        if ["" if value is None else value for value in column] != written:
            raise StorageError(
                f"verification of {path} failed: column {name} differs from the exported data; export again"
            )
    for name, matrix in matrices.items():
        if not np.array_equal(matrix, getattr(vectors, name)):
            raise StorageError(
                f"verification of {path} failed: matrix {name} differs from the exported data; export again"
            )
