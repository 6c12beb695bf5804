"""Postings: counts from paper, and the ranker of `evaluate` as an oracle."""

from __future__ import annotations

import numpy as np

from skipgramophone.corpus import Corpus
from skipgramophone.evaluation.rankers import item_knn, membership
from skipgramophone.postings import postings


def test_a_playlist_counts_a_track_once() -> None:
    # [0 1 0] [1 2] []
    corpus = Corpus(np.array([0, 1, 0, 1, 2], np.int32), np.array([0, 3, 5, 5]))
    found = postings(corpus, 4)
    assert found.sizes.tolist() == [1, 2, 1, 0]
    np.testing.assert_allclose(found.scores(np.array([1])), [2**-0.5, 1, 2**-0.5, 0], atol=1e-6)


def test_scores_are_those_that_evaluate_measures() -> None:
    rng = np.random.default_rng(7)
    lengths = rng.integers(0, 9, 200)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    corpus = Corpus(rng.integers(0, 50, offsets[-1]).astype(np.int32), offsets)
    given = np.array([3, 17, 41])
    asked = np.zeros((1, 60), np.float32)
    asked[0, given] = 1
    from scipy import sparse

    wanted = item_knn(membership(corpus, 60)).scores(sparse.csr_array(asked))[0]
    np.testing.assert_allclose(postings(corpus, 60).scores(given), wanted, atol=1e-5)
