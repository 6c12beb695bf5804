"""Export as NumPy npz: plain arrays that load with `allow_pickle=False`.

centre, context   float32, float16 or int8 (tracks, embedding_dim)
context_bias      float32 or float16 (tracks,)
centre_scale, context_scale   only with int8: float32 (tracks,), scale factor of each row
artist_utf8, title_utf8, uri_utf8   uint8: the texts of all tracks, concatenated in UTF-8; a missing uri is empty
artist_offsets, title_offsets, uri_offsets   int64 (tracks + 1,): text i is utf8[offsets[i]:offsets[i + 1]]
identifiers_utf8, identifiers_offsets   text i is the identifiers of track i, separated by spaces; stored like the other
                                        texts; both arrays are missing if no track has identifiers
count             int64 (tracks,)

NumPy's own string arrays pad each string to the length of the longest one. If there are
65,000 names, and one of them has a few hundred letters, such a string array takes a hundred times as much space as the
two arrays that are written instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from skipgramophone.exporters.vectors import ALL_MATRICES, TrackVectors, require_same
from skipgramophone.importers.npz import unpack_texts

TEXTS = ("artist", "title", "uri", "identifiers", "album")


def write(path: Path, vectors: TrackVectors) -> None:
    """Write vectors to an npz file, read it back and compare it with the vectors."""
    columns, matrices = vectors.columns(), vectors.matrices(*ALL_MATRICES)
    texts = [name for name in TEXTS if name in columns]
    arrays = {f"{name}_{part}": array for name in texts for part, array in _pack_texts(columns[name]).items()}
    with path.open("xb") as file:
        np.savez(file, allow_pickle=False, **matrices, **arrays, count=np.array(columns["count"], np.int64))
    with np.load(path, allow_pickle=False) as read:
        found = {name: unpack_texts(read[f"{name}_utf8"], read[f"{name}_offsets"]) for name in texts}
        require_same(path, found | {"count": read["count"].tolist()}, {name: read[name] for name in matrices}, vectors)


def _pack_texts(texts: Sequence[str | None]) -> dict[str, npt.NDArray[np.uint8] | npt.NDArray[np.int64]]:
    """Concatenate texts in UTF-8; text i of the result is utf8[offsets[i]:offsets[i + 1]]."""
    pieces = [(text or "").encode() for text in texts]
    offsets = np.cumsum([0, *map(len, pieces)], dtype=np.int64)
    return {"utf8": np.frombuffer(b"".join(pieces), np.uint8), "offsets": offsets}
