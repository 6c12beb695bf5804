"""Chooses the context for `-wsz auto`: a window if track order improves predictions, otherwise the whole playlist.

Some playlists are held out. Half of the tracks of each are given, and the other half are predicted from co-occurrence
counts of the playlists that are not held out. Three ways of counting pairs are compared:

    near       pairs of tracks that are at most `AUTO_WINDOW` positions apart
    shuffled   as "near", after the tracks of each playlist have been shuffled. There are as many pairs, but they
               contain no information from track order
    whole      all pairs within a playlist (or within its blocks of tracks, as in training)

A window is chosen under two conditions. First, "near" must be significantly better than "shuffled". If it is, track
order carries information. Second, "near" must be better than "whole" by more than `MIN_GAIN`. If it is, distant pairs
are harmful. Otherwise the whole playlist is the context.

The pairs are turned into three rankings, because no single ranking reliably predicts which context gives better trained
vectors (docs/training.md):

    kNN               by pair weight, normalized by the weights of both tracks
    cosine            by the cosine similarity of rows in the matrix of positive pointwise mutual information, which
                      skip-gram with negative sampling factorizes
    few dimensions    by the cosine similarity of these rows, after they are reduced to a few dimensions

Source: Levy and Goldberg 2014, "Neural Word Embedding as Implicit Matrix Factorization".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.evaluation.order_sample import MIN_QUERIES, OrderSample, draw_order_sample
from skipgramophone.evaluation.rankers import Cosine, PairWeights, Ranker, RowProducts
from skipgramophone.evaluation.scorecard import Estimate, RankedCatalogue, Values, estimate, score_ranker
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import unit_rows
from skipgramophone.settings import AUTO_WINDOW, BAG_BLOCK, Context

# Maximum number of occurrences in the sample. The time to count and rank pairs grows faster than this number.
SAMPLE_TOKENS = 100_000
UNRANKED = -1  # replaces the row number of each track that is too rare to be ranked
# A window is chosen if its relative gain is larger than this. With a smaller gain, the whole playlist is the better
# context, because it trains more pairs.
MIN_GAIN = 0.03
DIMENSIONS = 48  # number of dimensions of the ranking "few dimensions"
TOLERANCE = 0.1  # relative error of the singular values; a smaller error does not change the choice of the context
TINY = 1e-12


@dataclass(frozen=True, slots=True)
class ContextChoice:
    """The chosen context, and the measurements on which the choice is based.

    Attributes:
        window_size: the chosen context.
        asked: number of held-out playlists; with fewer than 50, nothing is compared and the context is the whole
            playlist.
        over_shuffled: relative gain in R-precision of a window on playlists in their original order ("near") over the
            same window on shuffled playlists ("shuffled"), with ranking by cosine similarity. None if nothing was
            compared.
        over_whole: relative gain in R-precision of a window ("near") over the whole playlist ("whole"), averaged over
            three rankings (by pair weights, by cosine similarity, and by cosine similarity in a few dimensions). None
            if nothing was compared, or if track order carries no information.
    """

    window_size: Context
    asked: int
    over_shuffled: Estimate | None = None
    over_whole: Estimate | None = None


def choose_context(corpus: Corpus, tracks: int, seed: int) -> ContextChoice:
    """Choose a window or the whole playlist as context for a corpus.

    The same arguments give the same choice on any number of cores, because BLAS runs in a single thread.

    Args:
        corpus: the playlists.
        tracks: number of rows of the catalogue.
        seed: random seed.
    """
    rng = np.random.default_rng([seed, SAMPLE_TOKENS])
    sample = draw_order_sample(corpus, tracks, "continuation", most=SAMPLE_TOKENS, seed=seed, rng=rng)
    if len(sample.queries) < MIN_QUERIES:
        return ContextChoice("bag", len(sample.queries))
    import scipy.sparse.linalg  # noqa: F401 (has a BLAS library of its own, which can be limited only once it is loaded)
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        return _compare(sample, tracks, seed, rng)


def _compare(sample: OrderSample, tracks: int, seed: int, rng: np.random.Generator) -> ContextChoice:
    """Choose the context by the held-out playlists of a sample."""
    queries, groups, rows, trained_on = sample.queries, sample.groups, sample.rows, sample.trained_on
    number = np.full(tracks, UNRANKED)
    number[rows] = np.arange(len(rows))
    known = Corpus(number[trained_on.track_ids].astype(np.int32), trained_on.offsets)
    shuffled = _shuffled(known, rng)
    catalogue = RankedCatalogue(sample.counts, np.arange(len(rows)))

    def precision(ranker: Ranker) -> Values:
        return score_ranker(ranker, queries, catalogue, k=10).values["r_precision"]

    near, near_shuffled = _pairs_near(known, len(rows)), _pairs_near(shuffled, len(rows))
    by_cosine, without_order = precision(_cosines(near)), precision(_cosines(near_shuffled))
    over_shuffled = estimate((by_cosine - without_order) / _mean(without_order), groups, seed)
    if over_shuffled.low <= 0:
        return ContextChoice("bag", len(queries), over_shuffled)
    whole = _pairs_of_blocks(shuffled, len(rows))
    gains = []
    for make_ranker in (_knn, _cosines, _few_dimensions):
        by_window = by_cosine if make_ranker is _cosines else precision(make_ranker(near))
        by_playlist = precision(make_ranker(whole))
        gains.append((by_window - by_playlist) / _mean(by_playlist))
    over_whole = estimate(np.mean(gains, axis=0), groups, seed)
    window: Context = AUTO_WINDOW if over_whole.mean > MIN_GAIN else "bag"
    return ContextChoice(window, len(queries), over_shuffled, over_whole)


def _shuffled(corpus: Corpus, rng: np.random.Generator) -> Corpus:
    """Return the corpus with the tracks of each playlist in random order."""
    order = np.lexsort((rng.random(corpus.occurrences), _playlist_numbers(corpus)))
    return Corpus(corpus.track_ids[order], corpus.offsets)


def _pairs_near(corpus: Corpus, tracks: int) -> Any:
    """Return the weights of pairs of tracks in a window of `AUTO_WINDOW` tracks, csr_array (tracks, tracks).

    A pair at distance d has the weight (AUTO_WINDOW + 1 - d) / AUTO_WINDOW, the expected weight in word2vec's window,
    whose size is random. The weights of all occurrences of a pair are added.
    """
    from scipy import sparse

    playlist, pairs = _playlist_numbers(corpus), sparse.csr_array((tracks, tracks), dtype=np.float64)
    for distance in range(1, AUTO_WINDOW + 1):
        one, other = corpus.track_ids[:-distance], corpus.track_ids[distance:]
        together = (playlist[:-distance] == playlist[distance:]) & (one != UNRANKED) & (other != UNRANKED)
        together &= one != other
        weight = np.full(np.count_nonzero(together), (AUTO_WINDOW + 1 - distance) / AUTO_WINDOW)
        pairs = pairs + sparse.coo_array((weight, (one[together], other[together])), shape=pairs.shape).tocsr()
    return (pairs + pairs.T).tocsr()


def _pairs_of_blocks(corpus: Corpus, tracks: int) -> Any:
    """Return the weights of pairs of tracks, csr_array (tracks, tracks).

    Each playlist is split into blocks of at most `BAG_BLOCK` tracks, and only tracks of one block form pairs. Each
    occurrence of a track is a centre, and the weights of its pairs with the other tracks of its block add up to 1.
    """
    from scipy import sparse

    position = np.arange(corpus.occurrences) - np.repeat(corpus.offsets[:-1], corpus.lengths())
    block = np.cumsum(position % BAG_BLOCK == 0) - 1
    ranked = corpus.track_ids != UNRANKED
    block, track = block[ranked], corpus.track_ids[ranked]
    shape = (int(block.max(initial=-1)) + 1, tracks)
    in_block = sparse.coo_array((np.ones(len(track)), (block, track)), shape=shape).tocsr()
    others = np.maximum(np.asarray(in_block.sum(axis=1)).ravel() - 1, 1)
    pairs = (in_block.T @ (sparse.diags_array(1 / others) @ in_block)).tocoo()
    row, column = pairs.coords
    apart = row != column
    return sparse.coo_array((pairs.data[apart], (row[apart], column[apart])), shape=pairs.shape).tocsr()


def _knn(pairs: Any) -> Ranker:
    """Return a ranker; the score of track b for a given track a is their pair weight / sqrt(w_a w_b).

    w_a is the total weight of all pairs with a, and w_b is that of all pairs with b.
    """
    scale = _diagonal(1 / np.sqrt(np.maximum(np.asarray(pairs.sum(axis=0)).ravel(), TINY)))
    return PairWeights((scale @ pairs @ scale).tocsr().astype(np.float32))


def _cosines(pairs: Any) -> Ranker:
    """Return a ranker that scores tracks by the cosine similarity of their rows in the matrix of mutual information."""
    information = _mutual_information(pairs)
    length = np.sqrt(np.asarray(information.multiply(information).sum(axis=1)).ravel())
    unit = (_diagonal(1 / np.maximum(length, TINY)) @ information).tocsr().astype(np.float32)
    return RowProducts(unit, unit.T.tocsr())


def _few_dimensions(pairs: Any) -> Ranker:
    """Return a ranker that scores tracks by the cosine similarity of vectors with a few dimensions.

    The vectors are computed from the rows of the matrix of mutual information by a truncated singular value
    decomposition: they are the singular vectors, scaled by the square roots of the singular values.
    """
    from scipy.sparse.linalg import eigsh

    # The matrix is symmetric, so its singular values are the absolute values of its eigenvalues.
    information = _mutual_information(pairs)
    dimensions = max(1, min(DIMENSIONS, information.shape[0] - 1))
    start = np.random.default_rng(DIMENSIONS).random(information.shape[0], np.float32)
    value, vector = eigsh(information, k=dimensions, v0=start, tol=TOLERANCE)
    return Cosine(unit_rows((vector * np.sqrt(np.abs(value))).astype(np.float32)))


def _mutual_information(pairs: Any) -> Any:
    """Return the positive pointwise mutual information of pairs of tracks, scipy.sparse.csr_array (tracks, tracks)."""
    from scipy import sparse

    weight = np.asarray(pairs.sum(axis=0)).ravel()
    listed = pairs.tocoo()
    row, column = listed.coords
    information = np.log(listed.data * (weight.sum() / (weight[row] * weight[column])))
    positive = information > 0
    kept = (information[positive].astype(np.float32), (row[positive], column[positive]))
    return sparse.coo_array(kept, shape=pairs.shape).tocsr()


def _diagonal(values: npt.NDArray[np.float64]) -> Any:
    """Return a sparse matrix with the given values on its diagonal."""
    from scipy import sparse

    return sparse.diags_array(values)


def _mean(values: Values) -> float:
    """Return the mean of some values, but at least `TINY`, so that other values can be divided by it."""
    return max(float(values.mean()), TINY)


def _playlist_numbers(corpus: Corpus) -> npt.NDArray[np.int64]:
    """Return the playlist number of each occurrence, int64 (occurrences,)."""
    return np.repeat(np.arange(len(corpus)), corpus.lengths())
