"""The vectors and names of an imported file, before they are matched to a catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import SourceError
from skipgramophone.experiment.embeddings import Matrix
from skipgramophone.names.normalization import SEPARATOR, full_name
from skipgramophone.wording import plural

TOO_LARGE = 1e17  # larger numbers are refused, because the squared length of a vector must fit into float32


@dataclass(frozen=True, slots=True)
class NamedVectors:
    """Vectors and their names, in the order of the file.

    Attributes:
        artist: artist of each vector; empty if unknown.
        title: title of each vector, or the whole key if the artist is unknown.
        uri: uri of each vector, or None.
        count: number of occurrences of each track, int64 (vectors,), or None if the file does not record them.
        centre: float32 (vectors, embedding_dim).
        context: float32 (vectors, embedding_dim), or None if the file contains only one matrix.
        context_bias: float32 (vectors,), or None.
    """

    artist: Sequence[str]
    title: Sequence[str]
    uri: Sequence[str | None]
    count: npt.NDArray[np.int64] | None
    centre: Matrix
    context: Matrix | None = None
    context_bias: Matrix | None = None

    def __len__(self) -> int:
        return len(self.centre)

    def name(self, at: int) -> str:
        """Return the full name of the vector with the index `at`."""
        return full_name(self.artist[at], self.title[at])

    def require_valid(self, source: Path) -> None:
        """Verify that there are as many names as vectors, that all numbers are finite and all names are valid text.

        Raises:
            SourceError: a check failed; the message names the first invalid vector by its number, counted from 1.
        """
        columns = {"artist": self.artist, "title": self.title, "uri": self.uri}
        if self.centre.ndim != 2 or self.centre.shape[1] < 1 or not len(self):
            raise SourceError(f"{source} contains no vectors: its matrix has the shape {self.centre.shape}")
        if any(len(column) != len(self) for column in columns.values()):
            lengths = ", ".join(f"{name} {len(column):,}" for name, column in columns.items())
            raise SourceError(f"{source} has {plural(len(self), 'vector')} but a different number of names: {lengths}")
        if self.count is not None and (self.count.shape != (len(self),) or (self.count < 0).any()):
            raise SourceError(f"{source}: 'count' must contain one number per vector, none of them negative")
        if self.context is not None and self.context.shape != self.centre.shape:
            raise SourceError(
                f"{source}: context has the shape {self.context.shape}, but centre has {self.centre.shape}"
            )
        if self.context_bias is not None and self.context_bias.shape != (len(self),):
            raise SourceError(f"{source}: context_bias has the shape {self.context_bias.shape}, not ({len(self)},)")
        for name, matrix in (("centre", self.centre), ("context", self.context), ("context_bias", self.context_bias)):
            valid = None if matrix is None else (np.abs(matrix) < TOO_LARGE).reshape(len(self), -1).all(axis=1)
            if valid is not None and not valid.all():
                at = int(np.flatnonzero(~valid)[0])
                raise SourceError(
                    f"{source}: {name} vector {at + 1:,} ({self.name(at)!r}) contains a number that is not finite or "
                    f"too large (limit: {TOO_LARGE:g}): remove this vector from the file"
                )
        for name, column in columns.items():
            for at, text in enumerate(column):
                if text is not None and any(0xD800 <= ord(letter) <= 0xDFFF for letter in text):
                    raise SourceError(f"{source}: {name} of vector {at + 1:,} is not valid text: {text!r}")


def apply_scale(source: Path, name: str, rows: npt.NDArray[Any], scale: npt.NDArray[Any]) -> Matrix:
    """Return int8 rows multiplied by their scales, float32.

    Raises:
        SourceError: there is not exactly one scale per row.
    """
    if scale.shape != (len(rows),):
        raise SourceError(f"{source}: {name}_scale has the shape {scale.shape}, not ({len(rows)},)")
    return np.asarray(rows * scale[:, None], np.float32)


def split_names(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split names at the first " - " into artists and titles; a name without " - " is a title.

    >>> split_names(["Tom Petty - Free Fallin' - Live", "spotify:track:1"])
    (['Tom Petty', ''], ["Free Fallin' - Live", 'spotify:track:1'])
    """
    parts = [name.partition(SEPARATOR) for name in names]
    whole = [bool(artist and title) for artist, _, title in parts]
    return (
        [artist if both else "" for both, (artist, _, _) in zip(whole, parts, strict=True)],
        [title if both else name for both, (_, _, title), name in zip(whole, parts, names, strict=True)],
    )
