"""Metrics of one ranking. R-precision, NDCG and clicks follow the RecSys Challenge 2018.

`hits` has one boolean per track of the ranking, best rank first: whether the track is relevant. `wanted` is R, the
number of relevant tracks:

    R-precision   (number of hits among the first R) / R
    NDCG@k        sum of 1 / log2(rank + 1) over the hits among the first k, divided by this sum for a perfect ranking
    recall@k      (number of hits among the first k) / R
    hit@k         1 if there is a hit among the first k
    MRR@k         1 / (rank of the first hit) if it is among the first k, else 0
    clicks        number of pages of ten tracks before the page of the first hit: floor((rank - 1) / 10); 51 if there
                  is no hit among the first 500
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Hits = npt.NDArray[np.bool_]
DEPTH = 500
NO_CLICKS = 51


def r_precision(hits: Hits, wanted: int) -> float:
    """Return the share of the first `wanted` tracks that are hits.

    >>> r_precision(np.array([True, False, True]), 2)
    0.5
    """
    return int(np.count_nonzero(hits[:wanted])) / wanted


def ndcg(hits: Hits, wanted: int, k: int = DEPTH) -> float:
    """Return the discounted cumulative gain of the first k tracks, divided by that of a perfect ranking.

    >>> round(ndcg(np.array([False, True]), 1), 4)
    0.6309
    """
    discount = 1 / np.log2(np.arange(2, k + 2))
    gain = discount[: len(hits)][hits[:k]].sum()
    return float(gain / discount[: min(wanted, k)].sum())


def recall(hits: Hits, wanted: int, k: int) -> float:
    """Return the share of the relevant tracks that are among the first k.

    >>> recall(np.array([True, False, True]), 4, 3)
    0.5
    """
    return int(np.count_nonzero(hits[:k])) / wanted


def hit_rate(hits: Hits, k: int) -> float:
    """Return 1 if a relevant track is among the first k, else 0.

    >>> hit_rate(np.array([False, True]), 1), hit_rate(np.array([False, True]), 2)
    (0.0, 1.0)
    """
    return float(hits[:k].any())


def reciprocal_rank(hits: Hits, k: int = DEPTH) -> float:
    """Return 1 / (rank of the first hit), or 0 if there is no hit among the first k.

    >>> reciprocal_rank(np.array([False, False, True, True])) == 1 / 3
    True
    """
    ranks = np.flatnonzero(hits[:k])
    return 1 / (int(ranks[0]) + 1) if len(ranks) else 0.0


def clicks(hits: Hits) -> float:
    """Return the number of pages of ten tracks before the first hit, or 51 without a hit among the first 500.

    >>> clicks(np.array([False] * 10 + [True])), clicks(np.array([False]))
    (1.0, 51.0)
    """
    ranks = np.flatnonzero(hits[:DEPTH])
    return float(int(ranks[0]) // 10) if len(ranks) else float(NO_CLICKS)
