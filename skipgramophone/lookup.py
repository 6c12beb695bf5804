"""A look-up: an experiment opened to be asked, from a shell or from a notebook.

    import skipgramophone as sgp
    demo = sgp.open("demo")
    demo.similar("artist - title")

It opens the catalogue, the vectors and the index, memory-mapped; neither TensorFlow nor pandas is imported by opening
or asking. The functions that return frames import pandas when they are called.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
import numpy.typing as npt

from skipgramophone.catalogue import Catalogue, Match, Track
from skipgramophone.corpus import Corpus, read_corpus
from skipgramophone.embeddings import Embeddings, Matrix, read_embeddings, unit_rows
from skipgramophone.errors import ExperimentError, SettingError, TrackNameError, UnknownTrackError
from skipgramophone.experiment import Experiment, open_experiment
from skipgramophone.neighbours import (
    COMPARED,
    CURE,
    FILE,
    AnnoyCandidates,
    ExactSearch,
    Neighbours,
    Rows,
    death_of_annoy,
    exact_search,
    highest,
    nearest_by_index,
    usable,
)
from skipgramophone.playlists.listing import read_listing
from skipgramophone.playlists.names import folded
from skipgramophone.postings import Postings, read_postings
from skipgramophone.ranking import choose, direction, hybrid, log_prior, with_count, with_popularity
from skipgramophone.settings import (
    ContinueSettings,
    ExplainSettings,
    Score,
    SimilarSettings,
    TrainSettings,
)
from skipgramophone.versions import song

if TYPE_CHECKING:
    import pandas as pd

    from skipgramophone.explanation import Explanation

PLAYLISTS = "playlists.parquet"
POOL, POOL_FACTOR = 100, 10  # candidates to choose among, and for each track that is asked for
WIDENED = 4  # times as many, where filters leave too few
Query = str | Sequence[tuple[str, float]]  # a name, or names with weights
AnsweredBy = Literal["index", "exact search"]
SHOWN_MISSING = 5  # names that are left out, each with its reason
TRIES = 10  # at opening an experiment that is being replaced


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A track and how similar it is to what was asked about."""

    rank: int  # from 1
    similarity: float  # cosine of centre vectors, from -1 to 1
    track: Track
    shared: int | None = None  # playlists that hold it and a track that was liked; None where there are no playlists
    versions: tuple[Track, ...] = ()  # of the same song, which count as this one


@dataclass(frozen=True, slots=True)
class Seed:
    """A track that was asked about."""

    track: Track
    weight: float = 1.0  # below 0: away from it


@dataclass(frozen=True, slots=True)
class Asked:
    """What names, a file and an artist mean together."""

    seeds: tuple[Seed, ...]
    notes: tuple[str, ...] = ()  # what the asker should know of the names

    def __add__(self, other: Asked) -> Asked:
        return Asked(self.seeds + other.seeds, self.notes + other.notes)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a look-up found."""

    seeds: tuple[Seed, ...]
    neighbours: tuple[Neighbour, ...]
    answered_by: AnsweredBy
    ranked_by: Score
    notes: tuple[str, ...]  # what the asker should know: why not the index, fewer than asked, namesakes
    versions_of_seeds: tuple[Track, ...] = ()  # which would have been listed, and count as what was asked about


@dataclass(frozen=True, slots=True)
class _Question:
    """Seeds, and the same as arrays."""

    seeds: tuple[Seed, ...]
    notes: tuple[str, ...]
    rows: Rows  # int64 (seeds,)
    weights: npt.NDArray[np.float64]
    vector: Matrix  # the direction that they point to, float32 (embedding_dim,)


@dataclass(frozen=True, slots=True)
class _Listed:
    """Candidates that were chosen, in their order: similarity, track, versions of its song."""

    chosen: list[tuple[float, Track, tuple[Track, ...]]]
    versions_of_seeds: tuple[Track, ...]


class Lookup:
    """An experiment that answers questions."""

    def __init__(self, experiment: Experiment) -> None:
        """Open an experiment's corpus and model.

        Raises:
            ExperimentError: a stage is missing, stale or damaged.
        """
        self.experiment = experiment
        self._opened: AnnoyCandidates | str | None = None  # the index, once it has been asked for
        for _ in range(TRIES):
            model = experiment.current("model").digest
            self.catalogue = Catalogue(experiment.directory("corpus"))
            self.embeddings: Embeddings = read_embeddings(experiment.directory("model"), len(self.catalogue))
            if experiment.current("model").digest == model:
                return
            self.catalogue.close()  # a writer has put something else in place between one file and the next
        raise ExperimentError(f"experiment '{experiment.name}' is being replaced: try again")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.catalogue.close()

    def __len__(self) -> int:
        return len(self.catalogue)

    @cached_property
    def corpus(self) -> Corpus:
        """The encoded playlists."""
        return read_corpus(self.experiment.directory("corpus"))

    def _index(self, vector: Matrix) -> AnnoyCandidates | str:
        """The index, or the reason why it cannot be used; the first vector that it is asked for says if Annoy lives."""
        if self._opened is None:
            self._opened = self._open_index(vector)
        return self._opened

    def _open_index(self, vector: Matrix) -> AnnoyCandidates | str:
        """Open the index, if it is what it must be."""
        experiment = self.experiment
        if not experiment.has("index"):
            return "there is no index"
        try:
            manifest = experiment.current("index")
        except ExperimentError:
            return "the index is stale or damaged"
        checked = usable(manifest.facts, self.embeddings.centre)
        if checked is None or not experiment.is_intact(manifest, FILE):
            return "the index is damaged"
        wanted = manifest.settings.get("recall")
        if isinstance(wanted, float) and checked.recall_at_10 < wanted:
            return f"the index finds {checked.recall_at_10:.1%} of the nearest"
        path = experiment.directory("index") / FILE
        if death := death_of_annoy(path, checked, vector):
            return f"Annoy dies of the index ({death}; {CURE})"
        return AnnoyCandidates(path, checked)

    def resolve(self, query: str) -> Match:
        """Find the track that a uri, "artist - title", title or part of a name means.

        Raises:
            UnknownTrackError: none does.
            AmbiguousTrackError: several do.
        """
        return self.catalogue.resolve(query)

    def vector(self, query: str) -> Matrix:
        """The centre vector of a track, float32 (embedding_dim,); `resolve` says which track, and if it is misspelt.

        Raises:
            UnknownTrackError: no track answers to the query, or the one that does was too rare to be learnt.
            AmbiguousTrackError: several tracks do.
        """
        return self._vector(self.resolve(query).track)

    def similar(self, query: Query, settings: SimilarSettings | None = None) -> Answer:
        """The tracks most similar to one, or to several with their weights, nearest first.

        Raises:
            UnknownTrackError: no track answers to a name, or the one that does was too rare to be learnt.
            AmbiguousTrackError: several tracks do.
            SettingError: the weights cancel each other out.
        """
        asked = self.asked([(query, 1.0)] if isinstance(query, str) else query)
        return self.similar_to(asked.seeds, settings, asked.notes)

    def asked(
        self,
        names: Sequence[tuple[str, float]] = (),
        file: Path | None = None,
        artist: str | None = None,
        leave_out: bool = False,
    ) -> Asked:
        """The tracks that names with weights mean, those that a playlist file names, and those of an artist.

        Args:
            names: names of tracks and their weights.
            file: any that `extract` reads, or one with a name a line. What is not known in it is left out.
            artist: an artist's name, in any case and without accents.
            leave_out: of the names too what means no track is left out; a note says so.

        Raises:
            UnknownTrackError: no track answers to a name, there is no such artist, or nothing is left.
            AmbiguousTrackError: several tracks do.
            SourceError: the file cannot be read.
        """
        asked = self._meant(names, leave_out)
        if file is not None:
            asked += self._in_file(file)
        if artist is not None:
            asked += self._of_artist(artist)
        if not asked.seeds:
            raise UnknownTrackError(f"no name means one track: {'; '.join(asked.notes) or 'give some'}")
        return asked

    def _meant(self, names: Sequence[tuple[str, float]], leave_out: bool) -> Asked:
        """What names with weights mean, each track once."""
        seeds: dict[tuple[int, float], Seed] = {}
        notes: list[str] = []
        missing: list[str] = []
        for name, weight in names:
            try:
                seed, remarks = self.seed(name, weight)
                self._vector(seed.track)
            except TrackNameError as error:
                if not leave_out:
                    raise
                missing.append(f"left out: {error}")
                continue
            seeds[seed.track.row, weight] = seed
            notes += remarks
        notes += missing[:SHOWN_MISSING]
        if len(missing) > SHOWN_MISSING:
            notes.append(f"left out: {len(missing) - SHOWN_MISSING:,} more names of {len(names):,}")
        return Asked(tuple(seeds.values()), tuple(notes))

    def _in_file(self, file: Path) -> Asked:
        """What a playlist file names, by uri where that is known."""
        listing = read_listing(file)
        names = [
            track.uri if track.uri is not None and self.catalogue.has_uri(track.uri) else track.name
            for track in listing.tracks
        ]
        asked = self._meant([(name, 1.0) for name in names], leave_out=True)
        notes = [f"{listing.rejected:,} records of {file} name no track"] if listing.rejected else []
        if listing.playlists > 1:
            notes.append(f"{file} holds {listing.playlists:,} playlists; the tracks of all were taken")
        return Asked(asked.seeds, (*notes, *asked.notes))

    def _of_artist(self, artist: str) -> Asked:
        """The tracks of an artist that were learnt."""
        tracks = self.catalogue.of_artist(artist)
        if not tracks:
            near = dict.fromkeys(track.artist for track in self.catalogue.candidates(artist))
            hint = "did you mean one of these?" if near else "and no name is near it"
            raise UnknownTrackError(f"no artist is called {artist!r}; {hint}", tuple(near))
        return Asked(tuple(Seed(track) for track in tracks if self.embeddings.centre[track.row].any()))

    def seed(self, name: str, weight: float = 1.0) -> tuple[Seed, list[str]]:
        """The track that a name means, to be asked about, and what is to be said about the name.

        Raises:
            UnknownTrackError: none does.
            AmbiguousTrackError: several do.
        """
        match = self.resolve(name)
        return Seed(match.track, weight), _remarks(name, match)

    def similar_to(
        self, seeds: Sequence[Seed], settings: SimilarSettings | None = None, notes: Sequence[str] = ()
    ) -> Answer:
        """The tracks most similar to known ones, nearest first, without these; `notes` are handed on.

        Raises:
            UnknownTrackError: a track was too rare to be learnt.
            SettingError: there are no seeds, their weights cancel each other out, or the vectors have no such score.
        """
        return self._answer(self._question(seeds, notes), settings or SimilarSettings())

    def similar_many(
        self, queries: Sequence[Query], settings: SimilarSettings | None = None
    ) -> list[Answer | TrackNameError | SettingError]:
        """What `similar` answers to each of several queries; what cannot be answered is the error that says why.

        Where comparing many vectors with all tracks at once is faster than asking the index for each, that is done.
        """
        settings = settings or SimilarSettings()
        asked: list[_Question | TrackNameError | SettingError] = []
        for query in queries:
            try:
                meant = self.asked([(query, 1.0)] if isinstance(query, str) else query)
                asked.append(self._question(meant.seeds, meant.notes))
            except (TrackNameError, SettingError) as error:
                asked.append(error)
        questions = [question for question in asked if isinstance(question, _Question)]
        found: Iterator[Neighbours | None] = repeat(None)
        if questions and settings.by == "cosine" and not settings.popularity and self._is_compared(settings):
            vectors = np.stack([question.vector for question in questions])
            without = [question.rows for question in questions]
            found = iter(self.exact.nearest_to_many(vectors, _width(settings), without))
        return [
            self._answer(question, settings, next(found)) if isinstance(question, _Question) else question
            for question in asked
        ]

    def _is_compared(self, settings: SimilarSettings) -> bool:
        """Whether many questions are answered by comparing every track, and not by the index."""
        if settings.exact or not self.experiment.has("index"):
            return settings.exact
        search_k = self.experiment.manifest("index").facts.get("search_k")
        return isinstance(search_k, int) and len(self) < COMPARED * search_k

    def _answer(self, asked: _Question, settings: SimilarSettings, found: Neighbours | None = None) -> Answer:
        """The answer to a question, chosen among the nearest tracks, if they have been found already."""
        notes = list(asked.notes)
        listed = self._chosen(found, asked, settings) if found is not None else None
        answered_by: AnsweredBy = "exact search"
        if listed is None and found is None and _asks_index(settings):
            index = self._index(asked.vector)
            if isinstance(index, str):
                notes.append(f"{index}, so every track was compared; sgp index {self.experiment.name} builds it anew")
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
        return Answer(asked.seeds, neighbours, answered_by, settings.by, tuple(notes), listed.versions_of_seeds)

    def _support(self, asked: _Question, rows: Sequence[int]) -> Sequence[int | None]:
        """The playlists that some tracks share with what was liked, where there are playlists."""
        liked = asked.rows[asked.weights > 0]
        if not len(self.corpus) or not len(liked):
            return [None] * len(rows)
        shared: list[int | None] = self.postings.shared(liked, np.array(rows, np.int64)).tolist()
        return shared

    def continuation(self, names: Sequence[str], settings: ContinueSettings | None = None) -> Answer:
        """What comes next in a playlist: ranked by what predicts playlists best, counts and vectors together.

        A name that no track or several answer to, or one that was not learnt, is left out, and a note says so.

        Raises:
            UnknownTrackError: no name means a track.
            ExperimentError: the model holds numbers that are not finite.
        """
        asked = self.asked([(name, 1.0) for name in names], leave_out=True)
        return self.similar_to(asked.seeds, settings or ContinueSettings(), asked.notes)

    def explain(self, a: str, b: str, settings: ExplainSettings | None = None) -> Explanation:
        """What is known of two tracks together.

        Raises:
            UnknownTrackError: no track answers to a name, or the one that does was too rare to be learnt.
            AmbiguousTrackError: several tracks do.
        """
        from skipgramophone.explanation import explain  # here, because it is about what is opened here

        return explain(self, (a, b), settings or ExplainSettings())

    @cached_property
    def postings(self) -> Postings:
        """Which tracks stand in which playlists."""
        return read_postings(self.experiment.directory("corpus"), self.corpus, len(self))

    @cached_property
    def exact(self) -> ExactSearch:
        """The comparing of every track."""
        return exact_search(self.embeddings.centre)

    @cached_property
    def _counts(self) -> npt.NDArray[np.int64]:
        """Occurrences of each track, int64 (tracks,)."""
        return np.array(self.catalogue.counts(), np.int64)

    def _question(self, seeds: Sequence[Seed], notes: Sequence[str]) -> _Question:
        """Seeds, and the same as arrays."""
        if not seeds:
            raise SettingError("give at least one track")
        weights = np.array([seed.weight for seed in seeds])
        return _Question(
            seeds=tuple(seeds),
            notes=tuple(notes),
            rows=np.array([seed.track.row for seed in seeds], np.int64),
            weights=weights,
            vector=direction(np.stack([self._vector(seed.track) for seed in seeds]), weights),
        )

    def _by_index(self, index: AnnoyCandidates, asked: _Question, settings: SimilarSettings) -> _Listed | None:
        """Choose among what the index proposes; None where that does not fill the list."""
        width = min(_width(settings), len(self))
        found = nearest_by_index(index, self.embeddings.centre, asked.vector, width, np.unique(asked.rows))
        if found is None:
            return None
        return self._chosen(found, asked, settings)

    def _chosen(self, found: Neighbours, asked: _Question, settings: SimilarSettings) -> _Listed | None:
        """Choose among the nearest; None where that does not fill the list, though more exist."""
        listed = self._listed(found, asked, settings)
        full = len(listed.chosen) == min(settings.number, len(self))
        return listed if full or settings.takes_all else None

    def _by_comparing(self, asked: _Question, settings: SimilarSettings) -> _Listed:
        """Score every track, and choose among ever more of the best until the list is full or there are no more."""
        learnt = self.exact.candidates(np.empty(0, np.int64))
        scores = self._scores(asked, settings.by, learnt)
        free = ~np.isin(learnt, asked.rows)
        rows, scores = learnt[free], scores[free]
        if settings.popularity:
            scores = with_popularity(scores, self._counts[rows], settings.popularity)
        width = _width(settings)
        while True:
            listed = self._listed(highest(rows, scores, width), asked, settings)
            if len(listed.chosen) == settings.number or width >= len(rows):
                return listed
            width *= WIDENED

    def _scores(self, asked: _Question, by: Score, rows: Rows) -> npt.NDArray[np.float32]:
        """Scores of some rows, float32 (rows,)."""
        if by == "model":
            embeddings = self.embeddings
            if not embeddings.context.any():
                raise SettingError("these vectors were imported without context: rank by cosine")
            mean = asked.weights @ embeddings.centre[asked.rows] / np.abs(asked.weights).sum()
            trained_with = self.experiment.manifest("model").settings
            exponent = trained_with.get("noise_exponent", TrainSettings().noise_exponent)
            scores = embeddings.context @ mean.astype(np.float32) + embeddings.context_bias
            return np.asarray(scores[rows] + log_prior(self._counts[rows], exponent), np.float32)
        cosine = self.exact.cosines(asked.vector)[rows]
        if by == "hybrid":
            return hybrid(self.postings.scores(asked.rows, asked.weights)[rows], cosine)
        return with_count(cosine, self._counts[rows]) if by == "cosine+count" else cosine

    def _listed(self, found: Neighbours, asked: _Question, settings: SimilarSettings) -> _Listed:
        """Choose for score and variety among candidates that pass the filters."""
        tracks = self.catalogue.tracks(found.rows.tolist())
        vectors = unit_rows(np.asarray(self.embeddings.centre[found.rows]))
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
        scores = found.similarities[passed]
        places = choose(scores, vectors[passed], limits, settings.number, settings.diversity)
        chosen = [passed[place] for place in places.tolist()]
        last = max(chosen, default=-1)  # what ranks below it would not have been listed
        versions: dict[str, list[Track]] = {}
        for at in passed if settings.fold_versions else ():
            if at < last and at not in chosen:
                versions.setdefault(songs[at], []).append(tracks[at])
        listed = [(similarities[at], tracks[at], tuple(versions.get(songs[at], ()))) for at in chosen]
        return _Listed(listed, tuple(tracks[at] for at in of_seeds if at < last))

    def tracks(self) -> pd.DataFrame:
        """Every track: artist, title, uri, count, first_place; the frame's index is the row."""
        import pandas as pd

        rows = ((t.row, t.artist, t.title, t.uri, t.count, t.first_place) for t in self.catalogue.all_tracks())
        columns = ["row", "artist", "title", "uri", "count", "first_place"]
        return pd.DataFrame.from_records(list(rows), columns=columns).set_index("row")

    def playlists(self) -> pd.DataFrame:
        """Every playlist: owner, name, length; the frame's index is the playlist's number."""
        import pandas as pd

        frame = pd.read_parquet(self.experiment.directory("corpus") / PLAYLISTS)
        frame["length"] = self.corpus.lengths()
        return frame.rename_axis("playlist")

    def playlist_names(self, playlists: Sequence[int]) -> list[tuple[str, str]]:
        """Owner and name of some playlists, by their numbers."""
        import pyarrow.parquet as pq

        columns = ["owner", "name"]
        table = pq.read_table(self.experiment.directory("corpus") / PLAYLISTS, columns=columns).take(list(playlists))
        return [(owner or "", name or "") for owner, name in zip(*(table[c].to_pylist() for c in columns), strict=True)]

    def neighbours(self, query: str, settings: SimilarSettings | None = None) -> pd.DataFrame:
        """What `similar` finds, as a frame: rank, similarity, artist, title, uri, count, row."""
        import pandas as pd

        rows = (
            (n.rank, n.similarity, n.track.artist, n.track.title, n.track.uri, n.track.count, n.track.row)
            for n in self.similar(query, settings).neighbours
        )
        columns = ["rank", "similarity", "artist", "title", "uri", "count", "row"]
        return pd.DataFrame.from_records(list(rows), columns=columns).set_index("rank")

    def _vector(self, track: Track) -> Matrix:
        """The centre vector of a track that was learnt."""
        vector = np.asarray(self.embeddings.centre[track.row])
        if not np.isfinite(vector).all():
            raise ExperimentError(
                f"the vector of '{track.name}' is not finite: run sgp train {self.experiment.name} --force"
            )
        if not vector.any():
            raise UnknownTrackError(
                f"'{track.name}' occurs {track.count} times, too rarely to be learnt: train with a smaller --min-count"
            )
        return vector


def open_lookup(name: str, experiments_dir: Path | str | None = None) -> Lookup:
    """Open a trained experiment by name.

    Args:
        name: the experiment's name.
        experiments_dir: where experiments lie; else $SGP_EXPERIMENTS, else ./experiments.

    Raises:
        ExperimentError: there is no such experiment, or a stage is missing, stale or damaged.
    """
    return Lookup(open_experiment(name, experiments_dir))


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


def _remarks(query: str, match: Match) -> list[str]:
    """Say so where the query was misspelt, and where other tracks have the very same name."""
    track = match.track
    remarks = [f"no track is called {query!r}; the one name near it is '{track.name}'"] if match.misspelt else []
    if match.namesakes:
        which = f", {track.uri}" if track.uri else ""
        remarks.append(f"{match.namesakes + 1} tracks are called '{track.name}'; this is the most frequent{which}")
    return remarks
