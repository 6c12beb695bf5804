"""Tests of the batches of an epoch, compared with playlists that are processed one at a time."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skipgramophone.experiment.corpus import Corpus
from skipgramophone.settings import Context
from skipgramophone.training.batches import BatchShape, MacroBatch, pair_weights, rate_for, shape_for
from skipgramophone.training.stream import Epoch

SHAPE = BatchShape(block=4, group=2, shared=2, step_blocks=2, steps=2, round=2)


Weights = dict[tuple[int, int], float]


def corpus_of(playlists: list[list[int]]) -> Corpus:
    """Return a corpus of playlists of row numbers."""
    tokens = [track for playlist in playlists for track in playlist]
    offsets = np.cumsum([0, *map(len, playlists)])
    return Corpus(np.array(tokens, np.int32), offsets.astype(np.int64))


def distinct_playlists(lengths: list[int]) -> list[list[int]]:
    """Return playlists of given lengths in which no track occurs twice."""
    ends = np.cumsum(lengths).tolist()
    return [list(range(end - length, end)) for end, length in zip(ends, lengths, strict=True)]


def batches_of(
    playlists: list[list[int]], window_size: Context = "bag", seed: int = 1, epoch: int = 0
) -> list[MacroBatch]:
    """Return all macro-batches of an epoch without subsampling."""
    stream = Epoch(corpus_of(playlists), None, window_size, shape=SHAPE, seed=(seed, epoch))
    return [stream.macro_batch(stretch) for stretch in stream.stretches()]


def pairs_of(batches: list[MacroBatch], window_size: Context) -> Weights:
    """Return the pairs that a step trains, with their weights."""
    weights = pair_weights(window_size, SHAPE.block)
    pairs: Weights = defaultdict(float)
    for batch in batches:
        tokens = batch.tokens.reshape(-1, SHAPE.block)
        own = batch.playlist.reshape(-1, SHAPE.block)
        for block, playlist in zip(tokens, own, strict=True):
            for i in range(SHAPE.block):
                for j in range(SHAPE.block):
                    same = max(0.0, 1.0 - abs(float(playlist[i] - playlist[j])))
                    if same * weights[i, j]:
                        pairs[int(block[i]), int(block[j])] += same * float(weights[i, j])
    return pairs


@given(st.lists(st.integers(1, 40), min_size=1, max_size=12), st.integers(0, 5))
def test_every_token_is_trained_once_per_epoch_and_no_pair_crosses_playlists(lengths: list[int], seed: int) -> None:
    playlists = distinct_playlists(lengths)
    batches = batches_of(playlists, seed=seed)
    real = np.concatenate([batch.tokens[batch.playlist > 0] for batch in batches])
    assert sorted(real.tolist()) == list(range(sum(lengths)))
    assert sum(batch.real for batch in batches) == sum(lengths)
    home = {track: at for at, playlist in enumerate(playlists) for track in playlist}
    for one, other in pairs_of(batches, "bag"):
        assert home[one] == home[other]
        assert one != other


def test_tokens_of_one_playlist_and_one_block_form_all_pairs() -> None:
    for epoch in range(20):
        for batch in batches_of(distinct_playlists([9, 3, 5]), epoch=epoch):
            blocks = zip(batch.tokens.reshape(-1, 4), batch.playlist.reshape(-1, 4), strict=True)
            expected = {
                (int(tokens[i]), int(tokens[j]))
                for tokens, own in blocks
                for i in range(4)
                for j in range(4)
                if i != j and own[i] == own[j] and own[i] > 0
            }
            assert set(pairs_of([batch], "bag")) == expected


@pytest.mark.parametrize("window_size", [1, 2, 3])
def test_the_mean_weight_of_a_pair_over_epochs_is_that_of_the_window(window_size: int) -> None:
    playlists = distinct_playlists([11, 6, 2, 1])
    epochs = 400
    summed: Weights = defaultdict(float)
    for epoch in range(epochs):
        for pair, weight in pairs_of(batches_of(playlists, window_size, epoch=epoch), window_size).items():
            summed[pair] += weight
    expected = {
        (i, j): (window_size + 1 - abs(i - j)) / window_size
        for playlist in playlists
        for i in playlist
        for j in playlist
        if 0 < abs(i - j) <= window_size
    }
    assert set(summed) == set(expected)
    for pair, weight in expected.items():
        # A pair at distance d is in one block with probability (4 - d) / 4, and then has 4 / (4 - d) times its weight.
        d = abs(pair[0] - pair[1])
        spread = weight * np.sqrt(d / (4 - d) / epochs)
        assert summed[pair] / epochs == pytest.approx(weight, abs=4.5 * spread + 1e-6), pair


def test_a_window_keeps_the_order_and_a_bag_does_not() -> None:
    playlists = distinct_playlists([30])
    in_order = np.concatenate([batch.tokens[batch.playlist > 0] for batch in batches_of(playlists, 3)])
    shuffled = np.concatenate([batch.tokens[batch.playlist > 0] for batch in batches_of(playlists, "bag")])
    assert in_order.tolist() == list(range(30))
    assert shuffled.tolist() != list(range(30))


def test_all_pairs_of_a_long_playlist_are_trained_over_many_epochs() -> None:
    playlists = distinct_playlists([12])
    seen: set[tuple[int, int]] = set()
    for epoch in range(60):
        seen |= set(pairs_of(batches_of(playlists, epoch=epoch), "bag"))
    assert len(seen) == 12 * 11


def test_the_order_depends_on_seed_and_epoch() -> None:
    playlists = distinct_playlists([5, 9, 2, 14])

    def order(seed: int, epoch: int) -> list[int]:
        return [int(token) for b in batches_of(playlists, seed=seed, epoch=epoch) for token in b.tokens]

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(1, 1)
    assert order(1, 0) != order(2, 0)


@pytest.mark.parametrize("context", ["bag", 1, 2])
def test_the_weight_of_a_token_is_the_sum_of_its_pair_weights(context: Context) -> None:
    weights = pair_weights(context, 4)
    for epoch in range(5):
        for batch in batches_of(distinct_playlists([9, 3, 5, 1, 1]), context, epoch=epoch):
            for own, weight in zip(batch.playlist.reshape(-1, 4), batch.weight.reshape(-1, 4), strict=True):
                together = own[:, None] == own[None, :]
                np.testing.assert_allclose(weight, (together * weights).sum(axis=1), rtol=1e-6)


def test_subsampling_keeps_each_track_with_its_probability() -> None:
    corpus = corpus_of([[0, 1, 2, 3]] * 4000)
    keep = np.array([1.0, 0.5, 0.1, 0.0])
    stream = Epoch(corpus, keep, "bag", shape=shape_for(16_000, "bag"), seed=(3,))
    batches = [stream.macro_batch(stretch) for stretch in stream.stretches()]
    real = np.concatenate([batch.tokens[batch.playlist > 0] for batch in batches])
    count = np.bincount(real, minlength=4)
    assert count[0] == 4000
    assert count[3] == 0
    assert count[1] == pytest.approx(2000, abs=4 * np.sqrt(4000 * 0.25))
    assert count[2] == pytest.approx(400, abs=4 * np.sqrt(4000 * 0.09))


def test_all_orders_of_a_bag_are_equally_likely() -> None:
    seen = Counter(
        tuple(batch.tokens[batch.playlist > 0].tolist())
        for epoch in range(600)
        for batch in batches_of([[0, 1, 2]], epoch=epoch)
    )
    assert len(seen) == 6
    assert all(count == pytest.approx(100, abs=4.5 * np.sqrt(600 * 5 / 36)) for count in seen.values())


def test_the_default_learning_rate_decreases_with_corpus_size() -> None:
    assert rate_for(1, "bag") == rate_for(200_000, "bag") == 0.6
    assert rate_for(5_000_000, "bag") == pytest.approx(0.15, rel=0.01)
    assert rate_for(5_000_000, 5) == pytest.approx(0.1, rel=0.01)
    assert rate_for(10**10, "bag") == 0.1


@pytest.mark.parametrize("window_size", ["bag", 1, 5, 6, 10, 11, 63])
def test_batch_sizes_fit_the_corpus_and_the_window(window_size: Context) -> None:
    for occurrences in (1, 500, 10**4, 10**5, 10**6, 10**8):
        shape = shape_for(occurrences, window_size)
        assert shape.step_blocks % shape.group == 0
        assert shape.block * shape.group == (128 if window_size == "bag" else 64)
        assert window_size == "bag" or shape.block > window_size
    steps = [shape_for(occurrences, window_size).step_blocks for occurrences in (500, 10**5, 10**8)]
    assert steps == sorted(steps)
