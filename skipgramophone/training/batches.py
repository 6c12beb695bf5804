"""Batches: tokens arranged in blocks, so that all pairs of a block are computed by one small matrix product.

A token is an occurrence of a track. The playlists of an epoch are concatenated in random order, and this stream is cut
into blocks of `block` tokens at a random offset. All pairs of tokens of one block and one playlist are trained
together. If the whole playlist is the context ("bag"), its tracks are shuffled first: if a playlist is longer than a
block, each epoch trains other pairs of its tracks. Every token is trained once per epoch.

    stream      tracks of playlist 7 | tracks of playlist 2 | …
    macro-batch `steps` steps of `step_blocks` blocks of `block` tokens
    round       `round` macro-batches that start from the same rows, regardless of the number of threads
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.settings import BAG_BLOCK, Context

STREAM, NOISE, START, HELD_OUT = range(4)  # added to the seed, so that no two purposes share random numbers
STEPS_PER_EPOCH = 64  # a small corpus gets smaller steps instead of fewer steps
# Tokens that share negatives: with more tokens per group the negatives have too little effect, with fewer too much.
BAG_GROUP_TOKENS, WINDOW_GROUP_TOKENS = 128, 64
BAG_STEP_TOKENS, WINDOW_STEP_TOKENS = 1024, 512  # maximum: what fits into the cache of a core
MACRO_BATCHES_PER_EPOCH = 75
MIN_STEPS, MAX_STEPS = 8, 128
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class BatchShape:
    """The sizes of batches.

    Attributes:
        block: tokens per block; all pairs of a block are computed by one small matrix product.
        group: blocks that share negatives.
        shared: negatives that a group shares.
        step_blocks: blocks per step; a step updates the rows once. A multiple of `group`.
        steps: steps per macro-batch; a macro-batch is one call of the compiled program.
        round: macro-batches that start from the same rows.
    """

    block: int
    group: int
    shared: int = 16
    step_blocks: int = 16
    steps: int = 8
    round: int = 2

    @property
    def macro(self) -> int:
        """Tokens per macro-batch."""
        return self.block * self.step_blocks * self.steps

    @property
    def negatives(self) -> int:
        """Negative samples per macro-batch."""
        return self.step_blocks // self.group * self.shared * self.steps


@dataclass(frozen=True, slots=True)
class MacroBatch:
    """Consecutive tokens of the stream; the first and the last macro-batch of an epoch are padded.

    Attributes:
        tokens: int32 (macro,), rows of the catalogue.
        playlist: float32 (macro,), equal for tokens of one playlist; numbers of two playlists differ by at least 1.
        weight: float32 (macro,), sum of the weights of a token's pairs in its block (`pair_weights`).
        real: number of tokens that are not padding.
    """

    tokens: npt.NDArray[np.int32]
    playlist: npt.NDArray[np.float32]
    weight: npt.NDArray[np.float32]
    real: int


def shape_for(occurrences: int, window_size: Context) -> BatchShape:
    """Choose batch sizes for a corpus: large steps are fast, but a small corpus needs many small ones.

    A bag uses blocks of 64 tokens. A window uses blocks of a few times its width, because products of tokens that are
    farther apart than the window are wasted.
    """
    if window_size == "bag":
        block, group_tokens, step_tokens = BAG_BLOCK, BAG_GROUP_TOKENS, BAG_STEP_TOKENS
    else:
        block = next(size for size in (16, 32, 64) if size == 64 or size >= 3 * window_size)
        group_tokens, step_tokens = WINDOW_GROUP_TOKENS, WINDOW_STEP_TOKENS
    group = group_tokens // block
    wanted = occurrences // (STEPS_PER_EPOCH * block)
    step_blocks = min(step_tokens // block, max(group, wanted // group * group))
    # The macro-batches of a round do not see each other's updates, so they must be a small part of an epoch. Larger
    # ones read and write fewer rows in total.
    steps_that_fit = occurrences // (MACRO_BATCHES_PER_EPOCH * step_tokens)
    steps = min(MAX_STEPS, max(MIN_STEPS, 1 << max(0, steps_that_fit.bit_length() - 1)))
    return BatchShape(block=block, group=group, step_blocks=step_blocks, steps=steps)


def rate_for(occurrences: int, window_size: Context) -> float:
    """Choose the learning rate for a corpus: a small one needs a high rate, because it gets few steps.

    For a bag, the rate follows a power law through the best measured rates at two corpus sizes: 0.6 at 200,000
    occurrences and 20 epochs, 0.15 at 5 million and 3 epochs. It is limited to the range from 0.1 to 0.6. For a window,
    the rate is two thirds of that (0.1 at 5 million).
    """
    bag = float(min(0.6, max(0.1, 0.6 * (200_000 / max(1, occurrences)) ** 0.43)))
    return bag if window_size == "bag" else bag * 2 / 3


def pair_weights(window_size: Context, block: int) -> npt.NDArray[np.float32]:
    """Return the weight of the pair of any two positions of a block within one playlist, float32 (block, block).

    For a bag it is 1. For a window of size W it is the expected weight in word2vec's random window, (W + 1 - d) / W at
    distance d up to W. A random block boundary separates such a pair with probability d / block. To compensate, the
    weight is multiplied by block / (block - d).

    >>> pair_weights("bag", 3).tolist()
    [[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]
    >>> pair_weights(1, 2).tolist()
    [[0.0, 2.0], [2.0, 0.0]]
    """
    place = np.arange(block)
    distance = np.abs(place[:, None] - place[None, :])
    if window_size == "bag":
        return np.asarray(distance > 0, np.float32)
    uncut = block / np.maximum(1, block - distance)
    weight = np.where((distance > 0) & (distance <= window_size), (window_size + 1 - distance) / window_size, 0)
    return np.asarray(weight * uncut, np.float32)


def pair_reach(window_size: Context, block: int) -> npt.NDArray[np.float32]:
    """Return the total weight of a token's pairs with its 0, 1, 2, … nearest tokens on one side, float32 (block,)."""
    return np.cumsum(pair_weights(window_size, block)[0])


def pad_tokens(
    tokens: npt.NDArray[np.int32], playlist: Numbers, *, before: int, shape: BatchShape, reach: npt.NDArray[np.float32]
) -> MacroBatch:
    """Make a macro-batch of tokens, with padding before and after them.

    Args:
        tokens: int32 (real,).
        playlist: int64 (real,), ascending from 1; small enough for float32 to be exact.
        before: length of the padding before the tokens.
        shape: sizes of the batches.
        reach: result of `pair_reach`.
    """
    real = slice(before, before + len(tokens))
    own = -2 - np.arange(shape.macro)  # each padding token gets its own playlist number, so that it has no pairs
    own[real] = playlist
    padded = np.zeros(shape.macro, np.int32)
    padded[real] = tokens
    return MacroBatch(padded, own.astype(np.float32), _pair_weight(own, shape.block, reach), len(tokens))


def _pair_weight(playlist: Numbers, block: int, reach: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the sum of the weights of each token's pairs; tokens of one playlist are consecutive in a block."""
    begins = np.ones(len(playlist), np.bool_)
    begins[1:] = playlist[1:] != playlist[:-1]
    begins[::block] = True
    starts = np.flatnonzero(begins)
    lengths = np.diff(np.append(starts, len(playlist)))
    before = np.arange(len(playlist)) - np.repeat(starts, lengths)
    after = np.repeat(lengths, lengths) - 1 - before
    return np.asarray(reach[before] + reach[after], np.float32)
