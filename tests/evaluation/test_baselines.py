"""Baselines: RP3beta compared with the equation of its paper, and the choice of parameters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from skipgramophone.errors import EvaluationError
from skipgramophone.evaluation import baselines
from skipgramophone.evaluation.baselines import (
    BASELINES,
    USUAL,
    VALUES,
    choose_parameters,
    fit_baselines,
    make_validation,
    needs_validation,
    require_memory_for_ease,
)
from skipgramophone.evaluation.rankers import rp3beta
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.factors import Objective, SparseRows
from skipgramophone.experiment.postings import membership
from skipgramophone.settings import EvaluateSettings
from skipgramophone.training.factorization import factorize, random_start

QUERIES = ([0, 3], [5], [1, 2, 7])


def as_sparse(matrix: npt.NDArray[Any]) -> Any:
    """Return a matrix as a scipy.sparse.csr_array of float32."""
    from scipy import sparse

    return sparse.csr_array(matrix.astype(np.float32))


def held(playlists: int, tracks: int, seed: int = 1) -> Any:
    """Return playlists that each contain about a third of the tracks."""
    there = np.random.default_rng(seed).random((playlists, tracks)) < 0.35
    return as_sparse(there)


def given(tracks: int) -> Any:
    """Return the given tracks of `QUERIES`."""
    matrix = np.zeros((len(QUERIES), tracks), np.float32)
    for row, tracks_given in zip(matrix, QUERIES, strict=True):
        row[tracks_given] = 1
    return as_sparse(matrix)


def test_ease_without_enough_memory_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "free_bytes", lambda: 1_500_000_000)
    require_memory_for_ease(10_000, 30)
    with pytest.raises(EvaluationError) as refused:
        require_memory_for_ease(20_000, 10_000)
    # 24 bytes x 10,000 x 10,000
    assert str(refused.value) == (
        "it needs about 2.4 GB of memory for a matrix of 10,000 × 10,000, but only 1.5 GB are free; close other "
        "programs, or evaluate a smaller corpus"
    )


@pytest.mark.parametrize("beta", [0.0, 0.3, 1.0])
def test_rp3beta_is_a_walk_over_playlists_with_a_penalty_on_popular_tracks(beta: float) -> None:
    matrix = held(15, 12)
    x = matrix.toarray().astype(np.float64)
    to_playlist = x.T / x.sum(axis=0)[:, None]  # (tracks, playlists), rows sum to 1
    to_track = x / x.sum(axis=1)[:, None]  # (playlists, tracks), rows sum to 1
    expected = given(12).toarray() @ to_playlist @ to_track / x.sum(axis=0) ** beta
    np.testing.assert_allclose(rp3beta(matrix, beta).scores(given(12)), expected, rtol=1e-5)


def test_each_parameter_moves_to_its_best_value_in_turn_and_given_ones_are_kept() -> None:
    asked: list[tuple[float, float]] = []

    def score(parameters: dict[str, float]) -> float:
        """Return a score that is best at regularization 80 and alpha 1.25."""
        asked.append((parameters["regularization"], parameters["alpha"]))
        return -abs(math.log(parameters["regularization"] / 80)) - abs(math.log(parameters["alpha"] / 1.25))

    best = choose_parameters("iALS", {"factors": 8}, score)
    assert best == {"factors": 8, "regularization": 80, "alpha": 1.25}
    assert asked == [(20, 20), (5, 20), (80, 20), (320, 20), (80, 5), (80, 1.25), (80, 0.3)]
    asked.clear()
    assert choose_parameters("iALS", {"regularization": 7}, score) == {"regularization": 7, "alpha": 1.25}
    assert {regularization for regularization, _ in asked} == {7}


def test_every_list_of_values_contains_the_usual_one() -> None:
    for name, parameters in VALUES.items():
        for parameter, values in parameters.items():
            assert USUAL[name][parameter] in values


def small_world(playlists: int = 120) -> Corpus:
    """Playlists of 10 of the 20 tracks of one of two genres."""
    rng = np.random.default_rng(7)
    lists = [rng.permutation(20)[:10] + 20 * (at % 2) for at in range(playlists)]
    return Corpus(np.concatenate(lists).astype(np.int32), np.arange(playlists + 1, dtype=np.int64) * 10)


def test_parameters_are_chosen_on_whole_groups_of_the_training_part() -> None:
    corpus, groups = small_world(), np.arange(120) // 4
    settings = EvaluateSettings(baselines="all", protocol="lookup")
    validation = make_validation(corpus, groups, 40, least=1, settings=settings)
    assert validation is not None
    asked = {query.playlist for query in validation.queries}
    assert asked == {playlist for playlist in range(120) if groups[playlist] in groups[[*asked]]}
    assert len(asked) % 4 == 0
    assert validation.playlists.shape == (120 - len(asked), 40)
    assert all(len(query.given) == 1 for query in validation.queries)

    playlists, counts = membership(corpus, 40), corpus.counts(40)
    rankers, fitted = fit_baselines(playlists, counts, dimensions=4, settings=settings, validation=validation)
    assert tuple(rankers) == BASELINES["all"]
    how = {each.name: each for each in fitted}
    assert how["EASE"].validation_playlists == len(asked)
    assert how["iALS"].chosen == ("regularization", "alpha")
    for name in ("RP3beta", "EASE", "iALS"):
        for parameter in how[name].chosen:
            assert how[name].parameters[parameter] in VALUES[name][parameter]
    # The choice is better than its neighbours in the list, and the baseline is fitted again to all training playlists.
    beta = how["RP3beta"].parameters["beta"]
    scores = {value: validation.score(rp3beta(validation.playlists, value)) for value in VALUES["RP3beta"]["beta"]}
    assert all(scores[beta] >= other for value, other in scores.items() if abs(value - beta) < 0.15)
    values = how["iALS"].parameters
    start = random_start(playlists.shape[1], 40, settings.random_seed)
    model = factorize(playlists, start, Objective(values["alpha"], values["regularization"]))
    expected = model.scores(SparseRows.of(given(40)))
    np.testing.assert_array_equal(rankers["iALS"].scores(given(40)), expected)


def test_given_parameters_need_no_validation_playlists(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = EvaluateSettings(
        baselines="all", ials_factors=4, ials_regularization=2, ials_alpha=3, ease_regularization=9, rp3_beta=0.4
    )
    assert not needs_validation(settings)
    assert needs_validation(EvaluateSettings())
    assert not needs_validation(EvaluateSettings(baselines="none"))
    playlists, counts = held(30, 12), np.ones(12, np.int64)
    _, fitted = fit_baselines(playlists, counts, dimensions=4, settings=settings, validation=None)
    assert [each.parameters for each in fitted[3:]] == [
        {"beta": 0.4},
        {"regularization": 9},
        {"factors": 4, "regularization": 2, "alpha": 3},
    ]
    assert all(each.chosen == () and each.validation_playlists == 0 for each in fitted)

    # A baseline that does not fit into memory is left out with the reason; the others remain.
    monkeypatch.setattr(baselines, "free_bytes", lambda: 100)
    rankers, fitted = fit_baselines(playlists, counts, dimensions=4, settings=settings, validation=None)
    assert set(rankers) == set(BASELINES["all"]) - {"EASE"}
    assert str(fitted[4].left_out).startswith("it needs about ")


def test_a_training_part_that_is_too_small_gives_the_usual_parameters() -> None:
    corpus = small_world(1)
    assert make_validation(corpus, np.arange(1), 40, least=1, settings=EvaluateSettings()) is None
    playlists, counts = membership(corpus, 40)[:, :20].tocsr(), np.ones(20, np.int64)
    settings = EvaluateSettings(baselines="all")
    _, fitted = fit_baselines(playlists, counts, dimensions=4, settings=settings, validation=None)
    assert fitted[-1].parameters == USUAL["iALS"] | {"factors": 128}
    assert fitted[-1].chosen == ()
