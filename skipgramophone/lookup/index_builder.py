"""Builds the Annoy index, and chooses its search width."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from skipgramophone.crash_guard import cause_of_death, stderr_to
from skipgramophone.errors import StorageError
from skipgramophone.experiment.embeddings import Matrix, not_finite, unit_rows
from skipgramophone.lookup.annoy_index import (
    BLOCK_ROWS,
    CURE,
    METRIC,
    RECALL_AT,
    IndexFacts,
    empty_annoy,
)
from skipgramophone.lookup.node_order import order_nodes
from skipgramophone.lookup.search_width import tune_search_width
from skipgramophone.settings import IndexSettings
from skipgramophone.utf8 import utf8_path

# Number of threads that build the trees. It does not depend on the number of cores, because it determines the trees:
# each thread has random numbers of its own.
THREADS = 4
BYTES_PER_VALUE = 13  # memory in bytes that building an index needs per vector element; measured: 10.6 to 13
# Default maximum number of rows per shard. Building such a shard with 100 dimensions takes up to 5.5 GB of memory.
ROWS_PER_SHARD = 1 << 22


def build_index(path: Path, centre: Matrix, settings: IndexSettings, *, use_exact_search: bool = True) -> IndexFacts:
    """Build an Annoy index of the unit vectors, and choose its search width so that it reaches the requested recall.

    Several threads build the index, but the same seed gives the same file (see `node_order`). Only one shard at a time
    is in memory. Recall@10 is measured on rows that the seed selects.

    Args:
        path: the first file of the index.
        centre: float32 (tracks, embedding_dim).
        settings: trees, recall, shards and seed.
        use_exact_search: if true, try only search widths with which the index is faster than exact search. If none of
            these widths reaches the recall, record that look-ups use exact search. If `use_exact_search` is false, try
            all widths.

    Raises:
        ExperimentError: the vectors contain values that are not finite.
        StorageError: the written file is incomplete, or Annoy crashes on this machine.
    """
    if death := death_of_annoy():
        raise StorageError(
            f"Annoy crashes on this machine ({death}), so no index was built and look-ups use exact search; {CURE}"
        )
    rows, dim = centre.shape
    facts = IndexFacts(
        dimension=dim,
        items=rows,
        metric=METRIC,
        trees=settings.trees,
        search_k=settings.trees * RECALL_AT,
        random_seed=settings.random_seed,
        recall_at_10=0.0,
        bytes=0,
        shards=max(1, min(settings.shards or -(-rows // ROWS_PER_SHARD), rows)),
    )
    files = facts.files(path)
    for one, first, own in files:
        _build_file(one, centre[first : first + own.items], own)
    facts = replace(facts, bytes=sum(one.stat().st_size for one, _, _ in files))
    return tune_search_width(path, centre, facts, settings.recall, use_exact_search=use_exact_search)


def bytes_for_index(tracks: int, dim: int) -> int:
    """Estimate how many bytes of memory it takes to build an index with the default number of shards."""
    return min(tracks, ROWS_PER_SHARD) * dim * BYTES_PER_VALUE


def _build_file(path: Path, centre: Matrix, facts: IndexFacts) -> None:
    """Build one file of an index from the vectors of its rows."""
    index = empty_annoy(facts.dimension)
    index.set_seed(facts.random_seed)
    for start in range(0, len(centre), BLOCK_ROWS):
        block = np.asarray(centre[start : start + BLOCK_ROWS])
        if not np.isfinite(block).all():
            raise not_finite()
        for row, vector in enumerate(unit_rows(block), start):
            index.add_item(row, vector)
    index.build(facts.trees, n_jobs=THREADS)
    path.touch(exist_ok=False)  # This fails if the path is a link, because Annoy would write to its target.
    # If Annoy cannot save, it raises an error, and also prints it on stderr.
    with stderr_to(Path(os.devnull)), utf8_path(path) as place:
        saved = index.save(place)
    if not saved:
        raise StorageError(f"cannot write {path}: Annoy could not save its index")
    index.unload()
    order_nodes(path, items=facts.items, trees=facts.trees, node_bytes=facts.node_bytes)


@cache
def death_of_annoy() -> str | None:
    """Test whether Annoy works on this machine: return None if it does, or the signal that killed the test process.

    The test runs once per process.
    """
    return cause_of_death(_try_annoy)


def _try_annoy() -> None:
    """Build and query a small index; this crashes if the Annoy library does not work on this machine."""
    index = empty_annoy(2)
    for row in range(RECALL_AT):
        index.add_item(row, [1.0, float(row)])
    index.build(2, n_jobs=THREADS)
    index.get_nns_by_vector([1.0, 1.0], 2)
