"""A look-up: an experiment opened to be asked, from a shell or from a notebook.

    import skipgramophone as sgp
    demo = sgp.open("demo")
    demo.similar("artist - title")

It opens the catalogue, the vectors and the index, memory-mapped; neither TensorFlow nor pandas is imported by opening
or asking. The functions that return frames import pandas when they are called.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import (
    ExperimentError,
    SettingError,
    TrackNameError,
    UnknownTrackError,
    reason_of,
    storage_errors,
)
from skipgramophone.experiment.catalogue import Catalogue, Match
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import Embeddings, Matrix, is_learnt, read_embeddings
from skipgramophone.experiment.experiment import Experiment, open_experiment
from skipgramophone.lookup.results import Answer, Asked, Seed
from skipgramophone.lookup.search import Question, Search
from skipgramophone.playlists.playlist_file import read_listing
from skipgramophone.settings import ContinueSettings, ExplainSettings, SimilarSettings

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from skipgramophone.lookup.explain import Explanation

PLAYLISTS = "playlists.parquet"
Query = str | Sequence[tuple[str, float]]  # a name, or names with weights
SHOWN_MISSING = 5  # names that are left out, each with its reason
TRIES = 10  # at opening an experiment that is being replaced


class Lookup:
    """An experiment that answers questions."""

    def __init__(self, experiment: Experiment) -> None:
        """Open an experiment's corpus and model.

        Raises:
            ExperimentError: a stage is missing, stale or damaged.
        """
        self.experiment = experiment
        for _ in range(TRIES):
            corpus, model = experiment.manifest("corpus"), experiment.current("model")
            if wrong := experiment.of_another_size(corpus, model):
                if experiment.current("model").digest == model.digest:
                    raise ExperimentError(wrong)
                continue  # a writer has put something else in place between one file and the next
            self.catalogue = Catalogue(experiment.directory("corpus"))
            self.embeddings: Embeddings = read_embeddings(experiment.directory("model"), len(self.catalogue))
            if experiment.current("model").digest == model.digest:
                self.search = Search(experiment, model.digest, self.catalogue, self.embeddings)
                return
            self.catalogue.close()
        raise ExperimentError(f"experiment '{experiment.name}' is being replaced: try again")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.catalogue.close()

    def __len__(self) -> int:
        return len(self.catalogue)

    @property
    def corpus(self) -> Corpus:
        """The encoded playlists."""
        return self.search.corpus

    def learnt_by_count(self) -> npt.NDArray[np.int64]:
        """The rows of all tracks that have a vector, the most frequent first, int64."""
        rows = np.array(self.catalogue.by_count(), np.int64)
        return np.asarray(rows[self.embeddings.learnt()[rows]])

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
        return self.search.vector(self.resolve(query).track)

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
                self.search.vector(seed.track)
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
        learnt = is_learnt(self.embeddings.centre[[track.row for track in tracks]])
        return Asked(tuple(Seed(track) for track, is_one in zip(tracks, learnt, strict=True) if is_one))

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
        return self.search.answer(self.search.question(seeds, notes), settings or SimilarSettings())

    def similar_many(
        self, queries: Sequence[Query], settings: SimilarSettings | None = None
    ) -> list[Answer | TrackNameError | SettingError]:
        """What `similar` answers to each of several queries; what cannot be answered is the error that says why."""
        asked: list[Question | TrackNameError | SettingError] = []
        for query in queries:
            try:
                meant = self.asked([(query, 1.0)] if isinstance(query, str) else query)
                asked.append(self.search.question(meant.seeds, meant.notes))
            except (TrackNameError, SettingError) as error:
                asked.append(error)
        questions = [question for question in asked if isinstance(question, Question)]
        found = iter(self.search.answers(questions, settings or SimilarSettings()))
        return [next(found) if isinstance(question, Question) else question for question in asked]

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
        from skipgramophone.lookup.explain import explain  # here, because it is about what is opened here

        return explain(self, (a, b), settings or ExplainSettings())

    def tracks(self) -> pd.DataFrame:
        """Every track: artist, title, uri, count, first_place; the frame's index is the row."""
        import pandas as pd

        rows = ((t.row, t.artist, t.title, t.uri, t.count, t.first_place) for t in self.catalogue.all_tracks())
        columns = ["row", "artist", "title", "uri", "count", "first_place"]
        return pd.DataFrame.from_records(list(rows), columns=columns).set_index("row")

    def playlists(self) -> pd.DataFrame:
        """Every playlist: owner, name, length; the frame's index is the playlist's number."""

        frame: pd.DataFrame = playlist_table(self.experiment.directory("corpus"), len(self.corpus)).to_pandas()
        frame["length"] = self.corpus.lengths()
        return frame.rename_axis("playlist")

    def playlist_names(self, playlists: Sequence[int]) -> list[tuple[str, str]]:
        """Owner and name of some playlists, by their numbers."""
        import pyarrow as pa

        chosen = pa.array(playlists, pa.int64())  # of none Arrow does not know the type
        table = playlist_table(self.experiment.directory("corpus"), len(self.corpus)).take(chosen)
        return [(row["owner"] or "", row["name"] or "") for row in table.to_pylist()]

    def neighbours(self, query: str, settings: SimilarSettings | None = None) -> pd.DataFrame:
        """What `similar` finds, as a frame: rank, similarity, artist, title, uri, count, row."""
        import pandas as pd

        rows = (
            (n.rank, n.similarity, n.track.artist, n.track.title, n.track.uri, n.track.count, n.track.row)
            for n in self.similar(query, settings).neighbours
        )
        columns = ["rank", "similarity", "artist", "title", "uri", "count", "row"]
        return pd.DataFrame.from_records(list(rows), columns=columns).set_index("rank")


def playlist_table(directory: Path, playlists: int, prefix: str = "") -> pa.Table:
    """Owner, name and, since the second version, key of each playlist in a corpus stage that holds so many, as text.

    Raises:
        ExperimentError: the file is damaged, or does not fit the corpus.
        StorageError: it cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = directory / f"{prefix}{PLAYLISTS}"
    with storage_errors(path, "read"):
        path.stat()  # one that is gone is not called damaged
    try:
        names = ["owner", "name", *({"key"} & set(pq.read_schema(path).names))]
        table = pq.read_table(path, columns=names).cast(pa.schema([(name, pa.large_string()) for name in names]))
        table.validate(full=True)
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise ExperimentError(f"{path} is damaged: {reason_of(error)}") from error
    if table.num_rows != playlists:
        raise ExperimentError(
            f"{directory} is damaged: {path.name} has {table.num_rows:,} of its {playlists:,} playlists"
        )
    return table


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
