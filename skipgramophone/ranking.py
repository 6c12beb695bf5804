"""What becomes of similarities on the way to a list: several seeds, popularity, diversity, so many of an artist.

    direction    q = sum of w_i u_i over the seeds, scaled to length 1; u_i are unit vectors, w_i < 0 pushes away
    popularity   score_j = s_j + p sd(s) z_j, where z_j is log(1 + count_j) standardised over the tracks that are ranked
    diversity    maximal marginal relevance: next comes the j with the largest
                 (1 - d) score_j - d max over the chosen k of u_j . u_k
    hybrid       item-kNN + 2 cosine, each standardised over the catalogue: what continues a playlist

Popularity is scaled by the spread of the similarities: at p = 1 a deviation of the one weighs like one of the other.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skipgramophone.embeddings import Matrix, unit_rows
from skipgramophone.errors import SettingError

Scores = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
HYBRID_WEIGHT = 2.0  # of cosine beside item-kNN
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


def with_popularity(similarities: Scores, counts: npt.NDArray[np.int64], weight: float) -> Scores:
    """Similarities moved towards what is frequent (weight above 0) or rare (below), float32 (tracks,)."""
    logs = np.log1p(counts)
    spread = logs.std()
    if spread == 0:
        return similarities
    moved = similarities + weight * similarities.std(dtype=np.float64) * (logs - logs.mean()) / spread
    return np.asarray(moved, np.float32)


def standardised(scores: Scores) -> Scores:
    """Rows with mean 0 and deviation 1, float32 of the same shape."""
    spread = scores.std(axis=-1, keepdims=True)
    return np.asarray((scores - scores.mean(axis=-1, keepdims=True)) / np.maximum(spread, 1e-12), np.float32)


def hybrid(item_knn: Scores, cosine: Scores) -> Scores:
    """What counts and vectors say together, float32 (tracks,)."""
    return np.asarray(standardised(item_knn) + np.float32(HYBRID_WEIGHT) * standardised(cosine), np.float32)


def choose(
    scores: Scores, vectors: Matrix, artists: Rows, number: int, diversity: float, most: int | None
) -> npt.NDArray[np.int64]:
    """Places of up to `number` candidates, in the order in which they are chosen, int64 (chosen,).

    Args:
        scores: float32 (candidates,), falling.
        vectors: float32 (candidates, embedding_dim), unit rows.
        artists: int64 (candidates,), equal for tracks of one artist.
        number: how many to choose.
        diversity: d above, from 0 to 1.
        most: how many of one artist; None: any number.
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
        if most is not None and np.count_nonzero(artists[places] == artists[place]) >= most:
            free &= artists != artists[place]
    return np.array(places, np.int64)
