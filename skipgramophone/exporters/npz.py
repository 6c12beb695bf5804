"""numpy's npz: plain arrays, loadable with `allow_pickle=False`.

centre, context   float32, float16 or int8 (tracks, embedding_dim)
context_bias      float32 or float16 (tracks,)
centre_scale, context_scale   with int8, float32 (tracks,): what each row is to be multiplied with
tracks            "artist - title"
artist, title     text
uri               text, empty where there is none
count             int64
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skipgramophone.errors import StorageError
from skipgramophone.exporters.vectors import OF_MATRICES, TrackVectors, require_same

MOST_TEXT = 4 << 30  # bytes


def write(path: Path, vectors: TrackVectors) -> None:
    """Write the file and read it back."""
    columns = vectors.columns()
    names = [track.name for track in vectors.tracks]
    _require_room(path, [names, columns["artist"], columns["title"], [uri or "" for uri in columns["uri"]]])
    with path.open("wb") as file:
        np.savez(
            file,
            allow_pickle=False,
            **vectors.matrices(*OF_MATRICES),
            tracks=np.array(names, np.str_),
            artist=np.array(columns["artist"], np.str_),
            title=np.array(columns["title"], np.str_),
            uri=np.array([uri or "" for uri in columns["uri"]], np.str_),
            count=np.array(columns["count"], np.int64),
        )
    with np.load(path, allow_pickle=False) as read:
        found = {name: read[name].tolist() for name in ("artist", "title", "uri", "count")}
        require_same(path, found, {name: read[name] for name in vectors.matrices(*OF_MATRICES)}, vectors)


def _require_room(path: Path, columns: list[list[str]]) -> None:
    """Refuse names of which one is so long that plain arrays of text, as wide as the longest, would fill the memory."""
    size = sum(4 * len(column) * max(map(len, column), default=0) for column in columns)
    if size > MOST_TEXT:
        raise StorageError(
            f"cannot write {path}: npz would need {size / 1e9:.1f} GB for the names, the longest of which is very "
            "long: export to parquet"
        )
