"""Agreement of two models, compared with brute force: 1 for a model with itself, chance level for random vectors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from skipgramophone.errors import EvaluationError
from skipgramophone.evaluation.rankers import Cosine
from skipgramophone.evaluation.stability import Stability, stability
from skipgramophone.experiment.embeddings import unit_rows

Matrix = npt.NDArray[np.float32]
TRACKS, DIM, NEAR = 300, 6, 5


def vectors(seed: int) -> Matrix:
    """Return random vectors."""
    return np.random.default_rng(seed).standard_normal((TRACKS, DIM)).astype(np.float32)


def compared(one: Matrix, other: Matrix, counts: npt.NDArray[np.int64], neighbours: int = NEAR) -> Stability:
    """Return the stability of two matrices of vectors, ranked by cosine."""
    first, second = Cosine(unit_rows(one)), Cosine(unit_rows(other))
    return stability(first, second, counts, ranking="cosine", neighbours=neighbours, seed=1)


def nearest(matrix: Matrix, row: int) -> set[int]:
    """Return the nearest tracks of a row, by brute force."""
    unit = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    similarity = unit @ unit[row]
    similarity[row] = -2
    return set(np.argsort(-similarity)[:NEAR].tolist())


def test_a_model_agrees_completely_with_a_rotation_of_itself() -> None:
    one = vectors(1)
    rotation = np.linalg.qr(np.random.default_rng(2).standard_normal((DIM, DIM)))[0].astype(np.float32)
    found = compared(one, one @ rotation, np.arange(TRACKS, 0, -1))
    assert (found.asked, found.neighbours, found.agreement.mean) == (TRACKS, NEAR, 1.0)
    assert set(found.by_frequency) == {"head", "middle", "tail"}


def test_agreement_equals_brute_force() -> None:
    one = vectors(1)
    other = one + np.float32(0.4) * vectors(3)
    found = compared(one, other, np.ones(TRACKS, np.int64))
    shared = [len(nearest(one, row) & nearest(other, row)) / NEAR for row in range(TRACKS)]
    assert found.agreement.mean == pytest.approx(np.mean(shared))
    assert 0.2 < found.agreement.mean < 0.9
    assert found.agreement.low < found.agreement.mean < found.agreement.high


def test_unrelated_models_agree_by_chance() -> None:
    found = compared(vectors(1), vectors(4), np.ones(TRACKS, np.int64))
    assert found.by_chance == NEAR / (TRACKS - 1)
    assert found.agreement.mean == pytest.approx(found.by_chance, abs=0.01)


def test_too_few_tracks_are_an_error() -> None:
    message = "cannot compare 300 neighbours: only 300 tracks have vectors in both models; use a smaller k"
    with pytest.raises(EvaluationError, match=f"^{message}$"):
        compared(vectors(1), vectors(1), np.ones(TRACKS, np.int64), TRACKS)
