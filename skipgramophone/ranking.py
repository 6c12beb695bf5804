"""What becomes of similarities on the way to a list: several seeds, popularity, diversity, so many of an artist.

    direction      q = sum of w_i u_i over the seeds, scaled to length 1; u_i are unit vectors, w_i < 0 pushes away
    cosine         s_j = q . u_j
    cosine+count   s_j + 0.05 log(1 + count_j)
    model          sum of w_i (centre_i . context_j) / sum of |w_i| + bias_j + noise_exponent log(count_j)
    hybrid         item-kNN + 3 cosine + 0.3 log(1 + count), each standardised over the catalogue: what continues a
                   playlist
    popularity     score_j + p sd(score) z_j, where z_j is log(1 + count_j) standardised over the tracks that are ranked
    diversity      maximal marginal relevance: next comes the j with the largest
                   (1 - d) score_j - d max over the chosen k of u_j . u_k

Popularity is scaled by the spread of the scores: at p = 1 a deviation of the one weighs like one of the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from skipgramophone.embeddings import Matrix, unit_rows
from skipgramophone.errors import SettingError

Scores = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
HYBRID_WEIGHTS = 3.0, 0.3  # of cosine and of the log count beside item-kNN; chosen on held-out playlists
COUNT_WEIGHT = 0.05  # of the log count beside cosine; chosen on held-out playlists: .02 to .1 serve look-ups as well
VANISHED = 1e-6  # a direction shorter than this is rounding


def direction(vectors: Matrix, weights: npt.NDArray[np.float64]) -> Matrix:
    """The unit vector that weighted seeds point to, float32 (embedding_dim,).

    Args:
        vectors: float32 (seeds, embedding_dim), of any length but 0.
        weights: float64 (seeds,).

    Raises:
        SettingError: the seeds cancel each other out.
    """
    pointed = weights @ unit_rows(vectors)
    length = float(np.linalg.norm(pointed))
    if length <= VANISHED * float(np.abs(weights).sum()):
        raise SettingError("likes and unlikes cancel each other out: give other weights, as in --unlike 'NAME^0.5'")
    return np.asarray(pointed / length, np.float32)


def with_count(cosine: Scores, counts: npt.NDArray[np.int64]) -> Scores:
    """Cosine and a little of the log count, float32 (tracks,)."""
    return np.asarray(cosine + np.float32(COUNT_WEIGHT) * np.log1p(counts).astype(np.float32), np.float32)


def log_prior(counts: npt.NDArray[np.int64], noise_exponent: float) -> Scores:
    """What a model's product leaves out of log P(track | given), float32 (tracks,)."""
    return np.asarray(noise_exponent * np.log(np.maximum(counts, 1)), np.float32)


def with_popularity(scores: Scores, counts: npt.NDArray[np.int64], weight: float) -> Scores:
    """Scores moved towards what is frequent (weight above 0) or rare (below), float32 (tracks,)."""
    logs = np.log1p(counts)
    spread = logs.std()
    if spread == 0:
        return scores
    moved = scores + weight * scores.std(dtype=np.float64) * (logs - logs.mean()) / spread
    return np.asarray(moved, np.float32)


def standardised(scores: Scores) -> Scores:
    """Rows with mean 0 and deviation 1, float32 of the same shape."""
    spread = scores.std(axis=-1, keepdims=True)
    return np.asarray((scores - scores.mean(axis=-1, keepdims=True)) / np.maximum(spread, 1e-12), np.float32)


def hybrid(item_knn: Scores, cosine: Scores, counts: npt.NDArray[np.int64]) -> Scores:
    """What counts and vectors say together, float32 of the shape of either, of which the last is (tracks,)."""
    of_cosine, of_count = map(np.float32, HYBRID_WEIGHTS)
    logs = standardised(np.log1p(counts).astype(np.float32))
    return np.asarray(standardised(item_knn) + of_cosine * standardised(cosine) + of_count * logs, np.float32)


def choose(
    scores: Scores, vectors: Matrix, limits: Sequence[tuple[Rows, int]], number: int, diversity: float
) -> npt.NDArray[np.int64]:
    """Places of up to `number` candidates, in the order in which they are chosen, int64 (chosen,).

    Args:
        scores: float32 (candidates,), falling.
        vectors: float32 (candidates, embedding_dim), unit rows.
        limits: labels, int64 (candidates,), and how many candidates of one label may be chosen.
        number: how many to choose.
        diversity: d above, from 0 to 1.
    """
    free = np.ones(len(scores), bool)
    nearest = np.zeros(len(scores), np.float32)  # to what has been chosen
    places: list[int] = []
    while len(places) < number and free.any():
        worth = np.where(free, (1 - diversity) * scores - diversity * nearest, -np.inf)
        place = int(np.argmax(worth))
        free[place] = False
        if diversity:
            products = vectors @ vectors[place]
            nearest = np.maximum(nearest, products) if places else products
        places.append(place)
        for labels, most in limits:
            if np.count_nonzero(labels[places] == labels[place]) >= most:
                free &= labels != labels[place]
    return np.array(places, np.int64)
