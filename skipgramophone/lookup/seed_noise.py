"""Estimates which tracks of an answer would also be listed by a model that was trained with another random seed.

If there is a single query track, only two terms of the hybrid score depend on the training seed: the two cosines. The
seed has so little effect on the cosine of the smoothed vectors that this effect is ignored here. The cosine of the
centre vectors varies between seeds; its standard deviation is about

    sd = 0.05 + 0.15 / m    m: count of the rarer of the two tracks

The weight of this cosine in the score is 0.4 (1 - 2 / m), or 0 if this is negative. If one of the two tracks occurs
only once or twice, the weight is therefore 0, and the score does not depend on the seed. In models without smoothed
vectors, the weight is 0.4 (1 - 1 / m).

Let s be the score of a candidate. Its score in another model is assumed to be normally distributed; the mean is s, and
the standard deviation is sd times the weight. P(s, t) is the probability that the score of the candidate in another
model is at least t. The list has n tracks. Therefore t is chosen so that the probabilities of all candidates add up to
n. A track is stable if its score is at least t. A stable track is more likely to stay in the list than to leave it.

docs/quality.md shows on which data the numbers were fitted and checked.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skipgramophone.lookup.ranking import COSINE_WEIGHT, reliability

Scores = npt.NDArray[np.float32]
CONTENDERS = 100  # number of candidates directly after the end of the list that may enter it with another seed
NOISE, NOISE_PER_OCCURRENCE = 0.05, 0.15  # see the module docstring
LEAST = 1e-6  # smallest deviation of a score, to avoid a division by zero
LOGISTIC = 1.702  # the logistic function of LOGISTIC * z differs from the normal distribution by less than 0.01
HALVINGS = 24  # number of bisection steps in the search for t


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
        return np.ones(listed, np.bool_)  # all are stable, because no other track can enter the list
    steepness = LOGISTIC / np.maximum(deviation, LEAST)
    values = scores.astype(np.float64)
    # The interval of the bisection extends from 1 below the smallest score to 1 above the largest score. A distance of
    # 1 is many times the standard deviation.
    low, high = float(values.min()) - 1, float(values.max()) + 1
    with np.errstate(over="ignore"):  # an exponential that overflows gives a probability of 0
        for _ in range(HALVINGS):
            threshold = (low + high) / 2
            expected = (1 / (1 + np.exp((threshold - values) * steepness))).sum()
            low, high = (threshold, high) if expected > listed else (low, threshold)
    return np.asarray(values[:listed] >= low)  # if scores are tied at t, `low` is slightly smaller than these scores
