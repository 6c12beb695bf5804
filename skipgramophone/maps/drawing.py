"""A map as it is to be shown: tracks with their places, their colours and their nearest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.catalogue import Track
from skipgramophone.experiment.embeddings import Matrix
from skipgramophone.lookup.exact_search import Rows, nearest_to_each
from skipgramophone.maps import projection
from skipgramophone.maps.colouring import Colouring, by_artist, by_cluster
from skipgramophone.maps.projection import Plane
from skipgramophone.settings import Colour, MapSettings, Projection


@dataclass(frozen=True, slots=True)
class Drawing:
    """A map.

    Attributes:
        title: what it is called.
        tracks: in order of count.
        plane: float32 (tracks, 2).
        near: the nearest of each among the vectors, rows of `tracks`, int64 (tracks, number).
        similarities: theirs, float32 (tracks, number).
        colourings: what the tracks can be coloured by.
        colour: what they are coloured by at first.
        projection: how the plane was found.
        preserved: share of the true nearest that are as near in the plane.
    """

    title: str
    tracks: Sequence[Track]
    plane: Plane
    near: Rows
    similarities: npt.NDArray[np.float32]
    colourings: Mapping[Colour, Colouring]
    colour: Colour
    projection: Projection
    preserved: float

    @property
    def about(self) -> str:
        """A sentence or two of what it shows."""
        called = "UMAP" if self.projection == "umap" else "principal components"
        return (
            f"{len(self.tracks):,} tracks, larger where they occur more. Nearest tracks are those of the vectors; the "
            f"plane ({called}) keeps {self.preserved:.0%} of them near."
        )


def draw(title: str, tracks: Sequence[Track], centre: Matrix, settings: MapSettings) -> Drawing:
    """Draw tracks.

    Args:
        title: what the map is called.
        tracks: in order of count.
        centre: their vectors, float32 (len(tracks), embedding_dim), no row of zeros.
        settings: how; `top` is the caller's.

    Raises:
        SettingError: UMAP is asked for and cannot be used.
    """
    chosen, seed = projection.chosen(settings.projection, len(tracks)), settings.random_seed
    wanted = max(settings.neighbours, projection.NEIGHBOURS) if chosen == "umap" else settings.neighbours
    near, similarities = np.zeros((len(tracks), 0), np.int64), np.zeros((len(tracks), 0), np.float32)
    if len(tracks) > 1:
        near, similarities = nearest_to_each(centre, min(wanted, len(tracks) - 1))
    plane = projection.plane_of(chosen, centre, near, similarities, seed)
    near, similarities = near[:, : settings.neighbours], similarities[:, : settings.neighbours]
    return Drawing(
        title=title,
        tracks=tracks,
        plane=plane,
        near=near,
        similarities=similarities,
        colourings={
            "cluster": by_cluster(tracks, centre, settings.clusters, seed),
            "artist": by_artist(tracks, settings.clusters),
        },
        colour=settings.colour,
        projection=chosen,
        preserved=projection.preserved(plane, near, seed),
    )
