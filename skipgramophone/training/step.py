"""The step: loss, gradients and the update of the rows of a macro-batch, as one compiled TensorFlow program.

Skip-gram with negative sampling (Mikolov et al. 2013, arXiv 1310.4546, equation 4). With h the centre row, o the
context row, W[i, j] the weight of the pair (i, j) of a block, P[i] the sum of W[i, :], and K negatives n shared by a
group of blocks, the loss of a step is

    sum_ij W[i, j] softplus(-h_i . o_j)  +  sum_i P[i] (negatives / K) sum_k softplus(h_i . n_k)

For a bag W[i, j] is 1 / (pairs of i): each centre weighs one, however long its playlist. For a window W is
`batches.pair_weights`. A negative that happens to be a true context is not taken out: in expectation that adds the
same small push to all.

Rows are updated by row-wise Adagrad: an accumulator a row gathers the mean square of each of its gradients, and
a gradient is scaled by rate / sqrt(accumulator).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from skipgramophone.training.batches import BatchShape

Tensor = Any
INITIAL_ACCUMULATOR = 1.0


def gradients(
    tf: Any, weights: Tensor, bag: bool, negative_weight: float, h: Tensor, o: Tensor, n: Tensor, playlist: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Loss and gradients of one step.

    Args:
        tf: the TensorFlow module.
        weights: (T, T), weight of the pair of two places of a block.
        bag: whether each centre weighs one.
        negative_weight: weight of each shared negative, negatives / K.
        h: (B, T, D), centre rows of the blocks.
        o: (B, T, D), context rows of the blocks.
        n: (G, K, D), context rows of the negatives of each group of B / G blocks.
        playlist: (B, T), equal within a playlist, at least 1 apart otherwise.

    Returns:
        The loss and the weight of the pairs as scalars, and the gradients for h, o and n.
    """
    blocks, block, dim = h.shape
    groups = n.shape[0]
    same = tf.maximum(0.0, 1.0 - tf.abs(playlist[:, :, None] - playlist[:, None, :]))  # (B, T, T)
    weight = same * weights
    pairs = tf.reduce_sum(weight, -1)  # (B, T)
    if bag:
        weight = weight / tf.maximum(pairs, 1.0)[..., None]
        pairs = tf.minimum(pairs, 1.0)
    grouped = tf.reshape(h, [groups, blocks // groups * block, dim])
    weight_n = tf.reshape(pairs * negative_weight, [groups, blocks // groups * block, 1])
    near, far = tf.matmul(h, o, transpose_b=True), tf.matmul(grouped, n, transpose_b=True)
    loss = tf.reduce_sum(weight * tf.nn.softplus(-near)) + tf.reduce_sum(weight_n * tf.nn.softplus(far))
    pull = (tf.sigmoid(near) - 1.0) * weight  # d loss / d near
    push = tf.sigmoid(far) * weight_n  # d loss / d far
    dh = tf.matmul(pull, o) + tf.reshape(tf.matmul(push, n), [blocks, block, dim])
    do = tf.matmul(pull, h, transpose_a=True)
    dn = tf.matmul(push, grouped, transpose_a=True)
    return loss, tf.reduce_sum(pairs), dh, do, dn


def adagrad_rows(
    tf: Any, table: Tensor, accumulator: Tensor, rows: Tensor, gradient: Tensor, rate: Tensor
) -> tuple[Tensor, Tensor]:
    """Update rows of a table by row-wise Adagrad; a row that is named several times adds up.

    Args:
        tf: the TensorFlow module.
        table: (rows, D).
        accumulator: (rows,), sum of the mean squares of the gradients so far.
        rows: (N,), the row of each gradient.
        gradient: (N, D).
        rate: scalar.

    Returns:
        The table and the accumulator after the update.
    """
    at = rows[:, None]
    accumulator = tf.tensor_scatter_nd_add(accumulator, at, tf.reduce_mean(gradient * gradient, -1))
    scale = -rate * tf.math.rsqrt(tf.gather(accumulator, rows))
    return tf.tensor_scatter_nd_add(table, at, gradient * scale[:, None]), accumulator


class _State(NamedTuple):
    """What changes from step to step."""

    h: Tensor  # (macro, D)
    o: Tensor  # (macro + negatives, D)
    h_seen: Tensor  # (macro,)
    o_seen: Tensor  # (macro + negatives,)
    loss: Tensor
    pairs: Tensor


class _Inputs(NamedTuple):
    """What a macro-batch is made of."""

    ids: Tensor  # (steps, B, T)
    playlist: Tensor  # (steps, B, T)
    noise: Tensor  # (steps, G, K)
    rates: Tensor  # (steps,)


def compile_macro_batch(
    tf: Any, shape: BatchShape, dim: int, weights: npt.NDArray[np.float32], bag: bool, negatives: int
) -> Callable[..., tuple[Tensor, ...]]:
    """Compile the training of a macro-batch on the rows that were pulled for it.

    The program takes centre rows (macro, D), context rows (macro + negatives, D), their accumulators, ids and playlist
    (steps, B, T), negative ids (steps, G, K) and rates (steps,); ids are places in the pulled rows. It returns the four
    tables as they are afterwards, the loss and the weight of the pairs. Each step reads a table before
    its one scatter: only then does the compiler update it in place.
    """
    pair_weight = tf.constant(weights)
    blocks, groups = shape.step_blocks, shape.step_blocks // shape.group

    def step(program: _Inputs, i: Tensor, state: _State) -> _State:
        own, drawn = program.ids[i], program.noise[i]
        rows = tf.reshape(own, [-1])
        more, weighed, dh, do, dn = gradients(
            tf,
            pair_weight,
            bag,
            negatives / shape.shared,
            tf.reshape(tf.gather(state.h, rows), [blocks, shape.block, dim]),
            tf.reshape(tf.gather(state.o, rows), [blocks, shape.block, dim]),
            tf.reshape(tf.gather(state.o, tf.reshape(drawn, [-1])), [groups, shape.shared, dim]),
            program.playlist[i],
        )
        rows_o = tf.concat([rows, tf.reshape(drawn, [-1])], 0)
        gradient_o = tf.concat([tf.reshape(do, [-1, dim]), tf.reshape(dn, [-1, dim])], 0)
        rate = program.rates[i]
        h, h_seen = adagrad_rows(tf, state.h, state.h_seen, rows, tf.reshape(dh, [-1, dim]), rate)
        o, o_seen = adagrad_rows(tf, state.o, state.o_seen, rows_o, gradient_o, rate)
        return _State(h, o, h_seen, o_seen, state.loss + more, state.pairs + weighed)

    def train_macro_batch(
        h: Tensor,
        o: Tensor,
        h_seen: Tensor,
        o_seen: Tensor,
        ids: Tensor,
        playlist: Tensor,
        noise: Tensor,
        rates: Tensor,
    ) -> tuple[Tensor, ...]:
        program = _Inputs(ids, playlist, noise, rates)
        _, end = tf.while_loop(
            lambda i, _: i < shape.steps,
            lambda i, state: (i + 1, step(program, i, state)),
            (0, _State(h, o, h_seen, o_seen, 0.0, 0.0)),
        )
        return tuple(end)

    compiled: Callable[..., tuple[Tensor, ...]] = tf.function(train_macro_batch, jit_compile=True, autograph=False)
    return compiled
