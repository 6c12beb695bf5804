"""A sample of playlists on which `sgp train` tests whether track order carries information.

Some playlists of the sample are held out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skipgramophone.errors import EvaluationError
from skipgramophone.evaluation.protocols import EvaluationQuery, make_queries
from skipgramophone.evaluation.splits import split_at_random
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.playlists.encoding.near_duplicates import join_near_duplicates
from skipgramophone.settings import Protocol

SHARE = 0.1  # share of the sample that is held out
MAX_QUERIES = 600
MIN_QUERIES = 50  # a comparison with fewer queries is not reliable


@dataclass(frozen=True, slots=True)
class OrderSample:
    """The training playlists of a sample, and queries from its held-out playlists.

    Attributes:
        trained_on: the playlists that are not held out.
        counts: int64 (ranked tracks,), occurrences of the ranked tracks in these playlists; at least 2.
        rows: int64 (ranked tracks,), catalogue row of each ranked track.
        queries: the queries, with the ranked tracks numbered from 0; empty if there are no playlists to hold out.
        groups: int64 (queries,), group of the playlist of each query; near-duplicates are in one group.
    """

    trained_on: Corpus
    counts: Rows
    rows: Rows
    queries: Sequence[EvaluationQuery]
    groups: Rows


def draw_order_sample(
    corpus: Corpus, tracks: int, protocol: Protocol, *, most: int, seed: int, rng: np.random.Generator
) -> OrderSample:
    """Draw a sample and hold out some of its playlists.

    The result has no queries if no held-out playlist has enough tracks.

    Args:
        corpus: the playlists.
        tracks: number of rows of the catalogue.
        protocol: the protocol, which defines the given and wanted tracks.
        most: maximum number of occurrences in the sample.
        seed: random seed of the split and of the queries.
        rng: draws the sample.
    """
    sample = corpus.playlists(corpus.draw(most, rng))
    try:
        split = split_at_random(join_near_duplicates(sample, np.arange(len(sample)), seed), SHARE, seed)
        trained_on = split.training_part(sample)
        counts = trained_on.counts(tracks)
        rows = np.flatnonzero(counts >= 2)
        query_set = make_queries(sample, split.held_out, counts >= 2, protocol=protocol, seed=seed)
    except EvaluationError:
        none = np.empty(0, np.int64)
        return OrderSample(sample, counts=none, rows=none, queries=(), groups=none)
    queries = query_set.renumbered(rows, tracks).queries[:MAX_QUERIES]
    groups = split.groups[[query.playlist for query in queries]]
    return OrderSample(trained_on, counts=counts[rows], rows=rows, queries=queries, groups=groups)
