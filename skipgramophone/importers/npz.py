"""Read NumPy npz files with the arrays that `sgp export` writes, or with only `vectors` and `tracks`.

These arrays are required:

    centre or vectors             float (vectors, embedding_dim)
    artist and title, or tracks   text; `tracks` contains "artist - title", a uri or any other key

If the vectors are int8, the scale factors of their rows are also required:

    centre_scale, context_scale   float (vectors,)

These arrays are optional:

    uri                           text, empty if unknown
    count                         integers
    context                       float (vectors, embedding_dim)
    context_bias                  float (vectors,)

Each text array may be replaced by two numeric arrays. For `artist`, these are `artist_utf8` (uint8: all texts,
concatenated in UTF-8) and `artist_offsets` (int64: the start of each text, and the end of the last one).
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
from skipgramophone.importers.vectors import NamedVectors, apply_scale, split_names
from skipgramophone.wording import plural

DAMAGE = (  # errors that NumPy raises for damaged or unsupported files
    *(ValueError, EOFError, SyntaxError, zipfile.BadZipFile, zlib.error, tokenize.TokenError),
    NotImplementedError,  # raised for a zip archive of a later version, or with an unknown compression method
    RuntimeError,  # raised for an encrypted zip archive
)
TEXTS = ("artist", "title", "tracks", "uri")
PACKED = tuple(f"{name}_{part}" for name in TEXTS for part in ("utf8", "offsets"))
NUMBERS = ("centre", "centre_scale", "vectors", "context", "context_scale", "context_bias", "count")
NAMES = (*NUMBERS, *TEXTS, *PACKED)
MAGIC = (
    b"PK",
    b"\x93NUMPY",
)  # first bytes of an npz file and of a single array; NumPy would try to unpickle any other file


def read(path: Path) -> NamedVectors:
    """Read the vectors and names of an npz file; pickled arrays are refused.

    Raises:
        SourceError: the file is damaged, or an array is missing or has the wrong type.
    """
    try:
        with path.open("rb") as file:
            if not file.read(max(map(len, MAGIC))).startswith(MAGIC):
                raise ValueError("it is empty, or in another format")
            file.seek(0)
            loaded = np.load(file, allow_pickle=False)
            if not isinstance(loaded, np.lib.npyio.NpzFile):
                raise SourceError(f"{path} contains a single array: save vectors and names together with numpy.savez")
            arrays = {name: loaded[name] for name in NAMES if name in loaded.files}
    except DAMAGE as error:
        raise SourceError(f"{path} cannot be read as npz: {_reason(error)}") from error
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):  # NumPy returns bytes if a file in the archive has no array header
            raise SourceError(f"{path} is damaged: {name!r} is not an array")
    matrix = "centre" if "centre" in arrays else "vectors"
    texts = {name for name in TEXTS if name in arrays or f"{name}_utf8" in arrays}
    if matrix not in arrays or not ({"artist", "title"} <= texts or "tracks" in texts):
        raise SourceError(f"{path} needs the arrays 'vectors' (or 'centre') and 'tracks' (or 'artist' and 'title')")
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


def _reason(error: Exception) -> str:
    """Return why NumPy cannot read a file. A message that recommends loading pickles is replaced by other advice."""
    if "allow_pickle" in str(error):
        return "it contains a pickled array of Python objects: save texts with numpy.array(names, dtype=str)"
    return reason_of(error)


def unpack_texts(packed: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> list[str]:
    """Split texts that are concatenated in UTF-8; text i is packed[offsets[i]:offsets[i + 1]]."""
    data = packed.tobytes()
    return [data[start:end].decode() for start, end in pairwise(offsets.tolist())]


def _texts(path: Path, arrays: Mapping[str, npt.NDArray[Any]], name: str) -> list[str]:
    """Return the texts in the array that is called `name`, as a list.

    The texts may be stored in the two arrays `{name}_utf8` and `{name}_offsets` instead (see the module docstring).
    """
    if f"{name}_utf8" in arrays:
        packed, offsets = arrays[f"{name}_utf8"], arrays.get(f"{name}_offsets", np.zeros(0, np.int64))
        ends = offsets.tolist() if offsets.dtype == np.int64 and offsets.ndim == 1 else []
        if packed.dtype != np.uint8 or packed.ndim != 1 or ends[:1] != [0] or ends != sorted(ends):
            raise SourceError(
                f"{path}: '{name}_utf8' must be uint8; '{name}_offsets' must be int64, start with 0 and be in "
                "ascending order"
            )
        if ends[-1] != len(packed):
            raise SourceError(
                f"{path}: '{name}_utf8' has {plural(len(packed), 'byte')}, but '{name}_offsets' ends at {ends[-1]:,}"
            )
        try:
            return unpack_texts(packed, offsets)
        except UnicodeDecodeError as error:
            raise SourceError(f"{path}: '{name}_utf8' is not valid UTF-8: {error}") from error
    if arrays[name].dtype.kind != "U" or arrays[name].ndim != 1:
        raise SourceError(f"{path}: {name!r} must contain one text per vector, not {arrays[name].dtype}")
    return [str(text) for text in arrays[name].tolist()]


def _numbers(path: Path, arrays: Mapping[str, npt.NDArray[Any]], name: str) -> Matrix:
    """Return the array `name` as float32; int8 rows are multiplied by their scales."""
    if arrays[name].dtype == np.int8 and f"{name}_scale" in arrays:
        return apply_scale(path, name, arrays[name], _numbers(path, arrays, f"{name}_scale"))
    if arrays[name].dtype.kind != "f":
        raise SourceError(f"{path}: {name!r} must contain floating-point numbers, not {arrays[name].dtype}")
    # a number that is too large for float32 becomes infinity, which `require_valid` refuses
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(arrays[name], np.float32)


def _counts(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.int64]:
    """Return the array `count` as int64."""
    if arrays["count"].dtype.kind not in "iu":
        raise SourceError(f"{path}: 'count' must contain integers, not {arrays['count'].dtype}")
    return np.asarray(arrays["count"], np.int64)
