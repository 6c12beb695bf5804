"""Agreement of two models: complete with itself, by chance with noise, and equal to brute force in between."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from skipgramophone.errors import EvaluationError
from skipgramophone.evaluation.stability import stability

Matrix = npt.NDArray[np.float32]
TRACKS, DIM, NEAR = 300, 6, 5


def vectors(seed: int) -> Matrix:
    """Return random vectors; the last ten tracks have none."""
    made = np.random.default_rng(seed).standard_normal((TRACKS, DIM)).astype(np.float32)
    made[-10:] = 0
    return made


def nearest(matrix: Matrix, row: int) -> set[int]:
    """Return the nearest tracks with vectors of a row, by brute force."""
    unit = matrix[:-10] / np.linalg.norm(matrix[:-10], axis=1, keepdims=True)
    similarity = unit @ unit[row]
    similarity[row] = -2
    return set(np.argsort(-similarity)[:NEAR].tolist())


def test_a_model_agrees_completely_with_a_rotation_of_itself() -> None:
    one = vectors(1)
    rotation = np.linalg.qr(np.random.default_rng(2).standard_normal((DIM, DIM)))[0].astype(np.float32)
    found = stability(one, one @ rotation, np.arange(TRACKS, 0, -1), NEAR, 1)
    assert (found.asked, found.neighbours, found.agreement.mean) == (TRACKS - 10, NEAR, 1.0)
    assert set(found.by_frequency) == {"head", "middle", "tail"}


def test_agreement_equals_brute_force() -> None:
    one = vectors(1)
    other = one + np.float32(0.4) * vectors(3)
    found = stability(one, other, np.ones(TRACKS, np.int64), NEAR, 1)
    shared = [len(nearest(one, row) & nearest(other, row)) / NEAR for row in range(TRACKS - 10)]
    assert found.agreement.mean == pytest.approx(np.mean(shared))
    assert 0.2 < found.agreement.mean < 0.9
    assert found.agreement.low < found.agreement.mean < found.agreement.high


def test_unrelated_models_agree_by_chance() -> None:
    found = stability(vectors(1), vectors(4), np.ones(TRACKS, np.int64), NEAR, 1)
    assert found.by_chance == NEAR / (TRACKS - 11)
    assert found.agreement.low <= found.by_chance <= found.agreement.high


def test_too_few_tracks_are_an_error() -> None:
    message = "cannot compare 290 neighbours: only 290 tracks have vectors in both models; use a smaller -k"
    with pytest.raises(EvaluationError, match=f"^{message}$"):
        stability(vectors(1), vectors(1), np.ones(TRACKS, np.int64), 290, 1)
