"""Tests of the training step, compared with a NumPy reference that computes every pair on its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from skipgramophone.experiment import arrays
from skipgramophone.settings import Context
from skipgramophone.training.batches import START, BatchShape, pair_weights
from skipgramophone.training.step import (
    Parameters,
    adagrad_rows,
    compile_on_copies,
    compile_on_tables,
    gradients,
    playlist_mask,
)
from skipgramophone.training.tables import START_ACCUMULATOR, compile_pull, compile_push, new_tables
from skipgramophone.training.tensorflow_runtime import load_tensorflow

Array = npt.NDArray[np.float64]
BLOCKS, BLOCK, GROUPS, SHARED, DIM, NEGATIVES = 4, 6, 2, 3, 5, 5


@pytest.fixture(scope="module")
def tf(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Load TensorFlow."""
    return load_tensorflow(tmp_path_factory.mktemp("log") / "tensorflow.log")


def softplus(x: float) -> float:
    """Return log(1 + exp(x))."""
    return float(np.logaddexp(0, x))


def sigmoid(x: float) -> float:
    """Return 1 / (1 + exp(-x))."""
    return float(1 / (1 + np.exp(-x)))


def reference(
    h: Array, o: Array, n: Array, playlist: Array, window_size: Context
) -> tuple[float, float, Array, Array, Array]:
    """Compute loss, weight of the pairs and gradients of a step, pair by pair, from the documented formula."""
    loss, total = 0.0, 0.0
    dh, do, dn = np.zeros_like(h), np.zeros_like(o), np.zeros_like(n)
    for b in range(BLOCKS):
        g = b // (BLOCKS // GROUPS)
        for i in range(BLOCK):
            near = [j for j in range(BLOCK) if j != i and playlist[b, i] == playlist[b, j]]
            if window_size == "bag":
                weight = {j: 1 / len(near) for j in near}
            else:
                weight = {
                    j: (window_size + 1 - abs(i - j)) / window_size * BLOCK / (BLOCK - abs(i - j))
                    for j in near
                    if abs(i - j) <= window_size
                }
            for j, w in weight.items():
                score = float(h[b, i] @ o[b, j])
                loss += w * softplus(-score)
                dh[b, i] -= w * sigmoid(-score) * o[b, j]
                do[b, j] -= w * sigmoid(-score) * h[b, i]
            pairs = sum(weight.values())
            total += pairs
            for k in range(SHARED):
                w, score = pairs * NEGATIVES / SHARED, float(h[b, i] @ n[g, k])
                loss += w * softplus(score)
                dh[b, i] += w * sigmoid(score) * n[g, k]
                dn[g, k] += w * sigmoid(score) * h[b, i]
    return loss, total, dh, do, dn


def example(seed: int) -> tuple[Array, Array, Array, Array]:
    """Return random rows, and playlists of 1 to 4 tokens, some of which continue in the next block."""
    rng = np.random.default_rng(seed)
    h, o = rng.normal(size=(2, BLOCKS, BLOCK, DIM))
    n = rng.normal(size=(GROUPS, SHARED, DIM))
    playlist = np.repeat(np.arange(12), rng.integers(1, 5, 12))[: BLOCKS * BLOCK].astype(float)
    playlist = np.concatenate([playlist, 50 + np.arange(BLOCKS * BLOCK - len(playlist))])
    return h, o, n, playlist.reshape(BLOCKS, BLOCK)


def weight_in(playlist: Array, window_size: Context) -> Array:
    """Return the sum of the weights of the pairs of each token."""
    together = (playlist[..., :, None] == playlist[..., None, :]).astype(float)
    return np.asarray((together * pair_weights(window_size, BLOCK)).sum(-1))


def computed_gradients(tf: Any, h: Any, o: Any, n: Any, *, playlist: Any, window_size: Context) -> Any:
    """Return loss, number of pairs and gradients of blocks, as the training step computes them."""
    return gradients(
        tf,
        tf.constant(pair_weights(window_size, BLOCK).astype(np.float64)),
        negative_weight=NEGATIVES / SHARED,
        h=tf.constant(h),
        o=tf.constant(o),
        n=tf.constant(n),
        mask=playlist_mask(tf, tf.constant(playlist)),
        weight=tf.constant(weight_in(playlist, window_size)),
        bag=window_size == "bag",
    )


@pytest.mark.parametrize("window_size", ["bag", 1, 2, 5])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_loss_and_gradients_are_those_of_the_pairs(tf: Any, window_size: Context, seed: int) -> None:
    h, o, n, playlist = example(seed)
    result = computed_gradients(tf, h, o, n, playlist=playlist, window_size=window_size)
    for got, expected in zip(result, reference(h, o, n, playlist, window_size), strict=True):
        np.testing.assert_allclose(got.numpy(), np.asarray(expected), rtol=1e-6, atol=1e-9)


def test_the_gradient_of_the_reference_is_the_slope_of_its_loss() -> None:
    h, o, n, playlist = example(4)
    _, _, dh, do, dn = reference(h, o, n, playlist, "bag")
    step = 1e-6
    for array, gradient in ((h, dh), (o, do), (n, dn)):
        for at in ((0, 1, 2), (1, 2, 0)):
            before = array[at]
            array[at] = before + step
            up = reference(h, o, n, playlist, "bag")[0]
            array[at] = before - step
            down = reference(h, o, n, playlist, "bag")[0]
            array[at] = before
            assert (up - down) / (2 * step) == pytest.approx(gradient[at], abs=1e-5)


def test_a_playlist_of_one_track_has_no_pairs_and_no_negatives(tf: Any) -> None:
    h, o, n, _ = example(5)
    alone = np.arange(BLOCKS * BLOCK, dtype=float).reshape(BLOCKS, BLOCK)
    loss, pairs, dh, *_ = computed_gradients(tf, h, o, n, playlist=alone, window_size="bag")
    assert float(loss) == 0
    assert float(pairs) == 0
    assert not dh.numpy().any()


def test_adagrad_adds_the_gradients_of_a_row_that_occurs_twice(tf: Any) -> None:
    table = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    accumulator = np.array([1.0, 2.0, 3.0])
    rows, gradient = np.array([2, 0, 2]), np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0]])
    expected, seen = table.copy(), accumulator.copy()
    for row, slope in zip(rows, gradient, strict=True):
        seen[row] += (slope**2).mean()
    for row, slope in zip(rows, gradient, strict=True):
        expected[row] -= 0.5 * slope / np.sqrt(seen[row])
    got, got_seen = adagrad_rows(
        tf,
        tf.constant(table),
        tf.constant(accumulator),
        rows=tf.constant(rows),
        gradient=tf.constant(gradient),
        rate=tf.constant(0.5, tf.float64),
    )
    np.testing.assert_allclose(got.numpy(), expected, rtol=1e-12)
    np.testing.assert_allclose(got_seen.numpy(), seen, rtol=1e-12)


@pytest.mark.parametrize("on_copies", [True, False])
def test_the_compiled_programs_agree_with_the_reference_step_by_step(tf: Any, on_copies: bool) -> None:
    shape = BatchShape(block=BLOCK, group=2, shared=SHARED, step_blocks=BLOCKS, steps=3, round=1)
    rng = np.random.default_rng(6)
    tracks = 30
    tables = new_tables(tf, tracks, DIM, 3)
    tables.centre.rows[:] = rng.normal(size=(tracks, DIM)).astype(np.float32)
    tables.context.rows[:] = rng.normal(size=(tracks, DIM)).astype(np.float32)
    centre, context = tables.centre.rows[:].astype(float), tables.context.rows[:].astype(float)
    pulled = rng.permutation(tracks)[:20].astype(np.int32)
    padded = np.append(pulled, [0, 0, 0]).astype(np.int32)
    ids = rng.integers(0, 20, (shape.steps, BLOCKS, BLOCK)).astype(np.int32)  # positions in `pulled`
    noise = rng.integers(0, 20, (shape.steps, GROUPS, SHARED)).astype(np.int32)
    assert noise.size == shape.negatives
    playlist = np.stack([example(seed)[3] for seed in (7, 8, 9)]).astype(np.float32)
    weight = weight_in(playlist.astype(float), "bag").astype(np.float32)
    rates = np.array([0.3, 0.2, 0.1], np.float32)
    variables = [array.variable for array in tables.arrays()]
    centre_rows, context_rows, centre_seen, context_seen = variables
    negative_weight = np.float32(NEGATIVES / shape.shared)
    if on_copies:
        copies = compile_pull(tf, (tracks, DIM))(*variables, padded, padded)
        train = compile_on_copies(tf, shape, "bag", pull=Parameters)
        h, o, h_more, o_more, got_loss, got_pairs = train(*copies, ids, playlist, weight, noise, rates, negative_weight)
        push = compile_push(tf, (tracks, DIM))
        push(centre_rows, centre_seen, padded, h, h_more)
        push(context_rows, context_seen, padded, o, o_more)
    else:
        train = compile_on_tables(tf, shape, "bag")
        got_loss, got_pairs = train(*variables, pulled[ids], playlist, weight, pulled[noise], rates, negative_weight)

    h_seen, o_seen = np.full(tracks, START_ACCUMULATOR), np.full(tracks, START_ACCUMULATOR)
    loss = pairs = 0.0
    for step in range(shape.steps):
        own, drawn = pulled[ids[step]], pulled[noise[step]]
        more, weighed, dh, do, dn = reference(
            centre[own], context[own], context[drawn], playlist[step].astype(float), "bag"
        )
        loss, pairs = loss + more, pairs + weighed
        for table, seen, named, slopes in (
            (centre, h_seen, own.ravel(), dh.reshape(-1, DIM)),
            (
                context,
                o_seen,
                np.concatenate([own.ravel(), drawn.ravel()]),
                np.concatenate([do.reshape(-1, DIM), dn.reshape(-1, DIM)]),
            ),
        ):
            np.add.at(seen, named, (slopes**2).mean(axis=1))
            np.add.at(table, named, -rates[step] * slopes / np.sqrt(seen[named])[:, None])
    got = (centre_rows, context_rows, centre_seen, context_seen, got_loss, got_pairs)
    for part, expected in zip(got, (centre, context, h_seen, o_seen, loss, pairs), strict=True):
        np.testing.assert_allclose(part.numpy(), np.asarray(expected), rtol=5e-4, atol=5e-5)


def test_tables_start_with_the_random_numbers_of_the_seed(tf: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "PIECE", 3)
    tables = new_tables(tf, 8, DIM, 7)
    limit = np.float32(0.1 * 3**0.5)  # the standard deviation of uniform numbers is this limit divided by the root of 3
    streams = [np.random.default_rng([7, START, table]) for table in range(2)]
    drawn = np.stack([2 * limit * (stream.random((8, DIM), np.float32) - np.float32(0.5)) for stream in streams])
    assert tables.centre.rows[:].tobytes() == drawn[0].tobytes()
    assert tables.context.rows[:].tobytes() == drawn[1].tobytes()
    assert tables.context.accumulator[:].tolist() == [np.float32(START_ACCUMULATOR)] * 8
    tables.centre.rows[2:4] = np.ones((2, DIM), np.float32)
    assert (
        tables.centre.rows[:].tobytes()
        == np.concatenate([drawn[0, :2], np.ones((2, DIM)), drawn[0, 4:]]).astype(np.float32).tobytes()
    )
