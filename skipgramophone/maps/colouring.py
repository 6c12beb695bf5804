"""What the tracks of a map are coloured by: their cluster, or their artist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skipgramophone.experiment.catalogue import Track
from skipgramophone.experiment.embeddings import Matrix
from skipgramophone.maps.clusters import Cluster, Labels, clusters_of, described

TURN = 137.5  # degrees from one hue to the next, so that no two that follow are alike
OTHERS = "other artists"


@dataclass(frozen=True, slots=True)
class Colouring:
    """Groups of tracks, each with a colour.

    Attributes:
        labels: the group of each track, int64 (tracks,).
        groups: what is known of each.
        has_rest: the last holds what is in none of the others, and is grey.
    """

    labels: Labels
    groups: Sequence[Cluster]
    has_rest: bool = False

    def colours(self) -> list[tuple[int, int]]:
        """Hue in degrees and saturation in per cent of each group; how light it is, is for who draws to say."""
        found = [(round(at * TURN) % 360, 58 if at % 2 else 72) for at in range(len(self.groups))]
        return [*found[:-1], (0, 0)] if self.has_rest else found


def by_cluster(tracks: Sequence[Track], centre: Matrix, number: int, seed: int) -> Colouring:
    """Tracks by their clusters among the vectors."""
    labels = clusters_of(centre, number, seed)
    return Colouring(labels, described(tracks, labels))


def by_artist(tracks: Sequence[Track], number: int) -> Colouring:
    """Tracks by their artists: those with most occurrences have a group each, all others one together."""
    occurrences: Counter[str] = Counter()
    for track in tracks:
        occurrences[track.artist] += track.count
    leading = sorted((name for name in occurrences if name), key=lambda name: (-occurrences[name], name))[:number]
    place = {name: at for at, name in enumerate(leading)}
    labels = np.array([place.get(track.artist, len(leading)) for track in tracks], np.int64)
    size = np.bincount(labels, minlength=len(leading) + 1).tolist()
    groups = [Cluster(name, tracks) for name, tracks in zip([*leading, OTHERS], size, strict=True) if tracks]
    return Colouring(labels, groups, has_rest=size[-1] > 0)
