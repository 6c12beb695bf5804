"""Postings: counts computed by hand, and the item-kNN ranker of `evaluate` as reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skipgramophone.errors import ExperimentError
from skipgramophone.evaluation.rankers import item_knn
from skipgramophone.experiment import postings as module
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.postings import build_postings, membership, read_postings

# [0 1 0] [1 2] [] over four tracks
SMALL = Corpus(np.array([0, 1, 0, 1, 2], np.int32), np.array([0, 3, 5, 5]))


def random_corpus(seed: int) -> Corpus:
    """Return 200 playlists over 50 tracks, with repeated tracks and empty playlists."""
    rng = np.random.default_rng(seed)
    offsets = np.concatenate([[0], np.cumsum(rng.integers(0, 9, 200))])
    return Corpus(rng.integers(0, 50, offsets[-1]).astype(np.int32), offsets)


def test_a_playlist_is_listed_once_per_track() -> None:
    found = build_postings(SMALL, 4)
    assert [found.of(row).tolist() for row in range(4)] == [[0], [0, 1], [1], []]
    assert found.sizes(np.arange(4)).tolist() == [1, 2, 1, 0]
    # Each playlist contains two tracks: the cosines of co-occurrence divided by the square root of 2.
    np.testing.assert_allclose(found.agreement(np.array([1])), [1 / 2, 2**-0.5, 1 / 2, 0], atol=1e-6)
    likes = np.array([1.0, -0.5])
    np.testing.assert_allclose(found.agreement(np.array([0, 2]), likes), [2**-0.5, 1 / 4, -(8**-0.5), 0], atol=1e-6)


def test_shared_playlists_are_counted() -> None:
    found = build_postings(SMALL, 4)
    assert found.shared(np.array([1]), np.array([3, 2, 1, 0])).tolist() == [0, 1, 2, 1]
    assert found.shared(np.array([0, 2]), np.array([1, 0])).tolist() == [2, 1]
    assert found.shared(np.array([3]), np.array([0, 1])).tolist() == [0, 0]
    assert found.shared(np.array([0]), np.array([], np.int64)).tolist() == []


@pytest.mark.parametrize("at_once", [1, 40, 1 << 24])
def test_scores_equal_those_of_the_item_knn_ranker(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OCCURRENCES_PER_BAND", at_once)
    corpus, given = random_corpus(7), np.array([3, 17, 41])
    found, held = build_postings(corpus, 60), membership(corpus, 60)
    asked = np.zeros((1, 60), np.float32)
    asked[0, given] = 1
    from scipy import sparse

    lengths = np.asarray(held.sum(axis=1), np.float32).ravel()
    expected = item_knn(held, lengths).scores(sparse.csr_array(asked))[0]
    np.testing.assert_allclose(found.agreement(given), expected, atol=1e-5)
    dense = held.toarray() > 0
    assert [found.of(row).tolist() for row in range(60)] == [
        np.flatnonzero(dense[:, row]).tolist() for row in range(60)
    ]
    with_any = dense[:, given].any(axis=1)
    assert found.shared(given, np.arange(60)).tolist() == dense[with_any].sum(axis=0).tolist()


def test_postings_are_read_as_written_and_damage_is_reported_in_one_line(tmp_path: Path) -> None:
    made = build_postings(SMALL, 4)
    assert read_postings(tmp_path, SMALL, 4).playlists.tolist() == made.playlists.tolist()  # of the first version
    made.write(tmp_path)
    read = read_postings(tmp_path, SMALL, 4)
    assert (read.playlists.tolist(), read.offsets.tolist()) == (made.playlists.tolist(), made.offsets.tolist())
    with pytest.raises(ExperimentError, match=r"posting_offsets\.npy does not match postings\.npy"):
        read_postings(tmp_path, SMALL, 5)
    np.save(tmp_path / "postings.npy", np.array([0, 0, 1, 99], np.int32))
    with pytest.raises(ExperimentError, match=r"the postings \(playlists of each track\) do not match the corpus"):
        read_postings(tmp_path, SMALL, 4).agreement(np.array([2]))


def test_a_corpus_without_playlists_has_no_postings() -> None:
    empty = build_postings(Corpus(np.empty(0, np.int32), np.zeros(1, np.int64)), 3)
    assert empty.shared(np.array([0]), np.array([1, 2])).tolist() == [0, 0]
    assert empty.agreement(np.array([0])).tolist() == [0, 0, 0]
