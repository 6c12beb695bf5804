"""numpy's npz: plain arrays, loadable with `allow_pickle=False`.

centre, context   float32 (tracks, embedding_dim)
tracks            "artist - title"
artist, title     text
uri               text, empty where there is none
count             int64
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skipgramophone.exporters.vectors import TrackVectors, require_same


def write(path: Path, vectors: TrackVectors) -> None:
    """Write the file and read it back."""
    tracks = vectors.tracks
    with path.open("wb") as file:
        np.savez(
            file,
            allow_pickle=False,
            centre=vectors.centre,
            context=vectors.context,
            tracks=np.array([track.name for track in tracks], np.str_),
            artist=np.array([track.artist for track in tracks], np.str_),
            title=np.array([track.title for track in tracks], np.str_),
            uri=np.array([track.uri or "" for track in tracks], np.str_),
            count=np.array([track.count for track in tracks], np.int64),
        )
    with np.load(path, allow_pickle=False) as read:
        names = list(zip(read["artist"].tolist(), read["title"].tolist(), strict=True))
        require_same(path, names, read["centre"], vectors)
