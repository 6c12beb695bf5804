"""Rankers: whatever gives every track a score, for a batch of given tracks.

    popularity   log count
    item-kNN     cosine of co-occurrence, playlists shared / sqrt(playlists of one x playlists of the other), summed
                 over what is given
    SVD          what is given, projected on the leading right singular vectors of the matrix of playlists and tracks,
                 as many as the model has dimensions: PureSVD of Cremonesi, Koren and Turrin 2010
    euclidean    distance of the centre vectors, for deezer2018
    cosine       cosine of the centre vectors with the mean of the given ones' unit vectors: what `sgp similar` does
    index        the same, as an Annoy index of the default recall serves it
    cosine+count the same, and a little of the log count: of two that are as near the one that more playlists hold
    model        the given ones' mean of centre . context, plus noise_exponent x log count, because what the product
                 learns is log P(track | given) less that
    hybrid       the agreement of playlists, cosine and the log count (`ranking`): what `sgp continue` does

All of them rank the tracks of the training part alone, and are made from it alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import Embeddings, Matrix, unit_rows
from skipgramophone.lookup.annoy_index import AnnoyCandidates
from skipgramophone.lookup.ranking import hybrid, rooted, with_count

Given = Any  # scipy.sparse.csr_array (questions, tracks), 1 where a track is given
Scores = npt.NDArray[np.float32]
NOT_PROPOSED = -2.0  # below any cosine
OVERSAMPLED, POWER_ITERATIONS = 16, 4
VANISHED = 1e-10  # of the largest square: a direction that columns do not span
SUMMED_ROWS = 1 << 16


class Ranker(Protocol):
    """Scores all tracks for what is given."""

    def scores(self, given: Given) -> Scores:
        """Scores, float32 (questions, tracks); higher is nearer."""
        ...


@dataclass(frozen=True, slots=True)
class Popularity:
    """Scores by count, whatever is given."""

    counts: npt.NDArray[np.int64]

    def scores(self, given: Given) -> Scores:
        """Log count."""
        return np.tile(np.log1p(self.counts).astype(np.float32), (given.shape[0], 1))


@dataclass(frozen=True, slots=True)
class ItemKnn:
    """Cosine of co-occurrence, by two products with the playlists; the matrix of all pairs is never made."""

    playlists: Any  # scipy.sparse.csr_array (playlists, tracks), columns of length 1
    by_track: Any  # its transpose, csr

    def scores(self, given: Given) -> Scores:
        """Sum of the cosines with what is given."""
        return np.asarray(((given @ self.by_track) @ self.playlists).todense(), np.float32)


@dataclass(frozen=True, slots=True)
class TruncatedSvd:
    """The matrix of playlists and tracks in a number of dimensions."""

    factors: Matrix  # (tracks, dimensions), orthonormal columns

    def scores(self, given: Given) -> Scores:
        """What is given, projected on the factors."""
        return np.asarray((given @ self.factors) @ self.factors.T, np.float32)


@dataclass(frozen=True, slots=True)
class Cosine:
    """Cosine of centre vectors."""

    unit: Matrix  # (tracks, embedding_dim), rows of length 1 or 0

    def scores(self, given: Given) -> Scores:
        """Cosine with the mean of what is given."""
        return np.asarray(unit_rows(np.asarray(given @ self.unit, np.float32)) @ self.unit.T, np.float32)


@dataclass(frozen=True, slots=True)
class Served:
    """Cosine as an Annoy index serves it: what the index does not propose is not found."""

    candidates: AnnoyCandidates
    unit: Matrix  # (tracks, embedding_dim), rows of length 1 or 0
    depth: int  # how many are asked for

    def scores(self, given: Given) -> Scores:
        """Cosine with the mean of what is given for what was proposed, less than any cosine elsewhere."""
        found = np.full(given.shape, NOT_PROPOSED, np.float32)
        queries = unit_rows(np.asarray(given @ self.unit, np.float32))
        for row, query, first, last in zip(found, queries, given.indptr[:-1], given.indptr[1:], strict=True):
            proposed = self.candidates.near(query, self.depth + int(last - first))
            row[proposed] = self.unit[proposed] @ query
        return found


@dataclass(frozen=True, slots=True)
class CosineAndCount:
    """Cosine of centre vectors, and a little of the log count."""

    cosine: Cosine
    counts: npt.NDArray[np.int64]

    def scores(self, given: Given) -> Scores:
        """The weighted sum."""
        return with_count(self.cosine.scores(given), self.counts)


@dataclass(frozen=True, slots=True)
class Euclidean:
    """Distance of raw centre vectors."""

    centre: Matrix  # (tracks, embedding_dim)

    def scores(self, given: Given) -> Scores:
        """Less the squared distance from the mean of what is given."""
        mean = np.asarray(given @ self.centre, np.float32) / np.asarray(given.sum(axis=1)).reshape(-1, 1)
        return np.asarray(2 * mean @ self.centre.T - (self.centre * self.centre).sum(axis=1), np.float32)


@dataclass(frozen=True, slots=True)
class RowProducts:
    """Products of sparse rows: with rows of length 1, cosines."""

    rows: Any  # scipy.sparse.csr_array (tracks, contexts)
    by_context: Any  # its transpose, csr

    def scores(self, given: Given) -> Scores:
        """Sum of the products with what is given."""
        return np.asarray(((given @ self.rows) @ self.by_context).todense(), np.float32)


@dataclass(frozen=True, slots=True)
class PairWeights:
    """Scores by the weight of the pairs with what is given."""

    pairs: Any  # scipy.sparse.csr_array (tracks, tracks)

    def scores(self, given: Given) -> Scores:
        """Sum of the weights."""
        return np.asarray((given @ self.pairs).todense(), np.float32)


@dataclass(frozen=True, slots=True)
class ModelScore:
    """What the model was trained to predict."""

    embeddings: Embeddings
    log_prior: Matrix  # (tracks,), noise_exponent x log count

    def scores(self, given: Given) -> Scores:
        """Mean of centre . context, and the log prior."""
        share = np.asarray(given.sum(axis=1)).reshape(-1, 1)
        mean = np.asarray(given @ np.asarray(self.embeddings.centre)) / np.maximum(share, 1)
        scores = mean @ np.asarray(self.embeddings.context).T + self.embeddings.context_bias + self.log_prior
        return np.asarray(scores, np.float32)


@dataclass(frozen=True, slots=True)
class Hybrid:
    """What `sgp continue` ranks by: counts and vectors together."""

    agreement: Ranker  # of `item_knn` with lengths
    cosine: Cosine
    counts: npt.NDArray[np.int64]  # (tracks,)

    def scores(self, given: Given) -> Scores:
        """The sum of the three."""
        many = np.asarray(given.sum(axis=1), np.float64).reshape(-1, 1)
        return hybrid(rooted(self.agreement.scores(given)), self.cosine.scores(given), self.counts, many)


def membership(corpus: Corpus, tracks: int) -> Any:
    """Which tracks stand in which playlists, once each: scipy.sparse.csr_array (playlists, tracks) of float32 ones."""
    from scipy import sparse

    ones = np.ones(corpus.occurrences, np.float32)
    shape = (len(corpus), tracks)
    # A copy, because scipy joins duplicates in place, and the arrays are the corpus's own.
    matrix = sparse.csr_array((ones, corpus.track_ids, corpus.offsets), shape=shape, copy=True)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def item_knn(playlists: Any, lengths: npt.NDArray[np.float32] | None = None) -> ItemKnn:
    """Make an `ItemKnn` of a membership matrix, its columns scaled so that their products are cosines.

    Args:
        playlists: scipy.sparse.csr_array (playlists, tracks) of ones.
        lengths: float32 (playlists,), tracks of each, of which long ones are to say less (`postings`); None makes the
            plain cosines.
    """
    from scipy import sparse

    playlists_of_track = np.asarray(playlists.sum(axis=0)).ravel()
    scale = sparse.diags_array(1 / np.sqrt(np.maximum(playlists_of_track, 1)))
    scaled = (playlists @ scale).tocsr().astype(np.float32)
    said = scaled if lengths is None else sparse.diags_array(1 / np.sqrt(np.maximum(lengths, 1))) @ scaled
    return ItemKnn(scaled, said.T.tocsr())


def truncated_svd(playlists: Any, dimensions: int, seed: int) -> TruncatedSvd:
    """Find the leading right singular vectors of a membership matrix, as many as are asked for if there are so many.

    By a randomised range finder with power iterations (Halko, Martinsson and Tropp 2011, arXiv 0909.4061, algorithms
    4.4 and 5.1): a few products with the sparse matrix, where the exact search takes minutes and gigabytes.
    """
    rng, by_track = np.random.default_rng(seed), playlists.T.tocsr()
    dimensions = min(dimensions, *playlists.shape)
    width = min(dimensions + OVERSAMPLED, *playlists.shape)
    basis = _orthonormal(by_track @ rng.standard_normal((playlists.shape[0], width), np.float32))
    for _ in range(POWER_ITERATIONS):
        basis = _orthonormal(by_track @ _orthonormal(playlists @ basis))
    _, directions = np.linalg.eigh(_gram(playlists @ basis))  # rising
    return TruncatedSvd(basis @ directions[:, ::-1][:, :dimensions].astype(np.float32))


def _orthonormal(columns: Matrix) -> Matrix:
    """An orthonormal basis of what columns span, float32; by their products, which takes less memory than a QR."""
    size, directions = np.linalg.eigh(_gram(columns))
    spanned = size > VANISHED * size[-1]
    return np.asarray(columns @ (directions[:, spanned] / np.sqrt(size[spanned])).astype(np.float32))


def _gram(columns: Matrix) -> npt.NDArray[np.float64]:
    """Products of each two columns, summed in float64, some rows at a time."""
    products = np.zeros((columns.shape[1], columns.shape[1]))
    for first in range(0, len(columns), SUMMED_ROWS):
        some = columns[first : first + SUMMED_ROWS].astype(np.float64)
        products += some.T @ some
    return products
