"""The rows with which training starts: small random numbers that depend only on the seed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from skipgramophone.experiment.arrays import pieces
from skipgramophone.experiment.embeddings import Matrix
from skipgramophone.training.batches import START

START_SCALE = 0.1  # standard deviation
START_LIMIT = np.float32(START_SCALE * 3**0.5)  # the numbers are distributed uniformly between -START_LIMIT and this


def start_rows(tracks: int, dim: int, *, seed: int, table: int) -> Iterator[Matrix]:
    """Yield the rows of a table, piece by piece.

    The numbers are distributed uniformly, as in word2vec. Normally distributed numbers give vectors of the same quality
    (docs/quality.md), but drawing them takes four times as long.

    Args:
        tracks: number of rows of the table.
        dim: number of dimensions.
        seed: random seed of the run.
        table: number of the table; each table has random numbers of its own.

    Yields:
        Pieces of the table, float32 (at most `PIECE`, dim), in the order of `arrays.pieces`.
    """
    rng = np.random.default_rng([seed, START, table])
    for rows in pieces(tracks):
        drawn = rng.random((rows.stop - rows.start, dim), np.float32)
        drawn -= np.float32(0.5)
        drawn *= 2 * START_LIMIT
        yield drawn
