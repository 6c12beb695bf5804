"""The contents of a map: tracks with their positions, colours and nearest neighbours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.catalogue import Track
from skipgramophone.experiment.embeddings import Matrix
from skipgramophone.lookup.exact_search import nearest_to_each
from skipgramophone.maps.colouring import Colouring, by_artist, by_cluster
from skipgramophone.maps.projection import NEIGHBOURS, Plane, choose_projection, preserved_share, project
from skipgramophone.settings import Colour, Embedded, MapSettings, Projection
from skipgramophone.wording import plural

STEPS = 5  # of a map: neighbours, projection, clusters, measurement, writing


@dataclass(frozen=True, slots=True)
class Drawing:
    """A map.

    Attributes:
        title: title of the map.
        tracks: the tracks, most frequent first.
        plane: positions, float32 (tracks, 2).
        near: nearest neighbours of each track by vector, as rows of `tracks`, int64 (tracks, neighbours).
        similarities: their similarities, float32 (tracks, neighbours).
        colourings: the available colourings of the tracks.
        colour: the initial colouring.
        projection: the method that computed the plane.
        preserved: share of the nearest neighbours by vector that are also nearest neighbours in the plane.
        of: what the points are; artists are entries with an empty title.
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
    of: Embedded = "tracks"

    @property
    def about(self) -> str:
        """Return a short description of the map."""
        method = "UMAP" if self.projection == "umap" else "principal components"
        return (
            f"{plural(len(self.tracks), self.of.removesuffix('s'))}; larger dots occur more often. Nearest {self.of} "
            f"are computed from the full vectors. The map ({method}) preserves {self.preserved:.0%} of nearest "
            "neighbours."
        )


def draw(
    title: str,
    tracks: Sequence[Track],
    centre: Matrix,
    settings: MapSettings,
    *,
    progress: Callable[[str, int, int], None] = lambda _step, _done, _all: None,
) -> Drawing:
    """Compute a map of tracks.

    Args:
        title: title of the map.
        tracks: the tracks, most frequent first.
        centre: their vectors, float32 (len(tracks), embedding_dim), without rows of zeros.
        settings: projection, clusters, neighbours and colours; `top` is ignored, because the caller selects the tracks.
        progress: called before each step with its name, the number of steps done and of all steps; writing is the last.

    Raises:
        SettingError: UMAP is required and cannot be used.
    """
    projection, seed = choose_projection(settings.projection, len(tracks)), settings.random_seed
    wanted = max(settings.neighbours, NEIGHBOURS) if projection == "umap" else settings.neighbours
    progress("finding nearest neighbours", 0, STEPS)
    near, similarities = np.zeros((len(tracks), 0), np.int64), np.zeros((len(tracks), 0), np.float32)
    if len(tracks) > 1:
        near, similarities = nearest_to_each(centre, min(wanted, len(tracks) - 1))
    progress(f"projecting by {projection}", 1, STEPS)
    plane = project(projection, centre, near, similarities, seed=seed)
    near, similarities = near[:, : settings.neighbours], similarities[:, : settings.neighbours]
    progress("finding clusters", 2, STEPS)
    colourings: dict[Colour, Colouring] = {
        "cluster": by_cluster(tracks, centre, settings.clusters, seed),
        "artist": by_artist(tracks, settings.clusters),
    }
    progress("measuring the projection", 3, STEPS)
    return Drawing(
        title=title,
        tracks=tracks,
        plane=plane,
        near=near,
        similarities=similarities,
        colourings=colourings,
        colour=settings.colour,
        projection=projection,
        preserved=preserved_share(plane, near, seed),
        of=settings.of,
    )
