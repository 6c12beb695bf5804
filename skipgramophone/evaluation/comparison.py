"""A judgement: every ranker on the same questions, and the differences from the baselines, playlist by playlist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import EvaluationError
from skipgramophone.evaluation.metrics import DEPTH
from skipgramophone.evaluation.protocols import ask
from skipgramophone.evaluation.rankers import (
    Cosine,
    CosineAndCount,
    Euclidean,
    Hybrid,
    ModelScore,
    Popularity,
    Ranker,
    Served,
    item_knn,
    membership,
    truncated_svd,
)
from skipgramophone.evaluation.scorecard import Catalogued, Estimate, Scorecard, estimate, judge
from skipgramophone.evaluation.splits import Split
from skipgramophone.experiment.arrays import temporary_file_errors
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import Embeddings, Matrix, not_finite, unit_rows
from skipgramophone.lookup.annoy_index import FILE, AnnoyCandidates
from skipgramophone.lookup.index_builder import build_index
from skipgramophone.lookup.ranking import log_prior
from skipgramophone.settings import SCORES, EvaluateSettings, IndexSettings, TrainSettings

BASELINES = ("popularity", "item-kNN", "SVD")
SERVED = "index"  # compared with what exact search finds by cosine
OURS = ("euclidean", *SCORES)
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Judged:
    """One row of a report.

    Attributes:
        metrics: metric -> mean and interval.
        against: baseline -> metric -> mean and interval of the paired difference; empty for a baseline.
    """

    ranker: str
    metrics: dict[str, Estimate]
    against: dict[str, dict[str, Estimate]]
    coverage: float
    popularity: float
    artists: float
    found_by_frequency: dict[str, float]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was asked, and what each ranker made of it."""

    held_out: int  # playlists
    asked: int
    questions: int
    passed_over: int  # for want of five trained tracks
    tracks_ranked: int
    wanted: int
    unknown: int  # tracks of held-out playlists that were not trained on
    judged: list[Judged]


def judge_embeddings(
    corpus: Corpus,
    split: Split,
    embeddings: Embeddings,
    artists: Rows,
    training: TrainSettings,
    settings: EvaluateSettings,
    progress: Callable[[str, int, int], None] = lambda _name, _done, _all: None,
) -> Judgement:
    """Judge embeddings that were trained on the training part of a split.

    Args:
        corpus: all playlists.
        split: which are held out.
        embeddings: centre and context, a row a track of the catalogue.
        artists: int64 (tracks,), equal for tracks of one artist.
        training: the settings that the embeddings were trained with.
        settings: what to ask.
        progress: is told the ranker, the questions that it has answered, and how many there are.

    Raises:
        EvaluationError: there is nothing to ask.
        ExperimentError: a vector is not finite.
    """
    if not embeddings.are_finite():
        raise not_finite()
    trained_on = split.training_part(corpus)
    counts = trained_on.counts(len(embeddings))
    least = settings.min_count if settings.min_count is not None else training.min_count
    ranked = (counts >= max(1, least)) & embeddings.learnt()
    questions = ask(
        corpus, split.held_out, ranked, settings.protocol, settings.random_seed, settings.seeds, settings.draws
    )
    rows = np.flatnonzero(ranked)
    if settings.k > len(rows):
        raise EvaluationError(f"k is {settings.k} and only {len(rows):,} tracks are ranked: give a smaller -k")
    asked = questions.renumbered(rows, len(embeddings))
    catalogue = Catalogued(counts[rows], artists[rows])
    cards: dict[str, Scorecard] = {}
    for name, ranker in _rankers(trained_on, embeddings, rows, counts[rows], training, settings).items():
        cards[name] = judge(ranker, asked.asked, catalogue, settings.k, partial(progress, name))
    groups = split.groups[[question.playlist for question in asked.asked]]
    return Judgement(
        held_out=int(split.held_out.sum()),
        asked=len({question.playlist for question in asked.asked}),
        questions=len(asked.asked),
        passed_over=asked.passed_over,
        tracks_ranked=len(rows),
        wanted=sum(len(question.wanted) for question in asked.asked),
        unknown=sum(question.unknown for question in asked.asked),
        judged=[_judged(name, cards, groups, settings.random_seed) for name in cards],
    )


def _rankers(
    trained_on: Corpus,
    embeddings: Embeddings,
    rows: Rows,
    counts: npt.NDArray[np.int64],
    training: TrainSettings,
    settings: EvaluateSettings,
) -> dict[str, Ranker]:
    """The baselines, then the rankings of the embeddings, over the ranked rows."""
    whole = membership(trained_on, len(embeddings))
    playlists, lengths = whole[:, rows].tocsr(), np.asarray(whole.sum(axis=1), np.float32).ravel()
    kept = Embeddings(
        *(np.asarray(part[rows]) for part in (embeddings.centre, embeddings.context, embeddings.context_bias))
    )
    knn, cosine = item_knn(playlists), Cosine(unit_rows(kept.centre))
    prior = log_prior(counts, training.noise_exponent)
    baselines: dict[str, Ranker] = {
        "popularity": Popularity(counts),
        "item-kNN": knn,
        "SVD": truncated_svd(playlists, training.embedding_dim, settings.random_seed),
    }
    published: dict[str, Ranker] = {"euclidean": Euclidean(kept.centre)} if settings.protocol == "deezer2018" else {}
    ours: dict[str, Ranker] = {
        "cosine": cosine,
        **({} if settings.score else {SERVED: _served(cosine.unit)}),
        "cosine+count": CosineAndCount(cosine, counts),
        **({"model": ModelScore(kept, prior)} if kept.has_context else {}),
        "hybrid": Hybrid(item_knn(playlists, lengths), cosine, counts),
    }
    if settings.score and settings.score not in ours:
        raise EvaluationError(f"these vectors have no score {settings.score!r}: they were imported without context")
    chosen = {settings.score: ours[settings.score]} if settings.score else ours
    return baselines | published | chosen


def _served(unit: Matrix) -> Served:
    """The index of some vectors, in memory alone: its file is gone when it is open."""
    with temporary_file_errors(), TemporaryDirectory(prefix="sgp-") as directory:
        path = Path(directory) / FILE
        return Served(AnnoyCandidates(path, build_index(path, unit, IndexSettings())), unit, DEPTH)


def _judged(name: str, cards: dict[str, Scorecard], groups: Rows, seed: int) -> Judged:
    """A row of the report."""
    card = cards[name]
    metrics = {metric: estimate(values, groups, seed) for metric, values in card.values.items()}
    against = {
        baseline: {
            metric: estimate(card.values[metric] - cards[baseline].values[metric], groups, seed)
            for metric in card.values
        }
        for baseline in (BASELINES if name in OURS else ("cosine",) if name == SERVED else ())
    }
    return Judged(name, metrics, against, card.coverage, card.popularity, card.artists, card.found_by_frequency)
