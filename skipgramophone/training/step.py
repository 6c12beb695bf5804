"""The training step: loss, gradients and row updates of a macro-batch, as one compiled TensorFlow program.

The loss of a step is that of skip-gram with negative sampling (Mikolov et al. 2013, arXiv 1310.4546, equation 4):

    sum_ij W[i, j] softplus(-h_i . o_j)  +  sum_i P[i] (negatives / K) sum_k softplus(h_i . n_k)

h are centre rows, o context rows, and n the context rows of the K negatives that a group of blocks shares. W[i, j] is
the weight of the pair (i, j) of a block, and P[i] is the sum of W[i, :]. For a bag, W[i, j] is 1 / (number of pairs of
i), so that each centre has weight 1 regardless of the length of its playlist. For a window, W is
`batches.pair_weights`. A negative sample may also be a true context of a token. It is not removed, because on average
it has the same small effect on all tracks.

Rows are updated by row-wise Adagrad: the accumulator of a row sums the mean squares of its gradients, and a gradient is
scaled by rate / sqrt(accumulator). A step changes only the rows that occur in it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from skipgramophone.settings import Context
from skipgramophone.training.batches import BatchShape, pair_weights

Tensor = Any
MASK = 1e6  # added to the score of a pair of tokens from different playlists


def gradients(
    tf: Any,
    weights: Tensor,
    *,
    negative_weight: Tensor,
    h: Tensor,
    o: Tensor,
    n: Tensor,
    mask: Tensor,
    weight: Tensor,
    bag: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Compute loss and gradients of one step.

    A step has B blocks of T tokens. Its blocks form G groups, each with K negatives. D is the dimension of the vectors.

    Args:
        tf: the TensorFlow module.
        weights: (T, T), symmetric, weight of each pair of positions in a block, for tokens of the same playlist.
        negative_weight: weight of each shared negative, negatives / K.
        h: (B, T, D), centre rows of the blocks.
        o: (B, T, D), context rows of the blocks.
        n: (G, K, D), context rows of the negatives of each group of B / G blocks.
        mask: (B, T, T), the result of `playlist_mask`.
        weight: (B, T), sum of the weights of each token's pairs.
        bag: whether each centre has weight 1, regardless of the number of its pairs.

    Returns:
        The loss and the total weight of the pairs as scalars, and the gradients of h, o and n.
    """
    blocks, block, dim = h.shape
    groups = n.shape[0]
    share = tf.math.reciprocal(tf.maximum(weight, 1.0))[..., None] if bag else 1.0  # (B, T, 1)
    pairs = tf.minimum(weight, 1.0) if bag else weight  # (B, T)
    near = tf.sigmoid(tf.matmul(h, o, transpose_b=True) + mask)  # (B, T, T)
    grouped = tf.reshape(h, [groups, blocks // groups * block, dim])
    weight_n = tf.reshape(pairs * negative_weight, [groups, blocks // groups * block, 1])
    far = tf.sigmoid(tf.matmul(grouped, n, transpose_b=True))
    loss = -tf.reduce_sum(weights * tf.reduce_sum(_log(tf, near) * share, 0)) - tf.reduce_sum(
        _sums(tf, _log(tf, 1.0 - far))[..., None] * weight_n
    )
    pull = (near - 1.0) * weights * share  # d loss / d (h . o)
    # This is the transpose of `pull`, because within a playlist, the weights and the share are the same for both tokens
    # of a pair. Transposing before the matrix product takes half the time.
    pulled = (tf.transpose(near, [0, 2, 1]) - 1.0) * weights * share
    push = far * weight_n  # d loss / d (h . n)
    dh = tf.matmul(pull, o) + tf.reshape(tf.matmul(push, n), [blocks, block, dim])
    do = tf.matmul(pulled, h)
    dn = tf.matmul(push, grouped, transpose_a=True)
    return loss, tf.reduce_sum(pairs), dh, do, dn


def playlist_mask(tf: Any, playlist: Tensor) -> Tensor:
    """Return values to add to the scores of a block: 0 within a playlist, very large between playlists.

    With such a large score, the sigmoid is 1: the pair has no loss and no gradient.

    Args:
        tf: the TensorFlow module.
        playlist: (…, T), playlist number of each token. The numbers of two playlists differ by at least 1.

    Returns:
        (…, T, T).
    """
    return tf.abs(playlist[..., :, None] - playlist[..., None, :]) * MASK


def _sums(tf: Any, values: Tensor) -> Tensor:
    """Sum along the last axis by a product with ones: the compiler vectorizes the product, but not a sum."""
    return tf.linalg.matvec(values, tf.ones(values.shape[-1], values.dtype))


def _log(tf: Any, probability: Tensor) -> Tensor:
    """Return the logarithm, but at least -27.6. Only the reported loss uses it, not the gradients."""
    return tf.math.log(tf.maximum(probability, 1e-12))


def adagrad_rows(
    tf: Any, table: Tensor, accumulator: Tensor, *, rows: Tensor, gradient: Tensor, rate: Tensor
) -> tuple[Tensor, Tensor]:
    """Update rows of a table by row-wise Adagrad. If a row occurs several times, its gradients are added.

    Args:
        tf: the TensorFlow module.
        table: (rows, D).
        accumulator: (rows,), sum of the mean squares of the gradients so far.
        rows: (N,), the row of each gradient.
        gradient: (N, D).
        rate: learning rate, a scalar.

    Returns:
        The table and the accumulator after the update.
    """
    at = rows[:, None]
    mean_square = _sums(tf, gradient * gradient) / gradient.shape[-1]
    accumulator = tf.tensor_scatter_nd_add(accumulator, at, mean_square)
    scale = -rate * tf.math.rsqrt(tf.gather(accumulator, rows))
    return tf.tensor_scatter_nd_add(table, at, gradient * scale[:, None]), accumulator


class Parameters(NamedTuple):
    """The rows on which a macro-batch is trained, and their accumulators: whole tables, or copies of some rows."""

    h: Tensor  # (rows, D)
    o: Tensor  # (rows, D)
    h_seen: Tensor  # (rows,)
    o_seen: Tensor  # (rows,)


class Work(NamedTuple):
    """A macro-batch in which a track is given by the position of its row among the rows on which it is trained."""

    ids: Tensor  # (steps, B, T)
    playlist: Tensor  # (steps, B, T)
    weight: Tensor  # (steps, B, T)
    noise: Tensor  # (steps, G, K)
    rates: Tensor  # (steps,)


def train_rows(
    tf: Any, shape: BatchShape, weights: Tensor, *, bag: bool, negative_weight: Tensor, start: Parameters, work: Work
) -> tuple[Parameters, Tensor, Tensor]:
    """Train rows on a macro-batch.

    A step updates each table only once, by a scatter, and reads the table only before this update. Otherwise, the
    compiler could not update the table in place.

    Returns:
        The rows after training, the loss, and the total weight of the pairs.
    """
    dim = start.h.shape[1]
    blocks, groups = shape.step_blocks, shape.step_blocks // shape.group
    # Computed before the loop, because the compiled code of `playlist_mask` is slow inside the loop.
    mask = playlist_mask(tf, work.playlist)

    def step(i: Tensor, at: Parameters) -> tuple[Parameters, Tensor, Tensor]:
        own, drawn = tf.reshape(work.ids[i], [-1]), tf.reshape(work.noise[i], [-1])
        more, weighed, dh, do, dn = gradients(
            tf,
            weights,
            negative_weight=negative_weight,
            h=tf.reshape(tf.gather(at.h, own), [blocks, shape.block, dim]),
            o=tf.reshape(tf.gather(at.o, own), [blocks, shape.block, dim]),
            n=tf.reshape(tf.gather(at.o, drawn), [groups, shape.shared, dim]),
            mask=mask[i],
            weight=work.weight[i],
            bag=bag,
        )
        gradient_h = tf.reshape(dh, [-1, dim])
        gradient_o = tf.concat([tf.reshape(do, [-1, dim]), tf.reshape(dn, [-1, dim])], 0)
        rate = work.rates[i]
        h, h_seen = adagrad_rows(tf, at.h, at.h_seen, rows=own, gradient=gradient_h, rate=rate)
        named = tf.concat([own, drawn], 0)
        o, o_seen = adagrad_rows(tf, at.o, at.o_seen, rows=named, gradient=gradient_o, rate=rate)
        return Parameters(h, o, h_seen, o_seen), more, weighed

    def body(i: Tensor, at: Parameters, loss: Tensor, pairs: Tensor) -> tuple[Tensor, ...]:
        at, more, weighed = step(i, at)
        return i + 1, at, loss + more, pairs + weighed

    _, end, loss, pairs = tf.while_loop(lambda i, *_: i < shape.steps, body, (0, start, 0.0, 0.0))
    return end, loss, pairs


def compile_on_tables(tf: Any, shape: BatchShape, context: Context) -> Callable[..., tuple[Tensor, Tensor]]:
    """Compile a program that trains the tables themselves on a macro-batch.

    The program takes four variables in the order of `Parameters`, whose values it replaces; the fields of `Work`, in
    which a track is given by its row in the tables; and the weight of each shared negative. It returns the loss and the
    total weight of the pairs.
    """
    train = _trainer_of_rows(tf, shape, context)

    def work_on(*given: Any) -> tuple[Tensor, Tensor]:
        variables, work, negative_weight = _split_arguments(given)
        start = Parameters(*(variable.read_value() for variable in variables))
        end, loss, pairs = train(start=start, work=work, negative_weight=negative_weight)
        for variable, value in zip(variables, end, strict=True):
            variable.assign(value)
        return loss, pairs

    compiled: Callable[..., tuple[Tensor, Tensor]] = tf.function(work_on, jit_compile=True, autograph=False)
    return compiled


def compile_on_copies(
    tf: Any, shape: BatchShape, context: Context, *, pull: Callable[..., Parameters]
) -> Callable[..., tuple[Tensor, ...]]:
    """Compile a program that trains copies of rows on a macro-batch, and returns how much they have changed.

    The program takes the arguments of `pull`, which returns the copies; the fields of `Work`; and the weight of each
    shared negative. It returns the differences of the four arrays that `pull` returns, the loss, and the total weight
    of the pairs. To compute the differences, it calls `pull` again; otherwise, the compiler would keep the result of
    the first call as well.
    """
    train = _trainer_of_rows(tf, shape, context)

    def work_on(*given: Any) -> tuple[Tensor, ...]:
        rows, work, negative_weight = _split_arguments(given)
        end, loss, pairs = train(start=pull(*rows), work=work, negative_weight=negative_weight)
        return (*(after - before for after, before in zip(end, pull(*rows), strict=True)), loss, pairs)

    compiled: Callable[..., tuple[Tensor, ...]] = tf.function(work_on, jit_compile=True, autograph=False)
    return compiled


def _trainer_of_rows(tf: Any, shape: BatchShape, context: Context) -> Callable[..., tuple[Parameters, Tensor, Tensor]]:
    """Return `train_rows` for one shape of the batches and one context."""
    return partial(train_rows, tf, shape, tf.constant(pair_weights(context, shape.block)), bag=context == "bag")


def _split_arguments(given: tuple[Any, ...]) -> tuple[tuple[Any, ...], Work, Tensor]:
    """Split the arguments of a program into those for its rows, the macro-batch, and the weight of each negative."""
    rows = len(given) - len(Work._fields) - 1
    return given[:rows], Work(*given[rows:-1]), given[-1]
