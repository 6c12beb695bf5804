"""The search behind a look-up: seeds become a direction, tracks are scored, and a list is chosen among the best.

The index proposes what is near by cosine; everything else, and what it cannot fill, is found by comparing every track.
Similarities that are shown are always computed anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, repeat
from pathlib import Path

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import ExperimentError, SettingError, StorageError, UnknownTrackError
from skipgramophone.experiment.catalogue import Catalogue, Track
from skipgramophone.experiment.corpus import Corpus, read_corpus
from skipgramophone.experiment.embeddings import Embeddings, Matrix, not_finite, unit_rows
from skipgramophone.experiment.experiment import Experiment
from skipgramophone.experiment.postings import Postings, read_postings
from skipgramophone.experiment.trusted_files import is_sealed, seal
from skipgramophone.lookup.neighbours import (
    COMPARED,
    CURE,
    FILE,
    AnnoyCandidates,
    ExactSearch,
    IndexFacts,
    Neighbours,
    Rows,
    death_of_annoy,
    exact_search,
    highest,
    nearest_by_index,
    require_sound_nodes,
    usable,
)
from skipgramophone.lookup.ranking import choose, direction, hybrid, log_prior, rooted, with_count, with_popularity
from skipgramophone.lookup.results import Answer, AnsweredBy, Neighbour, Seed
from skipgramophone.lookup.stability_report import Agreement, StabilityReport, read_stability
from skipgramophone.names.normalization import folded
from skipgramophone.names.song_versions import song
from skipgramophone.settings import Score, SimilarSettings, TrainSettings

POOL, POOL_FACTOR = 100, 10  # candidates to choose among, and for each track that is asked for
WIDENED = 4  # times as many, where filters leave too few
LOOKED_UP = 8192  # candidates whose names and vectors are read at once


@dataclass(frozen=True, slots=True)
class Question:
    """Seeds, and the same as arrays."""

    seeds: tuple[Seed, ...]
    notes: tuple[str, ...]
    rows: Rows  # int64 (seeds,)
    weights: npt.NDArray[np.float64]
    vector: Matrix  # the direction that they point to, float32 (embedding_dim,)


@dataclass(frozen=True, slots=True)
class _Pool:
    """Candidates to choose among, the best first."""

    scores: npt.NDArray[np.float32]  # (candidates,)
    tracks: list[Track]
    vectors: Matrix  # of length 1, float32 (candidates, embedding_dim)


@dataclass(frozen=True, slots=True)
class _Listed:
    """Candidates that were chosen, in their order: similarity, track, versions of its song."""

    chosen: list[tuple[float, Track, tuple[Track, ...]]]
    versions_of_seeds: tuple[Track, ...]


class Search:
    """Answers questions over the tracks of an experiment."""

    def __init__(self, experiment: Experiment, model: str, catalogue: Catalogue, embeddings: Embeddings) -> None:
        """Make ready to answer with the vectors of the model of some digest."""
        self._experiment, self._model = experiment, model
        self._catalogue = catalogue
        self._embeddings = embeddings
        self._opened: AnnoyCandidates | str | None = None  # the index, once it has been asked for

    @cached_property
    def corpus(self) -> Corpus:
        """The encoded playlists."""
        return read_corpus(self._experiment.directory("corpus"))

    @cached_property
    def postings(self) -> Postings:
        """Which tracks stand in which playlists."""
        return read_postings(self._experiment.directory("corpus"), self.corpus, len(self._catalogue))

    @cached_property
    def exact(self) -> ExactSearch:
        """The comparing of every track."""
        return exact_search(self._embeddings.centre)

    @cached_property
    def _counts(self) -> npt.NDArray[np.int64]:
        """Occurrences of each track, int64 (tracks,)."""
        return np.array(self._catalogue.counts(), np.int64)

    def question(self, seeds: Sequence[Seed], notes: Sequence[str]) -> Question:
        """Seeds, and the same as arrays.

        Raises:
            UnknownTrackError: a track was too rare to be learnt.
            SettingError: there are no seeds, or their weights cancel each other out.
        """
        if not seeds:
            raise SettingError("give at least one track")
        weights = np.array([seed.weight for seed in seeds])
        return Question(
            seeds=tuple(seeds),
            notes=tuple(notes),
            rows=np.array([seed.track.row for seed in seeds], np.int64),
            weights=weights,
            vector=direction(np.stack([self.vector(seed.track) for seed in seeds]), weights),
        )

    def vector(self, track: Track) -> Matrix:
        """The centre vector of a track that was learnt, float32 (embedding_dim,).

        Raises:
            UnknownTrackError: it was too rare to be learnt.
            ExperimentError: the vector is not finite.
        """
        vector = np.asarray(self._embeddings.centre[track.row])
        with np.errstate(over="ignore", invalid="ignore"):
            length = vector @ vector
        if not np.isfinite(length):
            raise ExperimentError(
                f"the vector of '{track.name}' is not finite: run sgp train {self._experiment.name} --force"
            )
        if not vector.any():
            raise UnknownTrackError(
                f"'{track.name}' occurs {track.count} times, too rarely to be learnt: train with a smaller --min-count"
            )
        return vector

    def answers(self, questions: Sequence[Question], settings: SimilarSettings) -> list[Answer]:
        """The answers to several questions.

        Where comparing many vectors with all tracks at once is faster than asking the index for each, that is done.
        """
        pools: Iterator[_Pool | None] = repeat(None)
        if questions and self._compares_at_once(settings):
            vectors = np.stack([question.vector for question in questions])
            without = [question.rows for question in questions]
            pools = self._pools(self.exact.nearest_to_many(vectors, _width(settings), without))
        return [self.answer(question, settings, next(pools)) for question in questions]

    def _compares_at_once(self, settings: SimilarSettings) -> bool:
        """Whether several questions are answered by comparing every track at once."""
        facts = self._index_facts
        faster = isinstance(facts, IndexFacts) and len(self._catalogue) < COMPARED * facts.search_k
        return settings.by == "cosine" and not settings.popularity and (settings.exact or faster)

    def answer(self, asked: Question, settings: SimilarSettings, pool: _Pool | None = None) -> Answer:
        """The answer to a question, chosen among the nearest tracks, if they have been found already."""
        notes = list(asked.notes)
        listed = self._chosen(pool, asked, settings) if pool is not None else None
        answered_by: AnsweredBy = "exact search"
        if pool is None and _asks_index(settings):
            index = self._index(asked.vector)
            if isinstance(index, str):
                notes.append(f"{index}, so every track was compared; sgp index {self._experiment.name} builds it anew")
            else:
                listed = self._by_index(index, asked, settings)
                answered_by = "index" if listed else answered_by
        listed = listed or self._by_comparing(asked, settings)
        if len(listed.chosen) < settings.number:
            why = "there are no more tracks" if settings.takes_all else "no more tracks pass the filters"
            notes.append(f"{len(listed.chosen)} of {settings.number}: {why}")
        left_out = sum(len(versions) for *_, versions in listed.chosen) + len(listed.versions_of_seeds)
        if left_out:
            notes.append(f"other versions of songs that are listed or were asked about, left out: {left_out}")
        support = self._support(asked, [track.row for _, track, _ in listed.chosen])
        neighbours = tuple(
            Neighbour(rank, similarity, track, shared, versions)
            for rank, ((similarity, track, versions), shared) in enumerate(zip(listed.chosen, support, strict=True), 1)
        )
        return Answer(
            seeds=asked.seeds,
            neighbours=neighbours,
            answered_by=answered_by,
            ranked_by=settings.by,
            notes=tuple(notes),
            agreement=self._agreement(asked) if settings.by == "cosine" else None,
            versions_of_seeds=listed.versions_of_seeds,
        )

    @cached_property
    def _stability(self) -> StabilityReport | None:
        """How far another training agrees, where that was measured."""
        return read_stability(self._experiment)

    def _agreement(self, asked: Question) -> Agreement | None:
        """How far another training agrees on what is near tracks as frequent as the one that is asked about."""
        if self._stability is None or len(asked.seeds) > 1:
            return None
        return self._stability.of(asked.seeds[0].track.count)

    def _support(self, asked: Question, rows: Sequence[int]) -> Sequence[int | None]:
        """The playlists that some tracks share with what was liked, where there are playlists."""
        liked = asked.rows[asked.weights > 0]
        if not len(self.corpus) or not len(liked):
            return [None] * len(rows)
        shared: list[int | None] = self.postings.shared(liked, np.array(rows, np.int64)).tolist()
        return shared

    @cached_property
    def _index_facts(self) -> IndexFacts | str:
        """What the index was built from, or the reason why it cannot be used."""
        experiment = self._experiment
        if not experiment.has("index"):
            return "there is no index"
        try:
            manifest = experiment.manifest("index")
        except ExperimentError:
            return "the index is stale or damaged"
        if manifest.parent != self._model:  # which may be of a newer model than these vectors, too
            return "the index is stale or damaged"
        facts = usable(manifest.facts, self._embeddings.centre)
        if facts is None or not all(experiment.is_intact(manifest, one.name) for one, *_ in facts.files(Path(FILE))):
            return "the index is damaged"
        wanted = manifest.settings.get("recall")
        if isinstance(wanted, float) and facts.recall_at_10 < wanted:
            return f"the index finds {facts.recall_at_10:.1%} of the nearest"
        return facts

    def _index(self, vector: Matrix) -> AnnoyCandidates | str:
        """The index, or the reason why it cannot be used; the first vector that it is asked for says if Annoy lives."""
        if self._opened is None:
            facts, path = self._index_facts, self._experiment.directory("index") / FILE
            if isinstance(facts, str):
                self._opened = facts
            elif unsound := _unsound(path, facts):
                self._opened = unsound
            elif death := death_of_annoy(path, facts, vector):
                self._opened = f"Annoy dies of the index ({death}; {CURE})"
            else:
                try:
                    index = AnnoyCandidates(path, facts)
                    replaced = self._experiment.manifest("index").parent != self._model
                    self._opened = "the index has just been replaced" if replaced else index
                except (ExperimentError, StorageError):
                    self._opened = "the index is damaged"
        return self._opened

    def _by_index(self, index: AnnoyCandidates, asked: Question, settings: SimilarSettings) -> _Listed | None:
        """Choose among what the index proposes; None where that does not fill the list."""
        width = min(_width(settings), len(self._catalogue))
        found = nearest_by_index(index, self._embeddings.centre, asked.vector, width, np.unique(asked.rows))
        if found is None:
            return None
        return self._chosen(self._pool(found), asked, settings)

    def _chosen(self, pool: _Pool, asked: Question, settings: SimilarSettings) -> _Listed | None:
        """Choose among the nearest; None where that does not fill the list, though more exist."""
        listed = _listed(pool, asked, settings)
        full = len(listed.chosen) == min(settings.number, len(self._catalogue))
        return listed if full or settings.takes_all else None

    def _by_comparing(self, asked: Question, settings: SimilarSettings) -> _Listed:
        """Score every track, and choose among ever more of the best until the list is full or there are no more."""
        learnt = self.exact.candidates(np.empty(0, np.int64))
        scores = self._scores(asked, settings.by, learnt)
        free = ~np.isin(learnt, asked.rows)
        rows, scores = learnt[free], scores[free]
        if settings.popularity:
            scores = with_popularity(scores, self._counts[rows], settings.popularity)
            if not np.isfinite(scores).all():
                raise not_finite()
        width = _width(settings)
        while True:
            listed = _listed(self._pool(highest(rows, scores, width)), asked, settings)
            if len(listed.chosen) == settings.number or width >= len(rows):
                return listed
            width *= WIDENED

    def _scores(self, asked: Question, by: Score, rows: Rows) -> npt.NDArray[np.float32]:
        """Scores of some rows, float32 (rows,)."""
        if by == "model":
            embeddings = self._embeddings
            if not embeddings.has_context:
                raise SettingError("these vectors were imported without context: rank by cosine")
            mean = asked.weights @ embeddings.centre[asked.rows] / np.abs(asked.weights).sum()
            trained_with = self._experiment.manifest("model").settings
            exponent = trained_with.get("noise_exponent", TrainSettings().noise_exponent)
            with np.errstate(over="ignore", invalid="ignore"):
                scores = embeddings.context @ mean.astype(np.float32) + embeddings.context_bias
            if not np.isfinite(scores).all():
                raise not_finite()
            return np.asarray(scores[rows] + log_prior(self._counts[rows], exponent), np.float32)
        cosine = self.exact.cosines(asked.vector)[rows]
        if by == "hybrid":
            agreement = rooted(self.postings.agreement(asked.rows, asked.weights))[rows]
            return hybrid(agreement, cosine, self._counts[rows], float(np.abs(asked.weights).sum()))
        return with_count(cosine, self._counts[rows]) if by == "cosine+count" else cosine

    def _pool(self, found: Neighbours) -> _Pool:
        """What is known of candidates."""
        return next(self._pools([found]))

    def _pools(self, found: Sequence[Neighbours]) -> Iterator[_Pool]:
        """What is known of the candidates of several questions, read for many of them at once."""
        step = max(1, LOOKED_UP // max(1, *(len(near.rows) for near in found)))
        for start in range(0, len(found), step):
            some = found[start : start + step]
            rows = np.concatenate([near.rows for near in some])
            tracks, vectors = self._catalogue.tracks(rows.tolist()), unit_rows(self._embeddings.centre[rows])
            end = 0
            for near in some:
                first, end = end, end + len(near.rows)
                yield _Pool(near.similarities, tracks[first:end], vectors[first:end])


def _listed(pool: _Pool, asked: Question, settings: SimilarSettings) -> _Listed:
    """Choose for score and variety among candidates that pass the filters."""
    tracks, vectors = pool.tracks, pool.vectors
    similarities = (vectors @ asked.vector).tolist()
    if settings.takes_all:
        every = zip(similarities, tracks, repeat(()))
        return _Listed(list(islice(every, settings.number)), ())
    excluded = {folded(artist) for artist in settings.exclude_artist or ()}
    artists = [folded(track.artist) for track in tracks]
    passed = [
        at for at, track in enumerate(tracks) if track.count >= settings.min_count and artists[at] not in excluded
    ]
    songs, of_seeds = [""] * len(tracks), []
    if settings.fold_versions:
        songs = [song(track.artist, track.title) for track in tracks]
        asked_about = {song(seed.track.artist, seed.track.title) for seed in asked.seeds}
        of_seeds = [at for at in passed if songs[at] in asked_about]
        passed = [at for at in passed if songs[at] not in asked_about]
    limits = [(_labels(songs, passed), 1)] if settings.fold_versions else []
    if settings.max_per_artist is not None:
        limits.append((_labels(artists, passed), settings.max_per_artist))
    scores = pool.scores[passed]
    places = choose(scores, vectors[passed], limits, settings.number, settings.diversity)
    chosen = [passed[place] for place in places.tolist()]
    last = max(chosen, default=-1)  # what ranks below it would not have been listed
    versions: dict[str, list[Track]] = {}
    for at in passed if settings.fold_versions else ():
        if at < last and at not in chosen:
            versions.setdefault(songs[at], []).append(tracks[at])
    listed = [(similarities[at], tracks[at], tuple(versions.get(songs[at], ()))) for at in chosen]
    return _Listed(listed, tuple(tracks[at] for at in of_seeds if at < last))


def _asks_index(settings: SimilarSettings) -> bool:
    """Whether the index knows what is asked for: what is near by cosine."""
    return settings.by == "cosine" and not settings.popularity and not settings.exact


def _width(settings: SimilarSettings) -> int:
    """How many candidates to choose among at first."""
    return settings.number if settings.takes_all else max(POOL, POOL_FACTOR * settings.number)


def _labels(names: Sequence[str], places: Sequence[int]) -> Rows:
    """Numbers for the names in some places, the same for the same, int64 (places,)."""
    _, labels = np.unique([names[at] for at in places], return_inverse=True)
    return labels


def _unsound(path: Path, facts: IndexFacts) -> str | None:
    """Why an index must not be opened; it is read through where this user has not seen it to be sound before."""
    files = [one for one, *_ in facts.files(path)]
    try:
        if not is_sealed(files):
            require_sound_nodes(path, facts)
            seal(files)
    except (ExperimentError, OSError, StorageError):
        return "the index is damaged"
    return None
