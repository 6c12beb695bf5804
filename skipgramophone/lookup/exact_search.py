"""Exact nearest-neighbour search: compares a query, or every track, with all tracks by cosine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.embeddings import Matrix, not_finite, unit_rows

TABLE_ROWS = 512  # maximum number of queries per block of `nearest_in_blocks`
TABLE_CELLS = 1 << 26  # maximum number of similarities in the memory of one thread
BLOCKS_AHEAD = 32  # maximum number of finished blocks that the caller has not fetched yet
ASKED_AT_ONCE = 64  # number of queries per matrix product of `nearest_to_many`
GROUP = 25  # number of rows per group; `_largest` looks at the maximum of each group first


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest rows to a query and their similarities, nearest first."""

    rows: Rows  # int64 (found,)
    similarities: npt.NDArray[np.float32]  # float32 (found,)


def highest(rows: Rows, scores: npt.NDArray[np.float32], number: int) -> Neighbours:
    """Return the `number` rows with the highest scores; ties are in row order."""
    if len(rows) > 4 * number:
        cut = np.partition(scores, len(rows) - number)[len(rows) - number]
        kept = scores >= cut
        rows, scores = rows[kept], scores[kept]
    order = np.lexsort((rows, -scores))[:number]
    return Neighbours(rows[order].astype(np.int64), scores[order].astype(np.float32))


def places_of_highest(scores: npt.NDArray[np.float32], number: int) -> Rows:
    """Return the positions of the `number` highest scores, int64, ascending.

    If scores are equal, the first positions are returned.

    >>> places_of_highest(np.array([1, 3, 2, 2, 2], np.float32), 3).tolist()
    [1, 2, 3]
    """
    if number >= len(scores):
        return np.arange(len(scores))
    cut = np.partition(scores, len(scores) - number)[len(scores) - number]
    chosen = scores > cut
    chosen[np.flatnonzero(scores == cut)[: number - np.count_nonzero(chosen)]] = True
    return np.flatnonzero(chosen)


@dataclass(frozen=True)
class ExactSearch:
    """Exact search, which compares a query with every row.

    Attributes:
        centre: float32 (tracks, embedding_dim).
        lengths: float32 (tracks,), Euclidean length of each row; 0 for a track without a vector.
    """

    centre: Matrix
    lengths: npt.NDArray[np.float32]

    def cosines(self, vector: Matrix) -> npt.NDArray[np.float32]:
        """Return the cosine of every row with a unit vector, float32 (tracks,); it is 0 for tracks without a vector."""
        products = np.asarray(self.centre @ vector)
        return np.divide(products, self.lengths, out=np.zeros_like(products), where=self.lengths > 0)

    def candidates(self, without: Rows) -> Rows:
        """Return the rows of all tracks that have a vector and are not in `without`, int64."""
        kept = self.lengths > 0
        kept[without] = False
        return np.flatnonzero(kept)

    def nearest(self, vector: Matrix, number: int, without: Rows) -> Neighbours:
        """Return the `number` rows nearest to a unit vector by cosine.

        Ties are in row order. Tracks that have no vector, and the rows in `without`, are left out.
        """
        rows = self.candidates(without)
        return highest(rows, self.cosines(vector)[rows], number)

    @cached_property
    def _columns(self) -> Matrix:
        """The unit rows, transposed for matrix products; this copy is as large as the vectors."""
        return np.ascontiguousarray(unit_rows(self.centre).T)

    def nearest_to_many(self, vectors: Matrix, number: int, without: Sequence[Rows]) -> list[Neighbours]:
        """Return the result of `nearest` for each row of `vectors`, (queries, embedding_dim), by matrix products."""
        tracks = len(self.centre)
        number = min(number, tracks)
        groups, width = _groups(tracks, number)
        unlearnt = np.flatnonzero(self.lengths == 0)
        step = max(1, min(ASKED_AT_ONCE, TABLE_CELLS // (groups * width)))
        answers: list[Neighbours] = []
        for start in range(0, len(vectors), step):
            block = vectors[start : start + step]
            similarity = np.empty((len(block), groups * width), np.float32)
            np.matmul(block, self._columns, out=similarity[:, :tracks])
            similarity[:, tracks:] = -np.inf
            similarity[:, unlearnt] = -np.inf
            for row, left_out in zip(similarity, without[start : start + step], strict=True):
                row[left_out] = -np.inf
            query, candidate, found = _largest(similarity, groups, number)
            ends = np.searchsorted(query, np.arange(len(block) + 1))
            for first, end in zip(ends[:-1], np.minimum(ends[1:], ends[:-1] + number), strict=True):
                there = np.isfinite(found[first:end])
                answers.append(Neighbours(candidate[first:end][there], found[first:end][there]))
        return answers


def exact_search(centre: Matrix) -> ExactSearch:
    """Prepare exact search: compute the length of every row once.

    Raises:
        ExperimentError: the vectors contain values that are not finite.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.sqrt(np.einsum("ij,ij->i", centre, centre))
    if not np.isfinite(lengths).all():
        raise not_finite()
    return ExactSearch(centre, lengths)


def nearest_to_each(centre: Matrix, number: int) -> tuple[Rows, Matrix]:
    """Return the blocks of `nearest_in_blocks` as two arrays (tracks, number): int64 rows and float32 similarities."""
    rows, similarities = zip(*nearest_in_blocks(centre, number), strict=True)
    return np.concatenate(rows), np.concatenate(similarities)


def nearest_in_blocks(centre: Matrix, number: int) -> Iterator[tuple[Rows, Matrix]]:
    """For each row, yield the `number` nearest rows by cosine, without the row itself; one block of rows at a time.

    The search is exact, and ties are in row order. One matrix product compares a block of rows with all rows.

    Args:
        centre: float32 (tracks, embedding_dim), without rows of zeros.
        number: neighbours per row, from 1 to the number of rows - 1.

    Yields:
        For each block of rows, in order, two arrays (block, number): the nearest rows (int64, nearest first) and their
        similarities (float32).
    """
    from concurrent.futures import ThreadPoolExecutor  # imported here to start look-ups faster

    tracks = len(centre)
    groups, width = _groups(tracks, number)
    step = max(1, min(TABLE_ROWS, TABLE_CELLS // (groups * width)))
    units = np.zeros((groups * width, centre.shape[1]), np.float32)
    units[:tracks] = unit_rows(np.asarray(centre))

    def search(start: int) -> tuple[Rows, Matrix]:
        block = slice(start, min(start + step, tracks))
        similarity = units[block] @ units.T
        similarity[:, tracks:] = -np.inf
        similarity[np.arange(len(similarity)), np.arange(block.start, block.stop)] = -np.inf
        query, candidate, found = _largest(similarity, groups, number)
        first = np.searchsorted(query, np.arange(len(similarity)))[:, None] + np.arange(number)
        return candidate[first], found[first]

    starts = range(0, tracks, step)
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # NumPy releases the interpreter lock, so threads run in parallel
        for at in range(0, len(starts), BLOCKS_AHEAD):  # not all blocks at once, because they fill the memory
            yield from pool.map(search, starts[at : at + BLOCKS_AHEAD])


def _groups(tracks: int, number: int) -> tuple[int, int]:
    """Return the number of groups and the number of rows per group for finding `number` rows by `_largest`."""
    groups = max(-(-tracks // GROUP), min(tracks, 2 * number))
    return groups, -(-tracks // groups)


def _largest(similarity: Matrix, groups: int, number: int) -> tuple[Rows, Rows, Matrix]:
    """Return at least the `number` largest similarities of each query, in descending order; ties are in row order.

    The largest similarity of each group is found first. The `number`-th largest of these maxima is a lower bound for
    the similarities to return. Smaller values are ignored, so only a few values have to be sorted. All values that
    are at least as large as this bound are returned; these may be a few more than `number`.

    Args:
        similarity: float32 (queries, width * groups); group g consists of the columns g, g + groups, g + 2 groups ...
        groups: number of groups. It is larger than `number`, or equal to the number of columns (one column per group).
        number: number of similarities to return per query.

    Returns:
        Three arrays of the same length: query numbers (int64, ascending), columns (int64) and similarities (float32).
    """
    width = similarity.shape[1] // groups
    largest = similarity.reshape(len(similarity), width, groups).max(axis=1)
    bound = np.partition(largest, groups - number, axis=1)[:, groups - number]
    query, group = np.nonzero(largest >= bound[:, None])
    candidate = group[:, None] + groups * np.arange(width)
    found = similarity[query[:, None], candidate]
    kept = found >= bound[query][:, None]
    query, candidate, found = np.broadcast_to(query[:, None], kept.shape)[kept], candidate[kept], found[kept]
    order = np.lexsort((candidate, -found, query))
    return query[order], candidate[order], found[order]
