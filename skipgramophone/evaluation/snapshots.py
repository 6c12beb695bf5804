"""Detection of playlists that look like snapshots of one another.

If snapshots of a playlist are on both sides of a split, a model has seen most of what it is asked for, and its scores
are too good. Near-duplicates always stay together; snapshots that have changed more than that need a group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skipgramophone.evaluation.splits import Split, group_keys
from skipgramophone.experiment.corpus import Corpus

SEPARATORS = "@#:/|~"  # in an owner, before the date or number of a snapshot
SAMPLED = 300  # held-out playlists that are compared with the training playlists of their group
COMPARED = 20  # training playlists that each is compared with
ALIKE = 0.3  # Jaccard similarity from which two playlists of a group are like snapshots; near-duplicates have 0.8
# Share of held-out playlists with a snapshot in the training part from which it matters. 0.63 on an archive of
# snapshots; 0.03 on the sample, whose owners have a taste and take no snapshots.
LEAST_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Share of held-out playlists that have a near-copy in the training part, and the `--group` against it."""

    group: str  # regular expression for --group
    share: float  # of the held-out playlists


def find_snapshots(corpus: Corpus, split: Split, owners: Sequence[str], seed: int) -> Snapshots | None:
    """Return the group that most held-out playlists share with a training playlist like them, or None.

    Candidates are the part of the owner before a separator, and the whole owner.

    Args:
        corpus: all playlists.
        split: the held-out playlists.
        owners: the owner of each playlist.
        seed: random seed of the sample.
    """
    if split.last_track_only or len(owners) != len(split.held_out):
        return None
    held_out = np.flatnonzero(split.held_out)
    sampled = np.random.default_rng([seed, SAMPLED]).permutation(held_out)[:SAMPLED].tolist()
    found: list[Snapshots] = []
    used = [mark for mark in SEPARATORS if sum(mark in owner for owner in owners) > len(owners) / 2]
    for pattern in (*(f"[^{mark}]*" for mark in used), ".*"):
        keys = group_keys(owners, pattern)
        trained: dict[str, list[int]] = {key: [] for key in {keys[playlist] for playlist in sampled}}
        for playlist in np.flatnonzero(~split.held_out).tolist():
            if keys[playlist] in trained:
                trained[keys[playlist]].append(playlist)
        alike = sum(
            any(_shared(corpus, playlist, other) >= ALIKE for other in trained[keys[playlist]][:COMPARED])
            for playlist in sampled
        )
        found.append(Snapshots(pattern, alike / len(sampled)))
    most = max(found, key=lambda one: one.share)
    return most if most.share >= LEAST_SHARE else None


def _shared(corpus: Corpus, one: int, other: int) -> float:
    """Return the Jaccard similarity of the tracks of two playlists."""
    first, second = (set(corpus.track_ids[corpus.offsets[at] : corpus.offsets[at + 1]].tolist()) for at in (one, other))
    return len(first & second) / max(1, len(first | second))
