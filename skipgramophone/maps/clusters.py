"""Finds clusters of tracks by their vectors, not by their positions, and labels them with typical artists or titles."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.catalogue import Track
from skipgramophone.experiment.embeddings import Matrix, unit_rows

LEADING_NAMES = 3  # number of artists or titles in the label of a cluster
NO_ARTIST = "without an artist"
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TrackGroup:
    """A group of tracks with the same colour: a cluster, the tracks of an artist, or all other tracks."""

    label: str  # typical artists or titles of a cluster; for the tracks of one artist, the name of this artist
    tracks: int


def find_clusters(centre: Matrix, number: int, seed: int) -> Labels:
    """Assign each track to a cluster by k-means on the unit vectors.

    Returns the cluster numbers, int64 (tracks,). Cluster 0 is the largest.
    """
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
    """Return the size and the label of each cluster.

    The label consists of the artists with the largest weights or, if most tracks of the cluster have no artist, of the
    titles with the largest weights.

    The weight of an artist or title in a cluster is n * n / N, where N is the number of its occurrences, and n is the
    number of its occurrences in the cluster. This favours names that are frequent in the cluster and rare elsewhere.
    """
    artists = _leaders([track.artist for track in tracks], tracks, labels)
    titles = _leaders([track.title for track in tracks], tracks, labels)
    size = np.bincount(labels).tolist()
    nameless = np.bincount(labels[[not track.artist for track in tracks]], minlength=len(size)).tolist()
    clusters = []
    for at, number in enumerate(size):
        leaders = titles[at] if 2 * nameless[at] > number else artists[at]
        clusters.append(TrackGroup(", ".join(leaders or artists[at]) or NO_ARTIST, number))
    return clusters


def _leaders(names: Sequence[str], tracks: Sequence[Track], labels: Labels) -> list[list[str]]:
    """Return the names that are typical of each cluster; `names` has the artist or the title of each track."""
    total: Counter[str] = Counter()
    by_cluster: list[Counter[str]] = [Counter() for _ in range(int(labels.max()) + 1)]
    for name, track, label in zip(names, tracks, labels.tolist(), strict=True):
        total[name] += track.count
        by_cluster[label][name] += track.count
    leaders = []
    for counts in by_cluster:
        weight = {name: n * n / max(total[name], 1) for name, n in counts.items() if name}
        leaders.append(sorted(weight, key=lambda name: (-weight[name], name))[:LEADING_NAMES])
    return leaders
