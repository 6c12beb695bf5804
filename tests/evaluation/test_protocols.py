"""Held-out playlists, given tracks and wanted tracks, on small corpora."""

from __future__ import annotations

import re

import numpy as np
import pytest

from skipgramophone.errors import EvaluationError
from skipgramophone.evaluation.protocols import make_queries
from skipgramophone.evaluation.splits import (
    HeldOutNames,
    Split,
    groups_by_owner,
    split_at_random,
    split_by_name,
    split_last_tracks,
)
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.postings import membership
from skipgramophone.playlists.encoding.near_duplicates import join_near_duplicates
from skipgramophone.settings import Protocol


def corpus_of(*playlists: list[int]) -> Corpus:
    """Return a corpus of playlists, given as rows of tracks."""
    return Corpus(np.concatenate(playlists).astype(np.int32), np.cumsum([0, *map(len, playlists)]).astype(np.int64))


CORPUS = corpus_of([0, 1, 2, 3, 4, 5, 0], [6, 7, 8, 9, 10, 11], [0, 1, 2])
ALL, FIRST = np.ones(12, np.bool_), np.array([True, False, False])


def test_continuation_gives_half_of_the_tracks_and_wants_the_other_half() -> None:
    queries = make_queries(CORPUS, FIRST, ALL, "continuation", seed=1, draws=4).queries
    assert len(queries) == 4
    for query in queries:
        assert (len(query.given), len(query.wanted), query.unknown) == (3, 3, 0)
        assert sorted([*query.given, *query.wanted]) == [0, 1, 2, 3, 4, 5]
    assert len({tuple(query.given) for query in queries}) > 1
    again = make_queries(CORPUS, FIRST, ALL, "continuation", seed=1, draws=4).queries
    assert [query.given.tolist() for query in again] == [query.given.tolist() for query in queries]


def test_the_number_of_given_tracks_can_be_chosen() -> None:
    (query,) = make_queries(CORPUS, FIRST, ALL, "continuation", seed=1, given=2).queries
    assert (len(query.given), len(query.wanted)) == (2, 4)


def test_next_item_gives_all_tracks_before_the_last_and_makes_one_query() -> None:
    (query,) = make_queries(CORPUS, FIRST, ALL, "next-item", seed=1, draws=4).queries
    assert (query.given.tolist(), query.wanted.tolist()) == ([0, 1, 2, 3, 4], [5])
    (last,) = make_queries(CORPUS, FIRST, ALL, "next-item", seed=1, given=1).queries
    assert (last.given.tolist(), last.wanted.tolist()) == ([4], [5])


def test_lookup_gives_one_track() -> None:
    for query in make_queries(CORPUS, FIRST, ALL, "lookup", seed=1, draws=3).queries:
        assert (len(query.given), len(query.wanted)) == (1, 5)


def test_untrained_tracks_are_counted_and_short_playlists_are_skipped() -> None:
    trained = ALL.copy()
    trained[5] = False
    made = make_queries(CORPUS, np.array([True, False, True]), trained, "continuation", seed=1)
    (query,) = made.queries
    assert made.skipped == 1  # the playlist of three tracks
    assert sorted([*query.given, *query.wanted]) == [0, 1, 2, 3, 4]
    assert query.unknown == 1  # 1 unknown x 3 wanted of 5 known, rounded
    message = (
        "no held-out playlist has at least 5 tracks that the model can rank (1 playlist checked), but other playlists "
        "have: use a larger share to hold out more playlists, or another random_seed to hold out others"
    )
    with pytest.raises(EvaluationError, match=f"^{re.escape(message)}$"):
        make_queries(CORPUS, np.array([False, False, True]), trained, "continuation", seed=1)


@pytest.mark.parametrize("protocol", ["continuation", "next-item", "lookup"])
def test_playlists_that_are_all_too_short_need_more_playlists(protocol: Protocol) -> None:
    corpus = corpus_of([0, 1, 2, 3, 3, 3], [0, 1], [1, 2, 3, 0])
    message = (
        "no playlist has at least 5 tracks that the model can rank, so none can be evaluated: add playlists that have "
        "tracks in common (sgp extract NAME SOURCE --append)"
    )
    with pytest.raises(EvaluationError, match=f"^{re.escape(message)}$"):
        make_queries(corpus, np.array([False, True, False]), np.ones(4, np.bool_), protocol, seed=1)


def test_queries_are_renumbered() -> None:
    made = make_queries(CORPUS, np.array([False, True, False]), ALL, "next-item", seed=1)
    (query,) = made.renumbered(np.arange(6, 12), 12).queries
    assert (query.given.tolist(), query.wanted.tolist()) == ([0, 1, 2, 3, 4], [5])


def test_deezer2018_gives_the_second_to_last_track_and_wants_the_last() -> None:
    corpus = corpus_of([3, 1, 2], [0, 4, 4], [5], [2, 6])
    split = Split(np.ones(4, np.bool_), np.arange(4), last_track_only=True)
    part = split.training_part(corpus)
    assert (part.track_ids.tolist(), part.offsets.tolist()) == ([3, 1, 0, 4, 2], [0, 2, 4, 4, 5])
    trained = part.counts(7) > 0
    made = make_queries(corpus, split.held_out, trained, "deezer2018", seed=1)
    assert made.skipped == 2  # a playlist with one track, and one whose last track was not trained on
    first, repeated = made.queries
    assert (first.given.tolist(), first.wanted.tolist(), first.repeats) == ([1], [2], False)
    assert (repeated.given.tolist(), repeated.wanted.tolist(), repeated.repeats) == ([4], [4], True)


def test_deezer2018_evaluates_a_thousand_playlists() -> None:
    split = split_last_tracks(4234)
    assert split.held_out.sum() == 1000
    assert np.array_equal(split.held_out, split_last_tracks(4234).held_out)
    assert split_last_tracks(10).held_out.sum() == 10
    assert split.digest != Split(split.held_out, split.groups).digest


def test_a_random_split_keeps_groups_together_and_depends_only_on_the_seed() -> None:
    groups = groups_by_owner([f"list {at // 3}@{at % 3}" for at in range(300)], "[^@]*")
    split = split_at_random(groups, 0.1, seed=3)
    assert 30 <= split.held_out.sum() <= 33
    assert all(len(set(split.held_out[groups == group])) == 1 for group in set(groups.tolist()))
    assert np.array_equal(split.held_out, split_at_random(groups, 0.1, seed=3).held_out)
    assert not np.array_equal(split.held_out, split_at_random(groups, 0.1, seed=4).held_out)
    for sizes, share, message in (
        ([1], 0.1, "cannot hold out a playlist, because there is no other one to train on: add playlists"),
        ([5], 0.1, "cannot hold out playlists: all 5 belong to one group, because they are"),
        ([2, 1], 0.9, "cannot hold out a share of 0.9: there are only 3 playlists in 2 groups, and a group is held"),
    ):
        with pytest.raises(EvaluationError, match=re.escape(message)):
            split_at_random(np.repeat(np.arange(len(sizes)), sizes), share, seed=3)


def test_named_playlists_are_held_out_with_their_groups() -> None:
    names = HeldOutNames(1, 1, 0, "a", 1)
    split = split_by_name(np.array([0, 1, 0]), names, np.array([True, False, False]))
    assert split.held_out.tolist() == [True, False, True]
    assert split.names == HeldOutNames(1, 1, 0, "a", 1, added=1)
    for named in ([True, True], [False, False]):
        with pytest.raises(EvaluationError, match="hold out must match at least one playlist, and leave at least one"):
            split_by_name(np.array([0, 1]), names, np.array(named))


def test_near_duplicates_share_a_group_and_other_playlists_do_not() -> None:
    rng = np.random.default_rng(5)
    lists = [rng.choice(2000, 40, replace=False).tolist() for _ in range(60)]
    duplicate, similar = [*lists[7][:38], 1, 2], lists[9][:20] + rng.choice(2000, 20, replace=False).tolist()
    groups = join_near_duplicates(corpus_of(*lists, duplicate, similar), np.arange(62), seed=1)
    assert groups[60] == groups[7]
    assert groups[61] != groups[9]
    assert len(set(groups.tolist())) == 61


def test_the_membership_matrix_does_not_change_the_corpus() -> None:
    corpus = corpus_of([2, 1, 1, 0], [1, 1])
    matrix = membership(corpus, 3)
    assert matrix.toarray().tolist() == [[1, 1, 1], [0, 1, 0]]
    assert corpus.track_ids.tolist() == [2, 1, 1, 0, 1, 1]
    assert corpus.offsets.tolist() == [0, 4, 6]
