"""The metrics of `evaluate --protocol next-item` for the playlists that `extract --holdout` set aside.

The formulas are those of docs/quality.md.

This protocol draws no random numbers, except to break ties. If tracks have equal scores, the reference uses the mean of
the metric over all orders of these tracks.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tests.oracle.reference import Reference, Vector, Weights

FIRST = 500  # cut-off of NDCG, MRR and clicks
LEAST_TRACKS = 5  # shorter playlists are skipped


def questions(reference: Reference) -> list[tuple[list[int], int]]:
    """The given tracks and the wanted track of each held-out playlist."""
    found = []
    for ids in reference.held_out["ids"]:
        known = [int(row) for row in dict.fromkeys(ids.tolist()) if reference.trained[row]]
        if len(known) >= LEAST_TRACKS:
            found.append((known[:-1], known[-1]))
    return found


def scores(reference: Reference, asked: list[int], ranking: str) -> Vector:
    """The score of each track for a ranking or a baseline without parameters."""
    weights: Weights = dict.fromkeys(asked, 1.0)
    if ranking == "popularity":
        return reference.counts
    if ranking == "item-kNN":
        contains = reference.contains[:, : len(reference.centre)].astype(np.float64)
        in_playlists = np.maximum(contains.sum(axis=0), 1)
        both = contains[:, asked].T @ contains  # (given, tracks)
        return np.asarray((both / np.sqrt(in_playlists[asked][:, None] * in_playlists)).sum(axis=0))
    return reference.scores(weights, ranking)


def ranks(reference: Reference, asked: list[int], wanted: int, ranking: str) -> npt.NDArray[np.int64]:
    """All ranks that the wanted track can have, from 1; several if other tracks have the same score."""
    values = scores(reference, asked, ranking)
    rivals = reference.trained.copy()
    rivals[[*asked, wanted]] = False
    tolerance = 1e-6 * max(1.0, float(np.abs(values[reference.trained]).max()))
    ahead = int((values[rivals] > values[wanted] + tolerance).sum())
    equal = int((np.abs(values[rivals] - values[wanted]) <= tolerance).sum())
    return np.arange(ahead + 1, ahead + equal + 2)


def next_item(reference: Reference, ranking: str) -> dict[str, float]:
    """The mean of each metric over all queries."""
    sums = dict.fromkeys(("r_precision", "ndcg", "ndcg@10", "recall@10", "hit@10", "mrr", "clicks"), 0.0)
    asked = questions(reference)
    for known, wanted in asked:
        places = ranks(reference, known, wanted, ranking)
        within = places <= FIRST
        gain = np.where(within, 1 / np.log2(places + 1), 0)
        sums["r_precision"] += float((places == 1).mean())
        sums["ndcg"] += float(gain.mean())
        sums["ndcg@10"] += float(np.where(places <= 10, gain, 0).mean())
        sums["recall@10"] += float((places <= 10).mean())
        sums["hit@10"] += float((places <= 10).mean())
        sums["mrr"] += float(np.where(within, 1 / places, 0).mean())
        sums["clicks"] += float(np.where(within, (places - 1) // 10, 51).mean())
    return {metric: total / len(asked) for metric, total in sums.items()}
