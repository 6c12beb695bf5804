"""Playlists that are nearly the same, found by min-hashing.

Broder 1997, "On the resemblance and containment of documents".
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skipgramophone.corpus import Corpus

NEARLY_SAME = 0.8  # share of tracks in common (Jaccard) from which two playlists are twins
SIGNATURE = 64  # min-hashes a playlist
BAND = 4  # min-hashes that must all agree for two playlists to be compared: twins at 0.8 are missed once in 4,000
Groups = npt.NDArray[np.int64]


def with_twins(corpus: Corpus, groups: Groups, seed: int) -> Groups:
    """Join the groups of playlists that are nearly the same, found by min-hashing (Broder 1997)."""
    parent = list(range(int(groups.max(initial=-1)) + 1))

    def root(group: int) -> int:
        while parent[group] != group:
            parent[group] = parent[parent[group]]
            group = parent[group]
        return group

    for one, other in _near_pairs(corpus, groups, seed):
        parent[root(int(groups[other]))] = root(int(groups[one]))
    return np.array([root(int(group)) for group in groups], np.int64)


def _near_pairs(corpus: Corpus, groups: Groups, seed: int) -> list[tuple[int, int]]:
    """Pairs of playlists of different groups that are nearly the same."""
    signatures = _signatures(corpus, seed)
    pairs: dict[tuple[int, int], None] = {}
    for band in range(0, SIGNATURE, BAND):
        _, bucket = np.unique(signatures[:, band : band + BAND], axis=0, return_inverse=True)
        order = np.argsort(bucket, kind="stable")
        # Playlists of a bucket are compared with the next one only: being twins passes on through a group.
        same = np.flatnonzero(bucket[order][1:] == bucket[order][:-1])
        pairs.update(((int(order[at]), int(order[at + 1])), None) for at in same)
    return [pair for pair in pairs if groups[pair[0]] != groups[pair[1]] and _likeness(corpus, *pair) >= NEARLY_SAME]


def _signatures(corpus: Corpus, seed: int) -> npt.NDArray[np.uint64]:
    """The least hash of the tracks of each playlist under many hash functions, uint64 (playlists, SIGNATURE)."""
    rng = np.random.default_rng([seed, SIGNATURE])
    tracks = int(corpus.track_ids.max(initial=-1)) + 1
    signatures = np.empty((len(corpus), SIGNATURE), np.uint64)
    filled = np.flatnonzero(corpus.lengths() > 0)
    for at in range(SIGNATURE):
        hashes = rng.permutation(tracks).astype(np.uint64)
        signatures[:, at] = 0
        signatures[filled, at] = np.minimum.reduceat(hashes[corpus.track_ids], corpus.offsets[:-1][filled])
    return signatures


def _likeness(corpus: Corpus, one: int, other: int) -> float:
    """Share of the tracks of two playlists that both have (Jaccard)."""
    first, second = (np.unique(corpus.track_ids[corpus.offsets[at] : corpus.offsets[at + 1]]) for at in (one, other))
    both = len(np.intersect1d(first, second, assume_unique=True))
    return both / max(1, len(first) + len(second) - both)
