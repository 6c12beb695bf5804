"""Validation: playlists held out from training, on which the loss is measured after each epoch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import EvaluationError
from skipgramophone.experiment.corpus import Corpus

DRAW = 64  # combined with the seed, so that no other draw uses the same random numbers


def choose_validation_playlists(
    corpus: Corpus, tracks: int, *, share: float, min_count: int, seed: int
) -> npt.NDArray[np.bool_]:
    """Choose random playlists to hold out, but leave enough occurrences of every track in the other playlists.

    Args:
        corpus: the playlists.
        tracks: number of tracks in the catalogue.
        share: share of the playlists to hold out. Fewer are held out if tracks would become too rare.
        min_count: a track with at least this many occurrences keeps at least this many in the other playlists.
        seed: random seed.

    Returns:
        Whether each playlist is held out, bool (playlists,).

    Raises:
        EvaluationError: each playlist has fewer than two tracks, or contains a track that would become too rare.
    """
    left = corpus.counts(tracks)
    needed = np.where(left >= min_count, max(1, min_count), 0)
    held_out = np.zeros(len(corpus), np.bool_)
    wanted = max(1, round(share * len(corpus)))
    for playlist in np.random.default_rng([seed, DRAW, len(corpus)]).permutation(len(corpus)).tolist():
        own = corpus.track_ids[corpus.offsets[playlist] : corpus.offsets[playlist + 1]]
        rows, times = np.unique(own, return_counts=True)
        if len(own) < 2 or np.any(left[rows] - times < needed[rows]):
            continue
        left[rows] -= times
        held_out[playlist] = True
        wanted -= 1
        if not wanted:
            break
    if not held_out.any():
        raise EvaluationError.naming(
            lambda named: (
                f"{named('patience')} needs held-out playlists, but no playlist can be held out. Each playlist has "
                "fewer than two tracks, or contains a track that would then be too rare for training. Leave out "
                f"{named('patience')}"
            )
        )
    return held_out
