"""Assigns colours to the tracks of a map, by cluster or by artist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skipgramophone.experiment.catalogue import Track
from skipgramophone.experiment.embeddings import Matrix
from skipgramophone.maps.clusters import NO_ARTIST, Labels, TrackGroup, describe_clusters, find_clusters

# angle in degrees between successive hues (the golden angle), so that neighbouring colours of the legend are clearly
# different
HUE_STEP = 137.5
OTHERS = "other artists"


@dataclass(frozen=True, slots=True)
class Colouring:
    """Groups of tracks, each with a colour.

    Attributes:
        labels: the group of each track, int64 (tracks,).
        groups: label and size of each group.
        has_rest: whether the last group is grey and contains all tracks that are in no other group.
    """

    labels: Labels
    groups: Sequence[TrackGroup]
    has_rest: bool = False

    def colours(self) -> list[tuple[int, int]]:
        """Return the hue (degrees) and the saturation (percent) of each group; the caller chooses the lightness."""
        hues = [(round(at * HUE_STEP) % 360, 58 if at % 2 else 72) for at in range(len(self.groups))]
        return [*hues[:-1], (0, 0)] if self.has_rest else hues


def by_cluster(tracks: Sequence[Track], centre: Matrix, number: int, seed: int) -> Colouring:
    """Colour tracks by their cluster in vector space."""
    labels = find_clusters(centre, number, seed)
    return Colouring(labels, describe_clusters(tracks, labels))


def by_artist(tracks: Sequence[Track], number: int) -> Colouring:
    """Colour tracks by artist: one group for each of the most frequent artists, and one for all others."""
    occurrences: Counter[str] = Counter()
    for track in tracks:
        occurrences[track.artist] += track.count
    leading = sorted((name for name in occurrences if name), key=lambda name: (-occurrences[name], name))[:number]
    group = {name: at for at, name in enumerate(leading)}
    labels = np.array([group.get(track.artist, len(leading)) for track in tracks], np.int64)
    size = np.bincount(labels, minlength=len(leading) + 1).tolist()
    rest = OTHERS if leading else NO_ARTIST
    groups = [TrackGroup(name, tracks) for name, tracks in zip([*leading, rest], size, strict=True) if tracks]
    return Colouring(labels, groups, has_rest=size[-1] > 0)
