"""Detects playlists that look like snapshots of the same playlist at different times.

If snapshots of a playlist are in both parts of a split, the model has been trained on most of the tracks that it has to
find, and its scores are too good. Near-duplicates always stay in one part. Snapshots that differ more stay together
only if the user groups them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skipgramophone.evaluation.splits import Split, group_keys
from skipgramophone.experiment.corpus import Corpus

SEPARATORS = "@#:/|~"  # characters in an owner that may precede the date or number of a snapshot
SAMPLED = 300  # number of held-out playlists that are compared with training playlists of their group
COMPARED = 20  # maximum number of training playlists with which each of them is compared
ALIKE = 0.3  # minimum Jaccard similarity of two snapshots; for near-duplicates it is 0.8
# Minimum share of held-out playlists with a snapshot in the training part for a warning. Measured: 0.63 on an archive
# of snapshots; 0.03 on the sample, whose owners have a taste but take no snapshots.
LEAST_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Share of held-out playlists with a snapshot in the training part, and the `--group` that prevents this."""

    group: str  # regular expression for --group
    share: float  # share of the held-out playlists


def find_snapshots(corpus: Corpus, split: Split, owners: Sequence[str], seed: int) -> Snapshots | None:
    """Find snapshots in both parts of a split; return the grouping that covers most of them, or None if there are few.

    Playlists are grouped by the part of the owner before a separator, or by the whole owner.

    Args:
        corpus: all playlists.
        split: the held-out playlists.
        owners: the owner of each playlist.
        seed: random seed for the sample of held-out playlists.
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
