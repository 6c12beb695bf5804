"""The search of a look-up: makes a query vector from the seeds, scores tracks, and selects the tracks to list.

For ranking by cosine alone, the index proposes candidates. All other rankings use exact search, and so do queries for
which the index finds too few tracks. Similarities in answers are always computed from the vectors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
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
from skipgramophone.lookup.ranking import direction, with_popularity
from skipgramophone.lookup.results import Answer, AnsweredBy, Neighbour, Seed
from skipgramophone.lookup.scoring import WITHOUT_COSINE, Question, Scored, Scoring
from skipgramophone.lookup.selection import Pool, Selection, select
from skipgramophone.lookup.snapshot import Snapshot
from skipgramophone.lookup.stability_report import Agreement
from skipgramophone.settings import SimilarSettings
from skipgramophone.wording import plural

COMPARED = 32  # number of rows that exact search for many queries compares while the index visits one node
POOL, POOL_FACTOR = 100, 10  # number of candidates to select from: 10 per requested track, but at least 100
WIDENED = 4  # factor by which the number of candidates grows if filters leave too few
RARE = 5  # the neighbours of a track with fewer occurrences are mostly due to chance
LOOKED_UP = 8192  # number of candidates whose names and vectors are read at once
GONE = "the experiment was replaced, renamed or removed after it was opened"  # so the index is gone too
REBUILT = "the index was replaced while it was opened"
ADVICE = {GONE: "answers are still from the model that was opened", REBUILT: "the next query opens the new one"}


class Search:
    """Searches the tracks of an experiment."""

    def __init__(self, opened: Snapshot) -> None:
        """Prepare to search the vectors of an opened experiment."""
        self.opened, self.experiment = opened, opened.experiment
        self.catalogue, self.corpus = opened.catalogue, opened.corpus
        self._embeddings = opened.embeddings
        self._index_digest: str | None = None  # digest of the index that `_index_facts` describes
        self._opened: AnnoyCandidates | str | None = None  # the index, or why it cannot be used

    @property
    def postings(self) -> Postings:
        """The playlists of each track."""
        return self.opened.postings

    @cached_property
    def exact(self) -> ExactSearch:
        """Exact search over all tracks."""
        return exact_search(self._embeddings.centre)

    @cached_property
    def scoring(self) -> Scoring:
        """The scores of all tracks."""
        return Scoring(self.opened)

    def question(self, seeds: Sequence[Seed], notes: Sequence[str]) -> Question:
        """Prepare a query from its seed tracks.

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
        """Return a warning if seeds occur so rarely that their neighbours are mostly due to chance."""
        heavy = max(seed.weight for seed in seeds) / 2  # rare tracks of an artist have small weights
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
            ExperimentError: the vector is not finite, or a file has been cut off.
        """
        self.opened.require_whole_files()
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
        """Return the reason why a track has no vector, and advice if there is some."""
        model = self.opened.model
        if IMPORTED in model.facts:
            return "the imported vectors do not contain it"
        least = model.settings.get("min_count")
        if isinstance(least, int) and track.count < least:
            return f"it occurs {plural(track.count, 'time')}, below --min-count; train with a lower --min-count"
        return "no other track gives it a direction; train on playlists with at least two different tracks"

    def answers(self, questions: Sequence[Question], settings: SimilarSettings) -> list[Answer]:
        """Answer several queries; use one matrix product if this is faster than querying the index for each."""
        pools: Iterator[Pool | None] = repeat(None)
        if questions and self._compares_at_once(settings):
            vectors = np.stack([question.vector for question in questions])
            without = [question.rows for question in questions]
            pools = self._pools(self.exact.nearest_to_many(vectors, _width(settings), without))
        return [self.answer(question, settings, next(pools)) for question in questions]

    def _compares_at_once(self, settings: SimilarSettings) -> bool:
        """Return whether several queries are answered together by exact search."""
        facts = self._index_facts
        faster = isinstance(facts, IndexFacts) and len(self.catalogue) < COMPARED * facts.search_k
        return _has_plain_cosine(settings) and (settings.exact or faster)

    def answer(self, asked: Question, settings: SimilarSettings, pool: Pool | None = None) -> Answer:
        """Answer a query; `pool` contains its nearest tracks if they were found before.

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
        return self.answer_of(replace(asked, notes=tuple(notes)), listed, settings, answered_by)

    def answer_of(
        self, asked: Question, listed: Selection, settings: SimilarSettings, answered_by: AnsweredBy = "exact search"
    ) -> Answer:
        """Return the answer to a query whose tracks have been selected."""
        notes = list(asked.notes)
        if len(listed.chosen) < settings.number:
            why = "there are no more tracks" if settings.takes_all else "no more tracks pass the filters"
            notes.append(f"only {len(listed.chosen)} of {settings.number} results: {why}")
        left_out = sum(len(choice.versions) for choice in listed.chosen) + len(listed.versions_of_seeds)
        if left_out:
            notes.append(f"left out {plural(left_out, 'other version')} of songs in the list or in the query")
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
        """Count the playlists that each row shares with seeds of positive weight; None if there are no playlists."""
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
        """Return the index, or the reason why it cannot be used. For the first query, test whether Annoy crashes."""
        if self._opened is None:
            opened = self._open_index(vector)
            if not self.opened.is_current():
                opened = GONE
            elif self._is_rebuilt():  # facts and files may belong to different indexes
                self.__dict__.pop("_index_facts", None)
                return REBUILT
            self._opened = opened
        elif isinstance(self._opened, AnnoyCandidates) and self._opened.is_cut_off():
            self._opened = "the index is damaged"
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
        """Return whether the index has been replaced since its manifest was read."""
        if self._index_digest is None:
            return False
        try:
            return self.experiment.manifest("index").digest != self._index_digest
        except (ExperimentError, StorageError):
            return True

    def _by_index(self, index: AnnoyCandidates, asked: Question, settings: SimilarSettings) -> Selection | None:
        """Select from the candidates of the index; return None if there are too few to fill the list."""
        width = min(_width(settings), len(self.catalogue))
        found = nearest_by_index(
            index, self._embeddings.centre, asked.vector, number=width, without=np.unique(asked.rows)
        )
        if found is None:
            return None
        return self._chosen(self.pool(found), asked, settings)

    def _chosen(self, pool: Pool, asked: Question, settings: SimilarSettings) -> Selection | None:
        """Select from a pool of candidates; return None if the list is not full, but a larger pool may fill it."""
        listed = select(pool, asked.seeds, asked.vector, settings)
        full = len(listed.chosen) == min(settings.number, len(self.catalogue))
        return listed if full or settings.takes_all else None

    def _by_comparing(self, asked: Question, settings: SimilarSettings) -> Selection:
        """Score tracks, and select from the best; take more candidates until the list is full."""
        width, all_tracks, scored = _width(settings), len(self.catalogue), self._scored(asked, settings)
        while True:
            rows, scores = self._ranked(asked, settings, scored, width)
            listed = select(self.pool(highest(rows, scores, width)), asked.seeds, asked.vector, settings)
            if len(listed.chosen) == settings.number or width >= all_tracks:
                return listed
            width *= WIDENED

    def scored(self, asked: Question, settings: SimilarSettings) -> tuple[Rows, npt.NDArray[np.float32]]:
        """Return the rows of all tracks but the seeds that are similar enough, int64, and their scores, float32."""
        return self._ranked(asked, settings, self._scored(asked, settings), None)

    def _scored(self, asked: Question, settings: SimilarSettings) -> Scored:
        """Score all tracks, for `hybrid` without its factors; this part is the same for any number of candidates."""
        rows, cosines = self.exact.candidates(np.empty(0, np.int64)), np.empty(0, np.float32)
        if settings.by not in WITHOUT_COSINE or settings.min_similarity is not None:
            cosines = self.exact.cosines(asked.vector)
        return Scored(rows, self.scoring.scores(asked, settings.by, rows, cosines), cosines)

    def _ranked(
        self, asked: Question, settings: SimilarSettings, scored: Scored, width: int | None
    ) -> tuple[Rows, npt.NDArray[np.float32]]:
        """Return the rows of tracks that are similar enough, int64, and their final scores, float32.

        Args:
            asked: the query; its seeds are left out.
            settings: ranking, popularity and minimum similarity.
            scored: the scores of all tracks.
            width: number of tracks that the caller selects from; None: all tracks.
        """
        rows, scores = scored.rows, scored.scores
        if settings.by == "hybrid":
            most = None if settings.popularity else width  # popularity compares the scores of all tracks
            rows, scores = self.scoring.add_factors(asked, rows, scores, width=most)
        free = ~np.isin(rows, asked.rows)
        rows, scores = rows[free], scores[free]
        if settings.popularity:
            scores = with_popularity(scores, self.scoring.counts[rows], settings.popularity)
            if not np.isfinite(scores).all():
                raise not_finite()
        if settings.min_similarity is not None:
            near = scored.cosines[rows] >= settings.min_similarity
            rows, scores = rows[near], scores[near]
        return rows, scores

    def pool(self, found: Neighbours) -> Pool:
        """Read the tracks and vectors of the candidates of one query."""
        return next(self._pools([found]))

    def _pools(self, found: Sequence[Neighbours]) -> Iterator[Pool]:
        """Read the tracks and vectors of the candidates of several queries, in large batches."""
        step = max(1, LOOKED_UP // max(1, *(len(near.rows) for near in found)))
        for start in range(0, len(found), step):
            some = found[start : start + step]
            rows = np.concatenate([near.rows for near in some])
            tracks, vectors = self.catalogue.tracks(rows.tolist()), unit_rows(self._embeddings.centre[rows])
            end = 0
            for near in some:
                first, end = end, end + len(near.rows)
                yield Pool(near.similarities, tracks[first:end], vectors[first:end])


def _has_plain_cosine(settings: SimilarSettings) -> bool:
    """Return whether the answer consists of the tracks that are nearest by cosine."""
    return settings.by == "cosine" and not settings.popularity and settings.min_similarity is None


def _asks_index(settings: SimilarSettings) -> bool:
    """Return whether the index may be used, which is only possible for ranking by cosine alone."""
    return _has_plain_cosine(settings) and not settings.exact


def _width(settings: SimilarSettings) -> int:
    """Return the number of candidates for the first selection."""
    return settings.number if settings.takes_all else max(POOL, POOL_FACTOR * settings.number)


def _unsound(path: Path, facts: IndexFacts) -> str | None:
    """Return the reason why an index must not be opened, if any. Nodes are verified once per file and user."""
    files = [one for one, *_ in facts.files(path)]
    try:
        if not is_verified(files):
            require_sound_nodes(path, facts)
            remember_verified(files)
    except (ExperimentError, OSError, StorageError):
        return "the index is damaged"
    return None
