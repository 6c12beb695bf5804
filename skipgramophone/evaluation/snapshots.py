"""Detects playlists that look like snapshots of the same playlist at different times.

If one snapshot of a playlist is held out and another is used for training, the model is trained on most of the tracks
that it has to find, and its scores are too high. Near-duplicates are always held out together or not at all. Snapshots
that are less similar than near-duplicates stay together only if the user passes `--group`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.errors import EvaluationError
from skipgramophone.evaluation.protocols import FEWEST_TRACKS
from skipgramophone.evaluation.splits import Split, group_keys, groups_by_owner, split_at_random
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.playlists.encoding.near_duplicates import join_near_duplicates
from skipgramophone.settings import EVALUATED_SHARE

SEPARATORS = "@#:/|~"  # separators that may stand before the date or number of a snapshot in an owner's name
SAMPLED = 300  # number of held-out playlists that are compared with training playlists of their group
COMPARED = 20  # maximum number of training playlists with which each held-out playlist is compared
ALIKE = 0.3  # minimum Jaccard similarity of two snapshots; for near-duplicates it is 0.8
FEWEST_GROUPS = 10  # minimum number of groups; with fewer groups, a tenth of the playlists cannot be held out
# There is a warning if at least this share of held-out playlists has a snapshot among the training playlists. Measured:
# the share is 0.63 on an archive of snapshots, and 0.03 on the sample. In the sample, the playlists of one owner
# reflect one taste, but they are not snapshots of one playlist.
LEAST_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Share of held-out playlists with a snapshot in the training data, and the value of `--group` that avoids this.

    Attributes:
        group: regular expression for `--group`.
        share: share of the held-out playlists that have a snapshot in the training data.
        separable: whether there are enough groups to hold some out and evaluate them; if not, `--group` cannot be used.
    """

    group: str
    share: float
    separable: bool


@dataclass(frozen=True, slots=True)
class Series:
    """A grouping of playlists by owner, in which playlists of one group look like snapshots of one playlist.

    Attributes:
        group: regular expression for `--group`.
        alike: number of sampled playlists that have a similar playlist in their group.
        sampled: number of sampled playlists.
    """

    group: str
    alike: int
    sampled: int


def find_snapshots(
    corpus: Corpus, split: Split, owners: Sequence[str], seed: int, *, to_hold_out: float = EVALUATED_SHARE
) -> Snapshots | None:
    """Find held-out playlists that have a snapshot in the training part.

    Playlists are grouped by the beginning of the owner's name, up to a separator, or by the whole name. The result is
    for the grouping in which the most held-out playlists have such a snapshot. It is None if, even in this grouping,
    less than `LEAST_SHARE` of the held-out playlists have one.

    Args:
        corpus: all playlists.
        split: the held-out playlists.
        owners: the owner of each playlist.
        seed: random seed for the sample of held-out playlists.
        to_hold_out: share of the playlists to hold out when they are grouped; `separable` says whether this is
            possible.
    """
    if split.last_track_only or len(owners) != len(split.held_out):
        return None
    held_out = np.flatnonzero(split.held_out)
    sampled = np.random.default_rng([seed, SAMPLED]).permutation(held_out)[:SAMPLED].tolist()
    trained = np.flatnonzero(~split.held_out).tolist()
    counted = {
        pattern: _count_alike(corpus, group_keys(owners, pattern), sampled, trained) for pattern in _patterns(owners)
    }
    most = max(counted, key=lambda pattern: counted[pattern])
    share = counted[most] / len(sampled)
    if share < LEAST_SHARE:
        return None
    return Snapshots(most, share, _is_separable(corpus, owners, most, seed, share=to_hold_out))


def _is_separable(corpus: Corpus, owners: Sequence[str], pattern: str, seed: int, *, share: float) -> bool:
    """Return whether a share of the playlists can be held out and evaluated if playlists of one group stay together."""
    groups = join_near_duplicates(corpus, groups_by_owner(owners, pattern), seed)
    try:
        split = split_at_random(groups, share, seed)
    except EvaluationError:
        return False
    trained, held_out = split.training_part(corpus), split.held_out_part(corpus)
    known = np.isin(held_out.track_ids, trained.track_ids)
    playlist = np.repeat(np.arange(len(held_out)), held_out.lengths())
    can_be_evaluated = (np.bincount(playlist[known]) >= FEWEST_TRACKS).any()
    return bool(can_be_evaluated) and len(np.unique(groups)) >= FEWEST_GROUPS


def find_series(corpus: Corpus, owners: Sequence[str], seed: int) -> Series | None:
    """Find the grouping by owner in which the largest number of sampled playlists resemble a playlist of their group.

    Return None if, even in the best grouping, only a few sampled playlists have a similar playlist in their group.
    Groupings with fewer than `FEWEST_GROUPS` groups are not considered.

    Args:
        corpus: all playlists.
        owners: the owner of each playlist.
        seed: random seed of the sample.
    """
    sampled = np.random.default_rng([seed, SAMPLED]).permutation(len(owners))[:SAMPLED].tolist()
    counted: dict[str, int] = {}
    for pattern in _patterns(owners):
        keys = group_keys(owners, pattern)
        if len(set(keys)) >= FEWEST_GROUPS:
            counted[pattern] = _count_alike(corpus, keys, sampled, range(len(owners)))
    most = max(counted, key=lambda pattern: counted[pattern], default=None)
    if most is None or counted[most] < LEAST_SHARE * len(sampled):
        return None
    return Series(most, counted[most], len(sampled))


def _patterns(owners: Sequence[str]) -> list[str]:
    """Return regular expressions that match the beginning of an owner's name, or the whole name.

    For each separator that more than half of the names contain, one expression matches the part of a name before the
    separator: "[^@]*" for "@". The last expression, ".*", matches the whole name.
    """
    texts = pa.array(owners, pa.large_string())
    used = [mark for mark in SEPARATORS if 2 * (pc.sum(pc.match_substring(texts, mark)).as_py() or 0) > len(owners)]
    return [*(f"[^{mark}]*" for mark in used), ".*"]


def _count_alike(corpus: Corpus, keys: Sequence[str], sampled: Sequence[int], others: Iterable[int]) -> int:
    """Count the sampled playlists that are similar to another playlist of their group.

    Only the first `COMPARED` playlists of each group are compared.
    """
    group: dict[str, list[int]] = {key: [] for key in {keys[playlist] for playlist in sampled}}
    for playlist in others:
        members = group.get(keys[playlist])
        # Keep one more than `COMPARED` members, because the sampled playlist itself may be among them.
        if members is not None and len(members) <= COMPARED:
            members.append(playlist)
    alike = 0
    for playlist in sampled:
        compared = [other for other in group[keys[playlist]] if other != playlist][:COMPARED]
        alike += any(_shared(corpus, playlist, other) >= ALIKE for other in compared)
    return alike


def _shared(corpus: Corpus, one: int, other: int) -> float:
    """Return the Jaccard similarity of the tracks of two playlists."""
    first, second = (set(corpus.track_ids[corpus.offsets[at] : corpus.offsets[at + 1]].tolist()) for at in (one, other))
    return len(first & second) / max(1, len(first | second))
