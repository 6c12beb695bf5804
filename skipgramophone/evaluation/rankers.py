"""Rankers that use baselines or models. A ranker scores all tracks for the given tracks of each query.

    popularity   log count
    item-kNN     cosine of playlist sets, shared playlists / sqrt(playlists of one track x playlists of the other),
                 summed over the given tracks
    RP3beta      random walk from a given track to one of its playlists, and from there to a track; the result is
                 divided by count^beta (Paudel, Christoffel, Newell and Bernstein 2017)
    SVD          projection of the given tracks on the leading right singular vectors of the playlist-track matrix; the
                 number of vectors is the dimension of the model. This is PureSVD (Cremonesi, Koren and Turrin 2010)
    EASE         linear regression of each track on all other tracks (`experiment.ease`)
    iALS         factors of playlists and tracks by weighted least squares (`training.factorization`)
    euclidean    distance between centre vectors, for deezer2018
    cosine       cosine between centre vectors and the mean of the given tracks' unit vectors, as in `sgp similar`
    index        cosine, but only for tracks that an Annoy index with the default recall finds
    cosine+count cosine plus a small multiple of the log count: if two tracks have nearly the same cosine, the more
                 frequent one is ranked higher
    model        dot product of the centre vector of a given track and the context vector of the scored track, averaged
                 over the given tracks; the bias of the scored track and noise_exponent x log count are added. With this
                 last term, the score estimates log P(track | given)
    factors      the model's factors, computed from its vectors; the given tracks are folded in as a new playlist
    hybrid       agreement of playlists, cosine, smoothed cosine, log count, artists, factors and EASE
                 (`lookup.ranking`), as in `sgp continue`

All rankers use only the training playlists, and rank only tracks that occur in them.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.embeddings import Embeddings, Matrix, unit_rows
from skipgramophone.experiment.factors import Factors, SparseRows, gram
from skipgramophone.lookup.annoy_index import AnnoyCandidates
from skipgramophone.lookup.ranking import (
    EASE_WEIGHT,
    FACTOR_WEIGHT,
    evidence,
    prediction_weight,
    reliability,
    rooted,
    scaled_predictions,
    smoothed_term,
    with_cosine,
    with_count,
)

Given = Any  # scipy.sparse.csr_array (queries, tracks), 1 where a track is given
Scores = npt.NDArray[np.float32]
NOT_FOUND = -2.0  # score of tracks that the index does not propose, lower than any cosine
OVERSAMPLING, POWER_ITERATIONS = 16, 4
# An eigenvector is treated as a rounding error if its eigenvalue, divided by the largest one, is smaller than this.
NEGLIGIBLE = 1e-10


class Ranker(Protocol):
    """Scores all tracks for given tracks."""

    def scores(self, given: Given) -> Scores:
        """Return scores, float32 (queries, tracks); higher is better."""
        ...


class Remembered:
    """Wraps a ranker whose scores several other rankers use, so that each batch of queries is scored only once."""

    def __init__(self, ranker: Ranker) -> None:
        self._ranker = ranker
        self._given: weakref.ref[Given] | None = None  # the last batch
        self._scores: Scores | None = None

    def scores(self, given: Given) -> Scores:
        """Return the scores of the ranker. The caller must not change the array: other callers get the same one."""
        scores = self._scores if self._given is not None and self._given() is given else None
        if scores is None:
            scores = self._scores = self._ranker.scores(given)
            self._given = weakref.ref(given, self._forget)
        return scores

    def _forget(self, _given: weakref.ref[Given]) -> None:
        """Free the memory of the scores after the batch of queries to which they belong has been deleted."""
        self._given = self._scores = None


@dataclass(frozen=True, slots=True)
class Popularity:
    """Scores tracks by count, regardless of the given tracks."""

    counts: npt.NDArray[np.int64]

    def scores(self, given: Given) -> Scores:
        """Return the log counts, the same for each query."""
        return np.tile(np.log1p(self.counts).astype(np.float32), (given.shape[0], 1))


@dataclass(frozen=True, slots=True)
class CoOccurrence:
    """Scores tracks by weighted numbers of shared playlists, without a matrix of all pairs of tracks."""

    playlists: Any  # scipy.sparse.csr_array (playlists, tracks), with the weights of the scored tracks
    by_track: Any  # scipy.sparse.csr_array (tracks, playlists), with the weights of the given tracks

    def scores(self, given: Given) -> Scores:
        """For each track, return the summed weights of the playlists that contain both this track and a given track."""
        return np.asarray(((given @ self.by_track) @ self.playlists).todense(), np.float32)


@dataclass(frozen=True, slots=True)
class TruncatedSvd:
    """Scores tracks by a low-rank approximation of the playlist-track matrix."""

    factors: Matrix  # (tracks, dimensions), orthonormal columns

    def scores(self, given: Given) -> Scores:
        """Return the projection of the given tracks onto the singular vectors (`factors`)."""
        return np.asarray((given @ self.factors) @ self.factors.T, np.float32)


@dataclass(frozen=True, slots=True)
class FoldedIn:
    """Scores tracks by a matrix factorization; the given tracks are treated as a new playlist."""

    factors: Factors

    def scores(self, given: Given) -> Scores:
        """Return the dot products of the new playlist's factors with the factors of each track."""
        return self.factors.scores(SparseRows.of(given))


@dataclass(frozen=True, slots=True)
class Cosine:
    """Scores tracks by the cosine of centre vectors."""

    unit: Matrix  # (tracks, embedding_dim), rows of length 1, or rows of zeros for tracks without a vector

    def scores(self, given: Given) -> Scores:
        """Return the cosine of each track's vector with the mean of the given tracks' unit vectors."""
        return np.asarray(unit_rows(np.asarray(given @ self.unit, np.float32)) @ self.unit.T, np.float32)


@dataclass(frozen=True, slots=True)
class IndexedCosine:
    """Scores only those tracks that an Annoy index proposes, by cosine; all other tracks count as not found."""

    candidates: AnnoyCandidates
    unit: Matrix  # (tracks, embedding_dim), rows of length 1, or rows of zeros for tracks without a vector
    depth: int  # number of candidates per query

    def scores(self, given: Given) -> Scores:
        """Score each candidate by its cosine with the mean of the given tracks' unit vectors.

        The score of all other tracks is `NOT_FOUND`.
        """
        found = np.full(given.shape, NOT_FOUND, np.float32)
        queries = unit_rows(np.asarray(given @ self.unit, np.float32))
        for row, query, first, last in zip(found, queries, given.indptr[:-1], given.indptr[1:], strict=True):
            proposed = self.candidates.near(query, self.depth + int(last - first))
            row[proposed] = self.unit[proposed] @ query
        return found


@dataclass(frozen=True, slots=True)
class CosineAndCount:
    """Scores tracks by the cosine of centre vectors plus a small multiple of the log count."""

    cosine: Ranker  # a `Cosine`
    counts: npt.NDArray[np.int64]

    def scores(self, given: Given) -> Scores:
        """Return the weighted sums of cosine and log count."""
        return with_count(self.cosine.scores(given), self.counts)


@dataclass(frozen=True, slots=True)
class Euclidean:
    """Scores tracks by the Euclidean distance between centre vectors, which are not normalized."""

    centre: Matrix  # (tracks, embedding_dim)

    def scores(self, given: Given) -> Scores:
        """Return the negative squared distance from the mean of the given tracks, plus a constant for each query."""
        mean = np.asarray(given @ self.centre, np.float32) / np.asarray(given.sum(axis=1)).reshape(-1, 1)
        return np.asarray(2 * mean @ self.centre.T - (self.centre * self.centre).sum(axis=1), np.float32)


@dataclass(frozen=True, slots=True)
class RowProducts:
    """Scores tracks by dot products of sparse rows, which are cosines if the rows have length 1."""

    rows: Any  # scipy.sparse.csr_array (tracks, contexts)
    by_context: Any  # its transpose, csr

    def scores(self, given: Given) -> Scores:
        """For each track, return the sum of its dot products with the given tracks."""
        return np.asarray(((given @ self.rows) @ self.by_context).todense(), np.float32)


@dataclass(frozen=True, slots=True)
class PairWeights:
    """Scores tracks by the weights of their pairs with the given tracks."""

    pairs: Any  # scipy.sparse.csr_array (tracks, tracks)

    def scores(self, given: Given) -> Scores:
        """For each track, return the sum of the weights of its pairs with the given tracks."""
        return np.asarray((given @ self.pairs).todense(), np.float32)


@dataclass(frozen=True, slots=True)
class ModelScore:
    """Scores tracks by the log-probability that the model was trained to predict."""

    embeddings: Embeddings
    log_prior: Matrix  # (tracks,), noise_exponent x log count

    def scores(self, given: Given) -> Scores:
        """Return the score `model` of each track (see the docstring of the module).

        The score is the mean dot product of the context vector of the track with the centre vectors of the given
        tracks, plus its bias and its `log_prior`.
        """
        share = np.asarray(given.sum(axis=1)).reshape(-1, 1)
        mean = np.asarray(given @ np.asarray(self.embeddings.centre)) / np.maximum(share, 1)
        scores = mean @ np.asarray(self.embeddings.context).T + self.embeddings.context_bias + self.log_prior
        return np.asarray(scores, np.float32)


@dataclass(frozen=True)
class ArtistsInCommon:
    """Scores each track by the number of given tracks that have an artist in common with it."""

    credits: Any  # scipy.sparse.csr_array (tracks, artists) of ones

    def scores(self, given: Given) -> Scores:
        """For each track, count the given tracks that have an artist in common with it.

        A given track with k artists counts 1/k for each of its artists.
        """
        return np.asarray((given @ self._shares @ self.credits.T).todense(), np.float32)

    @cached_property
    def _shares(self) -> Any:
        """Share of each artist in each track, csr_array (tracks, artists): 1/k for a track with k artists."""
        from scipy import sparse

        sizes = np.maximum(np.asarray(self.credits.sum(axis=1), np.float32), 1)
        return (sparse.diags_array(1 / sizes) @ self.credits).tocsr()


@dataclass(frozen=True, slots=True)
class Hybrid:
    """Scores tracks as `sgp continue` does: the sum of all terms of the hybrid ranking."""

    agreement: Ranker  # an `item_knn` with lengths
    cosine: Ranker  # a `Cosine`
    counts: npt.NDArray[np.int64]  # (tracks,)
    artists: ArtistsInCommon | None = None
    factors: Ranker | None = None  # a `FoldedIn`
    ease: Ranker | None = None
    smoothed: Ranker | None = None  # a `Cosine` of the smoothed vectors
    of_tracks: bool = True  # False for the ranking of artists, in which all cosines have the same weight

    def scores(self, given: Given) -> Scores:
        """Return the weighted sum of all terms; terms for which the model has no data are left out."""
        many = np.asarray(given.sum(axis=1), np.float64).reshape(-1, 1)
        in_common = self.artists.scores(given) if self.artists else None
        agreed, has_factors = rooted(self.agreement.scores(given)), self.factors is not None
        known = evidence(agreed, self.counts, many, in_common=in_common, has_factors=has_factors)
        scores = with_cosine(known, self.cosine.scores(given), self._reliability(given, many))
        if self.smoothed is not None:
            scores = scores + smoothed_term(self.smoothed.scores(given), agreed)
        if not prediction_weight(many).any():
            return scores
        for ranker, weight in ((self.factors, FACTOR_WEIGHT), (self.ease, EASE_WEIGHT)):
            if ranker is not None:
                predictions = ranker.scores(given)
                largest = np.abs(predictions).max(axis=1, keepdims=True)
                scores = scores + scaled_predictions(predictions, weight, many, largest)
        return scores

    def _reliability(self, given: Given, many: npt.NDArray[np.float64]) -> Scores | float:
        """Return the weight of each cosine, float32 (queries, tracks): `ranking.reliability`, or 1 for artists."""
        if not self.of_tracks:
            return 1.0
        of_seeds = (given @ self.counts).reshape(-1, 1)
        return reliability(self.counts, of_seeds, many, has_smoothed=self.smoothed is not None)


def item_knn(playlists: Any, lengths: npt.NDArray[np.float32] | None = None) -> CoOccurrence:
    """Make the ranker item-kNN from a playlist-track matrix, whose columns are scaled to length 1.

    Args:
        playlists: scipy.sparse.csr_array (playlists, tracks) of ones.
        lengths: float32 (playlists,), number of tracks of each playlist. If `lengths` is given, a playlist of l tracks
            has the weight 1 / sqrt(l), as in the module `postings`. None gives plain cosines.
    """
    from scipy import sparse

    playlists_of_track = np.asarray(playlists.sum(axis=0)).ravel()
    scale = sparse.diags_array(1 / np.sqrt(np.maximum(playlists_of_track, 1)))
    scaled = (playlists @ scale).tocsr().astype(np.float32)
    weighted = scaled if lengths is None else sparse.diags_array(1 / np.sqrt(np.maximum(lengths, 1))) @ scaled
    return CoOccurrence(scaled, weighted.T.tocsr())


def rp3beta(playlists: Any, beta: float) -> CoOccurrence:
    """Make the ranker RP3beta from a playlist-track matrix.

    A random walk goes from a given track to one of its playlists, and from there to one of the tracks of that playlist.
    If n_i playlists contain track i and playlist p has l_p tracks, the score of track j is

        sum over the given i and the playlists p that contain i and j of 1 / (n_i l_p n_j^beta)

    Source: Paudel, Christoffel, Newell and Bernstein 2017, "Updatable, Accurate, Diverse, and Scalable Recommendations
    for Interactive Applications", doi 10.1145/2955101. In the paper, the walk starts at the playlist to continue. Its
    first step goes to a given track and has the same weight in every score, so it is left out here.

    Args:
        playlists: scipy.sparse.csr_array (playlists, tracks) of ones.
        beta: exponent from 0 to 1. With 0, popular tracks are preferred, as in the walk itself; with 1, this preference
            is removed.
    """
    from scipy import sparse

    playlists_of_track = np.maximum(np.asarray(playlists.sum(axis=0), np.float64).ravel(), 1)
    tracks_of_playlist = np.maximum(np.asarray(playlists.sum(axis=1), np.float64).ravel(), 1)
    to_track = playlists @ sparse.diags_array(playlists_of_track**-beta)
    to_playlist = sparse.diags_array(1 / playlists_of_track) @ playlists.T @ sparse.diags_array(1 / tracks_of_playlist)
    return CoOccurrence(to_track.tocsr().astype(np.float32), to_playlist.tocsr().astype(np.float32))


def truncated_svd(playlists: Any, dimensions: int, seed: int) -> TruncatedSvd:
    """Compute at most `dimensions` leading right singular vectors of a playlist-track matrix.

    A randomized range finder with power iterations needs only a few products with the sparse matrix, whereas an exact
    computation takes minutes and gigabytes.

    Source: Halko, Martinsson and Tropp 2011, arXiv 0909.4061, algorithms 4.4 and 5.1.
    """
    rng, by_track = np.random.default_rng(seed), playlists.T.tocsr()
    dimensions = min(dimensions, *playlists.shape)
    width = min(dimensions + OVERSAMPLING, *playlists.shape)
    basis = _orthonormal(by_track @ rng.standard_normal((playlists.shape[0], width), np.float32))
    for _ in range(POWER_ITERATIONS):
        basis = _orthonormal(by_track @ _orthonormal(playlists @ basis))
    _, directions = np.linalg.eigh(gram(playlists @ basis))  # in ascending order
    return TruncatedSvd(basis @ directions[:, ::-1][:, :dimensions].astype(np.float32))


def _orthonormal(columns: Matrix) -> Matrix:
    """Return an orthonormal basis of the column space, float32.

    It is computed from the Gram matrix, because this needs less memory than a QR decomposition.
    """
    size, directions = np.linalg.eigh(gram(columns))
    spanned = size > NEGLIGIBLE * size[-1]
    return np.asarray(columns @ (directions[:, spanned] / np.sqrt(size[spanned])).astype(np.float32))
