"""Measures recall@10 against exact search, for an index, a copy of the vectors, or any other search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from skipgramophone.errors import ExperimentError, StorageError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.embeddings import Matrix, is_learnt, unit_rows
from skipgramophone.lookup.annoy_index import (
    CURE,
    RECALL_AT,
    AnnoyCandidates,
    IndexFacts,
    death_of_annoy,
    nearest_by_index,
    require_sound_nodes,
)
from skipgramophone.lookup.exact_search import Neighbours, exact_search, highest

RECALL_QUERIES = 500  # number of tracks whose neighbours are compared
COMPARED_ROWS = 1 << 16  # number of rows per matrix product; these rows are copied in memory
CRASHES = {"SIGSEGV", "SIGBUS", "SIGFPE", "SIGABRT"}  # signals that may kill a process that reads a damaged index
TIE = 1e-6  # similarities count as equal if they differ by at most this much


def measured_recall(path: Path, centre: Matrix, facts: IndexFacts) -> float:
    """Measure recall@10 of an index, with the same queries as when it was built.

    Raises:
        ExperimentError: Annoy crashes on the file, a node of the file is corrupt, or the file has a wrong number of
            tracks.
        StorageError: another signal killed the process that tested Annoy.
    """
    require_sound_nodes(path, facts)
    queries = draw_queries(centre, facts.random_seed)
    if len(queries) and (death := death_of_annoy(path, facts, unit_rows(np.asarray(centre[queries[0]])))):
        if death not in CRASHES:
            raise StorageError(f"cannot test {path}: Annoy was stopped by {death}{f'; {CURE}' * (death == 'SIGILL')}")
        raise ExperimentError(f"{path} is damaged: Annoy crashes on it ({death}); rebuild it with sgp index")
    candidates = AnnoyCandidates(path, facts)
    if len(candidates) != facts.items:
        raise ExperimentError(
            f"{path} is damaged: it has {len(candidates):,} of {facts.items:,} tracks; rebuild it with sgp index"
        )
    test = RecallTest(centre, facts.random_seed)
    return test.recall(np.array([test.found(candidates, query) for query in range(len(queries))], np.int64))


def recall_of_copy(copy: Matrix, centre: Matrix, seed: int) -> float:
    """Measure recall@10 of exact search on a less precise copy of the vectors; see `recall_of_search`."""
    return recall_of_search(lambda queries: [given.rows for given in true_neighbours(copy, queries)], centre, seed)


def recall_of_search(search: Callable[[Rows], Sequence[Rows]], centre: Matrix, seed: int) -> float:
    """Measure recall@10 of a search on rows that the seed selects.

    A track that is as similar as the tenth nearest neighbour counts as found.
    """
    queries = draw_queries(centre, seed)
    found = wanted = 0
    for query, true, given in zip(queries, true_neighbours(centre, queries), search(queries), strict=True):
        similarity = unit_rows(np.asarray(centre[given])) @ unit_rows(np.asarray(centre[query]))
        wanted += len(true.rows)
        found += int(np.count_nonzero(similarity >= true.similarities[-1] - TIE)) if len(true.rows) else 0
    return found / wanted if wanted else 1.0


def draw_queries(centre: Matrix, seed: int) -> Rows:
    """Return the numbers of random rows that have a vector, ascending, int64 (at most `RECALL_QUERIES`,)."""
    learnt = np.flatnonzero(is_learnt(centre))
    rng = np.random.default_rng([seed, len(learnt)])
    return np.sort(rng.choice(learnt, min(RECALL_QUERIES, len(learnt)), replace=False))


def true_neighbours(centre: Matrix, queries: Rows) -> list[Neighbours]:
    """Return the exact ten nearest neighbours of each query row.

    They are computed with one matrix product for each large block of rows.
    """
    vectors = unit_rows(np.asarray(centre[queries]))
    best = [Neighbours(np.empty(0, np.int64), np.empty(0, np.float32)) for _ in queries]
    for start in range(0, len(centre), COMPARED_ROWS):
        block = np.asarray(centre[start : start + COMPARED_ROWS])
        own = [np.array([query - start])[(query >= start) & (query < start + len(block))] for query in queries]
        near = exact_search(block).nearest_to_many(vectors, RECALL_AT, own)
        best = [_nearest_of(before, found, start) for before, found in zip(best, near, strict=True)]
    return best


def _nearest_of(before: Neighbours, found: Neighbours, start: int) -> Neighbours:
    """Merge the neighbours found in earlier blocks with those in the block that begins at row `start`."""
    rows = np.concatenate([before.rows, start + found.rows])
    return highest(rows, np.concatenate([before.similarities, found.similarities]), RECALL_AT)


class RecallTest:
    """The queries for comparing an index with exact search, and their true neighbours.

    Attributes:
        sizes: int64 (queries,), number of true neighbours of each query, at most ten.
    """

    def __init__(self, centre: Matrix, seed: int) -> None:
        """Draw rows with the seed, and find their true neighbours.

        Raises:
            ExperimentError: the vectors contain values that are not finite.
        """
        self._centre, self._queries = centre, draw_queries(centre, seed)
        self._vectors = unit_rows(np.asarray(centre[self._queries]))
        self._truth = true_neighbours(centre, self._queries)
        self.sizes = np.array([len(true.rows) for true in self._truth], np.int64)

    def found(self, candidates: AnnoyCandidates, query: int) -> int:
        """Return how many true neighbours of a query the index finds.

        Tracks that are as similar as the tenth nearest neighbour count as found.
        """
        true, without = self._truth[query], self._queries[query : query + 1]
        if not len(true.rows):
            return 0
        vector, number = self._vectors[query], len(true.rows)
        given = nearest_by_index(candidates, self._centre, vector, number=number, without=without)
        return 0 if given is None else int(np.count_nonzero(given.similarities >= true.similarities[-1] - TIE))

    def recall(self, found: Rows) -> float:
        """Return recall@10 from the number of true neighbours found for each query, int64 (queries,)."""
        return int(found.sum()) / int(self.sizes.sum()) if self.sizes.sum() else 1.0
