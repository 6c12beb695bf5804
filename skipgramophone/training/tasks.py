"""Tasks: macro-batches made ready for the unit of work, which names rows by their place among those that it pulls.

A task is all that one call of the compiled program needs but for the rows themselves, so that it can be carried out by
a thread of this machine or by a worker elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.training.step import Work
from skipgramophone.training.vocabulary import Probabilities

Rows = npt.NDArray[np.int32]
NOISE_PLACES = 1 << 22


@dataclass(frozen=True, slots=True)
class Task:
    """A macro-batch that is ready to be trained.

    Attributes:
        rows: int32 (unique,), the rows of its tokens, then those that only its negatives name.
        of_tokens: how many of them are rows of tokens: these are pulled from both tables, the others from the context.
        places: what the rows of tokens are padded to.
        work: what the compiled program takes, in NumPy's arrays.
    """

    rows: Rows
    of_tokens: int
    places: int
    work: Work


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a task came to.

    Attributes:
        loss: summed over its pairs.
        pairs: their weight.
    """

    loss: float
    pairs: float


def noise_table(probability: Probabilities) -> Rows:
    """Tracks in proportion to their probability, int32 (2 ** 22,): a draw from it is one look-up.

    The share of each track is exact to one place in four million; a track with less has its share by the midpoints that
    fall to it.
    """
    midpoints = (np.arange(NOISE_PLACES) + 0.5) / NOISE_PLACES
    drawn = np.searchsorted(np.cumsum(probability), midpoints, "right")
    return np.minimum(drawn, int(np.flatnonzero(probability)[-1])).astype(np.int32)


def number_rows(tokens: Rows, noise: Rows, scratch: Rows, parts: int = 1) -> tuple[int, Rows, Rows, Rows]:
    """Find the unique rows of a macro-batch without sorting.

    `scratch` is int32 (tracks,) of -1, and is left so. Returns how many unique rows the tokens have, these and then the
    further ones of the noise, and the place of each token and of each negative among them. Both stand by what is left
    when they are divided by `parts`.
    """
    unique = _unique(tokens, scratch, 0, parts)
    ids = scratch[tokens]
    fresh = _unique(noise[scratch[noise] < 0], scratch, len(unique), parts)
    noise_ids = scratch[noise]
    rows = np.concatenate([unique, fresh])
    scratch[rows] = -1
    return len(unique), rows, ids, noise_ids


def _unique(rows: Rows, scratch: Rows, start: int, parts: int) -> Rows:
    """Unique rows by part, in order of their last place; each one's number from `start` on is left in `scratch`."""
    place = np.arange(len(rows), dtype=np.int32)
    scratch[rows] = place
    unique = rows[scratch[rows] == place]
    if parts > 1:
        unique = unique[np.argsort((unique % parts).astype(np.uint16), kind="stable")]
    scratch[unique] = np.arange(start, start + len(unique), dtype=np.int32)
    return np.asarray(unique, np.int32)
