"""Generated playlists whose order is known to matter, or not."""

from __future__ import annotations

from typing import Literal

import numpy as np

from skipgramophone.experiment.corpus import Corpus

SCENES, TRACKS_A_SCENE, LENGTH = 200, 10, 40
Arrangement = Literal["original", "shuffled", "sorted by title"]


def drifting(moves_on: float, arrangement: Arrangement, seed: int, playlists: int = 2000) -> tuple[Corpus, int]:
    """Return playlists that drift from scene to scene, in original order, shuffled or sorted.

    A tenth of the tracks are random. With `moves_on` near 1 a playlist runs through many consecutive scenes, so all of
    its tracks belong together, regardless of their order.
    """
    rng = np.random.default_rng(seed)
    tracks = SCENES * TRACKS_A_SCENE
    title = rng.permutation(tracks)
    lists = []
    for _ in range(playlists):
        scene = (rng.integers(SCENES) + np.cumsum(rng.random(LENGTH) < moves_on)) % SCENES
        own = scene * TRACKS_A_SCENE + rng.integers(0, TRACKS_A_SCENE, LENGTH)
        elsewhere = rng.random(LENGTH) < 0.1
        own[elsewhere] = rng.integers(0, tracks, np.count_nonzero(elsewhere))
        if arrangement == "shuffled":
            own = rng.permutation(own)
        if arrangement == "sorted by title":
            own = own[np.argsort(title[own])]
        lists.append(own)
    return Corpus(np.concatenate(lists).astype(np.int32), np.arange(0, playlists * LENGTH + 1, LENGTH)), tracks
