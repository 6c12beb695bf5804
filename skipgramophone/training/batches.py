"""Batches: tokens laid out as blocks, so that all pairs of a block are one small matrix product.

A token is an occurrence of a track. Playlists come in a random order, end to end, and the stream is cut into blocks of
`block` tokens at a random offset; all pairs of a block that stand in one playlist are trained together. Where the
whole playlist is the context ("bag"), its tracks are shuffled first, so that a playlist longer than a block meets
itself in other parts each epoch: every track of a playlist is trained once an epoch, none is cut.

    stream      tracks of playlist 7 | tracks of playlist 2 | …
    macro-batch `steps` steps of `step_blocks` blocks of `block` tokens
    round       `round` macro-batches that start from the same rows, whatever the number of threads
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.settings import BAG_BLOCK, Context

STREAM, NOISE, START, HELD_OUT = range(4)  # what a seed is split by, so that no two purposes share random numbers
STEPS_AN_EPOCH = 64  # small corpora take smaller steps rather than few
# Tokens that share negatives: with more or fewer the noise is too weak or too strong.
BAG_GROUP_TOKENS, WINDOW_GROUP_TOKENS = 128, 64
BAG_STEP_TOKENS, WINDOW_STEP_TOKENS = 1024, 512  # at most: what a core's cache holds
MACRO_BATCHES_AN_EPOCH = 75
FEWEST_STEPS, MOST_STEPS = 8, 128
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class BatchShape:
    """How tokens are laid out.

    Attributes:
        block: tokens a block; all pairs of a block are one small matrix product.
        group: blocks that share negatives.
        shared: negatives that a group shares.
        step_blocks: blocks a step, that is an update of the rows; a multiple of `group`.
        steps: steps a macro-batch, that is one call of the compiled program.
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
        """Tokens a macro-batch."""
        return self.block * self.step_blocks * self.steps

    @property
    def negatives(self) -> int:
        """Negative samples a macro-batch."""
        return self.step_blocks // self.group * self.shared * self.steps


@dataclass(frozen=True, slots=True)
class MacroBatch:
    """A run of tokens.

    Attributes:
        tokens: int32 (macro,), rows of the catalogue.
        playlist: float32 (macro,), equal for tokens of one playlist and at least 1 apart for others.
        weight: float32 (macro,), sum of the weights of a token's pairs in its block (`pair_weights`).
        real: how many tokens are no padding.
    """

    tokens: npt.NDArray[np.int32]
    playlist: npt.NDArray[np.float32]
    weight: npt.NDArray[np.float32]
    real: int


def shape_for(occurrences: int, window_size: Context) -> BatchShape:
    """Choose the layout for a corpus: large steps are fast, small ones learn more from a small corpus.

    A bag fills blocks of 64 tokens. A window wants blocks a few times its width: what a block holds beyond the window
    is multiplied for nothing.
    """
    if window_size == "bag":
        block, group_tokens, step_tokens = BAG_BLOCK, BAG_GROUP_TOKENS, BAG_STEP_TOKENS
    else:
        block = next(size for size in (16, 32, 64) if size == 64 or size >= 3 * window_size)
        group_tokens, step_tokens = WINDOW_GROUP_TOKENS, WINDOW_STEP_TOKENS
    group = group_tokens // block
    wanted = occurrences // (STEPS_AN_EPOCH * block)
    step_blocks = min(step_tokens // block, max(group, wanted // group * group))
    # Macro-batches of a round do not see each other's updates, so they are to be a small part of an epoch; larger ones
    # pull and push less.
    fitting = occurrences // (MACRO_BATCHES_AN_EPOCH * step_tokens)
    steps = min(MOST_STEPS, max(FEWEST_STEPS, 1 << max(0, fitting.bit_length() - 1)))
    return BatchShape(block=block, group=group, step_blocks=step_blocks, steps=steps)


def rate_for(occurrences: int, window_size: Context) -> float:
    """The learning rate for a corpus: small ones want large steps, for they make few of them.

    A power law through what was measured best at two sizes with a bag (0.6 at 200,000 occurrences and 20 epochs, 0.15
    at 5 million and 3 epochs), kept within 0.1 and 0.6; two thirds of it for a window (0.1 at 5 million).
    """
    bag = float(min(0.6, max(0.1, 0.6 * (200_000 / max(1, occurrences)) ** 0.43)))
    return bag if window_size == "bag" else bag * 2 / 3


def pair_weights(window_size: Context, block: int) -> npt.NDArray[np.float32]:
    """Weight of the pair of each two places of a block if they stand in one playlist, float32 (block, block).

    For a bag it is 1. For a window of size W it is the expectation of word2vec's random window, (W + 1 - d) / W at
    distance d up to W, times block / (block - d), because a random block boundary parts the pair with probability
    d / block: over the epochs every pair has its weight, in expectation.

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
    """Weight of the pairs of a token with its first so many neighbours on one side, float32 (block,)."""
    return np.cumsum(pair_weights(window_size, block)[0])


def spread(
    tokens: npt.NDArray[np.int32], playlist: Numbers, before: int, shape: BatchShape, reach: npt.NDArray[np.float32]
) -> MacroBatch:
    """Lay tokens out as a macro-batch, with padding before them and after them.

    Args:
        tokens: int32 (real,).
        playlist: int64 (real,), rising from 1 on by so little that float32 is exact.
        before: places of padding before them.
        shape: the layout.
        reach: `pair_reach`.
    """
    real = slice(before, before + len(tokens))
    own = -2 - np.arange(shape.macro)  # places of padding stand apart from each other: no two of them make a pair
    own[real] = playlist
    spread_out = np.zeros(shape.macro, np.int32)
    spread_out[real] = tokens
    return MacroBatch(spread_out, own.astype(np.float32), _pair_weight(own, shape.block, reach), len(tokens))


def _pair_weight(playlist: Numbers, block: int, reach: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Sum of the weights of each token's pairs: a playlist is one run of a block, before and after the token."""
    begins = np.ones(len(playlist), np.bool_)
    begins[1:] = playlist[1:] != playlist[:-1]
    begins[::block] = True
    starts = np.flatnonzero(begins)
    lengths = np.diff(np.append(starts, len(playlist)))
    before = np.arange(len(playlist)) - np.repeat(starts, lengths)
    after = np.repeat(lengths, lengths) - 1 - before
    return np.asarray(reach[before] + reach[after], np.float32)
