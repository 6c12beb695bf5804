"""How far two models agree: all the way with themselves, by chance with noise, and as brute force says in between."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from skipgramophone.errors import EvaluationError
from skipgramophone.evaluation.stability import stability

Matrix = npt.NDArray[np.float32]
TRACKS, DIM, NEAR = 300, 6, 5


def vectors(seed: int) -> Matrix:
    """Random vectors; the last ten tracks were not learnt."""
    made = np.random.default_rng(seed).standard_normal((TRACKS, DIM)).astype(np.float32)
    made[-10:] = 0
    return made


def nearest(matrix: Matrix, row: int) -> set[int]:
    """The nearest learnt tracks of a row, by brute force."""
    unit = matrix[:-10] / np.linalg.norm(matrix[:-10], axis=1, keepdims=True)
    similarity = unit @ unit[row]
    similarity[row] = -2
    return set(np.argsort(-similarity)[:NEAR].tolist())


def test_a_model_agrees_with_itself_however_it_is_turned() -> None:
    one = vectors(1)
    turn = np.linalg.qr(np.random.default_rng(2).standard_normal((DIM, DIM)))[0].astype(np.float32)
    found = stability(one, one @ turn, np.arange(TRACKS, 0, -1), NEAR, 1)
    assert (found.asked, found.neighbours, found.agreement.mean) == (TRACKS - 10, NEAR, 1.0)
    assert set(found.by_frequency) == {"head", "middle", "tail"}


def test_it_is_what_brute_force_says() -> None:
    one = vectors(1)
    other = one + np.float32(0.4) * vectors(3)
    found = stability(one, other, np.ones(TRACKS, np.int64), NEAR, 1)
    shared = [len(nearest(one, row) & nearest(other, row)) / NEAR for row in range(TRACKS - 10)]
    assert found.agreement.mean == pytest.approx(np.mean(shared))
    assert 0.2 < found.agreement.mean < 0.9
    assert found.agreement.low < found.agreement.mean < found.agreement.high


def test_strangers_agree_by_chance() -> None:
    found = stability(vectors(1), vectors(4), np.ones(TRACKS, np.int64), NEAR, 1)
    assert found.by_chance == NEAR / (TRACKS - 11)
    assert found.agreement.low <= found.by_chance <= found.agreement.high


def test_too_few_tracks_are_one_line() -> None:
    with pytest.raises(EvaluationError, match="290 tracks are too few to compare 290 neighbours of"):
        stability(vectors(1), vectors(1), np.ones(TRACKS, np.int64), 290, 1)
