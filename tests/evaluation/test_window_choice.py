"""What the order of playlists says, on worlds where it is known."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from skipgramophone.evaluation.window_choice import order_of
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.settings import AUTO_WINDOW

SCENES, TRACKS_A_SCENE, LENGTH = 200, 10, 40
Arrangement = Literal["as it came", "shuffled", "sorted by title"]


def drifting(moves_on: float, arrangement: Arrangement, seed: int, playlists: int = 2000) -> tuple[Corpus, int]:
    """Playlists that drift from scene to scene, and then are left as they are, shuffled or sorted.

    A tenth of the tracks come from anywhere. With `moves_on` near 1 a playlist runs through many scenes, each of them
    in the company of the next: then all of a playlist belongs together, whatever the order.
    """
    rng = np.random.default_rng(seed)
    tracks = SCENES * TRACKS_A_SCENE
    title = rng.permutation(tracks)
    lists = []
    for _ in range(playlists):
        scene = (rng.integers(SCENES) + np.cumsum(rng.random(LENGTH) < moves_on)) % SCENES
        own = scene * TRACKS_A_SCENE + rng.integers(0, TRACKS_A_SCENE, LENGTH)
        elsewhere = rng.random(LENGTH) < 0.1
        own[elsewhere] = rng.integers(0, tracks, np.count_nonzero(elsewhere))
        if arrangement == "shuffled":
            own = rng.permutation(own)
        if arrangement == "sorted by title":
            own = own[np.argsort(title[own])]
        lists.append(own)
    return Corpus(np.concatenate(lists).astype(np.int32), np.arange(0, playlists * LENGTH + 1, LENGTH)), tracks


@pytest.mark.parametrize("seed", [1, 2])
def test_a_window_is_chosen_where_playlists_drift(seed: int) -> None:
    order = order_of(*drifting(0.07, "as it came", seed), seed=7)
    assert order.window_size == AUTO_WINDOW
    assert order.over_shuffled is not None
    assert order.over_whole is not None
    assert order.over_shuffled.low > 0
    assert order.over_whole.mean > 0.03


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("arrangement", ["shuffled", "sorted by title"])
def test_the_whole_playlist_is_chosen_where_order_tells_nothing(arrangement: Arrangement, seed: int) -> None:
    order = order_of(*drifting(0.07, arrangement, seed), seed=7)
    assert order.window_size == "bag"
    assert order.over_shuffled is not None
    assert order.over_shuffled.low <= 0
    assert order.over_whole is None


def test_the_whole_playlist_is_chosen_where_what_is_far_belongs_as_well() -> None:
    assert order_of(*drifting(0.9, "as it came", 3), seed=7).window_size == "bag"


def test_too_few_playlists_tell_nothing() -> None:
    corpus, tracks = drifting(0.07, "as it came", 1, playlists=30)
    order = order_of(corpus, tracks, seed=7)
    assert (order.window_size, order.over_shuffled) == ("bag", None)
    one = corpus.playlists(np.array([0]))
    assert order_of(one, tracks, seed=7).window_size == "bag"


def test_the_answer_is_a_function_of_corpus_and_seed() -> None:
    corpus, tracks = drifting(0.07, "as it came", 4)
    track_ids, offsets = corpus.track_ids.copy(), corpus.offsets.copy()
    assert order_of(corpus, tracks, seed=7) == order_of(corpus, tracks, seed=7)
    assert np.array_equal(corpus.track_ids, track_ids)
    assert np.array_equal(corpus.offsets, offsets)
