"""The search behind a look-up: turns seeds into a query vector, scores tracks and selects the list to show.

The index proposes candidates for plain cosine queries. All other queries, and lists that the index cannot fill, use
exact search. Similarities that are shown are always computed from the vectors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from pathlib import Path

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import ExperimentError, SettingError, StorageError, UnknownTrackError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.catalogue import Track
from skipgramophone.experiment.embeddings import Matrix, not_finite, unit_rows
from skipgramophone.experiment.experiment import continue_command
from skipgramophone.experiment.imported import IMPORTED
from skipgramophone.experiment.postings import Postings
from skipgramophone.experiment.trusted_files import is_verified, remember_verified
from skipgramophone.lookup.annoy_index import (
    CURE,
    FILE,
    AnnoyCandidates,
    IndexFacts,
    death_of_annoy,
    nearest_by_index,
    require_sound_nodes,
    usable,
)
from skipgramophone.lookup.exact_search import ExactSearch, Neighbours, exact_search, highest
from skipgramophone.lookup.ranking import direction, hybrid, log_prior, rooted, with_count, with_popularity
from skipgramophone.lookup.results import Answer, AnsweredBy, Neighbour, Seed
from skipgramophone.lookup.selection import Pool, Selection, select
from skipgramophone.lookup.snapshot import Snapshot
from skipgramophone.lookup.stability_report import Agreement
from skipgramophone.settings import Score, SimilarSettings, TrainSettings
from skipgramophone.wording import plural

COMPARED = 32  # rows that exact search for many queries compares in the time that the index takes for one node
POOL, POOL_FACTOR = 100, 10  # candidates to select from: at least 100, and 10 per track that is wanted
WIDENED = 4  # factor by which the candidates grow while filters leave too few
RARE = 5  # occurrences below which the neighbours of a track are mostly chance
LOOKED_UP = 8192  # candidates whose names and vectors are read at once
GONE = "the experiment was replaced, renamed or removed after it was opened"  # so its index is gone too
REBUILT = "the index was replaced while it was opened"
ADVICE = {GONE: "answers are still from the model that was opened", REBUILT: "the next query opens the new one"}


@dataclass(frozen=True, slots=True)
class Question:
    """The seeds of a query, as values and as arrays."""

    seeds: tuple[Seed, ...]
    notes: tuple[str, ...]
    rows: Rows  # int64 (seeds,)
    weights: npt.NDArray[np.float64]
    vector: Matrix  # unit query vector, float32 (embedding_dim,)


class Search:
    """Searches the tracks of an experiment."""

    def __init__(self, opened: Snapshot) -> None:
        """Prepare to search the vectors of an opened experiment."""
        self.opened, self.experiment = opened, opened.experiment
        self.catalogue, self.corpus = opened.catalogue, opened.corpus
        self._embeddings = opened.embeddings
        self._index_digest: str | None = None  # of the index that `_index_facts` describes
        self._opened: AnnoyCandidates | str | None = None  # the index, or why it cannot be used; set at the first use

    @property
    def postings(self) -> Postings:
        """The playlists of each track."""
        return self.opened.postings

    @cached_property
    def exact(self) -> ExactSearch:
        """Exact search over all tracks."""
        return exact_search(self._embeddings.centre)

    @cached_property
    def _counts(self) -> npt.NDArray[np.int64]:
        """Occurrences of each track, int64 (tracks,)."""
        return np.array(self.catalogue.counts(), np.int64)

    def question(self, seeds: Sequence[Seed], notes: Sequence[str]) -> Question:
        """Prepare a query from its seeds.

        Raises:
            UnknownTrackError: a track has no vector because it was too rare.
            SettingError: there are no seeds, or their weights cancel each other out.
        """
        if not seeds:
            raise SettingError("give at least one track")
        weights = np.array([seed.weight for seed in seeds])
        return Question(
            seeds=tuple(seeds),
            notes=(*self.opened.warnings, *notes, *self.rarity(seeds)),
            rows=np.array([seed.track.row for seed in seeds], np.int64),
            weights=weights,
            vector=direction(np.stack([self.vector(seed.track) for seed in seeds]), weights),
        )

    def rarity(self, seeds: Sequence[Seed]) -> list[str]:
        """Warn about seeds that occur so rarely that their neighbours are mostly chance."""
        heavy = max(seed.weight for seed in seeds) / 2  # rare tracks of a weighted artist hardly count
        rare = [seed.track for seed in seeds if seed.weight >= heavy > 0 and 0 < seed.track.count < RARE]
        if not rare or not len(self.corpus):  # imported vectors come without counts
            return []
        if len(seeds) == 1:
            about = f"'{rare[0].name}' occurs {plural(rare[0].count, 'time')}"
        else:
            about = f"{len(rare)} of {len(seeds)} query tracks occur fewer than {RARE} times"
        return [f"{about}: treat these neighbours with care"]

    def vector(self, track: Track) -> Matrix:
        """Return the centre vector of a track, float32 (embedding_dim,).

        Raises:
            UnknownTrackError: the track has no vector because it was too rare.
            ExperimentError: the vector is not finite.
        """
        if track.row >= len(self._embeddings.centre):
            raise UnknownTrackError(
                f"'{track.name}' has no vector: it was added to the corpus after the model was trained; "
                f"{continue_command(self.experiment.name)}"
            )
        vector = np.asarray(self._embeddings.centre[track.row])
        with np.errstate(over="ignore", invalid="ignore"):
            length = vector @ vector
        if not np.isfinite(length):
            raise ExperimentError(
                f"the vector of '{track.name}' is not finite: run sgp train {self.experiment.name} --force"
            )
        if not vector.any():
            raise UnknownTrackError(f"'{track.name}' has no vector: {self._why_no_vector(track)}")
        return vector

    def _why_no_vector(self, track: Track) -> str:
        """Return why a track has no vector, and what to do."""
        model = self.opened.model
        if IMPORTED in model.facts:
            return "the imported vectors do not contain it"
        least = model.settings.get("min_count")
        if isinstance(least, int) and track.count < least:
            return f"it occurs {plural(track.count, 'time')}, below --min-count; train with a lower --min-count"
        return "no other track gives it a direction; train on playlists with at least two different tracks"

    def answers(self, questions: Sequence[Question], settings: SimilarSettings) -> list[Answer]:
        """Answer several queries, by one matrix product where that is faster than asking the index for each."""
        pools: Iterator[Pool | None] = repeat(None)
        if questions and self._compares_at_once(settings):
            vectors = np.stack([question.vector for question in questions])
            without = [question.rows for question in questions]
            pools = self._pools(self.exact.nearest_to_many(vectors, _width(settings), without))
        return [self.answer(question, settings, next(pools)) for question in questions]

    def _compares_at_once(self, settings: SimilarSettings) -> bool:
        """Whether several queries are answered by exact search at once."""
        facts = self._index_facts
        faster = isinstance(facts, IndexFacts) and len(self.catalogue) < COMPARED * facts.search_k
        return settings.by == "cosine" and not settings.popularity and (settings.exact or faster)

    def answer(self, asked: Question, settings: SimilarSettings, pool: Pool | None = None) -> Answer:
        """Answer a query; `pool` holds its nearest tracks if they have been found already.

        Raises:
            SettingError: the settings ask for a list of artists or playlists.
        """
        if settings.of != "tracks":
            raise SettingError(f"this list is of tracks, not of {settings.of}: use similar_{settings.of}")
        notes = list(asked.notes)
        listed = self._chosen(pool, asked, settings) if pool is not None else None
        answered_by: AnsweredBy = "exact search"
        if pool is None and _asks_index(settings):
            index = self._index(asked.vector)
            if isinstance(index, str):
                advice = ADVICE.get(index, f"rebuild it with sgp index {self.experiment.name}")
                notes.append(f"{index}: used exact search; {advice}")
            else:
                listed = self._by_index(index, asked, settings)
                answered_by = "index" if listed else answered_by
        listed = listed or self._by_comparing(asked, settings)
        if len(listed.chosen) < settings.number:
            why = "there are no more tracks" if settings.takes_all else "no more tracks pass the filters"
            notes.append(f"only {len(listed.chosen)} of {settings.number} results: {why}")
        left_out = sum(len(choice.versions) for choice in listed.chosen) + len(listed.versions_of_seeds)
        if left_out:
            notes.append(f"left out {plural(left_out, 'other version')} of songs that are listed or were asked about")
        support = self._support(asked, [choice.track.row for choice in listed.chosen])
        has_score = settings.by != "cosine" or bool(settings.popularity)
        neighbours = tuple(
            Neighbour(
                rank,
                choice.similarity,
                choice.track,
                score=choice.score if has_score else None,
                shared=shared,
                versions=choice.versions,
            )
            for rank, (choice, shared) in enumerate(zip(listed.chosen, support, strict=True), 1)
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

    def _agreement(self, asked: Question) -> Agreement | None:
        """Return the stability of tracks about as frequent as the seed; None for several seeds or if not measured."""
        if self.opened.stability is None or len(asked.seeds) > 1:
            return None
        return self.opened.stability.of(asked.seeds[0].track.count)

    def _support(self, asked: Question, rows: Sequence[int]) -> Sequence[int | None]:
        """Count the playlists that each row shares with the liked seeds; None if the corpus has no playlists."""
        liked = asked.rows[asked.weights > 0]
        if not len(self.corpus) or not len(liked):
            return [None] * len(rows)
        shared: list[int | None] = self.postings.shared(liked, np.array(rows, np.int64)).tolist()
        return shared

    @cached_property
    def _index_facts(self) -> IndexFacts | str:
        """The facts of the index, or the reason why it cannot be used."""
        experiment = self.experiment
        if not self.opened.is_current():
            return GONE
        if not experiment.has("index"):
            return "no index"
        try:
            manifest = experiment.manifest("index")
        except ExperimentError:
            return "the index is stale or damaged"
        self._index_digest = manifest.digest
        if manifest.parent != self.opened.model.digest:
            return "the index is stale or damaged"
        facts = usable(manifest.facts, self._embeddings.centre)
        if facts is None or not all(experiment.is_intact(manifest, one.name) for one, *_ in facts.files(Path(FILE))):
            return "the index is damaged"
        wanted = manifest.settings.get("recall")
        if isinstance(wanted, float) and facts.recall_at_10 < wanted:
            return f"recall@10 of the index is {facts.recall_at_10:.1%}, below the {wanted:.1%} that was asked for"
        return facts

    def _index(self, vector: Matrix) -> AnnoyCandidates | str:
        """Return the index, or the reason why it cannot be used; the first query tests whether Annoy survives."""
        if self._opened is None:
            opened = self._open_index(vector)
            if not self.opened.is_current():
                opened = GONE
            elif self._is_rebuilt():  # then the parts that were read may be from two indexes
                self.__dict__.pop("_index_facts", None)
                return REBUILT
            self._opened = opened
        return self._opened

    def _open_index(self, vector: Matrix) -> AnnoyCandidates | str:
        """Open the index, or return the reason why it cannot be used."""
        facts, path = self._index_facts, self.experiment.directory("index") / FILE
        if isinstance(facts, str):
            return facts
        if unsound := _unsound(path, facts):
            return unsound
        if death := death_of_annoy(path, facts, vector):
            return f"Annoy crashed on the index ({death}; {CURE})"
        try:
            return AnnoyCandidates(path, facts)
        except (ExperimentError, StorageError):
            return "the index is damaged"

    def _is_rebuilt(self) -> bool:
        """Whether the index has been replaced since its manifest was read."""
        if self._index_digest is None:
            return False
        try:
            return self.experiment.manifest("index").digest != self._index_digest
        except (ExperimentError, StorageError):
            return True

    def _by_index(self, index: AnnoyCandidates, asked: Question, settings: SimilarSettings) -> Selection | None:
        """Select from what the index proposes; None if that does not fill the list."""
        width = min(_width(settings), len(self.catalogue))
        found = nearest_by_index(
            index, self._embeddings.centre, asked.vector, number=width, without=np.unique(asked.rows)
        )
        if found is None:
            return None
        return self._chosen(self._pool(found), asked, settings)

    def _chosen(self, pool: Pool, asked: Question, settings: SimilarSettings) -> Selection | None:
        """Select from the nearest; None if that does not fill the list although more tracks exist."""
        listed = select(pool, asked.seeds, asked.vector, settings)
        full = len(listed.chosen) == min(settings.number, len(self.catalogue))
        return listed if full or settings.takes_all else None

    def _by_comparing(self, asked: Question, settings: SimilarSettings) -> Selection:
        """Score every track, and select from more and more of the best until the list is full."""
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
            listed = select(self._pool(highest(rows, scores, width)), asked.seeds, asked.vector, settings)
            if len(listed.chosen) == settings.number or width >= len(rows):
                return listed
            width *= WIDENED

    def _scores(self, asked: Question, by: Score, rows: Rows) -> npt.NDArray[np.float32]:
        """Score some rows, float32 (rows,); see `ranking` for the formulas."""
        if by == "model":
            embeddings = self._embeddings
            if not embeddings.has_context:
                raise SettingError("these vectors were imported without context vectors: use --by cosine")
            mean = asked.weights @ embeddings.centre[asked.rows] / np.abs(asked.weights).sum()
            trained_with = self.opened.model.settings
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

    def _pool(self, found: Neighbours) -> Pool:
        """Read the tracks and vectors of the candidates of one query."""
        return next(self._pools([found]))

    def _pools(self, found: Sequence[Neighbours]) -> Iterator[Pool]:
        """Read the tracks and vectors of the candidates of several queries, many at once."""
        step = max(1, LOOKED_UP // max(1, *(len(near.rows) for near in found)))
        for start in range(0, len(found), step):
            some = found[start : start + step]
            rows = np.concatenate([near.rows for near in some])
            tracks, vectors = self.catalogue.tracks(rows.tolist()), unit_rows(self._embeddings.centre[rows])
            end = 0
            for near in some:
                first, end = end, end + len(near.rows)
                yield Pool(near.similarities, tracks[first:end], vectors[first:end])


def _asks_index(settings: SimilarSettings) -> bool:
    """Whether the index can answer: it proposes candidates by plain cosine only."""
    return settings.by == "cosine" and not settings.popularity and not settings.exact


def _width(settings: SimilarSettings) -> int:
    """Return the number of candidates to select from at first."""
    return settings.number if settings.takes_all else max(POOL, POOL_FACTOR * settings.number)


def _unsound(path: Path, facts: IndexFacts) -> str | None:
    """Return why an index must not be opened; its nodes are verified unless this user has verified the file before."""
    files = [one for one, *_ in facts.files(path)]
    try:
        if not is_verified(files):
            require_sound_nodes(path, facts)
            remember_verified(files)
    except (ExperimentError, OSError, StorageError):
        return "the index is damaged"
    return None
