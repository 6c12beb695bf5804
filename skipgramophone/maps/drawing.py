"""A map drawn: tracks and their vectors become a page, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skipgramophone.catalogue import Track
from skipgramophone.embeddings import Matrix
from skipgramophone.maps import projection
from skipgramophone.maps.clusters import Cluster, clusters_of, described
from skipgramophone.maps.page import page
from skipgramophone.neighbours import nearest_to_each
from skipgramophone.settings import MapSettings, Projection


@dataclass(frozen=True, slots=True)
class Drawing:
    """A page, and what it shows."""

    page: str
    projection: Projection
    clusters: list[Cluster]
    preserved: float  # share of the true nearest that are as near in the plane


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
    by_umap = chosen == "umap"
    wanted = max(settings.neighbours, projection.NEIGHBOURS) if by_umap else settings.neighbours
    near, similarities = np.zeros((len(tracks), 0), np.int64), np.zeros((len(tracks), 0), np.float32)
    if len(tracks) > 1:
        near, similarities = nearest_to_each(centre, min(wanted, len(tracks) - 1))
    plane = projection.plane_of(chosen, centre, near, similarities, seed)
    near, similarities = near[:, : settings.neighbours], similarities[:, : settings.neighbours]
    labels = clusters_of(centre, settings.clusters, seed)
    clusters = described(tracks, labels)
    preserved = projection.preserved(plane, near, seed)
    about = (
        f"{len(tracks):,} tracks, coloured by cluster, larger where they occur more. Nearest tracks are those of the "
        f"vectors; the plane ({'UMAP' if by_umap else 'principal components'}) keeps {preserved:.0%} of them near."
    )
    return Drawing(
        page=page(title, about, tracks, plane, labels, clusters, near, similarities),
        projection=chosen,
        clusters=clusters,
        preserved=preserved,
    )
