"""Chooses the search width of an Annoy index: the number of nodes that a look-up inspects.

A wider search inspects the same nodes as a narrower search, and additional ones, so it finds at least as many true
neighbours. The narrowest width that reaches the recall is therefore found by bisection. Widths with which the index
would be as slow as exact search are not tried. Time is estimated from the number of nodes and never measured, so that
the same seed gives the same choice on every machine.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from skipgramophone.errors import StorageError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.embeddings import Matrix
from skipgramophone.lookup.annoy_index import RECALL_AT, AnnoyCandidates, IndexFacts
from skipgramophone.lookup.index_recall import RecallTest
from skipgramophone.lookup.results import AnsweredBy
from skipgramophone.parallel import run_in_order

WIDENING = 130  # each width is 130 % of the previous one
NODE_ROWS = 4  # number of rows that exact search for one query compares while the index inspects one node
BRIEF_NODES = 4096  # Inspecting up to this many nodes takes less time than the other steps of a look-up.


def tune_search_width(
    path: Path, centre: Matrix, facts: IndexFacts, wanted: float, *, use_exact_search: bool
) -> IndexFacts:
    """Return the parameters of an index with the narrowest search width that reaches `wanted`, and its recall@10.

    Args:
        path: the first file of the index.
        centre: float32 (tracks, embedding_dim).
        facts: the parameters of the index, without search width and recall.
        wanted: the recall@10 to reach.
        use_exact_search: if true, try only widths with which the index is faster than exact search. If none of these
            widths reaches `wanted`, return the parameters with the widest of them, and record in them that look-ups use
            exact search.

    Raises:
        StorageError: the file is incomplete.
    """
    widths = search_widths(facts)
    if use_exact_search:
        widths = [width for width in widths if not is_exact_search_as_fast(facts, width)] or widths[:1]
    tuning = _Tuning(path, centre, facts, wanted)
    first, end = 0, len(widths)
    while first < end:
        middle = (first + end) // 2
        if tuning.reaches(widths[middle]):
            end = middle
        else:
            first = middle + 1
    if first < len(widths):
        return replace(facts, search_k=widths[first], recall_at_10=tuning.reached)
    recall = tuning.recall(widths[-1])
    answered_by: AnsweredBy = "exact search" if use_exact_search else "index"
    return replace(facts, search_k=widths[-1], recall_at_10=recall, answered_by=answered_by)


def search_widths(facts: IndexFacts) -> list[int]:
    """Return the widths to choose from, ascending; the last one inspects all nodes."""
    widths = [facts.trees * RECALL_AT]
    while widths[-1] < facts.trees * facts.items:
        widths.append(-(-widths[-1] * WIDENING // 100))
    return widths


def is_exact_search_as_fast(facts: IndexFacts, width: int) -> bool:
    """Return whether exact search for one query takes no longer than the index with a search width."""
    nodes = width * facts.shards
    return nodes > BRIEF_NODES and nodes * NODE_ROWS >= facts.items


class _Tuning:
    """Measures the recall of one index with several search widths.

    A query is not repeated if earlier measurements already determine its result.
    """

    def __init__(self, path: Path, centre: Matrix, facts: IndexFacts, wanted: float) -> None:
        self._path, self._facts, self._wanted = path, facts, wanted
        self._test = RecallTest(centre, facts.random_seed)
        # for each query, number of neighbours found with the widest of the too narrow widths that were tried
        self._fewest = np.zeros_like(self._test.sizes)
        # for each query, number of neighbours found with the narrowest of the sufficient widths that were tried
        self._most = self._test.sizes.copy()

    def reaches(self, width: int) -> bool:
        """Return whether a search with this width reaches the requested recall.

        The width must be larger than all widths that are known to be too narrow, and smaller than all widths that are
        known to be sufficient.
        """
        found = self._found(width, enough=self._wanted)
        if self._test.recall(found) >= self._wanted:
            self._most = found
            return True
        return False

    @property
    def reached(self) -> float:
        """The recall of the narrowest sufficient width that was tried."""
        return self._test.recall(self._most)

    def recall(self, width: int) -> float:
        """Return the recall of a width, which must be at least as wide as every width that was too narrow."""
        return self._test.recall(self._found(width, enough=0.0))

    def _found(self, width: int, enough: float) -> Rows:
        """Count the true neighbours that a search with this width finds for each query, int64 (queries,).

        Stop as soon as the recall can no longer reach `enough`. The counts of the remaining queries are then the
        largest possible ones.
        """
        candidates = AnnoyCandidates(self._path, replace(self._facts, search_k=width))
        if len(candidates) != self._facts.items:
            raise StorageError(
                f"{self._path} contains only {len(candidates)} of {self._facts.items} tracks: is the disk full?"
            )
        found = self._most.copy()
        queries = np.flatnonzero(self._fewest < self._most).tolist()
        counts = run_in_order(partial(self._test.found, candidates, query) for query in queries)
        for query, count in zip(queries, counts, strict=True):
            found[query] = count
            if self._test.recall(found) < enough:
                tried = slice(0, query + 1)
                self._fewest[tried] = np.maximum(self._fewest[tried], found[tried])
                break
        return found
