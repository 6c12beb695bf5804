"""Vectors from elsewhere and the names that they go by, before they have met a catalogue."""

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

TOO_LARGE = 1e17  # the square of a float32 vector's length must be a float32


@dataclass(frozen=True, slots=True)
class NamedVectors:
    """Vectors in the order of their file.

    Attributes:
        artist: text; empty where it is not known.
        title: text; the whole key where no artist is known.
        uri: text, or None where there is none.
        count: int64 (vectors,), or None where the file does not say how often a track occurs.
        centre: float32 (vectors, embedding_dim).
        context: float32 (vectors, embedding_dim), or None where the file holds one matrix alone.
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
        """What the vector at a place goes by."""
        return full_name(self.artist[at], self.title[at])

    def require_sound(self, source: Path) -> None:
        """Insist on as many names as vectors, finite numbers, and names that are text.

        Raises:
            SourceError: something is amiss; it names the first place, counted from 1.
        """
        columns = {"artist": self.artist, "title": self.title, "uri": self.uri}
        if self.centre.ndim != 2 or self.centre.shape[1] < 1 or not len(self):
            raise SourceError(f"{source} holds no vectors: its matrix has the shape {self.centre.shape}")
        if any(len(column) != len(self) for column in columns.values()):
            lengths = ", ".join(f"{len(column):,} of {name}" for name, column in columns.items())
            raise SourceError(f"{source} has {len(self):,} vectors but {lengths}")
        if self.count is not None and (self.count.shape != (len(self),) or (self.count < 0).any()):
            raise SourceError(f"{source}: count must be a number from 0 on for each of the {len(self):,} vectors")
        if self.context is not None and self.context.shape != self.centre.shape:
            raise SourceError(f"{source}: context has the shape {self.context.shape}, centre {self.centre.shape}")
        if self.context_bias is not None and self.context_bias.shape != (len(self),):
            raise SourceError(f"{source}: context_bias has the shape {self.context_bias.shape}, not ({len(self)},)")
        for name, matrix in (("centre", self.centre), ("context", self.context), ("context_bias", self.context_bias)):
            sound = None if matrix is None else (np.abs(matrix) < TOO_LARGE).reshape(len(self), -1).all(axis=1)
            if sound is not None and not sound.all():
                at = int(np.flatnonzero(~sound)[0])
                raise SourceError(
                    f"{source}: the {name} vector {at + 1:,} ({self.name(at)!r}) holds a number that is not finite, or "
                    f"not below {TOO_LARGE:g}"
                )
        for name, column in columns.items():
            for at, text in enumerate(column):
                if text is not None and any(0xD800 <= ord(letter) <= 0xDFFF for letter in text):
                    raise SourceError(f"{source}: the {name} of vector {at + 1:,} is no text: {text!r}")


def scaled(source: Path, name: str, rows: npt.NDArray[Any], scale: npt.NDArray[Any]) -> Matrix:
    """Rows of steps, each multiplied with its scale, float32.

    Raises:
        SourceError: there is not one scale a row.
    """
    if scale.shape != (len(rows),):
        raise SourceError(f"{source}: {name}_scale has the shape {scale.shape}, not ({len(rows)},)")
    return np.asarray(rows * scale[:, None], np.float32)


def split_names(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Artists and titles of names, split at the first " - "; a name without one is a title.

    >>> split_names(["Tom Petty - Free Fallin' - Live", "spotify:track:1"])
    (['Tom Petty', ''], ["Free Fallin' - Live", 'spotify:track:1'])
    """
    parts = [name.partition(SEPARATOR) for name in names]
    whole = [bool(artist and title) for artist, _, title in parts]
    return (
        [artist if both else "" for both, (artist, _, _) in zip(whole, parts, strict=True)],
        [title if both else name for both, (_, _, title), name in zip(whole, parts, names, strict=True)],
    )
