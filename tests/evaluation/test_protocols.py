"""What is held out, given and wanted: on corpora small enough to see through."""

from __future__ import annotations

import numpy as np
import pytest

from skipgramophone.errors import EvaluationError
from skipgramophone.evaluation.protocols import ask
from skipgramophone.evaluation.rankers import membership
from skipgramophone.evaluation.splits import (
    Split,
    groups_of,
    split_at_random,
    split_by_name,
    split_of_last_tracks,
)
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.playlists.near_duplicates import join_near_duplicates


def corpus_of(*playlists: list[int]) -> Corpus:
    """A corpus of playlists of rows."""
    return Corpus(np.concatenate(playlists).astype(np.int32), np.cumsum([0, *map(len, playlists)]).astype(np.int64))


SIX = corpus_of([0, 1, 2, 3, 4, 5, 0], [6, 7, 8, 9, 10, 11], [0, 1, 2])
ALL, FIRST = np.ones(12, np.bool_), np.array([True, False, False])


def test_continuation_gives_half_and_wants_the_other_half() -> None:
    questions = ask(SIX, FIRST, ALL, "continuation", seed=1, draws=4)
    assert len(questions.asked) == 4
    for question in questions.asked:
        assert (len(question.given), len(question.wanted), question.unknown) == (3, 3, 0)
        assert sorted([*question.given, *question.wanted]) == [0, 1, 2, 3, 4, 5]
    assert len({tuple(question.given) for question in questions.asked}) > 1
    assert [q.given.tolist() for q in ask(SIX, FIRST, ALL, "continuation", seed=1, draws=4).asked] == [
        q.given.tolist() for q in questions.asked
    ]


def test_seeds_are_as_many_as_asked_for() -> None:
    (question,) = ask(SIX, FIRST, ALL, "continuation", seed=1, given=2).asked
    assert (len(question.given), len(question.wanted)) == (2, 4)


def test_next_item_gives_what_stands_before_and_is_asked_once() -> None:
    (question,) = ask(SIX, FIRST, ALL, "next-item", seed=1, draws=4).asked
    assert (question.given.tolist(), question.wanted.tolist()) == ([0, 1, 2, 3, 4], [5])
    (last,) = ask(SIX, FIRST, ALL, "next-item", seed=1, given=1).asked
    assert (last.given.tolist(), last.wanted.tolist()) == ([4], [5])


def test_lookup_gives_one() -> None:
    for question in ask(SIX, FIRST, ALL, "lookup", seed=1, draws=3).asked:
        assert (len(question.given), len(question.wanted)) == (1, 5)


def test_tracks_that_were_not_trained_on_are_counted_and_short_playlists_passed_over() -> None:
    trained = ALL.copy()
    trained[5] = False
    questions = ask(SIX, np.array([True, False, True]), trained, "continuation", seed=1)
    (question,) = questions.asked
    assert questions.passed_over == 1  # the playlist of three
    assert sorted([*question.given, *question.wanted]) == [0, 1, 2, 3, 4]
    assert question.unknown == 1  # 1 unknown x 3 wanted of 5 known, rounded
    with pytest.raises(EvaluationError, match="none of the 1 held-out playlists holds 5 tracks"):
        ask(SIX, np.array([False, False, True]), trained, "continuation", seed=1)


def test_questions_are_renumbered() -> None:
    questions = ask(SIX, np.array([False, True, False]), ALL, "next-item", seed=1).renumbered(np.arange(6, 12), 12)
    assert (questions.asked[0].given.tolist(), questions.asked[0].wanted.tolist()) == ([0, 1, 2, 3, 4], [5])


def test_deezer2018_asks_for_the_last_track_by_the_one_before() -> None:
    corpus = corpus_of([3, 1, 2], [0, 4, 4], [5], [2, 6])
    split = Split(np.ones(4, np.bool_), np.arange(4), last_alone=True)
    part = split.training_part(corpus)
    assert (part.track_ids.tolist(), part.offsets.tolist()) == ([3, 1, 0, 4, 2], [0, 2, 4, 4, 5])
    trained = part.counts(7) > 0
    questions = ask(corpus, split.held_out, trained, "deezer2018", seed=1)
    assert questions.passed_over == 2  # one track alone, and one whose last was not trained on
    first, repeated = questions.asked
    assert (first.given.tolist(), first.wanted.tolist(), first.repeats) == ([1], [2], False)
    assert (repeated.given.tolist(), repeated.wanted.tolist(), repeated.repeats) == ([4], [4], True)


def test_deezer2018_draws_a_thousand_of_two_thousand() -> None:
    split = split_of_last_tracks(4234)
    assert split.held_out.sum() == 1000
    assert np.array_equal(split.held_out, split_of_last_tracks(4234).held_out)
    assert split_of_last_tracks(10).held_out.sum() == 10
    assert split.digest != Split(split.held_out, split.groups).digest


def test_a_random_split_keeps_groups_whole_and_is_a_function_of_the_seed() -> None:
    groups = groups_of([f"list {at // 3}@{at % 3}" for at in range(300)], "[^@]*")
    split = split_at_random(groups, 0.1, seed=3)
    assert 30 <= split.held_out.sum() <= 33
    assert all(len(set(split.held_out[groups == group])) == 1 for group in set(groups.tolist()))
    assert np.array_equal(split.held_out, split_at_random(groups, 0.1, seed=3).held_out)
    assert not np.array_equal(split.held_out, split_at_random(groups, 0.1, seed=4).held_out)
    with pytest.raises(EvaluationError, match="there are too few playlists to hold some out"):
        split_at_random(np.zeros(5, np.int64), 0.1, seed=3)


def test_named_playlists_are_held_out_with_whatever_belongs_to_them() -> None:
    split = split_by_name(["a", "b", "c"], np.array([0, 1, 0]), frozenset(["a"]))
    assert split.held_out.tolist() == [True, False, True]
    with pytest.raises(EvaluationError, match="1 names to hold out are no playlist's, as 'x'"):
        split_by_name(["a", "b"], np.array([0, 1]), frozenset(["x"]))
    with pytest.raises(EvaluationError, match="must be some of all playlists, and not all of them"):
        split_by_name(["a", "b"], np.array([0, 1]), frozenset(["a", "b"]))


def test_near_duplicates_are_of_one_group_and_others_are_not() -> None:
    rng = np.random.default_rng(5)
    lists = [rng.choice(2000, 40, replace=False).tolist() for _ in range(60)]
    twin, cousin = [*lists[7][:38], 1, 2], lists[9][:20] + rng.choice(2000, 20, replace=False).tolist()
    groups = join_near_duplicates(corpus_of(*lists, twin, cousin), np.arange(62), seed=1)
    assert groups[60] == groups[7]
    assert groups[61] != groups[9]
    assert len(set(groups.tolist())) == 61


def test_membership_leaves_the_corpus_as_it_is() -> None:
    corpus = corpus_of([2, 1, 1, 0], [1, 1])
    held = membership(corpus, 3)
    assert held.toarray().tolist() == [[1, 1, 1], [0, 1, 0]]
    assert corpus.track_ids.tolist() == [2, 1, 1, 0, 1, 1]
    assert corpus.offsets.tolist() == [0, 4, 6]
