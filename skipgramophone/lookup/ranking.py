"""Scoring and re-ranking of tracks: several query tracks, popularity, diversity and limits per artist.

In these formulas, the query tracks are called seeds. w_i is the weight of seed i.

    direction      q = sum of w_i u_i over the seeds, scaled to length 1; u_i are unit vectors, w_i < 0 pushes away
    cosine         s_j = q . u_j
    cosine+count   s_j + 0.05 log(1 + count_j)
    model          sum of w_i (centre_i . context_j) / sum of |w_i| + bias_j + noise_exponent log(count_j)
    factors        f_j = x . y_j, where y_j are the factors of track j, and x are the factors of a playlist that
                   consists of the seeds (`experiment.factors`). Seeds with w_i < 0 form a second playlist: the product
                   of its factors and y_j is subtracted
    ease           r_j is the sum of the weights of the seeds for track j in a linear regression (`experiment.ease`)
    smoothed       z_j . q', where z_j is the smoothed vector of track j (`experiment.smoothed`), and q' is the sum of
                   w_i z_i over the seeds, scaled to length 1
    hybrid         e_j + 0.4 (1 - (1 + 1 / n) / m_j) cosine + 0.4 (1 - |A_j| / 2) smoothed
                       + (sqrt(n) - 1) (2 f_j / max |f| + r_j / max |r|)
                   n is the number of seeds. The evidence e_j and the agreement of the playlists A_j are defined below.
                   m_j is the smaller of count_j and the count of the seeds, sum of |w_i| count_i. The vector of a rare
                   track depends much on the training seed, so the cosine of such a track has less weight. The weight
                   is never negative. In models without smoothed vectors, the bracket (1 - (1 + 1 / n) / m_j) is
                   replaced by (1 - 1 / m_j). The smoothed cosine finds tracks of similar playlists even if they share
                   no playlist with the seeds. In the ranking of artists, the cosine has the constant weight 0.4, and
                   there is no smoothed cosine.
                   Factors and EASE predict which tracks complete a playlist that consists of the seeds. They predict
                   this better if there are more seeds. With a single seed their weight is 0.
                   The evidence e_j is the sum of three terms, for playlists, counts and artists:
                       e_j = A_j + 0.15 / sqrt(n) log(1 + count_j) + 2 log(1 + a_j) / sqrt(count_j + 3)
                       A_j = sqrt(c_j / max |c|)
                   c_j is the agreement of the playlists of track j with those of the seeds (`postings`). Its square
                   root is used, because otherwise a few playlists with nearly all seeds would dominate the ranking.
                   a_j is the number of seeds with the artist of track j (`track_artists`), divided by sqrt(n) in
                   models without factors. For frequent tracks, the playlists have more influence than the artist; for
                   rare tracks, the artist has more influence. If c_j or a_j is negative, the root or logarithm is
                   computed from its absolute value, and the result is multiplied by -1
    popularity     score_j + p sd(score) z_j, where z_j is log(1 + count_j) standardized over the ranked tracks
    diversity      maximal marginal relevance (Carbonell and Goldstein 1998): the next track is the track j with the
                   largest value of (1 - d) score_j - d max_k(u_j . u_k), where k runs over the tracks chosen so far

In these formulas, n is the effective number of seeds, (sum of |w_i|)^2 / sum of w_i^2. Seeds with small weights hardly
count in it.

Popularity is scaled by the standard deviation of the scores, so that at p = 1 score and popularity have equal weight.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import SettingError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.embeddings import Matrix, unit_rows

Scores = npt.NDArray[np.float32]
ARTIST_WEIGHT = 2.0  # weight of the artists in `hybrid`; chosen on validation playlists, see docs/quality.md
ARTIST_COUNTS = 3  # added to the count in the artist term, so that rare tracks by the same artist do not fill the list
COSINE_WEIGHT = 0.4  # weight of the cosine in `hybrid`; a larger one makes neighbours depend more on the training seed
SMOOTHED_WEIGHT = 0.4  # weight of the smoothed cosine in `hybrid`; chosen on validation playlists, see docs/quality.md
# weight of the factors in `hybrid`; chosen on validation playlists, on which a weight of 1 is nearly as good
FACTOR_WEIGHT = 2.0
EASE_WEIGHT = 1.0  # weight of EASE in `hybrid`; chosen on validation playlists, see docs/quality.md
HYBRID_COUNT_WEIGHT = 0.15  # weight of the log count in `hybrid`; chosen on held-out playlists
# weight of the log count in `cosine+count`; values from 0.02 to 0.1 are equally good on held-out playlists
COUNT_WEIGHT = 0.05
VANISHED = 1e-6  # a query vector shorter than this is treated as zero, because it is a rounding error


def direction(vectors: Matrix, weights: npt.NDArray[np.float64]) -> Matrix:
    """Return the unit query vector of weighted query tracks, float32 (embedding_dim,).

    Args:
        vectors: float32 (seeds, embedding_dim), none of length 0.
        weights: float64 (seeds,).

    Raises:
        SettingError: the weighted vectors cancel out.
    """
    pointed = weights @ unit_rows(vectors)
    length = float(np.linalg.norm(pointed))
    if length <= VANISHED * float(np.abs(weights).sum()):
        raise SettingError.naming(
            lambda named: (
                "the liked and unliked tracks cancel each other out: change a weight, as in "
                + named.either("('NAME', -0.5)", "--unlike 'NAME^0.5'")
            )
        )
    return np.asarray(pointed / length, np.float32)


def with_count(cosine: Scores, counts: npt.NDArray[np.int64]) -> Scores:
    """Add a small multiple of the log count to the cosine, float32 (tracks,)."""
    return np.asarray(cosine + np.float32(COUNT_WEIGHT) * np.log1p(counts).astype(np.float32), np.float32)


def log_prior(counts: npt.NDArray[np.int64], noise_exponent: float) -> Scores:
    """Return the log prior of each track, float32 (tracks,).

    Up to a constant, the model estimates log P(track | given tracks) as the product centre . context plus this prior.
    """
    return np.asarray(noise_exponent * np.log(np.maximum(counts, 1)), np.float32)


def with_popularity(scores: Scores, counts: npt.NDArray[np.int64], weight: float) -> Scores:
    """Shift scores towards frequent (weight above 0) or rare tracks (below 0), float32 (tracks,).

    Scores that exceed the range of float32 become infinite.
    """
    logs = np.log1p(counts)
    spread = logs.std()
    if spread == 0:
        return scores
    moved = scores + weight * scores.std(dtype=np.float64) * (logs - logs.mean()) / spread
    with np.errstate(over="ignore"):
        return np.asarray(moved, np.float32)


def rooted(agreement: Scores) -> Scores:
    """Scale each row of agreements to the range from -1 to 1, and take the square roots.

    A negative value stays negative: -0.25 becomes -0.5, because 0.5 is the square root of 0.25. Returns float32 values.
    """
    size = np.abs(agreement)
    largest = np.maximum(size.max(axis=-1, keepdims=True), np.float32(VANISHED))
    return np.asarray(np.sign(agreement) * np.sqrt(size / largest), np.float32)


def number_of_seeds(weights: npt.NDArray[np.float64]) -> float:
    """Return the effective number of query tracks (n of the module docstring): with equal weights, their number."""
    return float(np.abs(weights).sum() ** 2 / (weights**2).sum())


def recency_weights(seeds: int, recency: float) -> npt.NDArray[np.float64]:
    """Return the weights of tracks in playlist order.

    The last track has weight 1. The weight of every other track is `recency` times the weight of the track after it.

    >>> recency_weights(3, 0.5).tolist()
    [0.25, 0.5, 1.0]
    """
    return recency ** np.arange(seeds - 1, -1, -1, dtype=np.float64)


def scaled(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Scale weights of query tracks so that their absolute values add up to the effective number of query tracks."""
    return np.asarray(weights * (number_of_seeds(weights) / np.abs(weights).sum()))


def of_artists(in_common: Scores, counts: npt.NDArray[np.int64]) -> Scores:
    """Return the artist term of `hybrid`, float32, with the same shape as `in_common`.

    Args:
        in_common: a_j of the module docstring, float32 (queries, tracks) or (tracks,).
        counts: int64 (tracks,).
    """
    weights = (ARTIST_WEIGHT / np.sqrt(counts + ARTIST_COUNTS)).astype(np.float32)
    return np.asarray(np.sign(in_common) * np.log1p(np.abs(in_common)) * weights, np.float32)


def prediction_weight(given: npt.NDArray[np.float64] | float) -> npt.NDArray[np.float64]:
    """Return the factor sqrt(n) - 1 in the formula of `hybrid` for each number n of query tracks.

    The result is float64 and has the shape of `given`. The factor is 0 for one query track.
    """
    return np.asarray(np.maximum(np.sqrt(given) - 1, 0))


def scaled_predictions(
    predictions: Scores, weight: float, given: npt.NDArray[np.float64] | float, largest: npt.NDArray[np.float32]
) -> Scores:
    """Return the term of `hybrid` for predictions by factors or by EASE, float32 (queries, tracks) or (tracks,).

    Args:
        predictions: f_j or r_j of the module docstring, float32, with the same shape as the result.
        weight: `FACTOR_WEIGHT` or `EASE_WEIGHT`.
        given: number of query tracks, a scalar or (queries, 1).
        largest: the largest absolute value of the predictions for all tracks, including the query tracks; a scalar or
            (queries, 1).
    """
    return np.asarray(weight * prediction_weight(given) / np.maximum(largest, VANISHED) * predictions, np.float32)


def evidence(
    agreed: Scores,
    counts: npt.NDArray[np.int64],
    given: npt.NDArray[np.float64] | float,
    *,
    in_common: Scores | None,
    has_factors: bool,
) -> Scores:
    """Return e_j of the module docstring: the terms of `hybrid` for playlists, counts and artists.

    The result is float32 (queries, tracks) or (tracks,).

    Args:
        agreed: A_j of the module docstring (see `rooted`), float32, with the same shape as the result.
        counts: int64 (tracks,).
        given: number of query tracks, a scalar or (queries, 1).
        in_common: number of query tracks with the artist of each track, float32, with the same shape as the result;
            None if the artists are unknown.
        has_factors: whether the model has factors.
    """
    of_count = np.asarray(HYBRID_COUNT_WEIGHT / np.sqrt(given), np.float32)
    total = agreed + of_count * np.log1p(counts).astype(np.float32)
    if in_common is None:
        return np.asarray(total, np.float32)
    if not has_factors:
        in_common = np.asarray(in_common / np.sqrt(given), np.float32)
    return np.asarray(total + of_artists(in_common, counts), np.float32)


def reliability(
    counts: npt.NDArray[np.int64],
    of_seeds: npt.NDArray[np.float64] | float,
    given: npt.NDArray[np.float64] | float,
    *,
    has_smoothed: bool,
) -> npt.NDArray[np.float32]:
    """Return the factor of the cosine in `hybrid`, from 0 to 1, float32 (queries, tracks) or (tracks,).

    Args:
        counts: int64 (tracks,).
        of_seeds: weighted count of the query tracks, sum of |w_i| count_i, a scalar or (queries, 1).
        given: number of query tracks, a scalar or (queries, 1).
        has_smoothed: whether the model has smoothed vectors.

    >>> reliability(np.array([1, 2, 40]), 10, 1, has_smoothed=True).tolist()
    [0.0, 0.0, 0.800000011920929]
    >>> reliability(np.array([1, 2, 40]), 10, 1, has_smoothed=False).tolist()
    [0.0, 0.5, 0.8999999761581421]
    """
    rarer = np.maximum(np.minimum(counts.astype(np.float32), np.asarray(of_seeds, np.float32)), np.float32(1))
    lost = np.asarray(1 + 1 / np.asarray(given) if has_smoothed else 1, np.float32) / rarer
    return np.asarray(np.maximum(1 - lost, 0), np.float32)


def smoothed_term(cosine: Scores, agreed: Scores) -> Scores:
    """Return the term of `hybrid` for smoothed cosines, float32, with the same shape as `cosine`.

    Args:
        cosine: the smoothed cosines, float32.
        agreed: A_j of the module docstring, float32, with the same shape as `cosine`.
    """
    return np.asarray(np.float32(SMOOTHED_WEIGHT) * (1 - np.abs(agreed) / 2) * cosine, np.float32)


def with_cosine(evidence: Scores, cosine: Scores, reliable: npt.NDArray[np.float32] | float) -> Scores:
    """Return the sum of `evidence` and the cosine term, float32. They are the first two terms of `hybrid`.

    Args:
        evidence: e_j of the module docstring.
        cosine: the cosines, float32, with the same shape as `evidence`.
        reliable: the `reliability` of the cosines, or 1.
    """
    return np.asarray(evidence + np.float32(COSINE_WEIGHT) * reliable * cosine, np.float32)


def choose(
    scores: Scores, vectors: Matrix, limits: Sequence[tuple[Rows, int]], *, number: int, diversity: float
) -> npt.NDArray[np.int64]:
    """Select up to `number` candidates, and return their positions in the order of selection, int64 (chosen,).

    Args:
        scores: float32 (candidates,), descending.
        vectors: float32 (candidates, embedding_dim), unit rows.
        limits: one pair per limit, such as the limit per artist: the label of each candidate, int64 (candidates,), and
            the maximum number of selected candidates with the same label.
        number: maximum number of candidates to select.
        diversity: d of the module docstring, from 0 to 1.
    """
    free = np.ones(len(scores), bool)
    nearest = np.zeros(len(scores), np.float32)  # largest cosine with a selected candidate
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
