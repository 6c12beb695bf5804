"""Metrics, compared with values computed by hand and with an independent implementation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skipgramophone.evaluation import metrics
from skipgramophone.evaluation.scorecard import RankedCatalogue, estimate, top_rows

HITS = np.array([False, True, False, True, True] + [False] * 10)  # three of six wanted tracks, at ranks 2, 4 and 5


def test_metrics_equal_values_computed_by_hand() -> None:
    assert metrics.r_precision(HITS, 6) == 3 / 6
    assert metrics.r_precision(HITS, 3) == 1 / 3
    assert metrics.recall(HITS, 6, 4) == 2 / 6
    assert metrics.hit_rate(HITS, 1) == 0
    assert metrics.hit_rate(HITS, 2) == 1
    assert metrics.reciprocal_rank(HITS) == 1 / 2
    assert metrics.clicks(HITS) == 0
    gain = 1 / math.log2(3) + 1 / math.log2(5) + 1 / math.log2(6)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, 7))
    assert metrics.ndcg(HITS, 6) == pytest.approx(gain / ideal)
    assert metrics.ndcg(HITS, 6, 2) == pytest.approx((1 / math.log2(3)) / (1 + 1 / math.log2(3)))


@pytest.mark.parametrize(("rank", "clicks"), [(1, 0), (10, 0), (11, 1), (500, 49), (501, 51), (None, 51)])
def test_clicks_count_pages_of_ten_tracks(rank: int | None, clicks: int) -> None:
    hits = np.zeros(600, bool)
    if rank:
        hits[rank - 1] = True
    assert metrics.clicks(hits) == clicks


def test_a_perfect_ranking_scores_one() -> None:
    hits = np.arange(800) < 30
    assert metrics.r_precision(hits, 30) == metrics.ndcg(hits, 30) == metrics.reciprocal_rank(hits) == 1
    many = np.ones(800, bool)
    assert metrics.ndcg(many, 800) == 1  # more wanted tracks than the depth of the ranking


def test_a_random_ranking_scores_the_expected_value() -> None:
    rng = np.random.default_rng(1)
    tracks, wanted, queries = 200, 20, 4000
    scores = [metrics.r_precision(rng.permutation(np.arange(tracks) < wanted), wanted) for _ in range(queries)]
    expected = wanted / tracks
    assert np.mean(scores) == pytest.approx(expected, abs=float(4 * np.std(scores) / math.sqrt(queries)))


@given(st.integers(2, 60), st.integers(1, 10), st.integers(0, 2**32))
def test_ndcg_equals_that_of_scikit_learn(tracks: int, wanted: int, seed: int) -> None:
    from sklearn.metrics import ndcg_score  # not imported by every test process: it takes more than a second

    rng = np.random.default_rng(seed)
    wanted = min(wanted, tracks)
    relevance = rng.permutation(np.arange(tracks) < wanted)
    scores = rng.permutation(tracks).astype(np.float32)
    ranking = top_rows(scores, np.empty(0, np.int64), 500, np.arange(tracks))
    assert metrics.ndcg(relevance[ranking], wanted) == pytest.approx(ndcg_score([relevance], [scores], k=500))


@given(
    st.lists(st.integers(-3, 3), min_size=1, max_size=30),
    st.sets(st.integers(0, 29), max_size=8),
    st.integers(1, 40),
    st.integers(0, 2**32),
)
def test_top_rows_equal_a_sort_with_ties_in_the_given_order(
    values: list[int], given: set[int], depth: int, seed: int
) -> None:
    tie_order = np.random.default_rng(seed).permutation(len(values))
    seeds = np.array(sorted(row for row in given if row < len(values)), np.int64)
    rest = [row for row in range(len(values)) if row not in seeds]
    expected = sorted(rest, key=lambda row: (-values[row], tie_order[row]))[:depth]
    assert top_rows(np.array(values, np.float32), seeds, depth, tie_order).tolist() == expected


@pytest.mark.parametrize("depth", [1, 40, 500, 4900])
def test_top_rows_of_many_tracks_equal_a_sort(depth: int) -> None:
    rng = np.random.default_rng(depth)
    for scores in (rng.standard_normal(5003), rng.integers(0, 40, 5003), np.r_[np.full(5000, -np.inf), 3, 1, 2]):
        tie_order, seeds = rng.permutation(5003), rng.choice(5003, 30, replace=False)
        rest = np.setdiff1d(np.flatnonzero(np.isfinite(scores)), seeds)
        expected = rest[np.lexsort((tie_order[rest], -scores[rest].astype(np.float32)))][:depth]
        assert top_rows(scores.astype(np.float32), seeds, depth, tie_order).tolist() == expected.tolist()


def test_a_95_percent_interval_covers_the_true_mean_about_that_often() -> None:
    rng = np.random.default_rng(2)
    covered = 0
    for trial in range(200):
        groups = np.repeat(np.arange(60), 3)
        values = rng.normal(size=60)[groups] + rng.normal(size=180) * 0.1  # nearly the same value within a group
        interval = estimate(values, groups, trial)
        covered += interval.low <= 0 <= interval.high
    assert 0.88 <= covered / 200 <= 0.99


def test_each_stratum_has_a_third_of_the_occurrences() -> None:
    counts = np.array([300, 100, 100, 50, 50] + [1] * 300)
    strata = RankedCatalogue(counts, np.zeros(len(counts), np.int64)).strata()
    assert strata[:5].tolist() == [0, 1, 1, 1, 1]
    assert set(strata[5:].tolist()) == {2}
    popularity = RankedCatalogue(np.array([5, 5, 1, 9]), np.zeros(4, np.int64)).popularity()
    assert popularity.tolist() == [0.5, 0.5, 0.125, 0.875]
