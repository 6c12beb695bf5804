"""Turn the artists and albums of a query into query tracks (seeds): the tracks of these artists and albums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from skipgramophone.experiment.catalogue import Track
from skipgramophone.experiment.embeddings import Matrix, is_learnt
from skipgramophone.experiment.groups import GroupKind
from skipgramophone.lookup.artist_vectors import artist_weights
from skipgramophone.lookup.query_groups import ResolvedGroup, resolve_group
from skipgramophone.lookup.results import Asked, Seed
from skipgramophone.names.normalization import fold_name
from skipgramophone.wording import plural

if TYPE_CHECKING:
    from skipgramophone.lookup.lookup import Lookup
    from skipgramophone.lookup.query_tracks import Choose


def artist_seeds(tracks: Sequence[Track], centre: Matrix, artist: str) -> Asked:
    """Return the tracks of an artist that have a vector, weighted by count; the most frequent track has weight 1.

    Args:
        tracks: the tracks that credit the artist.
        centre: vectors of the tracks, float32 (tracks, embedding_dim); a track has no vector if its row number is
            beyond the last row.
        artist: name of the artist.
    """
    joint = [track for track in tracks if fold_name(track.artist) != fold_name(artist)]
    notes = []
    if joint:
        shared = f"{len(joint):,} of {plural(len(tracks), 'track')}"
        example = joint[0].artist
        notes.append(f"{artist!r} is credited together with other artists for {shared}, as in '{example}'")
    return Asked(weighted_seeds(tracks, centre), tuple(notes))


def weighted_seeds(tracks: Sequence[Track], centre: Matrix) -> tuple[Seed, ...]:
    """Return the tracks that have a vector, weighted by count; the most frequent track has weight 1."""
    tracks = with_vector(tracks, centre)
    weights = artist_weights(np.array([track.count for track in tracks], np.int64)).tolist()
    return tuple(map(Seed, tracks, weights))


def with_vector(tracks: Sequence[Track], centre: Matrix) -> list[Track]:
    """Return the tracks that have a vector: their row in `centre` exists and does not consist of zeros."""
    tracks = [track for track in tracks if track.row < len(centre)]
    learnt = is_learnt(centre[np.array([track.row for track in tracks], np.int64)])
    return [track for track, is_one in zip(tracks, learnt, strict=True) if is_one]


def seeds_of_groups(
    lookup: Lookup, artists: Sequence[str], albums: Sequence[str], choose: Choose | None = None
) -> Asked:
    """Return the tracks of artists and albums.

    If several artists or albums are given, the weights of the tracks of each artist, or of each album, add up to 1. If
    a name matches several artists or albums, and none dominates the others, `choose` selects one.

    Raises:
        UnknownTrackError: an artist or an album is unknown, or none of its tracks has a vector.
        AmbiguousTrackError: several artists or albums match.
        SettingError: the catalogue has no albums.
    """
    kinds: list[tuple[GroupKind, str]] = [
        *(("artist", name) for name in artists),
        *(("album", name) for name in albums),
    ]
    groups = [group_seeds(lookup, kind, resolve_group(lookup, kind, name, choose)) for kind, name in kinds]
    return sum((group.scaled() if len(groups) > 1 else group for group in groups), Asked(()))


def group_seeds(lookup: Lookup, kind: GroupKind, group: ResolvedGroup) -> Asked:
    """Return the tracks of an artist or an album as weighted query tracks.

    Raises:
        UnknownTrackError: none of the tracks has a vector.
    """
    centre = lookup.embeddings.centre
    if kind == "artist":
        found = artist_seeds(group.tracks, centre, group.name)
    else:
        found = Asked(weighted_seeds(group.tracks, centre))
    if not found.seeds:
        # This raises an error that says why the most frequent of the tracks has no vector.
        lookup.search.vector(max(group.tracks, key=lambda track: track.count))
    return Asked(found.seeds, (*group.remarks, *found.notes))
