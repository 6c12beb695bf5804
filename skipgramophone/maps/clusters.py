"""Clusters of tracks, found among the vectors (not in the plane), and the artists that each is named by."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.catalogue import Track
from skipgramophone.experiment.embeddings import Matrix, unit_rows

LEADERS = 3  # artists that a cluster is named by
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Tracks that lie together."""

    label: str  # its leading artists
    tracks: int


def clusters_of(centre: Matrix, number: int, seed: int) -> Labels:
    """The cluster of each track by k-means of unit rows, int64 (tracks,); the largest is 0, none is empty."""
    from scipy.cluster.vq import kmeans2  # here, because look-ups do without scipy

    units = unit_rows(np.asarray(centre))
    distinct = len(np.unique(units, axis=0))
    with warnings.catch_warnings():  # an empty cluster is no fault: it is left out
        warnings.simplefilter("ignore", UserWarning)
        _, found = kmeans2(units, min(number, distinct), minit="++", seed=np.random.default_rng(seed))
    _, first, place, size = np.unique(found, return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(size), np.int64)
    rank[np.lexsort((first, -size))] = np.arange(len(size))
    return rank[place]


def described(tracks: Sequence[Track], labels: Labels) -> list[Cluster]:
    """Each cluster with its leading artists: those with many occurrences, and most of theirs here.

    An artist with n occurrences in the cluster and N altogether counts n * n / N.
    """
    everywhere: Counter[str] = Counter()
    here: list[Counter[str]] = [Counter() for _ in range(int(labels.max()) + 1)]
    for track, label in zip(tracks, labels.tolist(), strict=True):
        everywhere[track.artist] += track.count
        here[label][track.artist] += track.count
    size = np.bincount(labels).tolist()
    clusters = []
    for inside, number in zip(here, size, strict=True):
        weight = {artist: n * n / max(everywhere[artist], 1) for artist, n in inside.items() if artist}
        leaders = sorted(weight, key=lambda artist: (-weight[artist], artist))[:LEADERS]
        clusters.append(Cluster(", ".join(leaders) or "without an artist", number))
    return clusters
