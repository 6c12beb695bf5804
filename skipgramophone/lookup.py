"""A look-up: an experiment opened to be asked, from a shell or from a notebook.

    import skipgramophone as sgp
    demo = sgp.open("demo")
    demo.similar("artist - title")

It opens the catalogue, the vectors and the index, memory-mapped; neither TensorFlow nor pandas is imported by opening
or asking. The functions that return frames import pandas when they are called.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
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
    FILE,
    AnnoyCandidates,
    Neighbours,
    Rows,
    cosines,
    nearest_by_index,
    nearest_exactly,
    usable,
)
from skipgramophone.playlists.names import folded
from skipgramophone.postings import Postings, postings
from skipgramophone.ranking import choose, direction, hybrid, with_popularity
from skipgramophone.settings import ContinueSettings, SimilarSettings

if TYPE_CHECKING:
    import pandas as pd

PLAYLISTS = "playlists.parquet"
POOL, POOL_FACTOR = 100, 10  # candidates to choose among, and for each track that is asked for
WIDENED = 4  # times as many, where filters leave too few
Query = str | Sequence[tuple[str, float]]  # a name, or names with weights
RankedBy = Literal["cosine", "hybrid"]  # see `ranking`
AnsweredBy = Literal["index", "exact search"]
TRIES = 10  # at opening an experiment that is being replaced


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A track and how similar it is to the one that was asked about."""

    rank: int  # from 1
    similarity: float  # cosine of centre vectors, from -1 to 1
    track: Track


@dataclass(frozen=True, slots=True)
class Seed:
    """A track that was asked about."""

    track: Track
    weight: float = 1.0  # below 0: away from it


@dataclass(frozen=True, slots=True)
class Answer:
    """What a look-up found."""

    seeds: tuple[Seed, ...]
    neighbours: tuple[Neighbour, ...]
    answered_by: AnsweredBy
    ranked_by: RankedBy
    notes: tuple[str, ...]  # what the asker should know: why not the index, fewer than asked, namesakes


class Lookup:
    """An experiment that answers questions."""

    def __init__(self, experiment: Experiment) -> None:
        """Open an experiment's corpus and model.

        Raises:
            ExperimentError: a stage is missing, stale or damaged.
        """
        self.experiment = experiment
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

    @cached_property
    def _index(self) -> AnnoyCandidates | str:
        """The index, or the reason why it cannot be used."""
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
        return AnnoyCandidates(experiment.directory("index") / FILE, checked)

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
        names = [(query, 1.0)] if isinstance(query, str) else query
        found = [self.seed(name, weight) for name, weight in names]
        return self.similar_to(
            [seed for seed, _ in found], settings, [note for _, remarks in found for note in remarks]
        )

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
            SettingError: there are no seeds, or their weights cancel each other out.
        """
        settings = settings or SimilarSettings()
        if not seeds:
            raise SettingError("give at least one track")
        vector = direction(
            np.stack([self._vector(seed.track) for seed in seeds]), np.array([seed.weight for seed in seeds])
        )
        without = np.unique([seed.track.row for seed in seeds]).astype(np.int64)
        notes = list(notes)
        if isinstance(self._index, str) and not settings.exact:
            notes.append(f"{self._index}, so every track was compared; sgp index {self.experiment.name} builds it anew")
        chosen, answered_by = self._ranked(vector, settings, without)
        if len(chosen) < settings.number:
            why = "there are no more tracks" if settings.is_plain else "no more tracks pass the filters"
            notes.append(f"{len(chosen)} of {settings.number}: {why}")
        neighbours = tuple(Neighbour(rank, similarity, near) for rank, (similarity, near) in enumerate(chosen, 1))
        return Answer(tuple(seeds), neighbours, answered_by, "cosine", tuple(notes))

    def continuation(self, names: Sequence[str], settings: ContinueSettings | None = None) -> Answer:
        """What comes next in a playlist: ranked by what predicts playlists best, counts and vectors together.

        A name that no track or several answer to is left out, and a note says so.

        Raises:
            UnknownTrackError: no name means a track.
            ExperimentError: the model holds numbers that are not finite.
        """
        settings = settings or ContinueSettings()
        known: dict[int, Track] = {}
        notes: list[str] = []
        for name in names:
            try:
                match = self.resolve(name)
            except TrackNameError as error:
                notes.append(f"left out: {error}")
                continue
            known[match.track.row] = match.track
            notes += _remarks(name, match)
        if not known:
            raise UnknownTrackError(f"none of {len(names)} names means one track: {'; '.join(notes) or 'give some'}")
        given = np.array(sorted(known), np.int64)
        centre = self.embeddings.centre
        cosine = cosines(centre, unit_rows(unit_rows(np.asarray(centre[given])).sum(axis=0)))
        if not np.isfinite(cosine).all():
            raise ExperimentError(
                f"the model of '{self.experiment.name}' holds numbers that are not finite: "
                f"run sgp train {self.experiment.name} --force"
            )
        scores = hybrid(self.postings.scores(given), cosine)
        order = np.argsort(-scores, kind="stable")
        rows = order[~np.isin(order, given)][: settings.number]
        if len(rows) < settings.number:
            notes.append(f"{len(rows)} of {settings.number}: there are no more tracks")
        found = zip(cosine[rows].tolist(), self.catalogue.tracks(rows.tolist()), strict=True)
        neighbours = tuple(Neighbour(rank, similarity, track) for rank, (similarity, track) in enumerate(found, 1))
        seeds = tuple(Seed(track) for track in known.values())
        return Answer(seeds, neighbours, "exact search", "hybrid", tuple(notes))

    @cached_property
    def postings(self) -> Postings:
        """Which tracks stand in which playlists."""
        return postings(self.corpus, len(self))

    def _ranked(
        self, vector: Matrix, settings: SimilarSettings, without: Rows
    ) -> tuple[list[tuple[float, Track]], AnsweredBy]:
        """Choose among ever more candidates until enough of them pass the filters, or there are no more.

        The index is asked once; what it cannot fill is searched exactly.
        """
        number = min(settings.number, len(self))
        width = number if settings.is_plain else max(POOL, POOL_FACTOR * number)
        if not isinstance(self._index, str) and not settings.exact and not settings.popularity:
            found = nearest_by_index(self._index, self.embeddings.centre, vector, min(width, len(self)), without)
            chosen = self._chosen(found, found.similarities, settings) if found is not None else []
            if found is not None and (settings.is_plain or len(chosen) == number):
                return chosen, "index"
        everything = nearest_exactly(self.embeddings.centre, vector, len(self), without)
        scores = everything.similarities
        if settings.popularity:
            counts = np.array(self.catalogue.counts(), np.int64)[everything.rows]
            scores = with_popularity(scores, counts, settings.popularity)
            order = np.argsort(-scores, kind="stable")
            scores = scores[order]
            everything = Neighbours(everything.rows[order], everything.similarities[order])
        while True:
            first = Neighbours(everything.rows[:width], everything.similarities[:width])
            chosen = self._chosen(first, scores[:width], settings)
            if len(chosen) == number or width >= len(everything.rows):
                return chosen, "exact search"
            width *= WIDENED

    def _chosen(
        self, found: Neighbours, scores: npt.NDArray[np.float32], settings: SimilarSettings
    ) -> list[tuple[float, Track]]:
        """Similarities and tracks of what passes the filters, chosen for score and variety."""
        tracks = self.catalogue.tracks(found.rows.tolist())
        similarities = found.similarities.tolist()
        if settings.is_plain:
            return list(zip(similarities, tracks, strict=True))[: settings.number]
        excluded = {folded(artist) for artist in settings.exclude_artist or ()}
        names = [folded(track.artist) for track in tracks]
        passed = [
            at for at, track in enumerate(tracks) if track.count >= settings.min_count and names[at] not in excluded
        ]
        vectors = unit_rows(np.asarray(self.embeddings.centre[found.rows[passed]]))
        _, artists = np.unique([names[at] for at in passed], return_inverse=True)
        places = choose(scores[passed], vectors, artists, settings.number, settings.diversity, settings.max_per_artist)
        return [(similarities[passed[place]], tracks[passed[place]]) for place in places.tolist()]

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


def _remarks(query: str, match: Match) -> list[str]:
    """Say so where the query was misspelt, and where other tracks have the very same name."""
    track = match.track
    remarks = [f"no track is called {query!r}; the one name near it is '{track.name}'"] if match.misspelt else []
    if match.namesakes:
        which = f", {track.uri}" if track.uri else ""
        remarks.append(f"{match.namesakes + 1} tracks are called '{track.name}'; this is the most frequent{which}")
    return remarks
