"""Generates synthetic corpora with a known structure: each track belongs to a hidden scene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import unit_rows

SCENES = 1000
NEIGHBOURS = (-1, 1, 2)  # offsets of the neighbour scenes
OWN, NEAR = 0.65, 0.25  # shares of the tracks of a playlist that come from its own scene and from neighbour scenes
LENGTH = 25  # mean length of a playlist


@dataclass(frozen=True, slots=True)
class SyntheticCorpus:
    """A corpus, and the scene of each of its tracks, int64 (tracks,)."""

    corpus: Corpus
    scene: npt.NDArray[np.int64]


def synthetic_corpus(tracks: int, tokens: int, seed: int = 0) -> SyntheticCorpus:
    """Generate a corpus, with rows in order of count and without tracks that occur in no playlist."""
    rng = np.random.default_rng(seed)
    scene = rng.integers(0, SCENES, tracks)
    popularity = 1 / (np.arange(tracks) + 10.0) ** 0.8
    by_scene = np.argsort(scene, kind="stable")
    first = np.searchsorted(scene[by_scene], np.arange(SCENES + 1))
    below = np.concatenate([[0], np.cumsum(popularity[by_scene])])
    lengths = np.clip(rng.poisson(LENGTH, tokens // LENGTH), 5, None)
    at = np.repeat(rng.integers(0, SCENES, len(lengths)), lengths)
    drawn = rng.random(len(at))
    at = np.where(drawn < OWN, at, (at + rng.choice(NEIGHBOURS, len(at))) % SCENES)
    low, high = below[first[at]], below[first[at + 1]]
    anywhere = drawn > OWN + NEAR
    low[anywhere], high[anywhere] = 0, below[-1]
    place = np.searchsorted(below[1:], low + rng.random(len(at)) * (high - low), side="right")
    drawn_tracks = by_scene[np.minimum(place, tracks - 1)]
    count = np.bincount(drawn_tracks, minlength=tracks)
    rank = np.argsort(-count, kind="stable")[: np.count_nonzero(count)]
    row = np.full(tracks, -1)
    row[rank] = np.arange(len(rank))
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return SyntheticCorpus(Corpus(row[drawn_tracks].astype(np.int32), offsets.astype(np.int64)), scene[rank])


def scenes_found(
    made: SyntheticCorpus, centre: npt.NDArray[np.float32], queries: int = 1000, seed: int = 1
) -> tuple[float, float]:
    """Return the shares of the ten nearest tracks that are in the same scene, and in the same or a neighbour scene."""
    unit = unit_rows(np.asarray(centre, np.float32))
    chosen = np.random.default_rng(seed).choice(len(unit), queries, replace=False)
    similarity = unit[chosen] @ unit.T
    similarity[np.arange(queries), chosen] = -2
    nearest = np.argpartition(-similarity, 10, axis=1)[:, :10]
    distance = (made.scene[nearest] - made.scene[chosen][:, None]) % SCENES
    near = [0, *(step % SCENES for step in NEIGHBOURS)]
    return float((distance == 0).mean()), float(np.isin(distance, near).mean())
