"""Training batches: tokens are divided into blocks, and one small matrix product computes all pairs of a block.

A token is an occurrence of a track. The playlists of an epoch are concatenated in random order, and this stream is cut
into blocks of `block` tokens, starting at a random offset. All pairs of tokens that are in the same block and in the
same playlist are trained together. With the context "bag" (the whole playlist), the tracks of each playlist are
shuffled first. A playlist that is longer than a block therefore gets different pairs in each epoch. Every token is
trained once per epoch.

    stream      tracks of playlist 7 | tracks of playlist 2 | …
    macro-batch `steps` steps of `step_blocks` blocks of `block` tokens
    round       `round` macro-batches that start from the same state of the tables, regardless of the number of threads
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.settings import BAG_BLOCK, Context

STREAM, NOISE, START, HELD_OUT = range(4)  # combined with the seed, so that each purpose has its own random numbers
STEPS_PER_EPOCH = 64  # wanted minimum; to reach it with a small corpus, the steps are made smaller
# Number of tokens that share their negative samples. With a larger number, the negatives have too little effect; with a
# smaller number, they have too much.
BAG_GROUP_TOKENS, WINDOW_GROUP_TOKENS = 128, 64
# Number of negative samples that these tokens share. With more samples, fewer epochs give equally stable vectors of
# about the same quality, but each epoch takes longer.
BAG_SHARED, WINDOW_SHARED = 24, 16
BAG_STEP_TOKENS, WINDOW_STEP_TOKENS = 1024, 512  # maximum; the rows of more tokens would not fit into a core's cache
MACRO_BATCHES_PER_EPOCH = 75
MIN_STEPS, MAX_STEPS = 8, 128
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class BatchShape:
    """How many tokens form a block, and how many blocks form a step and a macro-batch.

    Attributes:
        block: tokens per block. One small matrix product computes all pairs of a block.
        group: blocks per group; the blocks of a group share the same negative samples.
        shared: negative samples per group.
        step_blocks: blocks per step, a multiple of `group`. A step updates the rows once.
        steps: steps per macro-batch. A macro-batch is one call of the compiled program.
        round: macro-batches per round; all of them start from the same state of the tables.
    """

    block: int
    group: int
    shared: int
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
    """Consecutive tokens of the stream. The first and the last macro-batch of an epoch are padded.

    Attributes:
        tokens: int32 (macro,), rows of the catalogue.
        playlist: float32 (macro,), number of the playlist of each token. The numbers of different
            playlists differ by at least 1, as `step.playlist_mask` requires.
        weight: float32 (macro,), for each token, the sum of the weights of its pairs with tokens of its block (see
            `pair_weights`).
        real: number of tokens that are not padding.
    """

    tokens: npt.NDArray[np.int32]
    playlist: npt.NDArray[np.float32]
    weight: npt.NDArray[np.float32]
    real: int


def shape_for(occurrences: int, window_size: Context) -> BatchShape:
    """Choose batch sizes for a corpus. Large steps are faster, but a small corpus needs many small steps.

    With the context "bag", blocks have 64 tokens. With a window, blocks are only a few times as long as the window,
    because the products of tokens that are farther apart than the window are computed, but not used.
    """
    if window_size == "bag":
        block, group_tokens, step_tokens, shared = BAG_BLOCK, BAG_GROUP_TOKENS, BAG_STEP_TOKENS, BAG_SHARED
    else:
        block = next(size for size in (16, 32, 64) if size == 64 or size >= 3 * window_size)
        group_tokens, step_tokens, shared = WINDOW_GROUP_TOKENS, WINDOW_STEP_TOKENS, WINDOW_SHARED
    group = group_tokens // block
    wanted = occurrences // (STEPS_PER_EPOCH * block)
    step_blocks = min(step_tokens // block, max(group, wanted // group * group))
    # The macro-batches of a round do not see each other's updates, so a macro-batch must be a small part of an epoch.
    # Apart from this, large macro-batches are better, because they read and write fewer rows in total.
    steps_that_fit = occurrences // (MACRO_BATCHES_PER_EPOCH * step_tokens)
    steps = min(MAX_STEPS, max(MIN_STEPS, 1 << max(0, steps_that_fit.bit_length() - 1)))
    return BatchShape(block=block, group=group, shared=shared, step_blocks=step_blocks, steps=steps)


def rate_for(occurrences: int, window_size: Context) -> float:
    """Choose the learning rate for a corpus. A small corpus needs a higher rate, because it gets fewer steps.

    For a bag, the rate follows a power law through the best measured rates at two corpus sizes: 0.6 at 200,000
    occurrences and 16 epochs, 0.15 at 5 million and 3 epochs. It is limited to the range from 0.1 to 0.6. For a window,
    the rate is two thirds of that (0.1 at 5 million).
    """
    bag = float(min(0.6, max(0.1, 0.6 * (200_000 / max(1, occurrences)) ** 0.43)))
    return bag if window_size == "bag" else bag * 2 / 3


def pair_weights(window_size: Context, block: int) -> npt.NDArray[np.float32]:
    """Return the weight of each pair of positions in a block for tokens of the same playlist, float32 (block, block).

    For a bag, the weight is 1. For a window of size W, the weight at distance d (up to W) is (W + 1 - d) / W. This is
    the expected weight in word2vec, which draws the window size at random. A random block boundary separates a pair at
    distance d with probability d / block. To compensate, the weight is multiplied by block / (block - d).

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
    """Return the total weight of a token's pairs with the next k tokens on one side, for each k; float32 (block,)."""
    return np.cumsum(pair_weights(window_size, block)[0])


def pad_tokens(
    tokens: npt.NDArray[np.int32], playlist: Numbers, *, before: int, shape: BatchShape, reach: npt.NDArray[np.float32]
) -> MacroBatch:
    """Make a macro-batch from tokens, with padding before and after the tokens.

    Args:
        tokens: int32 (real,).
        playlist: int64 (real,), playlist number of each token, ascending from 1. Each number must be so small that
            float32 represents it exactly.
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
    """Return the sum of each token's pair weights, float32 (tokens,); tokens of one playlist must be consecutive."""
    begins = np.ones(len(playlist), np.bool_)
    begins[1:] = playlist[1:] != playlist[:-1]
    begins[::block] = True
    starts = np.flatnonzero(begins)
    lengths = np.diff(np.append(starts, len(playlist)))
    before = np.arange(len(playlist)) - np.repeat(starts, lengths)
    after = np.repeat(lengths, lengths) - 1 - before
    return np.asarray(reach[before] + reach[after], np.float32)
