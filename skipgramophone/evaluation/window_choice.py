"""Whether the order of playlists carries meaning, and so how far a context should reach: what `-wsz auto` goes by.

Some playlists are held out, half of each is given and the rest is to be found, by plain counts of who stands with
whom in the others. Three ways of counting are put side by side:

    near       pairs at most `AUTO_WINDOW` apart
    shuffled   the same, after the tracks of each playlist were shuffled: as many pairs, no order
    whole      all pairs of a playlist (of blocks of its tracks, as the trainer sees them)

A window is chosen where near surely finds more than shuffled, so that order carries meaning, and also clearly more than
whole, so that what stands far apart does harm. Otherwise the whole playlist is the context. Pairs are turned into
rankings in three ways, because no one of them alone foretells what trained vectors do (docs/training.md): as they are,
each weighed by what both tracks have (a kNN); as cosines of rows of positive pointwise mutual information, which is
what skip-gram with negative sampling makes vectors of (Levy and Goldberg 2014, "Neural Word Embedding as Implicit
Matrix Factorization"); and as those rows in few dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import EvaluationError
from skipgramophone.evaluation.protocols import ask
from skipgramophone.evaluation.rankers import Cosine, PairWeights, Ranker, RowProducts
from skipgramophone.evaluation.scorecard import Catalogued, Estimate, Values, estimate, judge
from skipgramophone.evaluation.splits import split_at_random
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import unit_rows
from skipgramophone.playlists.near_duplicates import join_near_duplicates
from skipgramophone.settings import AUTO_WINDOW, BAG_BLOCK, Context

SAMPLE_TOKENS = 200_000  # that are looked at, at most: a few seconds
SHARE = 0.1  # of the sample is held out
QUESTIONS = 600  # at most
FEWEST_QUESTIONS = 50  # fewer tell nothing
UNRANKED = -1  # track number of what is too rare to count
CLEARLY = 0.03  # a window trains fewer pairs than a bag, and so it has to be better by this share
DIMENSIONS = 48
TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Order:
    """What the order of the playlists says.

    Attributes:
        window_size: the context that follows from it.
        asked: playlists that were asked of; with fewer than 50 nothing is compared.
        over_shuffled: share by which near finds more than shuffled (of R-precision, by mutual information).
        over_whole: share by which near finds more than whole, mean of the three rankings; None where the order carries
            no meaning anyway.
    """

    window_size: Context
    asked: int
    over_shuffled: Estimate | None = None
    over_whole: Estimate | None = None


def order_of(corpus: Corpus, tracks: int, seed: int) -> Order:
    """Choose the context for a corpus by what its order says.

    Args:
        corpus: the playlists.
        tracks: rows of the catalogue.
        seed: of the sample and of all that is drawn; the answer is a function of it and the corpus.
    """
    rng = np.random.default_rng([seed, SAMPLE_TOKENS])
    sample = corpus.playlists(corpus.draw(SAMPLE_TOKENS, rng))
    try:
        split = split_at_random(join_near_duplicates(sample, np.arange(len(sample)), seed), SHARE, seed)
        trained_on = split.training_part(sample)
        counts = trained_on.counts(tracks)
        rows = np.flatnonzero(counts >= 2)
        questions = ask(sample, split.held_out, counts >= 2, "continuation", seed)
    except EvaluationError:
        return Order("bag", 0)
    asked = questions.renumbered(rows, tracks).asked[:QUESTIONS]
    if len(asked) < FEWEST_QUESTIONS:
        return Order("bag", len(asked))
    number = np.full(tracks, UNRANKED)
    number[rows] = np.arange(len(rows))
    known = Corpus(number[trained_on.track_ids].astype(np.int32), trained_on.offsets)
    shuffled = _shuffled(known, rng)
    groups = split.groups[[question.playlist for question in asked]]
    catalogue = Catalogued(counts[rows], np.arange(len(rows)))

    def found(ranker: Ranker) -> Values:
        return judge(ranker, asked, catalogue, k=10).values["r_precision"]

    near, near_shuffled = _pairs_near(known, len(rows)), _pairs_near(shuffled, len(rows))
    by_cosine, without_order = found(_cosines(near)), found(_cosines(near_shuffled))
    over_shuffled = estimate((by_cosine - without_order) / _mean(without_order), groups, seed)
    if over_shuffled.low <= 0:
        return Order("bag", len(asked), over_shuffled)
    whole = _pairs_of_blocks(shuffled, len(rows))
    gains = []
    for ranked_by in (_knn, _cosines, _few_dimensions):
        here = by_cosine if ranked_by is _cosines else found(ranked_by(near))
        there = found(ranked_by(whole))
        gains.append((here - there) / _mean(there))
    over_whole = estimate(np.mean(gains, axis=0), groups, seed)
    return Order(AUTO_WINDOW if over_whole.mean > CLEARLY else "bag", len(asked), over_shuffled, over_whole)


def _shuffled(corpus: Corpus, rng: np.random.Generator) -> Corpus:
    """The corpus with the tracks of each playlist in random order."""
    order = np.lexsort((rng.random(corpus.occurrences), _playlist_numbers(corpus)))
    return Corpus(corpus.track_ids[order], corpus.offsets)


def _pairs_near(corpus: Corpus, tracks: int) -> Any:
    """Weights of the pairs within a window, as word2vec's random window has them, csr (tracks, tracks)."""
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
    """Weights of the pairs of blocks of each playlist, each centre weighing one, csr (tracks, tracks)."""
    from scipy import sparse

    place = np.arange(corpus.occurrences) - np.repeat(corpus.offsets[:-1], corpus.lengths())
    _, block = np.unique(np.stack([_playlist_numbers(corpus), place // BAG_BLOCK]), axis=1, return_inverse=True)
    ranked = corpus.track_ids != UNRANKED
    block, track = block[ranked], corpus.track_ids[ranked]
    shape = (int(block.max(initial=-1)) + 1, tracks)
    held = sparse.coo_array((np.ones(len(track)), (block, track)), shape=shape).tocsr()
    others = np.maximum(np.asarray(held.sum(axis=1)).ravel() - 1, 1)
    pairs = (held.T @ (sparse.diags_array(1 / others) @ held)).tocoo()
    row, column = pairs.coords
    apart = row != column
    return sparse.coo_array((pairs.data[apart], (row[apart], column[apart])), shape=pairs.shape).tocsr()


def _knn(pairs: Any) -> Ranker:
    """Rank by the pairs as they are, each over the square root of what its two tracks have."""
    scale = _diagonal(1 / np.sqrt(np.maximum(np.asarray(pairs.sum(axis=0)).ravel(), TINY)))
    return PairWeights((scale @ pairs @ scale).tocsr().astype(np.float32))


def _cosines(pairs: Any) -> Ranker:
    """Rank by cosines of rows of mutual information."""
    information = _mutual_information(pairs)
    length = np.sqrt(np.asarray(information.multiply(information).sum(axis=1)).ravel())
    unit = (_diagonal(1 / np.maximum(length, TINY)) @ information).tocsr().astype(np.float32)
    return RowProducts(unit, unit.T.tocsr())


def _few_dimensions(pairs: Any) -> Ranker:
    """Rank by cosines of rows of mutual information in few dimensions, scaled by their sizes' roots."""
    from scipy.sparse.linalg import eigsh

    information = _mutual_information(pairs)  # symmetric: its singular values are the sizes of its eigenvalues
    dimensions = max(1, min(DIMENSIONS, information.shape[0] - 1))
    start = np.random.default_rng(DIMENSIONS).random(information.shape[0], np.float32)
    value, vector = eigsh(information, k=dimensions, v0=start)
    return Cosine(unit_rows((vector * np.sqrt(np.abs(value))).astype(np.float32)))


def _mutual_information(pairs: Any) -> Any:
    """Positive pointwise mutual information of the tracks of pairs, csr (tracks, tracks)."""
    from scipy import sparse

    weight = np.asarray(pairs.sum(axis=0)).ravel()
    listed = pairs.tocoo()
    row, column = listed.coords
    information = np.log(listed.data * (weight.sum() / (weight[row] * weight[column])))
    positive = information > 0
    kept = (information[positive].astype(np.float32), (row[positive], column[positive]))
    return sparse.coo_array(kept, shape=pairs.shape).tocsr()


def _diagonal(values: npt.NDArray[np.float64]) -> Any:
    """A sparse diagonal matrix."""
    from scipy import sparse

    return sparse.diags_array(values)


def _mean(values: Values) -> float:
    """A mean to divide by."""
    return max(float(values.mean()), TINY)


def _playlist_numbers(corpus: Corpus) -> npt.NDArray[np.int64]:
    """The playlist of each occurrence, int64 (occurrences,)."""
    return np.repeat(np.arange(len(corpus)), corpus.lengths())
