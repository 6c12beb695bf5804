"""The choice of context, on generated playlists where the right choice is known."""

from __future__ import annotations

import numpy as np
import pytest

from skipgramophone.evaluation.window_choice import choose_context
from skipgramophone.settings import AUTO_WINDOW
from tests.evaluation.drifting_playlists import Arrangement, drifting


@pytest.mark.parametrize("seed", [1, 2])
def test_a_window_is_chosen_if_playlists_drift(seed: int) -> None:
    choice = choose_context(*drifting(0.07, "original", seed), seed=7)
    assert choice.window_size == AUTO_WINDOW
    assert choice.over_shuffled is not None
    assert choice.over_whole is not None
    assert choice.over_shuffled.low > 0
    assert choice.over_whole.mean > 0.03


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("arrangement", ["shuffled", "sorted by title"])
def test_the_whole_playlist_is_chosen_if_order_carries_no_information(arrangement: Arrangement, seed: int) -> None:
    choice = choose_context(*drifting(0.07, arrangement, seed), seed=7)
    assert choice.window_size == "bag"
    assert choice.over_shuffled is not None
    assert choice.over_shuffled.low <= 0
    assert choice.over_whole is None


def test_the_whole_playlist_is_chosen_if_distant_tracks_belong_together() -> None:
    assert choose_context(*drifting(0.9, "original", 3), seed=7).window_size == "bag"


def test_the_whole_playlist_is_chosen_for_too_few_playlists() -> None:
    corpus, tracks = drifting(0.07, "original", 1, playlists=30)
    choice = choose_context(corpus, tracks, seed=7)
    assert (choice.window_size, choice.over_shuffled) == ("bag", None)
    one = corpus.playlists(np.array([0]))
    assert choose_context(one, tracks, seed=7).window_size == "bag"


def test_the_choice_depends_only_on_corpus_and_seed() -> None:
    corpus, tracks = drifting(0.07, "original", 4)
    track_ids, offsets = corpus.track_ids.copy(), corpus.offsets.copy()
    assert choose_context(corpus, tracks, seed=7) == choose_context(corpus, tracks, seed=7)
    assert np.array_equal(corpus.track_ids, track_ids)
    assert np.array_equal(corpus.offsets, offsets)
