"""The rows with which training starts: small normally distributed random numbers that depend only on the seed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

import numpy as np

from skipgramophone.experiment.arrays import pieces
from skipgramophone.experiment.embeddings import Matrix
from skipgramophone.parallel import background_thread
from skipgramophone.training.batches import START
from skipgramophone.training.memory import FLOAT, TABLES

START_SCALE = 0.1  # standard deviation
BYTES_AHEAD = 1 << 30  # maximum size in bytes of the rows that wait in memory; `memory.bytes_for` includes them


@contextmanager
def drawing_start_rows(tracks: int, dim: int, seed: int) -> Iterator[Iterator[Matrix]]:
    """Draw the rows of the centre table, then those of the context table, in a background thread.

    The thread draws ahead while TensorFlow is being imported. For a million tracks, both take more than a second.

    Args:
        tracks: number of rows of each table.
        dim: number of dimensions.
        seed: random seed of the run.

    Yields:
        An iterator over the pieces of both tables, float32 (at most `PIECE`, dim), in the order of `arrays.pieces`.
    """
    rng = np.random.default_rng([seed, START])

    def draw(rows: slice) -> Matrix:
        drawn = rng.standard_normal((rows.stop - rows.start, dim), np.float32)
        drawn *= np.float32(START_SCALE)
        return drawn

    with background_thread() as thread:  # a single thread draws the pieces in order
        remaining = (rows for _table in range(TABLES) for rows in pieces(tracks))
        ahead = (thread.submit(draw, rows) for rows in remaining)
        drawn = deque(islice(ahead, _pieces_ahead(tracks, dim)))

        def in_order() -> Iterator[Matrix]:
            while drawn:
                yield drawn.popleft().result()
                drawn.extend(islice(ahead, 1))

        yield in_order()


def _pieces_ahead(tracks: int, dim: int) -> int:
    """Return how many pieces may wait in memory; at least one."""
    return max(1, BYTES_AHEAD // int(next(pieces(tracks)).stop * dim * FLOAT))  # the first piece is the largest
