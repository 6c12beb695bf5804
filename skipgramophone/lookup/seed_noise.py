"""Estimates which tracks of an answer would also be listed by a model that was trained with another random seed.

In the score of the hybrid ranking for a single query track, only the two cosines depend on the seed. The seed has so
little effect on the cosine of the smoothed vectors that this effect is ignored here. From one seed to another, the
cosine of the centre vectors differs by about

    sd = 0.05 + 0.15 / m    m: count of the rarer of the two tracks

and its weight is 0.4 (1 - 2 / m), but at least 0, so the score does not depend on the seed if one of the tracks occurs
once or twice. In models without smoothed vectors, the weight is 0.4 (1 - 1 / m).

If a candidate has the score s, its score in another model is assumed to be normally distributed with mean s and this
standard deviation times the weight. P(s, t) is the probability that it reaches a score t. The list has n tracks, so t
is the value for which the probabilities of all candidates sum to n. A track is stable if its score is at least t, that
is, if it is more likely to stay in the list than to leave it.

docs/quality.md shows on which data the numbers were fitted and checked.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skipgramophone.lookup.ranking import COSINE_WEIGHT, reliability

Scores = npt.NDArray[np.float32]
CONTENDERS = 100  # number of candidates below the list that may enter it with another seed
NOISE, NOISE_PER_OCCURRENCE = 0.05, 0.15  # see the module docstring
LEAST = 1e-6  # smallest deviation of a score, to avoid a division by zero
LOGISTIC = 1.702  # the logistic function of LOGISTIC * z differs from the normal distribution by less than 0.01
HALVINGS = 24  # how often the interval that contains t is halved


def stable(
    scores: Scores, counts: npt.NDArray[np.int64], count: int, *, listed: int, has_smoothed: bool
) -> npt.NDArray[np.bool_]:
    """Return which of the listed tracks are stable, bool (listed,).

    Args:
        scores: scores of the listed tracks, and then of the best tracks that are not listed, float32 (candidates,).
        counts: occurrences of the same tracks, int64 (candidates,).
        count: occurrences of the query track.
        listed: number of listed tracks.
        has_smoothed: whether the model has smoothed vectors.
    """
    rarer = np.maximum(1, np.minimum(counts, count))
    reliable = reliability(counts, count, 1, has_smoothed=has_smoothed)
    deviation = COSINE_WEIGHT * reliable * (NOISE + NOISE_PER_OCCURRENCE / rarer)
    if len(scores) <= listed or not deviation.any():
        return np.ones(listed, np.bool_)  # no other track can enter the list
    steepness = LOGISTIC / np.maximum(deviation, LEAST)
    values = scores.astype(np.float64)
    # The interval extends by 1 beyond the scores, which is many times the standard deviation.
    low, high = float(values.min()) - 1, float(values.max()) + 1
    with np.errstate(over="ignore"):  # an infinite value means a probability of 0
        for _ in range(HALVINGS):
            threshold = (low + high) / 2
            expected = (1 / (1 + np.exp((threshold - values) * steepness))).sum()
            low, high = (threshold, high) if expected > listed else (low, threshold)
    return np.asarray(values[:listed] >= low)  # with tied scores, `low` is just below them
