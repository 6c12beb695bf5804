"""Finds clusters of tracks by their vectors, not by their positions, and labels them with their leading artists."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.catalogue import Track
from skipgramophone.experiment.embeddings import Matrix, unit_rows

LEADING_ARTISTS = 3  # number of artists in the label of a cluster
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TrackGroup:
    """A group of tracks with the same colour: a cluster, the tracks of an artist, or all other tracks."""

    label: str  # the leading artists of a cluster, or the artist
    tracks: int


def find_clusters(centre: Matrix, number: int, seed: int) -> Labels:
    """Return the cluster of each track by k-means of its unit vector, int64 (tracks,); cluster 0 is the largest."""
    from scipy.cluster.vq import kmeans2  # imported here because look-ups must not load scipy

    units = unit_rows(np.asarray(centre))
    distinct = len(np.unique(units, axis=0))
    with warnings.catch_warnings():  # empty clusters are no problem: they are left out
        warnings.simplefilter("ignore", UserWarning)
        _, found = kmeans2(units, min(number, distinct), minit="++", seed=np.random.default_rng(seed))
    _, first, index, size = np.unique(found, return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(size), np.int64)
    rank[np.lexsort((first, -size))] = np.arange(len(size))
    return rank[index]


def describe_clusters(tracks: Sequence[Track], labels: Labels) -> list[TrackGroup]:
    """Return the size and the leading artists of each cluster.

    The weight of an artist in a cluster is n * n / N, where n of the artist's N occurrences are in the cluster. This
    favours artists that are frequent in the cluster and rare elsewhere.
    """
    total: Counter[str] = Counter()
    by_cluster: list[Counter[str]] = [Counter() for _ in range(int(labels.max()) + 1)]
    for track, label in zip(tracks, labels.tolist(), strict=True):
        total[track.artist] += track.count
        by_cluster[label][track.artist] += track.count
    size = np.bincount(labels).tolist()
    clusters = []
    for counts, number in zip(by_cluster, size, strict=True):
        weight = {artist: n * n / max(total[artist], 1) for artist, n in counts.items() if artist}
        leaders = sorted(weight, key=lambda artist: (-weight[artist], artist))[:LEADING_ARTISTS]
        clusters.append(TrackGroup(", ".join(leaders) or "without an artist", number))
    return clusters
