"""The choice of recency, on generated playlists where the right choice is known."""

from __future__ import annotations

import numpy as np
import pytest

from skipgramophone.evaluation.protocols import EvaluationQuery
from skipgramophone.evaluation.recency_choice import choose_recency
from skipgramophone.evaluation.scorecard import given_matrix
from skipgramophone.experiment.corpus import Corpus
from tests.evaluation.drifting_playlists import drifting


def test_the_end_counts_more_if_playlists_drift() -> None:
    choice = choose_recency(*drifting(0.3, "original", 1), seed=7)
    assert choice.recency < 1
    assert choice.gain is not None
    assert choice.gain.low > 0


def test_all_tracks_count_the_same_if_order_carries_no_information() -> None:
    choice = choose_recency(*drifting(0.3, "shuffled", 1), seed=7)
    assert (choice.recency, choice.gain) == (1, None)
    assert choice.asked == 500 * 40 // 100


def test_too_few_playlists_are_not_compared() -> None:
    few = choose_recency(*drifting(0.3, "original", 1, playlists=300), seed=7)
    assert (few.recency, few.asked) == (1, 30)
    assert choose_recency(Corpus(np.zeros(3, np.int32), np.array([0, 3])), 1, seed=7).asked == 0


def test_weights_of_given_tracks_add_up_to_their_effective_number() -> None:
    query = EvaluationQuery(0, np.array([4, 0, 2]), np.array([1]), 0)
    # Weights 1/4, 1/2 and 1: sum 7/4, effective number (7/4)^2 / (21/16) = 7/3, so they are scaled by 4/3.
    found = given_matrix([query], 5, recency=0.5).toarray()
    assert found == pytest.approx(np.array([[2 / 3, 0, 4 / 3, 0, 1 / 3]]))
    assert given_matrix([query], 5).toarray().tolist() == [[1, 0, 1, 0, 1]]
