"""numpy's npz: what `sgp export` writes, or as little as `vectors` and `tracks`.

centre or vectors         float (vectors, embedding_dim)
artist, title  or tracks  text; `tracks` holds "artist - title", or a uri, or any key
centre_scale, context_scale   float (vectors,): what each row of int8 is to be multiplied with
uri, count                text, empty where there is none; whole numbers     (may be absent)
context, context_bias     float (vectors, embedding_dim), float (vectors,)   (may be absent)
"""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.embeddings import Matrix
from skipgramophone.errors import SourceError
from skipgramophone.importers.vectors import NamedVectors, scaled, split_names

DAMAGE = (ValueError, EOFError, SyntaxError, zipfile.BadZipFile, zlib.error, tokenize.TokenError)
KNOWN = (
    "centre",
    "centre_scale",
    "vectors",
    "context",
    "context_scale",
    "context_bias",
    "artist",
    "title",
    "tracks",
    "uri",
    "count",
)


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
            arrays = {name: loaded[name] for name in KNOWN if name in loaded.files}
    except DAMAGE as error:
        raise SourceError(f"{path} cannot be read as npz: {' '.join(str(error).split())}") from error
    matrix = "centre" if "centre" in arrays else "vectors"
    if matrix not in arrays or not ({"artist", "title"} <= set(arrays) or "tracks" in arrays):
        raise SourceError(f"{path} lacks an array: it needs 'vectors' (or 'centre') and 'tracks' (or artist, title)")
    if "title" in arrays:
        artist, title = _texts(path, arrays, "artist"), _texts(path, arrays, "title")
    else:
        artist, title = split_names(_texts(path, arrays, "tracks"))
    centre = _numbers(path, arrays, matrix)
    return NamedVectors(
        artist=artist,
        title=title,
        uri=[uri or None for uri in _texts(path, arrays, "uri")] if "uri" in arrays else [None] * len(centre),
        count=_counts(path, arrays) if "count" in arrays else None,
        centre=centre,
        context=_numbers(path, arrays, "context") if "context" in arrays else None,
        context_bias=_numbers(path, arrays, "context_bias") if "context_bias" in arrays else None,
    )


def _texts(path: Path, arrays: Mapping[str, npt.NDArray[Any]], name: str) -> list[str]:
    """An array of text as a list."""
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
