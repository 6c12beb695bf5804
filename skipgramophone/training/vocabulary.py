"""The vocabulary: which tracks get a vector, the subsampling of frequent tracks, and the distribution of negatives.

The formulas are those of Mikolov et al. 2013 (arXiv 1310.4546): negatives are drawn in proportion to a power of the
count, and frequent tracks are subsampled with a threshold. Arrays have one value per row of the catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]
Probabilities = npt.NDArray[np.float64]


def ranks_by_count(counts: Counts) -> Counts:
    """Return the rank of each track by count, from 0 for the most frequent, ties in row order; int64 (tracks,).

    >>> ranks_by_count(np.array([3, 5, 3])).tolist()
    [1, 0, 2]
    """
    ranks = np.empty(len(counts), np.int64)
    ranks[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    return ranks


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tracks that get a vector.

    Attributes:
        counts: int64 (tracks,), occurrences in the corpus.
        min_count: tracks with fewer occurrences get no vector.
    """

    counts: Counts
    min_count: int = 1

    @property
    def learnt(self) -> npt.NDArray[np.bool_]:
        """Whether each track gets a vector, bool (tracks,)."""
        return self.counts >= max(1, self.min_count)

    def noise(self, exponent: float) -> Probabilities:
        """Return the probability of drawing each track as a negative: count ** exponent, normalized, float64 (tracks,).

        >>> Vocabulary(np.array([16, 1, 0])).noise(0.5).tolist()
        [0.8, 0.2, 0.0]
        """
        learnt = self.learnt
        weight = np.zeros(len(self.counts))
        weight[learnt] = self.counts[learnt].astype(np.float64) ** exponent
        return np.asarray(weight / weight.sum(), np.float64)

    def keep(self, threshold: float) -> Probabilities:
        """Return the probability that subsampling keeps an occurrence of a track, float64 (tracks,).

        It is min(1, sqrt(t / f) + t / f), where f is the share of the track in all occurrences and t the threshold, as
        in the published word2vec program. With a threshold of 0, all occurrences of tracks with a vector are kept.

        >>> Vocabulary(np.array([96, 4])).keep(0.04).round(3).tolist()
        [0.246, 1.0]
        """
        kept = self.learnt.astype(np.float64)
        if threshold > 0:
            share = np.maximum(self.counts, 1) / max(1, int(self.counts[self.learnt].sum()))
            kept *= np.minimum(1.0, np.sqrt(threshold / share) + threshold / share)
        return kept
