"""The scores of all tracks for a query; see `ranking` for the formulas."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import SettingError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.embeddings import Matrix, not_finite
from skipgramophone.experiment.imported import IMPORTED
from skipgramophone.lookup.exact_search import ExactSearch
from skipgramophone.lookup.ranking import (
    evidence_of_factors,
    hybrid,
    log_prior,
    number_of_seeds,
    rooted,
    with_count,
)
from skipgramophone.lookup.results import Seed
from skipgramophone.lookup.snapshot import Snapshot
from skipgramophone.settings import Score, TrainSettings

Scores = npt.NDArray[np.float32]
CANDIDATES, CANDIDATES_PER_TRACK = 2000, 4  # nearest tracks that `hybrid` ranks: 4 per selected track, at least 2,000


@dataclass(frozen=True, slots=True)
class Question:
    """The seeds of a query, as values and as arrays."""

    seeds: tuple[Seed, ...]
    notes: tuple[str, ...]
    rows: Rows  # int64 (seeds,)
    weights: npt.NDArray[np.float64]
    vector: Matrix  # unit query vector, float32 (embedding_dim,)


@dataclass(frozen=True)
class Scoring:
    """Scores the tracks of an opened experiment.

    Attributes:
        opened: the experiment.
        exact: exact search over its vectors.
    """

    opened: Snapshot
    exact: ExactSearch

    @cached_property
    def counts(self) -> npt.NDArray[np.int64]:
        """Occurrences of each track, int64 (tracks,)."""
        return np.array(self.opened.catalogue.counts(), np.int64)

    def candidates(self, asked: Question, by: Score, learnt: Rows, width: int) -> Rows:
        """Return the rows that can be among the best `width`, ascending, and those of the seeds.

        For `hybrid` with factors these are the tracks nearest by cosine. The best tracks are always among them in
        practice, and a look-up at a million tracks reads the factors of a few thousand only.

        Args:
            asked: the query.
            by: the ranking.
            learnt: rows of all tracks that have a vector.
            width: number of tracks that the caller selects from.
        """
        most = max(CANDIDATES, CANDIDATES_PER_TRACK * width)
        if by != "hybrid" or self.opened.embeddings.factors is None or most >= len(learnt):
            return learnt
        nearest = np.argpartition(-self.exact.cosines(asked.vector)[learnt], most)[:most]
        return np.union1d(learnt[nearest], asked.rows)

    def scores(self, asked: Question, by: Score, rows: Rows) -> Scores:
        """Score some rows, float32 (rows,).

        Raises:
            SettingError: the model has no context vectors or no factors, and the score needs them.
            ExperimentError: a score is not finite.
        """
        if by == "model":
            return self._model(asked)[rows]
        if by == "factors":
            return self._factors(asked, rows)
        cosine = self.exact.cosines(asked.vector)[rows]
        if by == "hybrid":
            return hybrid(self._evidence(asked, rows), cosine, self.counts[rows], number_of_seeds(asked.weights))
        return with_count(cosine, self.counts[rows]) if by == "cosine+count" else cosine

    def _model(self, asked: Question) -> Scores:
        """Return what the model was trained to predict, float32 (tracks,)."""
        embeddings = self.opened.embeddings
        if not embeddings.has_context:
            raise SettingError("these vectors were imported without context vectors: use --by cosine")
        mean = asked.weights @ embeddings.centre[asked.rows] / np.abs(asked.weights).sum()
        exponent = self.opened.model.settings.get("noise_exponent", TrainSettings().noise_exponent)
        with np.errstate(over="ignore", invalid="ignore"):
            scores = embeddings.context @ mean.astype(np.float32) + embeddings.context_bias
        if not np.isfinite(scores).all():
            raise not_finite()
        return np.asarray(scores + log_prior(self.counts[: len(scores)], exponent), np.float32)

    def _evidence(self, asked: Question, rows: Rows) -> Scores:
        """Return what the playlists say about some rows: by the factors or, without them, by agreement."""
        if self.opened.embeddings.factors is None:
            return rooted(self.opened.postings.agreement(asked.rows, asked.weights))[rows]
        return evidence_of_factors(self._factors(asked, rows), number_of_seeds(asked.weights))

    def _factors(self, asked: Question, rows: Rows) -> Scores:
        """Score some rows by the factors, float32 (rows,)."""
        factors = self.opened.embeddings.factors
        if factors is None:
            if IMPORTED in self.opened.model.facts:
                raise SettingError("these vectors were imported without factors: use --by hybrid")
            name = self.opened.experiment.name
            raise SettingError(
                "this model has no factors: use --by hybrid, or train it again with factors "
                f"(sgp train {name} --force --factors)"
            )
        share = asked.weights * number_of_seeds(asked.weights) / np.abs(asked.weights).sum()
        liked, disliked = factors.playlists_of(asked.rows, share)
        scores = np.asarray(factors.rows[rows] @ (liked - disliked))
        if not np.isfinite(scores).all():
            raise not_finite()
        return scores
