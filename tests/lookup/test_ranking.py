"""Ranking formulas, compared with values that are computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from skipgramophone.errors import SettingError
from skipgramophone.lookup.ranking import choose, direction, with_popularity


def test_a_direction_is_the_weighted_sum_of_unit_vectors() -> None:
    vectors = np.array([[2, 0, 0], [0, 5, 0]], np.float32)
    np.testing.assert_allclose(direction(vectors, np.array([1.0, 1.0])), [0.5**0.5, 0.5**0.5, 0], atol=1e-6)
    np.testing.assert_allclose(direction(vectors, np.array([4.0, -3.0])), [0.8, -0.6, 0], atol=1e-6)


def test_seeds_that_cancel_out_are_refused() -> None:
    vectors = np.array([[0.3, 0.7], [0.6, 1.4]], np.float32)
    with pytest.raises(SettingError, match="cancel each other out"):
        direction(vectors, np.array([1.0, -1.0]))
    with pytest.raises(SettingError, match="cancel each other out"):
        direction(vectors[:1], np.array([0.0]))


def test_popularity_adds_deviations_of_log_count_in_deviations_of_similarity() -> None:
    similarities = np.array([0.1, 0.5], np.float32)  # deviation 0.2; the logs are one deviation from their mean
    counts = np.array([99, 9])
    np.testing.assert_allclose(with_popularity(similarities, counts, 1.0), [0.3, 0.3], atol=1e-6)
    np.testing.assert_allclose(with_popularity(similarities, counts, -0.5), [0.0, 0.6], atol=1e-6)
    np.testing.assert_array_equal(with_popularity(similarities, np.array([4, 4]), 1.0), similarities)


def test_scores_too_far_apart_become_infinite() -> None:
    moved = with_popularity(np.array([-3e38, 0, 3e38], np.float32), np.array([1, 99, 999]), 2.0)
    assert not np.isfinite(moved).all()


def test_diversity_skips_tracks_like_the_first() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    scores = np.array([0.9, 0.8, 0.3], np.float32)
    assert choose(scores, vectors, [], number=3, diversity=0.0).tolist() == [0, 1, 2]
    # Second place at d = 0.5: 0.4 - 0.5 for the copy of the first, 0.15 - 0 for the other.
    assert choose(scores, vectors, [], number=2, diversity=0.5).tolist() == [0, 2]
    # At d = 0.3: 0.56 - 0.3 against 0.21.
    assert choose(scores, vectors, [], number=2, diversity=0.3).tolist() == [0, 1]


def test_the_limit_per_artist() -> None:
    scores = np.linspace(1, 0, 6, dtype=np.float32)
    artists = np.array([0, 0, 0, 1, 1, 2])
    vectors = np.eye(6, dtype=np.float32)
    assert choose(scores, vectors, [(artists, 1)], number=6, diversity=0.0).tolist() == [0, 3, 5]
    assert choose(scores, vectors, [(artists, 2)], number=4, diversity=0.0).tolist() == [0, 1, 3, 4]
    songs = np.array([0, 1, 1, 1, 2, 3])
    assert choose(scores, vectors, [(artists, 2), (songs, 1)], number=6, diversity=0.0).tolist() == [0, 1, 4, 5]
