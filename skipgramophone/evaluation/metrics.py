"""Metrics of one ranking, as the RecSys Challenge 2018 defined them where it did.

`hits` says for each place of the ranking, from the first, whether what stands there was wanted; `wanted` is how many
were. With R = wanted:

    R-precision   hits among the first R / R
    NDCG@k        sum over hits within k of 1 / log2(place + 1), over the same for a perfect ranking
    recall@k      hits among the first k / R
    hit@k         1 if there is a hit among the first k
    MRR@k         1 / place of the first hit within k, else 0
    clicks        pages of ten to turn before the first hit among 500: floor((place - 1) / 10), else 51
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Hits = npt.NDArray[np.bool_]
DEPTH = 500
NO_CLICKS = 51


def r_precision(hits: Hits, wanted: int) -> float:
    """Share of the first `wanted` places that are hits.

    >>> r_precision(np.array([True, False, True]), 2)
    0.5
    """
    return int(np.count_nonzero(hits[:wanted])) / wanted


def ndcg(hits: Hits, wanted: int, k: int = DEPTH) -> float:
    """Discounted gain of the hits within k, over that of a perfect ranking.

    >>> round(ndcg(np.array([False, True]), 1), 4)
    0.6309
    """
    discount = 1 / np.log2(np.arange(2, k + 2))
    gain = discount[: len(hits)][hits[:k]].sum()
    return float(gain / discount[: min(wanted, k)].sum())


def recall(hits: Hits, wanted: int, k: int) -> float:
    """Share of what was wanted that stands within k.

    >>> recall(np.array([True, False, True]), 4, 3)
    0.5
    """
    return int(np.count_nonzero(hits[:k])) / wanted


def hit_rate(hits: Hits, k: int) -> float:
    """1 if something wanted stands within k, else 0.

    >>> hit_rate(np.array([False, True]), 1), hit_rate(np.array([False, True]), 2)
    (0.0, 1.0)
    """
    return float(hits[:k].any())


def reciprocal_rank(hits: Hits, k: int = DEPTH) -> float:
    """1 over the place of the first hit within k, else 0.

    >>> reciprocal_rank(np.array([False, False, True, True])) == 1 / 3
    True
    """
    places = np.flatnonzero(hits[:k])
    return 1 / (int(places[0]) + 1) if len(places) else 0.0


def clicks(hits: Hits) -> float:
    """Pages of ten to turn before the first hit among 500, else 51.

    >>> clicks(np.array([False] * 10 + [True])), clicks(np.array([False]))
    (1.0, 51.0)
    """
    places = np.flatnonzero(hits[:DEPTH])
    return float(int(places[0]) // 10) if len(places) else float(NO_CLICKS)
