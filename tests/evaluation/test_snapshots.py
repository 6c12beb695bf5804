"""Snapshots of one playlist on both sides of a split."""

from __future__ import annotations

import numpy as np
import pytest

from skipgramophone.evaluation.snapshots import find_snapshots
from skipgramophone.evaluation.splits import Split, groups_by_owner, split_at_random
from skipgramophone.experiment.corpus import Corpus

SERIES, SNAPSHOTS, LENGTH = 40, 5, 20


def corpus_of(mark: str, step: int) -> tuple[Corpus, list[str]]:
    """Return series of playlists: each playlist replaces `step` of the 20 tracks of the previous one."""
    tracks = [np.arange(LENGTH) + 1000 * series + step * at for series in range(SERIES) for at in range(SNAPSHOTS)]
    owners = [f"o{series}{mark}2020-0{at}" for series in range(SERIES) for at in range(SNAPSHOTS)]
    offsets = np.arange(0, LENGTH * (len(tracks) + 1), LENGTH, dtype=np.int64)
    return Corpus(np.concatenate(tracks).astype(np.int32), offsets), owners


@pytest.mark.parametrize(("mark", "group"), [("@", "[^@]*"), ("/", "[^/]*"), ("#", "[^#]*")])
def test_snapshots_are_found_with_the_group_that_keeps_them_together(mark: str, group: str) -> None:
    corpus, owners = corpus_of(mark, step=5)  # neighbours of a series share 15 of 25 tracks: 0.6
    split = split_at_random(np.arange(len(owners)), 0.2, 1)
    found = find_snapshots(corpus, split, owners, 1)
    assert found is not None
    assert (found.group, found.share > 0.9) == (group, True)
    assert not found.separable  # no series has a track of another one, so nothing could be evaluated
    grouped = split_at_random(groups_by_owner(owners, found.group), 0.2, 1)
    assert find_snapshots(corpus, grouped, owners, 1) is None


def test_playlists_with_little_in_common_are_no_snapshots() -> None:
    corpus, owners = corpus_of("@", step=12)  # 8 of 32 tracks: 0.25
    assert find_snapshots(corpus, split_at_random(np.arange(len(owners)), 0.2, 1), owners, 1) is None
    last = Split(np.ones(len(owners), np.bool_), np.arange(len(owners)), last_track_only=True)
    assert find_snapshots(corpus, last, owners, 1) is None


@pytest.mark.parametrize(("owners", "separable"), [(1, False), (2, False), (9, False), (10, True), (40, True)])
def test_snapshots_of_few_owners_cannot_be_held_out_together(owners: int, separable: bool) -> None:
    corpus, series = corpus_of("@", step=5)
    named = [f"owner {at // SNAPSHOTS % owners}" for at in range(len(series))]
    rng = np.random.default_rng(1)
    tracks = corpus.track_ids.reshape(-1, LENGTH).copy()
    tracks[:, -5:] = [500 + rng.choice(60, 5, replace=False) for _ in tracks]  # different series share tracks
    corpus = Corpus(tracks.ravel(), corpus.offsets)
    found = find_snapshots(corpus, split_at_random(np.arange(len(named)), 0.2, 1), named, 1)
    assert found is not None
    assert (found.group, found.separable) == (".*", separable)
