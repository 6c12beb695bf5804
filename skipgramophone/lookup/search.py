"""The search of a look-up: makes a query vector from the query tracks, scores tracks, and selects the tracks to list.

For ranking by cosine, the index proposes candidates. The hybrid ranking uses the index if there are many tracks, and if
factors and EASE have no weight, for example with one query track. The tracks with the highest evidence (from playlists,
counts and artists; e_j in `ranking`) are then candidates too. All other rankings use exact search, and so do settings
that need the scores of all tracks, such as a minimum similarity. Exact search is also used if the index proposes too
few candidates.
Similarities in answers are always computed from the vectors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import repeat

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import ExperimentError, SettingError, UnknownTrackError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.catalogue import Track
from skipgramophone.experiment.embeddings import Matrix, not_finite, unit_rows
from skipgramophone.experiment.imported import IMPORTED
from skipgramophone.experiment.next_commands import continue_command, remake_command
from skipgramophone.experiment.postings import Postings
from skipgramophone.lookup.album_filter import remark_on_albums
from skipgramophone.lookup.annoy_index import AnnoyCandidates, IndexFacts, nearest_by_index
from skipgramophone.lookup.duration_filter import remark_on_durations
from skipgramophone.lookup.exact_search import ExactSearch, Neighbours, exact_search, highest
from skipgramophone.lookup.length_remark import reason_without_filters, remark_on_length
from skipgramophone.lookup.missing_vectors import without_vector
from skipgramophone.lookup.opened_index import OpenedIndex
from skipgramophone.lookup.pool_size import first_pool_size, pool_size
from skipgramophone.lookup.ranking import direction, number_of_seeds, with_popularity
from skipgramophone.lookup.results import Answer, AnsweredBy, Neighbour, Seed
from skipgramophone.lookup.row_filter import RowFilter
from skipgramophone.lookup.scoring import WITHOUT_COSINE, Question, Scored, Scoring, applicable
from skipgramophone.lookup.seed_noise import CONTENDERS, stable
from skipgramophone.lookup.selection import Pool, Selection, select
from skipgramophone.lookup.snapshot import Snapshot
from skipgramophone.lookup.stability_report import Agreement
from skipgramophone.settings import Score, SimilarSettings
from skipgramophone.wording import occur, plural

# number of rows that exact search for many queries compares in the time in which the index visits one node
COMPARED = 32
WIDENED = 4  # factor by which the number of candidates grows if filters leave too few
RARE = 5  # tracks with fewer occurrences are rare: their neighbours are mostly due to chance
LOOKED_UP = 8192  # number of candidates whose names and vectors are read in one batch


class Search:
    """Searches the tracks of an experiment."""

    def __init__(self, opened: Snapshot) -> None:
        """Prepare to search the vectors of an opened experiment."""
        self.opened, self.experiment = opened, opened.experiment
        self.catalogue, self.corpus = opened.catalogue, opened.corpus
        self._embeddings, self._index = opened.embeddings, OpenedIndex(opened)
        self.row_filter = RowFilter(self.catalogue)

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
        """Computes the scores of all tracks."""
        return Scoring(self.opened)

    def question(self, seeds: Sequence[Seed], notes: Sequence[str]) -> Question:
        """Prepare a query from its tracks.

        Raises:
            UnknownTrackError: a track has no vector.
            SettingError: there are no query tracks, or their weighted vectors cancel out.
        """
        if not seeds:
            raise SettingError("give at least one track")
        weights = np.array([seed.weight for seed in seeds])
        return Question(
            seeds=tuple(seeds),
            notes=(*self.opened.warnings, *notes, *self.rarity(seeds)),
            rows=np.array([seed.track.row for seed in seeds], np.int64),
            weights=weights,
            vector=direction(self.vectors([seed.track for seed in seeds]), weights),
            left_out=np.array([seed.track.row for seed in seeds if not seed.may_be_listed], np.int64),
            number=number_of_seeds(_weights_of_names(seeds)),
        )

    def rarity(self, seeds: Sequence[Seed]) -> list[str]:
        """Return a warning if query tracks occur so rarely that their neighbours are mostly due to chance."""
        # A rare track matters only if its weight is large; rare tracks of an artist have small weights.
        heavy = max(seed.weight for seed in seeds) / 2
        rare = [seed for seed in seeds if seed.weight > 0 and 0 < seed.track.count < RARE]
        matters = any(seed.weight >= heavy for seed in rare)
        if not matters or not len(self.corpus):  # imported vectors come without counts
            return []
        if len(seeds) == 1:
            times = plural(rare[0].track.count, "time")
            return [f"'{rare[0].track.name}' occurs {times}: these neighbours are not reliable"]
        about = f"{len(rare):,} of {len(seeds):,} query tracks {occur(len(rare))} fewer than {RARE} times"
        return [f"{about}: the results are less reliable"]

    def vector(self, track: Track) -> Matrix:
        """Return the centre vector of a track, float32 (embedding_dim,). This raises the same errors as `vectors`."""
        return np.asarray(self.vectors([track])[0])

    def vectors(self, tracks: Sequence[Track]) -> Matrix:
        """Return the centre vectors of tracks, float32 (tracks, embedding_dim).

        Raises:
            UnknownTrackError: a track has no vector.
            ExperimentError: a vector is not finite, or a file has been truncated.
        """
        self.opened.require_whole_files()
        return np.stack([self._vector(track) for track in tracks])

    def _vector(self, track: Track) -> Matrix:
        """Read the centre vector of a track, and verify that it has one."""
        if track.row >= len(self._embeddings.centre):
            raise UnknownTrackError(
                f"'{track.name}' has no vector: it was added to the corpus after the model was trained; "
                f"{continue_command(self.experiment.name, self.opened.model)}"
            )
        vector = np.asarray(self._embeddings.centre[track.row])
        with np.errstate(over="ignore", invalid="ignore"):
            length = vector @ vector
        if not np.isfinite(length):
            again = remake_command(self.experiment.name, self.opened.model)
            raise ExperimentError(f"the vector of '{track.name}' is not finite: run {again}")
        if not vector.any():
            raise without_vector(track, self.opened.model)
        return vector

    def answers(self, questions: Sequence[Question], settings: SimilarSettings) -> list[Answer]:
        """Answer several queries; use one matrix product if this is faster than querying the index for each."""
        settings = applicable(settings, self.corpus)
        pools: Iterator[Pool | None] = repeat(None)
        if questions and self._compares_at_once(settings):
            vectors = np.stack([question.vector for question in questions])
            without = [question.left_out for question in questions]
            pools = self._pools(self.exact.nearest_to_many(vectors, pool_size(settings), without))
        return [self.answer(question, settings, next(pools)) for question in questions]

    def _compares_at_once(self, settings: SimilarSettings) -> bool:
        """Return whether several queries are answered together by exact search."""
        facts = self._index.facts
        compares = self._compares_always or settings.exact
        faster = isinstance(facts, IndexFacts) and len(self.catalogue) < COMPARED * facts.search_k
        return _has_plain_cosine(settings) and (compares or faster)

    @property
    def _compares_always(self) -> bool:
        """Whether exact search was as fast as the index when the index was built; false if there is no index."""
        return isinstance(self._index.facts, IndexFacts) and self._index.facts.answered_by == "exact search"

    def answer(self, asked: Question, settings: SimilarSettings, pool: Pool | None = None) -> Answer:
        """Answer a query.

        If the nearest tracks of the query have already been computed, `pool` contains them. Otherwise `pool` is None.

        Raises:
            SettingError: the settings ask for a list of artists or playlists.
        """
        if settings.of != "tracks":
            raise SettingError(f"this look-up lists tracks, not {settings.of}: use similar_{settings.of}")
        settings, notes = applicable(settings, self.corpus), list(asked.notes)
        listed = self._chosen(pool, asked, settings) if pool is not None else None
        answered_by: AnsweredBy = "exact search"
        if pool is None and self._asks_index(asked, settings) and not self._compares_always:
            index = self._index.candidates(asked.vector)
            if isinstance(index, str):
                notes.append(f"{index}: used exact search; {self._index.advice(index)}")
            else:
                listed = self._by_index(index, asked, settings)
                answered_by = "index" if listed else answered_by
        listed = listed or self._by_comparing(asked, settings)
        return self.answer_of(replace(asked, notes=tuple(notes)), listed, settings, answered_by)

    def answer_of(
        self, asked: Question, listed: Selection, settings: SimilarSettings, answered_by: AnsweredBy = "exact search"
    ) -> Answer:
        """Build the answer to the query `asked` from the tracks that were selected for it."""
        notes = [*asked.notes, *remark_on_durations(self.catalogue, settings)]
        notes += [*remark_on_albums(self.catalogue, settings), *self.row_filter.remarks(settings)]
        left_out = sum(len(choice.versions) for choice in listed.chosen) + len(listed.versions_of_seeds)
        if len(listed.chosen) < settings.number:
            why = reason_without_filters(len(listed.chosen) + left_out, asked.left_out, self.opened)
            notes.append(remark_on_length(len(listed.chosen), settings, "tracks", why))
        if left_out:
            notes.append(f"left out {plural(left_out, 'other version')} of songs in the list or in the query")
        support = self._support(asked, [choice.track.row for choice in listed.chosen])
        kept = self._stable(asked, listed, settings)
        has_score = settings.by != "cosine" or bool(settings.popularity)
        neighbours = tuple(
            Neighbour(
                rank,
                choice.similarity,
                choice.track,
                score=choice.score if has_score else None,
                shared=shared,
                versions=choice.versions,
                stable=is_stable,
            )
            for rank, (choice, shared, is_stable) in enumerate(zip(listed.chosen, support, kept, strict=True), 1)
        )
        return Answer(
            seeds=asked.seeds,
            neighbours=neighbours,
            answered_by=answered_by,
            ranked_by=settings.by,
            notes=tuple(notes),
            agreement=self._agreement(asked, settings.by),
            versions_of_seeds=listed.versions_of_seeds,
        )

    def _agreement(self, asked: Question, by: Score) -> Agreement | None:
        """Return the stability of tracks that are about as frequent as the query track.

        The result is None if there are several query tracks, or if the stability was not measured with this ranking.
        """
        measured = self.opened.stability
        if measured is None or measured.ranking != by or len(asked.seeds) > 1:
            return None
        return measured.of(asked.seeds[0].track.count)

    def _stable(self, asked: Question, listed: Selection, settings: SimilarSettings) -> Sequence[bool | None]:
        """Return for each track whether another training seed would probably list it too; None if that is unknown."""
        trained = IMPORTED not in self.opened.model.facts
        single = len(asked.rows) == 1 and asked.weights[0] > 0
        if settings.by != "hybrid" or settings.diversity or not trained or not single:
            return [None] * len(listed.chosen)
        rows = np.array([choice.track.row for choice in listed.chosen], np.int64)
        scores = np.array([choice.score for choice in listed.chosen], np.float32)
        rows = np.concatenate([rows, listed.contenders.rows[:CONTENDERS]])
        scores = np.concatenate([scores, listed.contenders.similarities[:CONTENDERS]])
        kept: list[bool | None] = stable(
            scores,
            self.scoring.counts[rows],
            asked.seeds[0].track.count,
            listed=len(listed.chosen),
            has_smoothed=self.scoring.has_smoothed,
        ).tolist()
        return kept

    def _support(self, asked: Question, rows: Sequence[int]) -> Sequence[int | None]:
        """For each row, count the playlists that contain it and a query track of positive weight.

        The counts are None if the corpus has no playlists, or no query track has a positive weight.
        """
        liked = asked.rows[asked.weights > 0]
        if not len(self.corpus) or not len(liked):
            return [None] * len(rows)
        shared: list[int | None] = self.postings.shared(liked, np.array(rows, np.int64)).tolist()
        return shared

    def _asks_index(self, asked: Question, settings: SimilarSettings) -> bool:
        """Return whether the index may be used.

        The index proposes tracks that are near by cosine. Only the rankings cosine and hybrid prefer such tracks, and
        hybrid only in some cases (see `Scoring.is_faster_by_index`).
        """
        few = settings.by == "cosine" or (settings.by == "hybrid" and self.scoring.is_faster_by_index(asked))
        return few and _may_propose(settings) and not settings.exact

    def _by_index(self, index: AnnoyCandidates, asked: Question, settings: SimilarSettings) -> Selection | None:
        """Select from the candidates of the index; return None if there are too few to fill the list."""
        width = min(pool_size(settings), len(self.catalogue))
        if settings.by == "hybrid":
            scored = self.scoring.by_evidence(asked, near=index.near(asked.vector, width))
            found: Neighbours | None = highest(*self._ranked(asked, settings, scored, width), width + CONTENDERS)
        else:
            found = nearest_by_index(
                index, self._embeddings.centre, asked.vector, number=width, without=np.unique(asked.left_out)
            )
        if found is None or len(found.rows) < width:
            return None
        return self._chosen(self.pool(found, width), asked, settings)

    def _chosen(self, pool: Pool, asked: Question, settings: SimilarSettings) -> Selection | None:
        """Select from a pool; return None if it cannot fill the list, but a larger pool may contain suitable tracks."""
        listed = select(pool, asked.seeds, asked.vector, settings)
        full = len(listed.chosen) == min(settings.number, len(self.catalogue))
        return listed if full or settings.takes_all else None

    def _by_comparing(self, asked: Question, settings: SimilarSettings) -> Selection:
        """Score tracks, and select from the best; take more candidates until the list is full."""
        width, all_tracks, scored = first_pool_size(settings), len(self.catalogue), self._scored(asked, settings)
        while True:
            rows, scores = self._ranked(asked, settings, scored, max(width, pool_size(settings)))
            pool = self.pool(highest(rows, scores, width + CONTENDERS), width)
            listed = select(pool, asked.seeds, asked.vector, settings)
            if len(listed.chosen) == settings.number or width >= all_tracks:
                return listed
            width *= WIDENED

    def scored(self, asked: Question, settings: SimilarSettings) -> tuple[Rows, npt.NDArray[np.float32]]:
        """Return rows (int64) and scores (float32) of all tracks that are similar enough, except the query tracks."""
        return self._ranked(asked, settings, self._scored(asked, settings), None)

    def _scored(self, asked: Question, settings: SimilarSettings) -> Scored:
        """Score all tracks; for `hybrid`, only by its first two terms.

        These scores do not change if a search takes more candidates, so they are computed only once.
        """
        rows = self.exact.candidates(np.empty(0, np.int64))
        cosines = agreed = np.empty(0, np.float32)
        if settings.by not in WITHOUT_COSINE or settings.min_similarity is not None:
            cosines = self.exact.cosines(asked.vector)
        if settings.by == "hybrid":
            agreed = self.scoring.agreed(asked)
            known = self.scoring.evidence(asked, agreed)[rows]
            scores = self.scoring.with_cosines(asked, rows, known, cosines[rows])
        else:
            scores = self.scoring.scores(asked, settings.by, rows, cosines)
        return Scored(rows, scores, cosines, agreed)

    def _ranked(
        self, asked: Question, settings: SimilarSettings, scored: Scored, width: int | None
    ) -> tuple[Rows, npt.NDArray[np.float32]]:
        """Return the rows of the tracks that are similar enough and that `RowFilter` allows, and their scores.

        Args:
            asked: the query; the rows in its `left_out` are not returned.
            settings: ranking, popularity, minimum similarity, albums and lists of tracks.
            scored: the scores of all tracks.
            width: number of tracks from which the caller selects; None means all tracks.
        """
        rows, scores = scored.rows, scored.scores
        if settings.by == "hybrid":
            most = None if settings.popularity else width  # popularity is standardized over the scores of all tracks
            rows, scores = self.scoring.all_terms(asked, scored, width=most)
        free = ~np.isin(rows, asked.left_out)
        rows, scores = rows[free], scores[free]
        if settings.popularity:
            scores = with_popularity(scores, self.scoring.counts[rows], settings.popularity)
            if not np.isfinite(scores).all():
                raise not_finite()
        if settings.min_similarity is not None:
            near = scored.cosines[rows] >= settings.min_similarity
            rows, scores = rows[near], scores[near]
        allowed = self.row_filter.allowed(rows, settings)
        return rows[allowed], scores[allowed]

    def pool(self, found: Neighbours, width: int | None = None) -> Pool:
        """Read the tracks and vectors of the first `width` candidates of one query, or of all if `width` is None."""
        width = len(found.rows) if width is None else width
        first = Neighbours(found.rows[:width], found.similarities[:width])
        beyond = Neighbours(found.rows[width:], found.similarities[width:])
        return replace(next(self._pools([first])), beyond=beyond)

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


def _weights_of_names(seeds: Sequence[Seed]) -> npt.NDArray[np.float64]:
    """Return the weights of the query tracks, float64. Tracks of an artist that replace a track share its weight."""
    weights: dict[object, float] = {}
    for place, seed in enumerate(seeds):
        name = seed.fallback if seed.may_be_listed else place
        weights[name] = weights.get(name, 0.0) + seed.weight
    return np.array(list(weights.values()), np.float64)


def _has_plain_cosine(settings: SimilarSettings) -> bool:
    """Return whether the answer consists of the tracks that are nearest by cosine."""
    return settings.by == "cosine" and _may_propose(settings)


def _may_propose(settings: SimilarSettings) -> bool:
    """Return whether the index may propose candidates; some settings need the scores of all tracks."""
    needs_all = settings.popularity or settings.only_album or settings.names_tracks
    return not needs_all and settings.min_similarity is None
