"""Find near-duplicate playlists by min-hashing.

Source: Broder 1997, "On the resemblance and containment of documents".
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.corpus import Corpus

NEARLY_SAME = 0.8  # two playlists with at least this Jaccard similarity of their tracks are near-duplicates
SIGNATURE = 64  # min-hashes per playlist
# Min-hashes per band. Two playlists whose min-hashes in a band are all equal are candidates. Among pairs with
# similarity 0.8, all but 1 in 4,000 become candidates.
BAND = 4
# Candidates with a smaller share of equal min-hashes than this are skipped. This limit is 6 standard deviations below
# the expected share of a pair with similarity 0.8.
PROMISING = 0.5
COMPARED = 1 << 20  # number of pairs whose min-hashes are compared at once
Groups = npt.NDArray[np.int64]


def join_near_duplicates(corpus: Corpus, groups: Groups, seed: int) -> Groups:
    """Merge the groups of near-duplicates: if two playlists are near-duplicates, their groups become one.

    Args:
        corpus: the playlists.
        groups: int64 (playlists,), the group of each playlist.
        seed: seed of the hash functions.

    Returns:
        int64 (playlists,), the group of each playlist after joining.

    Source:
        Min-hashing, Broder 1997.
    """
    parent = list(range(int(groups.max(initial=-1)) + 1))

    def root(group: int) -> int:
        while parent[group] != group:
            parent[group] = parent[parent[group]]
            group = parent[group]
        return group

    for one, other in _promising_pairs(_signatures(corpus, seed)):
        group, joining = root(int(groups[one])), root(int(groups[other]))
        if group != joining and _jaccard(corpus, one, other) >= NEARLY_SAME:
            parent[joining] = group
    return np.array([root(int(group)) for group in groups], np.int64)


def _promising_pairs(signatures: npt.NDArray[np.uint32]) -> Iterator[tuple[int, int]]:
    """Yield the pairs of playlists that agree in all min-hashes of a band, and in at least half of all min-hashes."""
    playlists, found = signatures.shape[1], []
    for band in range(0, SIGNATURE, BAND):
        hashes = signatures[band : band + BAND]
        order = np.lexsort(hashes[::-1])
        # Each playlist of a bucket is compared only with the next one: if all pairs match, the whole bucket is joined.
        same = np.flatnonzero(np.all(hashes[:, order[1:]] == hashes[:, order[:-1]], axis=0))
        found.append(order[same] * playlists + order[same + 1])
    pairs, first = np.unique(np.concatenate(found), return_index=True)
    pairs = pairs[np.argsort(first)]
    for start in range(0, len(pairs), COMPARED):
        one, other = np.divmod(pairs[start : start + COMPARED], playlists)
        agreeing = np.zeros(len(one), np.int64)
        for hashes in signatures:
            agreeing += hashes[one] == hashes[other]
        promising = agreeing >= PROMISING * SIGNATURE
        yield from zip(one[promising].tolist(), other[promising].tolist(), strict=True)


def _signatures(corpus: Corpus, seed: int) -> npt.NDArray[np.uint32]:
    """Return the min-hashes of each playlist, uint32 (SIGNATURE, playlists).

    A min-hash is the lowest value that one of the `SIGNATURE` hash functions has for the tracks of the playlist.
    """
    rng = np.random.default_rng([seed, SIGNATURE])
    # A sample of playlists contains few of the tracks of a large catalogue. These tracks are renumbered from 0, so
    # that the permutations are not longer than the number of these tracks.
    tracks = _numbered_from_zero(corpus.track_ids)
    signatures = np.zeros((SIGNATURE, len(corpus)), np.uint32)
    filled = np.flatnonzero(corpus.lengths() > 0)
    for least in signatures:
        hashes = rng.permutation(int(tracks.max(initial=-1)) + 1).astype(np.uint32)
        least[filled] = np.minimum.reduceat(hashes[tracks], corpus.offsets[:-1][filled])
    return signatures


def _numbered_from_zero(track_ids: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Replace the numbers of tracks by their ranks among the numbers that occur, int32 (occurrences,).

    >>> _numbered_from_zero(np.array([7, 2, 7, 9], np.int32)).tolist()
    [1, 0, 1, 2]
    """
    occurs = np.zeros(int(track_ids.max(initial=-1)) + 1, np.bool_)
    occurs[track_ids] = True
    ranks: npt.NDArray[np.int32] = np.cumsum(occurs, dtype=np.int32) - np.int32(1)
    return ranks[track_ids]


def _jaccard(corpus: Corpus, one: int, other: int) -> float:
    """Return the Jaccard similarity of the tracks of two playlists."""
    first, second = (set(corpus.track_ids[corpus.offsets[at] : corpus.offsets[at + 1]].tolist()) for at in (one, other))
    return len(first & second) / max(1, len(first | second))
