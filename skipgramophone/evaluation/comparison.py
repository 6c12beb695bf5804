"""Compares rankers on the same queries, with paired differences from the baselines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import EvaluationError
from skipgramophone.evaluation.baselines import (
    BASELINES,
    FittedBaseline,
    fit_baselines,
    make_validation,
    needs_validation,
)
from skipgramophone.evaluation.metrics import DEPTH
from skipgramophone.evaluation.protocols import QuerySet, make_queries
from skipgramophone.evaluation.rankers import (
    ArtistsInCommon,
    Cosine,
    CosineAndCount,
    Euclidean,
    FoldedIn,
    Hybrid,
    IndexedCosine,
    ModelScore,
    Ranker,
    Remembered,
    item_knn,
)
from skipgramophone.evaluation.scorecard import Estimate, RankedCatalogue, Scorecard, estimate, score_rankers
from skipgramophone.evaluation.splits import Split
from skipgramophone.experiment.arrays import Rows, temporary_file_errors
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import Embeddings, Matrix, not_finite, unit_rows
from skipgramophone.experiment.postings import membership
from skipgramophone.lookup.annoy_index import FILE, AnnoyCandidates
from skipgramophone.lookup.index_builder import build_index
from skipgramophone.lookup.ranking import log_prior
from skipgramophone.settings import SCORES, EvaluateSettings, IndexSettings, TrainSettings
from skipgramophone.wording import plural

INDEX = "index"  # name of the ranker that uses an Annoy index; this ranker is compared with exact search by cosine
OURS = ("euclidean", *SCORES)


@dataclass(frozen=True, slots=True)
class RankerResult:
    """Results of one ranker.

    Attributes:
        metrics: maps each metric to its mean and interval.
        against: paired differences from the baselines, as a nested mapping: `against[baseline][metric]` is the
            difference between this ranker and the baseline in this metric. It is empty if this ranker is a baseline.
        coverage: share of the catalogue that is among the top k of at least one query.
        popularity: mean popularity percentile of the top k, from 0 to 1.
        artists: mean over queries of (number of distinct artists in the top k) / (number of tracks in the top k).
        found_by_frequency: recall@500 for the most frequent tracks (head), the rarest tracks (tail) and those between
            (middle), with a third of all occurrences each; None for a part that contains none of the tracks to find.
    """

    ranker: str
    metrics: dict[str, Estimate]
    against: dict[str, dict[str, Estimate]]
    coverage: float
    popularity: float
    artists: float
    found_by_frequency: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Results of all rankers, and the numbers of playlists, queries and tracks of the evaluation."""

    held_out: int  # number of held-out playlists
    asked: int  # number of held-out playlists from which queries were made
    questions: int  # number of queries
    passed_over: int  # number of held-out playlists that were skipped: fewer than five of their tracks have a vector
    tracks_ranked: int
    wanted: int  # number of tracks to find, over all queries
    unknown: int  # number of tracks in held-out playlists that do not occur in training playlists
    judged: list[RankerResult]
    baselines: list[FittedBaseline]  # how each baseline was fitted


def compare_rankers(
    corpus: Corpus,
    split: Split,
    embeddings: Embeddings,
    *,
    artists: Rows,
    training: TrainSettings,
    settings: EvaluateSettings,
    progress: Callable[[str, int, int], None] = lambda _name, _done, _all: None,
) -> Comparison:
    """Compare rankings by embeddings, which were trained on the training playlists of a split, with baselines.

    Args:
        corpus: all playlists.
        split: the held-out playlists.
        embeddings: centre and context vectors, one row per track of the catalogue.
        artists: int64 (tracks,), the artist id of each track.
        training: the settings with which the embeddings were trained.
        settings: protocol, k and score.
        progress: called with the name of the step or the ranker, the amount of finished work and the total.

    Raises:
        EvaluationError: no held-out playlist has enough trained tracks, or fewer than k tracks are ranked.
        ExperimentError: a vector is not finite.
    """
    trained_on = split.training_part(corpus)
    counts = trained_on.counts(len(embeddings))
    least = settings.min_count if settings.min_count is not None else training.min_count
    ranked = rankable(embeddings, counts, least)
    rows = np.flatnonzero(ranked)
    query_set = queries_over(corpus, split, ranked, settings)
    if settings.k > len(rows):
        raise EvaluationError.naming(
            lambda named: (
                f"k is {settings.k}, but only {plural(len(rows), 'track')} can be ranked: use a smaller {named('k')}"
            )
        )
    queries, catalogue = query_set.queries, RankedCatalogue(counts[rows], artists[rows])
    whole = membership(trained_on, len(embeddings))
    playlists, lengths = whole[:, rows].tocsr(), np.asarray(whole.sum(axis=1), np.float32).ravel()
    published: dict[str, Ranker] = {}
    if settings.protocol == "deezer2018":
        published["euclidean"] = Euclidean(np.asarray(embeddings.centre[rows]))
    ours = model_rankers(
        playlists, lengths, embeddings.take(rows), counts=counts[rows], training=training, settings=settings
    )
    validation = None
    if needs_validation(settings):
        groups = split.training_groups()
        validation = make_validation(trained_on, groups, len(embeddings), least=least, settings=settings)
    baselines, fitted = fit_baselines(
        playlists,
        counts[rows],
        dimensions=training.embedding_dim,
        settings=settings,
        validation=validation,
        progress=progress,
    )
    rankers = baselines | published | ours
    cards = score_rankers(rankers, queries, catalogue, settings.k, recency=settings.recency or 1.0, progress=progress)
    groups = split.groups[[query.playlist for query in queries]]
    return Comparison(
        held_out=int(split.held_out.sum()),
        asked=len({query.playlist for query in queries}),
        questions=len(queries),
        passed_over=query_set.skipped,
        tracks_ranked=len(rows),
        wanted=sum(len(query.wanted) for query in queries),
        unknown=sum(query.unknown for query in queries),
        judged=[_result(name, cards, groups, settings.random_seed) for name in cards],
        baselines=fitted,
    )


def rankable(embeddings: Embeddings, counts: npt.NDArray[np.int64], least: int) -> npt.NDArray[np.bool_]:
    """Return which tracks are ranked, bool (tracks,): those with a vector and `least` or more training occurrences.

    Raises:
        ExperimentError: a vector is not finite.
    """
    if not embeddings.are_finite():
        raise not_finite()
    return np.asarray((counts >= max(1, least)) & embeddings.learnt())


def queries_over(corpus: Corpus, split: Split, ranked: npt.NDArray[np.bool_], settings: EvaluateSettings) -> QuerySet:
    """Make the queries of the held-out playlists, with the ranked tracks numbered from 0.

    Raises:
        EvaluationError: no held-out playlist has enough ranked tracks.
    """
    return make_queries(
        corpus,
        split.held_out,
        ranked,
        protocol=settings.protocol,
        seed=settings.random_seed,
        given=settings.seeds,
        draws=settings.draws,
    ).renumbered(np.flatnonzero(ranked), len(ranked))


def model_rankers(
    playlists: Any,
    lengths: npt.NDArray[np.float32],
    kept: Embeddings,
    *,
    counts: npt.NDArray[np.int64],
    training: TrainSettings,
    settings: EvaluateSettings,
) -> dict[str, Ranker]:
    """Return the rankers that use the embeddings: all of them, or only the ranker for `settings.score`.

    Args:
        playlists: scipy.sparse.csr_array (playlists, ranked tracks) of ones, the training playlists.
        lengths: float32 (playlists,), number of tracks of each playlist, including those that are not ranked.
        kept: embeddings of the ranked tracks.
        counts: int64 (ranked tracks,), occurrences in the training playlists.
        training: the settings with which the embeddings were trained.
        settings: the score.

    Raises:
        EvaluationError: the score needs context vectors or factors, and there are none.
    """
    unit, prior = unit_rows(kept.centre), log_prior(counts, training.noise_exponent)
    cosine = Remembered(Cosine(unit))
    factors = Remembered(FoldedIn(kept.factors)) if kept.factors else None
    artists = ArtistsInCommon(kept.artists.matrix()) if kept.artists else None
    ours: dict[str, Ranker] = {
        "cosine": cosine,
        **({} if settings.score or settings.of == "artists" else {INDEX: _indexed(cosine, unit)}),
        "cosine+count": CosineAndCount(cosine, counts),
        **({"model": ModelScore(kept, prior)} if kept.has_context else {}),
        **({"factors": factors} if factors else {}),
        "hybrid": Hybrid(
            item_knn(playlists, lengths),
            cosine,
            counts,
            artists=artists,
            factors=factors,
            ease=kept.ease,
            smoothed=None if kept.smoothed is None else Cosine(kept.smoothed.astype(np.float32)),
            of_tracks=settings.of == "tracks",
        ),
    }
    if settings.score and settings.score not in ours:
        lacking = "factors" if settings.score == "factors" else "context vectors"
        raise EvaluationError.naming(
            lambda named: (
                f"{named('score', settings.score)} needs {lacking}, and this model has none: "
                f"use {named('score', 'cosine')}"
            )
        )
    return {settings.score: ours[settings.score]} if settings.score else ours


def _indexed(cosine: Ranker, unit: Matrix) -> Ranker:
    """Return a ranker that uses an Annoy index of the vectors.

    If look-ups would use exact search, because an index would not be faster, return the ranker `cosine` instead. The
    file of the index is temporary: it is deleted as soon as the index is open.
    """
    with temporary_file_errors(), TemporaryDirectory(prefix="sgp-") as directory:
        path = Path(directory) / FILE
        facts = build_index(path, unit, IndexSettings())
        return (
            cosine if facts.answered_by == "exact search" else IndexedCosine(AnnoyCandidates(path, facts), unit, DEPTH)
        )


def _result(name: str, cards: dict[str, Scorecard], groups: Rows, seed: int) -> RankerResult:
    """Return the results of one ranker, with its differences from the baselines."""
    card = cards[name]
    metrics = {metric: estimate(values, groups, seed) for metric, values in card.values.items()}
    against = {
        baseline: {
            metric: estimate(card.values[metric] - cards[baseline].values[metric], groups, seed)
            for metric in card.values
        }
        for baseline in (BASELINES["all"] if name in OURS else ("cosine",) if name == INDEX else ())
        if baseline in cards
    }
    return RankerResult(
        ranker=name,
        metrics=metrics,
        against=against,
        coverage=card.coverage,
        popularity=card.popularity,
        artists=card.artists,
        found_by_frequency=card.found_by_frequency,
    )
