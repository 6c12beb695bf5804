"""Measures recall@10 against exact search, for an index, a copy of the vectors, or any other search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from skipgramophone.errors import ExperimentError, StorageError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.embeddings import Matrix, is_learnt, unit_rows
from skipgramophone.lookup.annoy_index import (
    BLOCK_ROWS,
    CURE,
    RECALL_AT,
    AnnoyCandidates,
    IndexFacts,
    death_of_annoy,
    nearest_by_index,
    require_sound_nodes,
)
from skipgramophone.lookup.exact_search import Neighbours, highest

RECALL_QUERIES = 500  # number of tracks whose neighbours are compared
CRASHES = {"SIGSEGV", "SIGBUS", "SIGFPE", "SIGABRT"}  # signals that the content of a file may cause
TIE = 1e-6  # two similarities that differ by at most this count as equal


def measured_recall(path: Path, centre: Matrix, facts: IndexFacts) -> float:
    """Measure recall@10 of an index, with the same queries as when it was built.

    Raises:
        ExperimentError: Annoy crashes on the file, a node is corrupt, or the number of tracks is wrong.
        StorageError: another signal ended the test.
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
    return recall_of_index(candidates, centre, queries, true_neighbours(centre, queries))


def recall_of_copy(copy: Matrix, centre: Matrix, seed: int) -> float:
    """Measure recall@10 of exact search on a less precise copy of the vectors; ties count as found."""
    return recall_of_search(lambda queries: [given.rows for given in true_neighbours(copy, queries)], centre, seed)


def recall_of_search(search: Callable[[Rows], Sequence[Rows]], centre: Matrix, seed: int) -> float:
    """Measure recall@10 of a search on rows that the seed selects; a track that ties with the tenth counts as found."""
    queries = draw_queries(centre, seed)
    found = wanted = 0
    for query, true, given in zip(queries, true_neighbours(centre, queries), search(queries), strict=True):
        similarity = unit_rows(np.asarray(centre[given])) @ unit_rows(np.asarray(centre[query]))
        wanted += len(true.rows)
        found += int(np.count_nonzero(similarity >= true.similarities[-1] - TIE)) if len(true.rows) else 0
    return found / wanted if wanted else 1.0


def draw_queries(centre: Matrix, seed: int) -> Rows:
    """Draw up to `RECALL_QUERIES` random rows with a vector, int64, ascending."""
    learnt = np.flatnonzero(is_learnt(centre))
    rng = np.random.default_rng([seed, len(learnt)])
    return np.sort(rng.choice(learnt, min(RECALL_QUERIES, len(learnt)), replace=False))


def true_neighbours(centre: Matrix, queries: Rows) -> list[Neighbours]:
    """Return the true ten nearest neighbours of each query row."""
    vectors = unit_rows(np.asarray(centre[queries]))
    best = [Neighbours(np.empty(0, np.int64), np.empty(0, np.float32)) for _ in queries]
    for start in range(0, len(centre), BLOCK_ROWS):
        block = np.asarray(centre[start : start + BLOCK_ROWS])
        rows = start + np.flatnonzero(is_learnt(block))
        similarity = vectors @ unit_rows(block[rows - start]).T
        for at, query in enumerate(queries):
            others = rows != query
            merged = np.concatenate([best[at].rows, rows[others]])
            best[at] = highest(merged, np.concatenate([best[at].similarities, similarity[at, others]]), RECALL_AT)
    return best


def recall_of_index(candidates: AnnoyCandidates, centre: Matrix, queries: Rows, truth: list[Neighbours]) -> float:
    """Return the share of the true ten nearest that the index finds; tracks tied with the tenth count as found."""
    found = wanted = 0
    for query, true in zip(queries, truth, strict=True):
        vector = unit_rows(np.asarray(centre[query]))
        given = nearest_by_index(candidates, centre, vector, number=len(true.rows), without=np.array([query], np.int64))
        wanted += len(true.rows)
        if given is not None and len(true.rows):
            found += int(np.count_nonzero(given.similarities >= true.similarities[-1] - TIE))
    return found / wanted if wanted else 1.0
