"""Training tasks: macro-batches in the form that the compiled program takes.

A task contains all arguments of one call of the compiled program, except the rows themselves. A thread on this machine
or a worker on another machine can run it. Ids in a task are positions among the rows that it pulls.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.training.step import Work
from skipgramophone.training.vocabulary import Probabilities

TrackIds = npt.NDArray[np.int32]  # row numbers as the corpus stores them
NOISE_PLACES = 1 << 22


@dataclass(frozen=True, slots=True)
class Task:
    """A macro-batch that is ready for training.

    Attributes:
        rows: int32 (unique,), the rows of its tokens, then the rows of tracks that occur only as negatives.
        of_tokens: how many of the rows are rows of tokens. Rows of tokens are pulled from both tables, the others only
            from the context table.
        places: length to which the rows of tokens are padded.
        work: the other arguments of the compiled program, as NumPy arrays.
    """

    rows: TrackIds
    of_tokens: int
    places: int
    work: Work


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a task.

    Attributes:
        loss: sum of the loss over the pairs of the task.
        pairs: total weight of these pairs.
    """

    loss: float
    pairs: float


def noise_table(probability: Probabilities) -> TrackIds:
    """Return a table in which each track occurs in proportion to its probability, int32 (2 ** 22,).

    To draw from the distribution, look up a random entry of the table. The share of each track in the table is exact to
    one entry in four million.
    """
    last = int(np.flatnonzero(probability)[-1])
    # Index after the last entry of each track in the table. Each track has an interval of [0, 1] whose length is its
    # probability. An entry belongs to the track whose interval contains the midpoint of the entry.
    ends = np.ceil(np.cumsum(probability)[: last + 1] * NOISE_PLACES - 0.5).astype(np.int64)
    ends[last] = NOISE_PLACES  # the sum of the probabilities may be less than 1 because of rounding
    return np.repeat(np.arange(last + 1, dtype=np.int32), np.diff(ends, prepend=0))


def number_rows(
    tokens: TrackIds, noise: TrackIds, scratch: TrackIds, parts: int = 1
) -> tuple[int, TrackIds, TrackIds, TrackIds]:
    """Find the unique rows of a macro-batch without sorting.

    Args:
        tokens: int32, rows of the tokens.
        noise: int32, rows of the negatives.
        scratch: a work array, int32 (tracks,); all its values must be -1, and are -1 again afterwards.
        parts: number of parameter servers. The unique rows of tokens are sorted by their remainder modulo this number,
            and so are the rows that occur only as negatives.

    Returns:
        Four values: the number of unique rows of tokens; these rows, followed by the rows that occur only as negatives;
        the position of each token among all these rows; and the position of each negative among them.
    """
    unique = _unique(tokens, scratch, 0, parts)
    ids = scratch[tokens]
    fresh = _unique(noise[scratch[noise] < 0], scratch, len(unique), parts)
    noise_ids = scratch[noise]
    rows = np.concatenate([unique, fresh])
    scratch[rows] = -1
    return len(unique), rows, ids, noise_ids


def _unique(rows: TrackIds, scratch: TrackIds, start: int, parts: int) -> TrackIds:
    """Return the unique rows, sorted by server (row % parts), then by last occurrence.

    The position of each unique row, counted from `start`, is stored in `scratch`.
    """
    place = np.arange(len(rows), dtype=np.int32)
    scratch[rows] = place
    unique = rows[scratch[rows] == place]
    if parts > 1:
        unique = unique[np.argsort((unique % parts).astype(np.uint16), kind="stable")]
    scratch[unique] = np.arange(start, start + len(unique), dtype=np.int32)
    return np.asarray(unique, np.int32)
