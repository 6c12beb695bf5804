"""Factorization by iALS, compared with the equations of Hu, Koren and Volinsky, solved one dense system at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from skipgramophone.training import factorization
from skipgramophone.training.factorization import SparseRows, factorize, solve_rows

PLAYLISTS, TRACKS, FACTORS = 40, 25, 6
REGULARIZATION, ALPHA = 3.0, 7.0
Dense = npt.NDArray[np.float64]


def held(seed: int, playlists: int = PLAYLISTS) -> Dense:
    """Return playlists of 0 to 20 of the tracks with weights from 0.5 to 2; some are longer than the factors."""
    rng = np.random.default_rng(seed)
    there = rng.random((playlists, TRACKS)) < rng.uniform(0.05, 0.8, (playlists, 1))
    there[0] = False
    return np.where(there, rng.uniform(0.5, 2, there.shape), 0)


def dense_solution(fixed: Dense, rows: Dense) -> Dense:
    """Return the best factors of rows for fixed factors of the columns, by the normal equations."""
    solved = []
    for row in rows:
        confidence = np.diag(1 + ALPHA * row)
        system = fixed.T @ confidence @ fixed + REGULARIZATION * np.eye(fixed.shape[1])
        solved.append(np.linalg.solve(system, fixed.T @ confidence @ (row > 0)))
    return np.array(solved)


def loss(rows: Dense, of_rows: Dense, of_columns: Dense) -> float:
    """Return the value that iALS minimizes."""
    errors = (1 + ALPHA * rows) * ((rows > 0) - of_rows @ of_columns.T) ** 2
    return float(errors.sum() + REGULARIZATION * ((of_rows**2).sum() + (of_columns**2).sum()))


def as_sparse(rows: Dense) -> Any:
    """Return a dense matrix as a scipy.sparse.csr_array of float32."""
    from scipy import sparse

    return sparse.csr_array(rows.astype(np.float32))


def as_rows(rows: Dense) -> SparseRows:
    """Return a dense matrix as sparse rows."""
    return SparseRows.of(as_sparse(rows))


def fitted(rows: Dense, **changed: int) -> factorization.Factorization:
    """Factorize with the settings of this file."""
    settings = {"factors": FACTORS, "seed": 1} | changed
    return factorize(as_sparse(rows), regularization=REGULARIZATION, alpha=ALPHA, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("gathered", [1 << 23, 64])  # 64: several batches per size, several blocks per long row
def test_playlists_are_folded_in_by_the_normal_equations(gathered: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factorization, "GATHERED", gathered)
    model, new = fitted(held(1)), held(2)
    tracks = model.tracks.astype(np.float64)
    expected = dense_solution(tracks, new) @ tracks.T
    np.testing.assert_allclose(model.scores(as_rows(new)), expected, atol=2e-5)
    assert not model.fold_in(as_rows(new))[0].any()  # an empty playlist


def test_the_iterations_are_those_of_alternating_least_squares() -> None:
    rows = held(3)
    start = np.random.default_rng(1).standard_normal((TRACKS, FACTORS), np.float32) * np.float32(0.01)
    tracks, losses = start.astype(np.float64), []
    for _ in range(4):
        playlists = dense_solution(tracks, rows)
        tracks = dense_solution(playlists, rows.T)
        losses.append(loss(rows, playlists, tracks))
    assert losses == sorted(losses, reverse=True)
    np.testing.assert_allclose(fitted(rows, iterations=4).tracks, tracks, atol=1e-4)


def test_no_factors_of_tracks_fit_better_once_it_has_converged() -> None:
    rows = held(4)
    tracks = fitted(rows, iterations=100).tracks.astype(np.float64)
    playlists = dense_solution(tracks, rows)
    np.testing.assert_allclose(dense_solution(playlists, rows.T), tracks, atol=2e-3)


def test_the_same_seed_gives_the_same_factors_and_another_seed_others() -> None:
    rows = held(5)
    first, again, other = fitted(rows), fitted(rows), fitted(rows, seed=2)
    assert first.whitened.tobytes() == again.whitened.tobytes()
    assert first.root.tobytes() == again.root.tobytes()
    assert not np.allclose(first.whitened, other.whitened, atol=1e-3)


def test_whitened_factors_have_the_identity_as_regularized_gram_matrix() -> None:
    model = fitted(held(6))
    root = model.root.astype(np.float64)
    whitened = model.whitened.astype(np.float64)
    inverse = np.linalg.inv(root @ root.T)
    # L^-1 (Y^T Y + regularization I) L^-T = I, so Z^T Z = I - regularization (L^T L)^-1.
    expected = np.eye(FACTORS) - REGULARIZATION * np.linalg.inv(root.T @ root)
    np.testing.assert_allclose(whitened.T @ whitened, expected, atol=1e-5)
    tracks = model.tracks.astype(np.float64)
    np.testing.assert_allclose(tracks @ inverse @ tracks.T, whitened @ whitened.T, atol=1e-5)


def test_rows_without_entries_get_zeros() -> None:
    nothing = SparseRows(np.zeros(0, np.int32), np.zeros(4, np.int32), np.zeros(0, np.float32))
    assert solve_rows(np.ones((5, 3), np.float32), nothing, ALPHA).tolist() == [[0.0] * 3] * 3
