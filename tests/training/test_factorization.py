"""Factorization by iALS, compared with the equations of its sources, solved one dense system at a time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from skipgramophone.errors import ExperimentError
from skipgramophone.experiment import factors as factors_module
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import Embeddings, unit_rows
from skipgramophone.experiment.factors import Factors, Objective, SparseRows, read_factors
from skipgramophone.training.factorization import factorize, random_start, write_factors

PLAYLISTS, TRACKS, FACTORS = 40, 25, 6
EQUAL, BY_FREQUENCY = Objective(7.0, 3.0), Objective(7.0, 0.5, 1.0)
both = pytest.mark.parametrize("objective", [EQUAL, BY_FREQUENCY])
Dense = npt.NDArray[np.float64]


def held(seed: int, playlists: int = PLAYLISTS) -> Dense:
    """Return playlists of 0 to 20 of the tracks with weights from 0.5 to 2; some are longer than the factors."""
    rng = np.random.default_rng(seed)
    there = rng.random((playlists, TRACKS)) < rng.uniform(0.05, 0.8, (playlists, 1))
    there[0] = False
    return np.where(there, rng.uniform(0.5, 2, there.shape), 0)


def penalties(rows: Dense, objective: Objective) -> Dense:
    """Return the weight of the squared factors of each row."""
    number = np.maximum((rows > 0).sum(axis=1), 1)
    return np.asarray(objective.regularization * number**objective.exponent, np.float64)


def dense_solution(fixed: Dense, rows: Dense, objective: Objective) -> Dense:
    """Return the best factors of rows for fixed factors of the columns, by the normal equations."""
    solved = []
    for row, penalty in zip(rows, penalties(rows, objective), strict=True):
        confidence = np.diag(1 + objective.alpha * row)
        system = fixed.T @ confidence @ fixed + penalty * np.eye(fixed.shape[1])
        solved.append(np.linalg.solve(system, fixed.T @ confidence @ (row > 0)))
    return np.array(solved)


def loss(rows: Dense, of_rows: Dense, of_columns: Dense, objective: Objective) -> float:
    """Return the value that iALS minimizes."""
    errors = (1 + objective.alpha * rows) * ((rows > 0) - of_rows @ of_columns.T) ** 2
    penalty = penalties(rows, objective) @ (of_rows**2).sum(axis=1)
    return float(errors.sum() + penalty + penalties(rows.T, objective) @ (of_columns**2).sum(axis=1))


def as_sparse(rows: Dense) -> Any:
    """Return a dense matrix as a scipy.sparse.csr_array of float32."""
    from scipy import sparse

    return sparse.csr_array(rows.astype(np.float32))


def as_rows(rows: Dense) -> SparseRows:
    """Return a dense matrix as sparse rows."""
    return SparseRows.of(as_sparse(rows))


def fitted(rows: Dense, objective: Objective = EQUAL, seed: int = 1, iterations: int = 15) -> Factors:
    """Factorize from a random start."""
    start = random_start(rows.shape[1], FACTORS, seed)
    return factorize(as_sparse(rows), start, objective, iterations=iterations)


@both
@pytest.mark.parametrize("gathered", [1 << 22, 64])  # 64: several batches per size, several blocks per long row
def test_playlists_are_folded_in_by_the_normal_equations(
    gathered: int, objective: Objective, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(factors_module, "GATHERED", gathered)
    model, new = fitted(held(1), objective), held(2)
    tracks = model.rows.astype(np.float64)
    expected = dense_solution(tracks, new, objective) @ tracks.T
    np.testing.assert_allclose(model.scores(as_rows(new)), expected, atol=2e-5)
    assert not model.fold_in(as_rows(new))[0].any()  # an empty playlist


@both
def test_the_iterations_are_those_of_alternating_least_squares(objective: Objective) -> None:
    rows = held(3)
    tracks, losses = random_start(TRACKS, FACTORS, 1).astype(np.float64), []
    for _ in range(4):
        playlists = dense_solution(tracks, rows, objective)
        tracks = dense_solution(playlists, rows.T, objective)
        losses.append(loss(rows, playlists, tracks, objective))
    assert losses == sorted(losses, reverse=True)
    found = fitted(rows, objective, iterations=4).rows
    np.testing.assert_allclose(found @ found.T, tracks @ tracks.T, atol=1e-4)  # equal up to a rotation


@both
def test_no_factors_of_tracks_fit_better_once_it_has_converged(objective: Objective) -> None:
    rows = held(4)
    tracks = fitted(rows, objective, iterations=200).rows.astype(np.float64)
    playlists = dense_solution(tracks, rows, objective)
    np.testing.assert_allclose(dense_solution(playlists, rows.T, objective), tracks, atol=2e-3)


def test_the_same_seed_gives_the_same_factors_and_another_seed_others() -> None:
    rows = held(5)
    first, again, other = fitted(rows), fitted(rows), fitted(rows, seed=2)
    assert first.rows.tobytes() == again.rows.tobytes()
    assert first.energy.tobytes() == again.energy.tobytes()
    assert not np.allclose(first.rows @ first.rows.T, other.rows @ other.rows.T, atol=1e-3)


def test_rotated_factors_have_a_diagonal_gram_matrix_and_the_same_products() -> None:
    factors = np.random.default_rng(6).standard_normal((TRACKS, FACTORS)).astype(np.float32)
    rotated = Factors.rotated(factors, EQUAL)
    np.testing.assert_allclose(rotated.rows.T @ rotated.rows, np.diag(rotated.energy), atol=1e-4)
    np.testing.assert_allclose(rotated.rows @ rotated.rows.T, factors @ factors.T, atol=1e-4)


def test_rows_without_entries_get_zeros() -> None:
    nothing = SparseRows(np.zeros(0, np.int32), np.zeros(4, np.int32), np.zeros(0, np.float32))
    factors = Factors(np.ones((5, 3), np.float32), np.ones(3, np.float32), BY_FREQUENCY)
    assert factors.fold_in(nothing).tolist() == [[0.0] * 3] * 3


def test_factors_are_read_as_they_were_written_and_other_tracks_have_zeros(tmp_path: Path) -> None:
    made, rows = fitted(held(7)), np.arange(TRACKS) * 2 + 1
    made.write(tmp_path, rows, 2 * TRACKS + 3)
    read = read_factors(tmp_path, 2 * TRACKS + 3)
    assert read is not None
    assert read.objective == made.objective
    np.testing.assert_array_equal(read.energy, made.energy)
    np.testing.assert_array_equal(read.take(rows).rows, made.rows)
    assert not np.delete(read.rows, rows, axis=0).any()


@pytest.mark.parametrize("damage", ["{}", '{"alpha": 1, "regularization": 1, "exponent": 0, "energy": [1]}', "["])
def test_damaged_factors_are_refused(damage: str, tmp_path: Path) -> None:
    fitted(held(8)).write(tmp_path, np.arange(TRACKS), TRACKS)
    with pytest.raises(ExperimentError, match="--force"):
        read_factors(tmp_path, TRACKS + 1)
    (tmp_path / "factors.json").write_text(damage, encoding="utf-8")
    with pytest.raises(ExperimentError, match=r"factors\.json"):
        read_factors(tmp_path, TRACKS)


@pytest.mark.parametrize(
    ("name", "value"), [("energy", -1.0), ("exponent", float("nan")), ("alpha", float("inf")), ("regularization", 0.0)]
)
def test_constants_without_a_solution_are_refused(name: str, value: float, tmp_path: Path) -> None:
    fitted(held(8)).write(tmp_path, np.arange(TRACKS), TRACKS)
    record = json.loads((tmp_path / "factors.json").read_text(encoding="utf-8"))
    record[name] = [value] * len(record[name]) if name == "energy" else value
    (tmp_path / "factors.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(ExperimentError, match=r"factors\.json.*--force"):
        read_factors(tmp_path, TRACKS)


def test_disliked_tracks_form_a_second_playlist_and_tracks_without_weight_are_ignored() -> None:
    model = fitted(held(10))
    liked, disliked = model.playlists_of(np.array([3, 1, 5, 8]), np.array([2.0, 0, -0.5, 1]))
    rows = np.zeros((2, TRACKS))
    rows[0, [3, 8]], rows[1, 5] = (2, 1), 0.5
    np.testing.assert_allclose(np.stack([liked, disliked]), model.fold_in(as_rows(rows)), atol=1e-6)


def test_a_model_without_factors_has_none(tmp_path: Path) -> None:
    assert read_factors(tmp_path, 5) is None


def test_one_turn_from_trained_vectors_solves_the_equations_for_unit_rows(tmp_path: Path) -> None:
    rng, rows = np.random.default_rng(9), held(9)
    rows[:, 3] = 0  # no playlist has this track
    playlists = [np.flatnonzero(row) for row in rows]
    offsets = np.cumsum([0, *map(len, playlists)])
    corpus = Corpus(np.concatenate(playlists).astype(np.int32), offsets.astype(np.int64))
    vectors = rng.standard_normal((2, TRACKS, FACTORS)).astype(np.float32)
    vectors[:, 5] = 0  # a track without a vector
    write_factors(tmp_path, corpus, Embeddings(vectors[0], vectors[1], np.zeros(TRACKS, np.float32)))
    found = read_factors(tmp_path, TRACKS)
    assert found is not None
    assert not found.rows[[3, 5]].any()
    kept = np.delete(np.arange(TRACKS), 5)
    start = np.concatenate([unit_rows(part[kept]) for part in vectors], axis=1).astype(np.float64)
    of_playlists = dense_solution(start, (rows[:, kept] > 0).astype(np.float64), found.objective)
    expected = dense_solution(of_playlists, (rows[:, kept].T > 0).astype(np.float64), found.objective)
    np.testing.assert_allclose(found.rows[kept] @ found.rows[kept].T, expected @ expected.T, atol=1e-4)
