"""Rankers, compared with independent implementations of their definitions."""

from __future__ import annotations

import json

import numpy as np
import pytest

from skipgramophone.evaluation import scorecard
from skipgramophone.evaluation.protocols import EvaluationQuery
from skipgramophone.evaluation.rankers import (
    ArtistsInCommon,
    Cosine,
    CosineAndCount,
    Euclidean,
    Hybrid,
    ModelScore,
    Popularity,
    Ranker,
    Remembered,
    Scores,
    item_knn,
    truncated_svd,
)
from skipgramophone.evaluation.scorecard import RankedCatalogue, given_matrix, score_ranker, score_rankers
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import Embeddings, unit_rows
from skipgramophone.experiment.postings import membership
from skipgramophone.lookup.ranking import rooted

TRACKS, DIM = 12, 4


def random_corpus(seed: int = 1) -> Corpus:
    """Twenty playlists of 3 to 8 tracks."""
    rng = np.random.default_rng(seed)
    lists = [rng.choice(TRACKS, rng.integers(3, 9), replace=False) for _ in range(20)]
    return Corpus(np.concatenate(lists).astype(np.int32), np.cumsum([0, *map(len, lists)]).astype(np.int64))


def given(*lists: list[int]) -> object:
    """Return the matrix of given tracks."""
    return given_matrix([EvaluationQuery(0, np.array(rows), np.array([0]), 0) for rows in lists], TRACKS)


QUERIES = ([0, 3], [5], [1, 2, 7])


def test_shared_parts_are_scored_once_per_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    unit, counts = unit_rows(rng.standard_normal((TRACKS, DIM)).astype(np.float32)), np.arange(TRACKS) + 1
    scored = []

    class Counting:
        def scores(self, given: object) -> Scores:
            scored.append(1)
            return Cosine(unit).scores(given)

    queries = [EvaluationQuery(at, np.array([at]), np.array([at + 1]), 0) for at in range(8)]
    catalogue = RankedCatalogue(counts, np.arange(TRACKS))
    monkeypatch.setattr(scorecard, "SCORE_BYTES", 4 * TRACKS * 3)  # three batches
    shared = Remembered(Counting())
    knn = item_knn(membership(random_corpus(), TRACKS))
    rankers: dict[str, Ranker] = {
        "cosine": shared,
        "count": CosineAndCount(shared, counts),
        "hybrid": Hybrid(knn, shared, counts),
    }
    steps: list[tuple[str, int, int]] = []
    cards = score_rankers(rankers, queries, catalogue, 5, progress=lambda *step: steps.append(step))
    assert len(scored) == 3
    # The work is the number of queries times the number of rankers.
    assert steps[:4] == [("cosine", 3, 24), ("count", 6, 24), ("hybrid", 9, 24), ("cosine", 12, 24)]
    assert shared._scores is None  # their memory is free again
    alone: dict[str, Ranker] = {
        "cosine": Cosine(unit),
        "count": CosineAndCount(Cosine(unit), counts),
        "hybrid": Hybrid(knn, Cosine(unit), counts),
    }
    for name, ranker in alone.items():
        expected = score_ranker(ranker, queries, catalogue, 5)
        for metric, values in expected.values.items():
            assert cards[name].values[metric].tolist() == values.tolist()
        assert (cards[name].coverage, cards[name].artists) == (expected.coverage, expected.artists)


def test_item_knn_is_the_cosine_of_shared_playlists() -> None:
    corpus = random_corpus()
    holds = [set(corpus.track_ids[a:b].tolist()) for a, b in zip(corpus.offsets[:-1], corpus.offsets[1:], strict=True)]
    lists_of = [{at for at, playlist in enumerate(holds) if track in playlist} for track in range(TRACKS)]
    expected = [
        [
            sum(len(lists_of[i] & lists_of[j]) / np.sqrt(len(lists_of[i]) * len(lists_of[j])) for i in rows)
            for j in range(TRACKS)
        ]
        for rows in QUERIES
    ]
    knn = item_knn(membership(corpus, TRACKS))
    np.testing.assert_allclose(knn.scores(given(*QUERIES)), expected, rtol=1e-5)
    lengths = np.array([len(playlist) for playlist in holds], np.float32)
    expected_by_length = [
        [
            sum(
                (i in p and j in p) / np.sqrt(len(lists_of[i]) * len(lists_of[j]) * len(p)) for p in holds for i in rows
            )
            for j in range(TRACKS)
        ]
        for rows in QUERIES
    ]
    by_length = item_knn(membership(corpus, TRACKS), lengths)
    np.testing.assert_allclose(by_length.scores(given(*QUERIES)), expected_by_length, rtol=1e-5)


@pytest.mark.parametrize("dimensions", [3, TRACKS, 99])
def test_svd_projects_on_the_leading_singular_vectors(dimensions: int) -> None:
    playlists = membership(random_corpus(), TRACKS)
    _, _, right = np.linalg.svd(playlists.toarray())
    leading = right[:dimensions]
    queries = given(*QUERIES)
    expected = queries.toarray() @ leading.T @ leading  # type: ignore[attr-defined]
    np.testing.assert_allclose(truncated_svd(playlists, dimensions, seed=1).scores(queries), expected, atol=1e-2)


def test_scores_of_vectors_match_their_definitions() -> None:
    rng = np.random.default_rng(2)
    centre, context = (rng.standard_normal((TRACKS, DIM)).astype(np.float32) for _ in range(2))
    bias, prior = rng.standard_normal((2, TRACKS)).astype(np.float32)
    counts = rng.integers(1, 100, TRACKS)
    unit = unit_rows(centre)
    cosine = Cosine(unit)
    for at, rows in enumerate(QUERIES):
        mean = unit[rows].mean(axis=0)
        cosines = unit @ mean / np.linalg.norm(mean)
        np.testing.assert_allclose(cosine.scores(given(*QUERIES))[at], cosines, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(
            CosineAndCount(cosine, counts).scores(given(*QUERIES))[at],
            cosines + 0.05 * np.log(1 + counts),
            rtol=1e-4,
            atol=1e-6,
        )
        model = ModelScore(Embeddings(centre, context, bias), prior).scores(given(*QUERIES))[at]
        np.testing.assert_allclose(model, context @ centre[rows].mean(axis=0) + bias + prior, rtol=1e-4, atol=1e-5)
        distances = np.linalg.norm(centre - centre[rows].mean(axis=0), axis=1)
        assert np.argsort(-Euclidean(centre).scores(given(*QUERIES))[at]).tolist() == np.argsort(distances).tolist()


def test_the_hybrid_score_adds_agreement_cosine_log_count_and_artists() -> None:
    counts = np.array([1, 5, 2, 9, 4, 4, 4, 4, 4, 4, 4, 7])
    popular, cosine = Popularity(counts), Cosine(unit_rows(np.eye(TRACKS, dtype=np.float32)))
    some, many = given([3], [0, 3, 5, 7]), (1, 4)
    logs, near = np.log(1 + counts), cosine.scores(some)
    of_seeds = (counts[3], counts[[0, 3, 5, 7]].sum())  # 9 and 18; track 0 occurs once, so its cosine has no weight
    for row, ranked in enumerate(Hybrid(popular, cosine, counts).scores(some)):
        weights = 0.4 * (1 - 1 / np.minimum(counts, of_seeds[row]))
        expected = np.sqrt(logs / np.log(10)) + weights * near[row] + 0.15 / np.sqrt(many[row]) * logs
        np.testing.assert_allclose(ranked, expected, rtol=1e-5)
    equal = Hybrid(popular, cosine, counts, of_tracks=False).scores(some)  # artists: the same weight for all cosines
    np.testing.assert_allclose(equal[0], np.sqrt(logs / np.log(10)) + 0.4 * near[0] + 0.15 * logs, rtol=1e-5)
    # Tracks 0, 3 and 11 credit artist 0, track 3 also artist 1: it counts half for artist 0.
    from scipy import sparse

    credited = np.zeros((TRACKS, 2), np.float32)
    credited[[0, 3, 11], 0] = credited[[3, 8], 1] = 1
    artists = ArtistsInCommon(sparse.csr_array(credited))
    without, with_artists = Hybrid(popular, cosine, counts), Hybrid(popular, cosine, counts, artists=artists)
    in_common = np.zeros((2, TRACKS))
    in_common[0, [0, 3, 8, 11]] = [0.5, 1, 0.5, 0.5]
    in_common[1, [0, 3, 8, 11]] = np.array([1.5, 2, 0.5, 1.5]) / 2  # without factors, divided by the root of 4
    added = 2 * np.log(1 + in_common) / np.sqrt(counts + 3)
    np.testing.assert_allclose(with_artists.scores(some), without.scores(some) + added, rtol=1e-5)


def test_the_root_of_agreement_keeps_its_sign() -> None:
    np.testing.assert_allclose(rooted(np.array([4, -1, 0], np.float32)), [1, -0.5, 0])
    assert rooted(np.zeros(3, np.float32)).tolist() == [0, 0, 0]


def test_a_ranker_with_equal_scores_does_not_profit_from_the_row_order() -> None:
    # Rows are sorted by counts that include the held-out playlists: the wanted tracks come first.
    tracks, wanted = 2000, np.arange(1, 201)
    queries = [EvaluationQuery(0, np.array([0]), wanted, 0)]

    class Indifferent:
        """Gives all tracks the same score."""

        def scores(self, _given: object) -> np.ndarray:
            """Return zeros."""
            return np.zeros((1, tracks), np.float32)

    catalogue = RankedCatalogue(np.ones(tracks, np.int64), np.arange(tracks))
    found = score_ranker(Indifferent(), queries, catalogue, 10).values
    # One in ten is wanted; three standard deviations of a sample of 200 from 1,999 are 6 %.
    assert found["r_precision"][0] == pytest.approx(0.1, abs=0.06)


def test_an_oracle_scores_one_and_random_scores_the_expected_value() -> None:
    rng = np.random.default_rng(3)
    tracks, queries = 200, []
    for at in range(400):
        rows = rng.choice(tracks, 30, replace=False)
        queries.append(EvaluationQuery(at, rows[:10], rows[10:], 0))
    catalogue = RankedCatalogue(np.ones(tracks, np.int64), np.arange(tracks))

    class Oracle:
        """Knows the wanted tracks."""

        def scores(self, _given: object) -> np.ndarray:
            """Return 1 for wanted tracks, 0 for others."""
            found = np.zeros((len(queries), tracks), np.float32)
            for row, query in zip(found, queries, strict=True):
                row[query.wanted] = 1
            return found

    class Chance:
        """Scores at random."""

        def scores(self, _given: object) -> np.ndarray:
            """Return random numbers."""
            return rng.random((len(queries), tracks), np.float32)

    perfect = score_ranker(Oracle(), queries, catalogue, 10).values
    assert all(perfect[name].mean() == 1 for name in ("r_precision", "ndcg", "ndcg@10", "hit@10", "mrr"))
    assert perfect["recall@10"].mean() == pytest.approx(0.5)
    assert perfect["clicks"].mean() == 0
    random = score_ranker(Chance(), queries, catalogue, 10).values
    # 20 of the 190 tracks that are not given are wanted: each rank is a hit with that probability.
    assert random["r_precision"].mean() == pytest.approx(20 / 190, abs=0.015)
    assert random["recall@10"].mean() == pytest.approx(10 / 190, abs=0.01)


def test_a_repeated_track_counts_as_found_at_rank_one() -> None:
    query = EvaluationQuery(0, np.array([4]), np.array([4]), 0, repeats=True)
    catalogue = RankedCatalogue(np.ones(TRACKS, np.int64), np.arange(TRACKS))
    card = score_ranker(Popularity(np.arange(TRACKS)), [query], catalogue, 10)
    assert (card.values["hit@10"][0], card.values["ndcg@10"][0], card.values["mrr"][0]) == (1, 1, 1)


def test_recall_of_a_group_without_wanted_tracks_is_none() -> None:
    counts = np.array([9, 6, 3])  # a third of all occurrences each: head, middle, tail
    query = EvaluationQuery(0, np.array([1]), np.array([0]), 0)
    card = score_ranker(Popularity(counts), [query], RankedCatalogue(counts, np.arange(3)), 1)
    assert card.found_by_frequency == {"head": 1.0, "middle": None, "tail": None}
    json.dumps(card.found_by_frequency, allow_nan=False)
