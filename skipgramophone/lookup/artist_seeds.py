"""The tracks of artists and albums as seeds of a query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from skipgramophone.experiment.catalogue import Track
from skipgramophone.experiment.embeddings import Matrix, is_learnt
from skipgramophone.lookup.artist_vectors import artist_weights
from skipgramophone.lookup.results import Asked, Seed
from skipgramophone.names.normalization import fold_name
from skipgramophone.wording import plural

if TYPE_CHECKING:
    from skipgramophone.lookup.lookup import Lookup


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
    return Asked(weighted_seeds(tracks, centre), tuple(notes))


def weighted_seeds(tracks: Sequence[Track], centre: Matrix) -> tuple[Seed, ...]:
    """Return the tracks that have a vector, weighted by count; the most frequent track has weight 1."""
    tracks = with_vector(tracks, centre)
    weights = artist_weights(np.array([track.count for track in tracks], np.int64)).tolist()
    return tuple(map(Seed, tracks, weights))


def with_vector(tracks: Sequence[Track], centre: Matrix) -> list[Track]:
    """Return the tracks that have a vector; tracks beyond the last row of `centre` have none."""
    tracks = [track for track in tracks if track.row < len(centre)]
    learnt = is_learnt(centre[np.array([track.row for track in tracks], np.int64)])
    return [track for track, is_one in zip(tracks, learnt, strict=True) if is_one]


def seeds_of_groups(lookup: Lookup, artists: Sequence[str], albums: Sequence[str]) -> Asked:
    """Return the tracks of artists and albums; if several are given, the tracks of each have a total weight of 1.

    Raises:
        UnknownTrackError: an artist or an album is unknown, or none of its tracks has a vector.
        SettingError: the catalogue has no albums.
    """
    centre, found = lookup.embeddings.centre, Asked(())
    groups = [
        (artist_seeds(tracks, centre, name), tracks) for name in artists if (tracks := lookup.artists.tracks(name))
    ]
    groups += [(Asked(weighted_seeds(tracks, centre)), tracks) for tracks in map(lookup.albums.tracks, albums)]
    for group, tracks in groups:
        if not group.seeds:
            lookup.search.vector(max(tracks, key=lambda track: track.count))  # raises the error
        found += group.scaled() if len(groups) > 1 else group
    return found
