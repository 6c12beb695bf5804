"""The contents of a map: tracks with their positions, colours and nearest neighbours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.catalogue import Track
from skipgramophone.experiment.embeddings import Matrix
from skipgramophone.lookup.exact_search import nearest_in_blocks
from skipgramophone.maps.colouring import Colouring, by_artist, by_cluster
from skipgramophone.maps.projection import METHODS, NEIGHBOURS, Plane, choose_projection, preserved_share, project
from skipgramophone.settings import Colour, Embedded, MapSettings, Projection
from skipgramophone.wording import plural

STEPS = 5  # number of steps when a map is drawn: neighbours, projection, clusters, measurement, writing


@dataclass(frozen=True, slots=True)
class Drawing:
    """A map.

    Attributes:
        title: title of the map.
        tracks: the tracks, most frequent first.
        plane: position of each track, float32 (tracks, 2).
        near: nearest neighbours of each track by vector, as indices into `tracks`, int64 (tracks, neighbours).
        similarities: similarities of these neighbours, float32 (tracks, neighbours).
        colourings: the available colourings of the tracks.
        colour: the initial colouring.
        projection: the method that computed the plane.
        preserved: share of the nearest neighbours by vector that are also nearest neighbours in the plane.
        of: "tracks" or "artists"; an artist is stored as a track with an empty title.
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
        one = self.of.removesuffix("s")
        return (
            f"{plural(len(self.tracks), one)}; larger dots are more frequent {self.of}. "
            f"Nearest {self.of} are computed from the full vectors. The map "
            f"({METHODS[self.projection]}) preserves {self.preserved:.0%} of nearest neighbours."
        )


def draw(
    title: str,
    tracks: Sequence[Track],
    centre: Matrix,
    settings: MapSettings,
    *,
    progress: Callable[[str, float, int], None] = lambda _step, _done, _all: None,
) -> Drawing:
    """Compute a map of tracks.

    Args:
        title: title of the map.
        tracks: the tracks, most frequent first.
        centre: vectors of the tracks, float32 (len(tracks), embedding_dim), without rows of zeros.
        settings: projection, clusters, neighbours and colours; `top` is ignored, because the caller selects the tracks.
        progress: called with the current step, the number of finished steps (may be a fraction) and the total. The
            caller does the last step, writing.

    Raises:
        SettingError: the projection is t-SNE, and there are too few tracks for it.
    """
    projection, seed = choose_projection(settings.projection, len(tracks), settings.of), settings.random_seed
    wanted = max(settings.neighbours, NEIGHBOURS) if projection == "tsne" else settings.neighbours
    progress("finding nearest neighbours", 0, STEPS)
    near, similarities = np.zeros((len(tracks), 0), np.int64), np.zeros((len(tracks), 0), np.float32)
    if len(tracks) > 1:
        near, similarities = _nearest(centre, min(wanted, len(tracks) - 1), progress)

    def tell(done: int, of: int) -> None:
        progress(f"projecting by t-SNE: iteration {done + 1} of {of}", 1 + done / of, STEPS)

    progress(f"projecting by {METHODS[projection]}", 1, STEPS)
    plane = project(projection, centre, near, seed=seed, progress=tell)
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


def _nearest(
    centre: Matrix, number: int, progress: Callable[[str, float, int], None]
) -> tuple[Rows, npt.NDArray[np.float32]]:
    """Return the nearest rows of each track and their similarities, both (tracks, number)."""
    rows, similarities, done = [], [], 0
    for near, close in nearest_in_blocks(centre, number):
        rows.append(near)
        similarities.append(close)
        done += len(near)
        progress(f"finding nearest neighbours: {done:,} of {len(centre):,} tracks", done / len(centre), STEPS)
    return np.concatenate(rows), np.concatenate(similarities)
