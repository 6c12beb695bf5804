"""Mixed queries: tracks, artists and playlists in one query, for lists of artists and of playlists.

A part of a query is a track or a group of tracks, and has a unit vector. The vector of a group is the weighted sum of
the unit vectors of its tracks, scaled to length 1. The query vector is the weighted sum of the vectors of the parts,
scaled to length 1. Because the vector of a group is scaled to length 1, an artist with many tracks weighs only as much
as a single track.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from skipgramophone.errors import SettingError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.embeddings import Matrix
from skipgramophone.lookup.ranking import direction
from skipgramophone.lookup.results import Fallback, Seed
from skipgramophone.lookup.search import Search


@dataclass(frozen=True, slots=True)
class SeedGroup:
    """The tracks of an artist, an album or a playlist, as one part of a query."""

    name: str
    seeds: tuple[Seed, ...]
    weight: float = 1.0  # negative if the answer should be dissimilar to the group
    of: Literal["artist", "album", "playlist"] = "artist"
    fallback: Fallback | None = None  # set if the group replaces a track of the query
    playlist: int | None = None  # number of the playlist in the corpus, if the group is a playlist

    def as_seeds(self) -> tuple[Seed, ...]:
        """Return the tracks of the group as single query tracks. Their weights add up to the weight of the group."""
        share = self.weight / sum(seed.weight for seed in self.seeds)
        return tuple(Seed(seed.track, seed.weight * share, self.fallback) for seed in self.seeds)


Part = Seed | SeedGroup


@dataclass(frozen=True, slots=True)
class MixedQuery:
    """A query of tracks and groups of tracks.

    Attributes:
        parts: the tracks and the groups.
        notes: remarks for the user.
        vector: unit query vector, float32 (embedding_dim,).
        liked: rows of the tracks in parts with a positive weight, int64, ascending.
        is_file: whether the query consists only of the tracks of a playlist file.
    """

    parts: tuple[Part, ...]
    notes: tuple[str, ...]
    vector: Matrix
    liked: Rows
    is_file: bool = False

    @property
    def tracks(self) -> tuple[Seed, ...]:
        """The parts that are single tracks."""
        return tuple(part for part in self.parts if isinstance(part, Seed))

    @property
    def groups(self) -> tuple[SeedGroup, ...]:
        """The parts that are groups of tracks."""
        return tuple(part for part in self.parts if isinstance(part, SeedGroup))


def seeds_of(part: Part) -> tuple[Seed, ...]:
    """Return the tracks of a part of a query; their weights add up to the weight of the part."""
    return (part,) if isinstance(part, Seed) else part.as_seeds()


def mixed_query(search: Search, parts: Sequence[Part], notes: Sequence[str]) -> MixedQuery:
    """Build a query from its parts, and compute its vector.

    Raises:
        UnknownTrackError: a track has no vector.
        SettingError: there are no parts, or their weighted vectors cancel out.
    """
    if not parts:
        raise SettingError("give at least one track, artist or album")
    vectors = [
        search.vector(part.track) if isinstance(part, Seed) else search.question(part.seeds, ()).vector
        for part in parts
    ]
    tracks = [part for part in parts if isinstance(part, Seed)]
    liked = [seed.track.row for seed in tracks if seed.weight > 0]
    for part in parts:
        if isinstance(part, SeedGroup) and part.weight > 0:
            liked += [seed.track.row for seed in part.seeds]
    return MixedQuery(
        parts=tuple(parts),
        notes=(*search.opened.warnings, *notes, *(search.rarity(tracks) if tracks else ())),
        vector=direction(np.stack(vectors), np.array([part.weight for part in parts])),
        liked=np.unique(np.array(liked, np.int64)),
    )
