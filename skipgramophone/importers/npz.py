"""numpy's npz: what `sgp export` writes, or as little as `vectors` and `tracks`.

centre or vectors         float (vectors, embedding_dim)
artist, title  or tracks  text; `tracks` holds "artist - title", or a uri, or any key
centre_scale, context_scale   float (vectors,): what each row of int8 is to be multiplied with
uri, count                text, empty where there is none; whole numbers     (may be absent)
context, context_bias     float (vectors, embedding_dim), float (vectors,)   (may be absent)

Each text may be two arrays instead: `artist_utf8`, uint8, all texts end to end, and `artist_offsets`, where each begins
and the last ends.
"""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import SourceError, reason_of
from skipgramophone.experiment.embeddings import Matrix
from skipgramophone.importers.vectors import NamedVectors, scaled, split_names

DAMAGE = (
    *(ValueError, EOFError, SyntaxError, zipfile.BadZipFile, zlib.error, tokenize.TokenError),
    NotImplementedError,  # a zip archive of a later version, or packed by an unknown method
    RuntimeError,  # or encrypted
)
TEXTS = ("artist", "title", "tracks", "uri")
PACKED = tuple(f"{name}_{part}" for name in TEXTS for part in ("utf8", "offsets"))
NUMBERS = ("centre", "centre_scale", "vectors", "context", "context_scale", "context_bias", "count")


def read(path: Path) -> NamedVectors:
    """Read the arrays; pickles are refused.

    Raises:
        SourceError: the file is damaged, or an array is missing or of another kind.
    """
    try:
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            if not isinstance(loaded, np.lib.npyio.NpzFile):
                raise SourceError(
                    f"{path} is a single array: it needs the names beside the vectors, so save both as npz"
                )
            arrays = {name: loaded[name] for name in (*NUMBERS, *TEXTS, *PACKED) if name in loaded.files}
    except DAMAGE as error:
        raise SourceError(f"{path} cannot be read as npz: {reason_of(error)}") from error
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):  # numpy hands out the bytes of what does not begin as an array does
            raise SourceError(f"{path} is damaged: {name!r} is no array")
    matrix = "centre" if "centre" in arrays else "vectors"
    texts = {name for name in TEXTS if name in arrays or f"{name}_utf8" in arrays}
    if matrix not in arrays or not ({"artist", "title"} <= texts or "tracks" in texts):
        raise SourceError(f"{path} lacks an array: it needs 'vectors' (or 'centre') and 'tracks' (or artist, title)")
    if "title" in texts:
        artist, title = _texts(path, arrays, "artist"), _texts(path, arrays, "title")
    else:
        artist, title = split_names(_texts(path, arrays, "tracks"))
    centre = _numbers(path, arrays, matrix)
    return NamedVectors(
        artist=artist,
        title=title,
        uri=[uri or None for uri in _texts(path, arrays, "uri")] if "uri" in texts else [None] * len(centre),
        count=_counts(path, arrays) if "count" in arrays else None,
        centre=centre,
        context=_numbers(path, arrays, "context") if "context" in arrays else None,
        context_bias=_numbers(path, arrays, "context_bias") if "context_bias" in arrays else None,
    )


def texts_of(packed: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> list[str]:
    """Texts that lie end to end in UTF-8, and where each begins and the last ends."""
    data = packed.tobytes()
    return [data[start:end].decode() for start, end in pairwise(offsets.tolist())]


def _texts(path: Path, arrays: Mapping[str, npt.NDArray[Any]], name: str) -> list[str]:
    """An array of text, or of its bytes, as a list."""
    if f"{name}_utf8" in arrays:
        packed, offsets = arrays[f"{name}_utf8"], arrays.get(f"{name}_offsets", np.zeros(0, np.int64))
        ends = offsets.tolist() if offsets.dtype == np.int64 and offsets.ndim == 1 else []
        if packed.dtype != np.uint8 or packed.ndim != 1 or ends[:1] != [0] or ends != sorted(ends):
            raise SourceError(f"{path}: '{name}_utf8' must be bytes, and '{name}_offsets' rise from 0 to their number")
        if ends[-1] != len(packed):
            raise SourceError(
                f"{path}: '{name}_utf8' has {len(packed):,} bytes, and '{name}_offsets' ends at {ends[-1]:,}"
            )
        try:
            return texts_of(packed, offsets)
        except UnicodeDecodeError as error:
            raise SourceError(f"{path}: '{name}_utf8' is no UTF-8: {error}") from error
    if arrays[name].dtype.kind != "U" or arrays[name].ndim != 1:
        raise SourceError(f"{path}: {name!r} must be text, one a vector, not {arrays[name].dtype}")
    return [str(text) for text in arrays[name].tolist()]


def _numbers(path: Path, arrays: Mapping[str, npt.NDArray[Any]], name: str) -> Matrix:
    """An array of floating-point numbers as float32."""
    if arrays[name].dtype == np.int8 and f"{name}_scale" in arrays:
        return scaled(path, name, arrays[name], _numbers(path, arrays, f"{name}_scale"))
    if arrays[name].dtype.kind != "f":
        raise SourceError(f"{path}: {name!r} must be floating-point numbers, not {arrays[name].dtype}")
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused as that
        return np.ascontiguousarray(arrays[name], np.float32)


def _counts(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.int64]:
    """An array of whole numbers as int64."""
    if arrays["count"].dtype.kind not in "iu":
        raise SourceError(f"{path}: 'count' must be whole numbers, not {arrays['count'].dtype}")
    return np.asarray(arrays["count"], np.int64)
