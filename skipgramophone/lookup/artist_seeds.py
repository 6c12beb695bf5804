"""The tracks of an artist as seeds of a query."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skipgramophone.experiment.catalogue import Track
from skipgramophone.experiment.embeddings import Matrix, is_learnt
from skipgramophone.lookup.artist_vectors import artist_weights
from skipgramophone.lookup.results import Asked, Seed
from skipgramophone.names.normalization import fold_name
from skipgramophone.wording import plural


def artist_seeds(tracks: Sequence[Track], centre: Matrix, artist: str) -> Asked:
    """Return the tracks of an artist that have a vector, weighted by count; the most frequent track has weight 1.

    Args:
        tracks: the tracks that credit the artist.
        centre: vectors of the tracks, float32 (tracks, embedding_dim); tracks beyond the last row have no vector.
        artist: name of the artist, as it was given.
    """
    joint = [track for track in tracks if fold_name(track.artist) != fold_name(artist)]
    notes = []
    if joint:
        shared = f"{len(joint):,} of {plural(len(tracks), 'track')}"
        notes.append(f"{artist!r}: {shared} credited together with other artists, as in '{joint[0].artist}'")
    tracks = with_vector(tracks, centre)
    weights = artist_weights(np.array([track.count for track in tracks], np.int64)).tolist()
    return Asked(tuple(map(Seed, tracks, weights)), tuple(notes))


def with_vector(tracks: Sequence[Track], centre: Matrix) -> list[Track]:
    """Return the tracks that have a vector; tracks beyond the last row of `centre` have none."""
    tracks = [track for track in tracks if track.row < len(centre)]
    learnt = is_learnt(centre[np.array([track.row for track in tracks], np.int64)])
    return [track for track, is_one in zip(tracks, learnt, strict=True) if is_one]
