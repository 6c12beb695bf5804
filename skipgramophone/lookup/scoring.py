"""The scores of all tracks for a query; see `ranking` for the formulas."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import SettingError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import Matrix, is_learnt, not_finite, unit_rows
from skipgramophone.experiment.imported import IMPORTED
from skipgramophone.experiment.next_commands import repeated_options
from skipgramophone.experiment.smoothed import Smoothed
from skipgramophone.lookup.exact_search import places_of_highest
from skipgramophone.lookup.ranking import (
    EASE_WEIGHT,
    FACTOR_WEIGHT,
    evidence,
    log_prior,
    prediction_weight,
    reliability,
    rooted,
    scaled_predictions,
    smoothed_term,
    with_cosine,
    with_count,
)
from skipgramophone.lookup.results import Seed
from skipgramophone.lookup.snapshot import Snapshot
from skipgramophone.settings import Score, SimilarSettings, TrainSettings
from skipgramophone.wording import shell_command

Scores = npt.NDArray[np.float32]
WITHOUT_COSINE: tuple[Score, ...] = ("model", "factors")  # rankings that are computed without the cosine
# All terms of `hybrid` are computed for 4 times as many tracks as the caller selects from, but at least for 2,000.
CANDIDATES, CANDIDATES_PER_TRACK = 2000, 4
# With the index, `hybrid` reads the vectors of at least `CANDIDATES` scattered tracks. Without it, `hybrid` reads the
# vectors of all tracks one after another, which is faster for up to this many tracks.
FEW_TRACKS = 10 * CANDIDATES


def applicable(settings: SimilarSettings, corpus: Corpus) -> SimilarSettings:
    """If the corpus has no playlists, replace the ranking `hybrid` by the cosine.

    Without playlists, both rankings give the same order.
    """
    return replace(settings, by="cosine") if settings.by == "hybrid" and not len(corpus) else settings


@dataclass(frozen=True, slots=True)
class Question:
    """A query: its tracks (`seeds`) and notes, and the same tracks as arrays of rows and weights."""

    seeds: tuple[Seed, ...]
    notes: tuple[str, ...]
    rows: Rows  # int64 (seeds,)
    weights: npt.NDArray[np.float64]
    vector: Matrix  # unit query vector, float32 (embedding_dim,)
    left_out: Rows  # int64, rows that the answer must not list
    # effective number of query tracks; if the tracks of an artist replace a query track, they count as one track
    number: float

    @property
    def scaled(self) -> npt.NDArray[np.float64]:
        """The weights, scaled so that their absolute values add up to the effective number of query tracks."""
        return np.asarray(self.weights * (self.number / np.abs(self.weights).sum()))


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of all tracks that have a vector.

    Attributes:
        rows: int64 (scored,).
        scores: float32 (scored,).
        cosines: cosine of each track with the query, float32 (tracks,); empty if the ranking and the settings do not
            need it.
        agreed: the agreement of the playlists (A_j in `ranking`), float32 (tracks,), if the ranking is `hybrid`;
            otherwise empty.
    """

    rows: Rows
    scores: Scores
    cosines: Scores
    agreed: Scores


@dataclass(frozen=True)
class Scoring:
    """Computes the scores of the tracks of an opened experiment."""

    opened: Snapshot

    @cached_property
    def counts(self) -> npt.NDArray[np.int64]:
        """Occurrences of each track, int64 (tracks,)."""
        return np.array(self.opened.catalogue.counts(), np.int64)

    def scores(self, asked: Question, by: Score, rows: Rows, cosines: Scores) -> Scores:
        """Return the scores of some rows, float32 (rows,), for any ranking except `hybrid`.

        Args:
            asked: the query.
            by: the ranking.
            rows: the rows to score, int64 (rows,).
            cosines: cosine of each track with the query, float32 (tracks,); empty if the ranking does not need them.

        Raises:
            SettingError: the score needs context vectors or factors, and the model has none.
            ExperimentError: a score is not finite.
        """
        if by == "model":
            return self._model(asked)[rows]
        if by == "factors":
            return self._factors(asked, rows)
        return with_count(cosines[rows], self.counts[rows]) if by == "cosine+count" else cosines[rows]

    def agreed(self, asked: Question) -> Scores:
        """Return the agreement of the playlists of each track (A_j in `ranking`), float32 (tracks,)."""
        return rooted(self.opened.postings.agreement(asked.rows, asked.weights))

    def evidence(self, asked: Question, agreed: Scores) -> Scores:
        """Return the terms of `hybrid` for playlists, counts and artists (e_j in `ranking`), float32 (tracks,).

        Args:
            asked: the query.
            agreed: the agreement of the playlists (`agreed`), float32 (tracks,).
        """
        artists, in_common = self.opened.embeddings.artists, None
        if artists is not None:
            in_common = np.zeros_like(agreed)  # 0 for tracks that the corpus has, but the model does not
            in_common[: artists.tracks] = artists.in_common(asked.rows, asked.scaled)
        has_factors = self.opened.embeddings.factors is not None
        return evidence(agreed, self.counts, asked.number, in_common=in_common, has_factors=has_factors)

    def with_cosines(self, asked: Question, rows: Rows, known: Scores, cosines: Scores) -> Scores:
        """Return the first two terms of `hybrid`, evidence and cosine, for some rows, float32 (rows,).

        Args:
            asked: the query.
            rows: the rows to score, int64 (rows,).
            known: `evidence` of these rows, float32 (rows,).
            cosines: cosine of each of these rows with the query, float32 (rows,).
        """
        of_seeds = float(np.abs(asked.scaled) @ self.counts[asked.rows])
        reliable = reliability(self.counts[rows], of_seeds, asked.number, has_smoothed=self.has_smoothed)
        return with_cosine(known, cosines, reliable)

    @property
    def has_smoothed(self) -> bool:
        """Whether the model has smoothed vectors."""
        return self.opened.embeddings.smoothed is not None

    def by_evidence(self, asked: Question, near: Rows) -> Scored:
        """Score only the tracks that could be among the best, and only by the first two terms of `hybrid`.

        These are the tracks with the highest evidence (see `evidence`), and the tracks in `near`, which are nearest by
        cosine. Any other track could be among the best only if all tracks had nearly the same evidence.
        """
        agreed, most = self.agreed(asked), min(CANDIDATES, len(self.counts))
        known = self.evidence(asked, agreed)
        rows = np.union1d(places_of_highest(known, most), near)
        rows = rows[rows < len(self.opened.embeddings)]  # the corpus may have more tracks than the model
        vectors = np.asarray(self.opened.embeddings.centre[rows])
        learnt = is_learnt(vectors)
        rows = rows[learnt]
        # Cosines must not depend on the number of rows. In a matrix product, the last digits of a cosine depend on this
        # number; in einsum, they do not.
        cosines = np.einsum("ij,j->i", unit_rows(vectors[learnt]), asked.vector)
        return Scored(rows, self.with_cosines(asked, rows, known[rows], cosines), np.empty(0, np.float32), agreed)

    def _model(self, asked: Question) -> Scores:
        """Return the scores that the model was trained to predict, float32 (tracks,)."""
        embeddings = self.opened.embeddings
        if not embeddings.has_context:
            raise SettingError.naming(
                lambda named: (
                    f"these vectors were imported without context vectors, which {named('by', 'model')} needs: "
                    f"use {named('by', 'cosine')}"
                )
            )
        mean = asked.weights @ embeddings.centre[asked.rows] / np.abs(asked.weights).sum()
        exponent = self.opened.model.settings.get("noise_exponent", TrainSettings().noise_exponent)
        with np.errstate(over="ignore", invalid="ignore"):
            scores = embeddings.context @ mean.astype(np.float32) + embeddings.context_bias
        if not np.isfinite(scores).all():
            raise not_finite()
        return np.asarray(scores + log_prior(self.counts[: len(scores)], exponent), np.float32)

    def has_predictions(self, asked: Question) -> bool:
        """Return whether factors or EASE have weight in `hybrid`; they have none for a single query track."""
        embeddings = self.opened.embeddings
        return bool(embeddings.factors or embeddings.ease) and bool(prediction_weight(asked.number))

    def is_faster_by_index(self, asked: Question) -> bool:
        """Return whether the index makes `hybrid` faster.

        The index proposes tracks that are near by cosine. It does not help if factors or EASE have weight: the score
        then depends mostly on their predictions. It is slower than exact search if there are few tracks.
        """
        return len(self.counts) > FEW_TRACKS and not self.has_predictions(asked)

    def all_terms(self, asked: Question, scored: Scored, width: int | None) -> tuple[Rows, Scores]:
        """Add the other terms of `hybrid`: smoothed cosines, factors and EASE. Return rows and scores.

        Only the tracks with the highest scores so far are returned. In practice the best tracks are always among them.
        A look-up in a million tracks therefore reads the factors of only a few thousand.

        Args:
            asked: the query.
            scored: tracks, with their scores by the first two terms.
            width: number of tracks from which the caller selects; None means all tracks.

        Raises:
            ExperimentError: a score is not finite.
        """
        rows, scores, embeddings = scored.rows, scored.scores, self.opened.embeddings
        if not self.has_smoothed and not self.has_predictions(asked):
            return rows, scores
        most = len(rows) if width is None else max(CANDIDATES, CANDIDATES_PER_TRACK * width)
        if most < len(rows):
            best = places_of_highest(scores, most)
            rows, scores = rows[best], scores[best]
        if embeddings.smoothed is not None:
            scores = scores + smoothed_term(
                self._smoothed_cosines(asked, embeddings.smoothed, rows), scored.agreed[rows]
            )
        if not self.has_predictions(asked):
            return rows, scores
        with_seeds = np.concatenate([rows, asked.rows])
        if embeddings.factors is not None:
            scores = scores + _term(self._factors(asked, with_seeds), FACTOR_WEIGHT, asked)[: len(rows)]
        if embeddings.ease is not None:
            predictions = embeddings.ease.scores_of(asked.rows, asked.scaled, with_seeds)
            scores = scores + _term(predictions, EASE_WEIGHT, asked)[: len(rows)]
        return rows, scores

    def _smoothed_cosines(self, asked: Question, smoothed: Smoothed, rows: Rows) -> Scores:
        """Return the smoothed cosines of some rows, float32 (rows,).

        All of them are 0 if the weighted smoothed vectors cancel each other out.
        """
        pointed = unit_rows(asked.weights.astype(np.float32) @ smoothed[asked.rows].astype(np.float32))
        cosines = np.einsum("ij,j->i", smoothed[rows].astype(np.float32), pointed)
        if not np.isfinite(cosines).all():
            raise not_finite()
        return np.asarray(cosines)

    def _factors(self, asked: Question, rows: Rows) -> Scores:
        """Score some rows by the factors, float32 (rows,)."""
        factors = self.opened.embeddings.factors
        if factors is None:
            if IMPORTED in self.opened.model.facts:
                raise SettingError.naming(
                    lambda named: f"these vectors were imported without factors: use {named('by', 'hybrid')}"
                )
            others = [option for option in repeated_options(self.opened.model) if option != "--no-factors"]
            command = shell_command("train", self.opened.experiment.name, "--force", "--factors", *others)
            raise SettingError.naming(
                lambda named: (
                    f"this model has no factors: use {named('by', 'hybrid')}, "
                    f"or train it again with factors ({command})"
                )
            )
        liked, disliked = factors.playlists_of(asked.rows, asked.scaled)
        # If more than half of the rows are needed, copying them takes longer than computing the products of all rows.
        few = len(rows) < len(factors.rows) // 2
        products = factors.rows[rows] @ (liked - disliked) if few else (factors.rows @ (liked - disliked))[rows]
        scores = np.asarray(products, np.float32)
        if not np.isfinite(scores).all():
            raise not_finite()
        return scores


def _term(predictions: Scores, weight: float, asked: Question) -> Scores:
    """Return the term of `hybrid` for predictions by factors or by EASE, float32 (predictions,).

    `predictions` are those of the tracks to score, and then those of the query tracks.

    Raises:
        ExperimentError: a prediction is not finite.
    """
    largest = np.abs(predictions).max()
    if not np.isfinite(largest):
        raise not_finite()
    return scaled_predictions(predictions, weight, asked.number, largest)
