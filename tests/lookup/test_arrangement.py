"""Arranged playlists, compared with orders that are known to be the best; and the artist gap."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skipgramophone.experiment.embeddings import Matrix, unit_rows
from skipgramophone.lookup.arrangement import Ends, arranged, mean_random_step, steps

FREE = Ends()


def on_an_arc(angles: list[float]) -> Matrix:
    """Unit vectors at some angles; the cosine of two is larger the nearer their angles are."""
    return np.array([[np.cos(angle), np.sin(angle)] for angle in angles], np.float32)


def at_random(tracks: int, seed: int, dim: int = 5) -> Matrix:
    """Random unit vectors."""
    return unit_rows(np.random.default_rng(seed).standard_normal((tracks, dim)).astype(np.float32))


def total(vectors: Matrix, order: tuple[int, ...]) -> float:
    """The sum of the similarities of consecutive tracks, computed one by one."""
    return float(sum(vectors[a] @ vectors[b] for a, b in pairwise(order)))


@pytest.mark.parametrize("seed", range(5))
def test_tracks_on_an_arc_are_passed_in_order(seed: int) -> None:
    angles = np.random.default_rng(7).permutation(np.linspace(0, 1.5, 20)).tolist()
    names = [str(at) for at in range(20)]
    path = arranged(on_an_arc(angles), names, ends=FREE, gap=0, seed=seed)
    walked = [angles[at] for at in path]
    assert walked in (sorted(angles), sorted(angles, reverse=True))
    # From one end of the arc to the other there is one way only.
    low, high = int(np.argmin(angles)), int(np.argmax(angles))
    order = [low, *(at for at in range(20) if at not in (low, high)), high]
    ends = Ends(first=True, last=True)
    path = arranged(on_an_arc([angles[at] for at in order]), names, ends=ends, gap=0, seed=seed)
    assert [angles[order[at]] for at in path] == sorted(angles)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("ends", [FREE, Ends(first=True), Ends(first=True, last=True)])
def test_the_order_of_few_tracks_is_nearly_the_best_of_all(seed: int, ends: Ends) -> None:
    vectors = at_random(7, seed)
    orders = [
        order
        for order in permutations(range(7))
        if (not ends.first or order[0] == 0) and (not ends.last or order[-1] == 6)
    ]
    sums = sorted(total(vectors, order) for order in orders)
    path = tuple(arranged(vectors, list("abcdefg"), ends=ends, gap=0, seed=seed).tolist())
    assert path in orders
    assert total(vectors, path) >= sums[-1] - 0.1 * (sums[-1] - sums[0])
    assert steps(vectors[list(path)]).sum() == pytest.approx(total(vectors, path), abs=1e-5)
    # The mean of a random order is the mean over all orders.
    assert mean_random_step(vectors, ends) == pytest.approx(np.mean(sums) / 6, abs=1e-6)


def test_one_seed_gives_one_order_and_seeds_give_different_good_orders() -> None:
    vectors, names = at_random(40, 1), [str(at) for at in range(40)]
    orders = [arranged(vectors, names, ends=FREE, gap=0, seed=seed).tolist() for seed in (1, 2, 3, 1)]
    assert orders[0] == orders[3]
    assert len({tuple(order) for order in orders}) == 3
    means = [steps(vectors[order]).mean() for order in orders]
    assert min(means) > mean_random_step(vectors, FREE) + 0.4
    assert max(means) - min(means) < 0.1


@settings(max_examples=40)
@given(st.integers(0, 5), st.lists(st.integers(0, 6), min_size=1, max_size=30), st.integers(0, 9))
def test_an_artist_that_fits_never_returns_too_soon(gap: int, artists: list[int], seed: int) -> None:
    most = max(1, len(artists) // (gap + 1))  # as often as any artist fits, whatever the others are
    kept = [artist for at, artist in enumerate(artists) if artists[:at].count(artist) < most]
    fits = max(map(kept.count, kept)) <= max(1, len(kept) // (gap + 1))
    path = arranged(at_random(len(kept), seed), list(map(str, kept)), ends=FREE, gap=gap, seed=seed).tolist()
    played = [kept[at] for at in path]
    assert all(played[at] not in played[max(0, at - gap) : at] for at in range(len(played)))
    assert len(set(path)) == len(path)
    if fits:
        assert sorted(path) == list(range(len(kept)))


def test_tracks_that_cannot_keep_the_distance_are_left_out_and_fixed_ones_stay() -> None:
    vectors = at_random(6, 3)
    assert len(arranged(vectors, list("aaaaab"), ends=FREE, gap=1, seed=1)) == 3  # a b a
    path = arranged(vectors, list("abcdea"), ends=Ends(first=True, last=True), gap=5, seed=1).tolist()
    assert (path[0], path[-1], sorted(path)) == (0, 5, [0, 1, 2, 3, 4, 5])
    path = arranged(vectors, list("xaabba"), ends=Ends(first=True, last=True), gap=2, seed=1).tolist()
    assert "".join("xaabba"[at] for at in path) == "xba"


@pytest.mark.parametrize("tracks", [0, 1, 2])
def test_a_list_of_hardly_any_tracks(tracks: int) -> None:
    vectors = at_random(tracks, 1) if tracks else np.empty((0, 5), np.float32)
    for ends in (FREE, Ends(first=tracks > 0), Ends(first=tracks > 1, last=tracks > 1)):
        path = arranged(vectors, list("ab"[:tracks]), ends=ends, gap=3, seed=0)
        assert sorted(path.tolist()) == list(range(tracks))
    if tracks == 2:
        assert mean_random_step(vectors, Ends(first=True, last=True)) == pytest.approx(
            float(vectors[0] @ vectors[1]), abs=1e-6
        )


@pytest.mark.parametrize("seed", range(5))
def test_tracks_at_the_start_keep_their_places_and_count_towards_the_gap(seed: int) -> None:
    vectors, artists = at_random(12, seed), list("ababcdefabgh")
    path = arranged(vectors, artists, ends=Ends(first=4), gap=3, seed=seed).tolist()
    assert path[:4] == [0, 1, 2, 3]
    assert sorted(path) == list(range(12))
    order = [artists[at] for at in path]
    assert all(order[at] not in order[at - 3 : at] for at in range(4, 12))
    fixed = steps(vectors[:4]).sum()
    orders = [[3, *rest] for rest in permutations(range(4, 8))]
    mean = np.mean([total(vectors, tuple(some)) for some in orders])
    assert mean_random_step(vectors[:8], Ends(first=4)) == pytest.approx((fixed + mean) / 7, abs=1e-6)
