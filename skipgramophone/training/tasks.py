"""Tasks: macro-batches made ready for the unit of work, which names rows by their place among those that it pulls.

A task is all that one call of the compiled program needs but for the rows themselves, so that it can be carried out by
a thread of this machine or by a worker elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.training.batches import BatchShape, MacroBatch
from skipgramophone.training.step import Work
from skipgramophone.vocabulary import Probabilities

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
        real: how many tokens are no padding.
    """

    rows: Rows
    of_tokens: int
    places: int
    work: Work
    real: int


Prepare = Callable[[Rows], Task]  # makes a task; takes int32 (tracks,) of -1 to scribble on, and leaves it so


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a task came to.

    Attributes:
        loss: summed over its pairs.
        pairs: their weight.
    """

    loss: float
    pairs: float


class TaskMaker:
    """Makes tasks of macro-batches."""

    def __init__(self, shape: BatchShape, noise: Probabilities, seed: int, first: MacroBatch | None) -> None:
        """Make ready.

        Args:
            shape: the layout.
            noise: float64 (tracks,), probability of each track to be drawn as a negative.
            seed: of the run.
            first: the first macro-batch of the run, which tells how many rows they want.
        """
        self._shape, self._seed = shape, seed
        self._noise = noise_table(noise)
        # An eighth more than the first macro-batch wants, so that one compiled program will do for nearly all.
        self._usual_places = self._rounded_up(len(np.unique(first.tokens)) * 9 // 8) if first else 0

    def task(self, batch: MacroBatch, rate: float, noise_of: tuple[int, int, int], scratch: Rows) -> Task:
        """Make a task; its noise is a function of the seed and `noise_of`: purpose, epoch and number."""
        shape = self._shape
        rng = np.random.default_rng([self._seed, *noise_of])
        noise = self._noise[rng.integers(0, len(self._noise), shape.negatives)]
        of_tokens, rows, ids, noise_ids = number_rows(batch.tokens, noise, scratch)
        laid_out = (shape.steps, shape.step_blocks, shape.block)
        work = Work(
            ids.reshape(laid_out),
            batch.playlist.reshape(laid_out),
            batch.weight.reshape(laid_out),
            noise_ids.reshape(shape.steps, shape.step_blocks // shape.group, shape.shared),
            np.full(shape.steps, rate, np.float32),
        )
        places = max(self._usual_places, self._rounded_up(of_tokens))
        return Task(rows, of_tokens, places, work, batch.real)

    def _rounded_up(self, rows: int) -> int:
        """The next sixteenth of a macro-batch: every number of places is a program of its own, and few are wanted."""
        step = self._shape.macro // 16
        return -(-rows // step) * step


def noise_table(probability: Probabilities) -> Rows:
    """Tracks in proportion to their probability, int32 (2 ** 22,): a draw from it is one look-up.

    The share of each track is exact to one place in four million; a track with less has its share by the midpoints that
    fall to it.
    """
    midpoints = (np.arange(NOISE_PLACES) + 0.5) / NOISE_PLACES
    drawn = np.searchsorted(np.cumsum(probability), midpoints, "right")
    return np.minimum(drawn, int(np.flatnonzero(probability)[-1])).astype(np.int32)


def number_rows(tokens: Rows, noise: Rows, scratch: Rows) -> tuple[int, Rows, Rows, Rows]:
    """Find the unique rows of a macro-batch without sorting.

    `scratch` is int32 (tracks,) of -1, and is left so. Returns how many unique rows the tokens have, these and then the
    further ones of the noise, and the place of each token and of each negative among them.
    """
    unique = _unique(tokens, scratch, 0)
    ids = scratch[tokens]
    fresh = _unique(noise[scratch[noise] < 0], scratch, len(unique))
    noise_ids = scratch[noise]
    rows = np.concatenate([unique, fresh])
    scratch[rows] = -1
    return len(unique), rows, ids, noise_ids


def _unique(rows: Rows, scratch: Rows, start: int) -> Rows:
    """Unique rows in order of their last place; each one's number from `start` on is left in `scratch`."""
    place = np.arange(len(rows), dtype=np.int32)
    scratch[rows] = place
    unique = rows[scratch[rows] == place]
    scratch[unique] = np.arange(start, start + len(unique), dtype=np.int32)
    return np.asarray(unique, np.int32)
