"""Look-ups in an experiment, from a shell or a notebook.

    import skipgramophone as sgp
    demo = sgp.open("demo")
    demo.similar("artist - title")

The vectors and the index are memory-mapped. Look-ups do not import TensorFlow, and only the functions that return data
frames import pandas.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import SettingError, TrackNameError, UnknownTrackError
from skipgramophone.experiment.album_search import AlbumSearch
from skipgramophone.experiment.artist_search import ArtistSearch
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import Embeddings, Matrix
from skipgramophone.experiment.experiment import Experiment, open_experiment
from skipgramophone.experiment.name_search import Match, NameSearch
from skipgramophone.lookup.album_filter import require_albums
from skipgramophone.lookup.artist_seeds import seeds_of_groups
from skipgramophone.lookup.closable import Closable
from skipgramophone.lookup.continuation import by_recency, continued
from skipgramophone.lookup.duration_filter import require_durations
from skipgramophone.lookup.explain import Explanation, explain
from skipgramophone.lookup.frames import frame_of_answer, frame_of_tracks
from skipgramophone.lookup.match_remarks import artist_option
from skipgramophone.lookup.missing_names import nothing_found
from skipgramophone.lookup.mixed_query import MixedQuery
from skipgramophone.lookup.query_parts import resolve_parts
from skipgramophone.lookup.query_tracks import Choose, resolve_file, resolve_names
from skipgramophone.lookup.results import Answer, Asked, Seed
from skipgramophone.lookup.scoring import Question
from skipgramophone.lookup.search import Search
from skipgramophone.lookup.similar_artists import ArtistAnswer, SimilarArtists
from skipgramophone.lookup.similar_playlists import PlaylistAnswer, SimilarPlaylists
from skipgramophone.lookup.snapshot import open_snapshot
from skipgramophone.lookup.weighted_names import (
    Query,
    group_names,
    query_list,
    require_seeds,
    weighted_names,
)
from skipgramophone.playlists.playlist_file import NamedTrack
from skipgramophone.settings import ContinueSettings, ExplainSettings, SimilarSettings, check_arguments

if TYPE_CHECKING:
    import pandas as pd

    from skipgramophone.lookup.explain import Explanation


class Lookup(Closable):
    """An opened experiment that answers queries.

    A query is a name, or a list of names; each name may be replaced by a pair of name and weight (default weight: 1).
    The end of a `with` block closes the object. After that, its methods and attributes raise `ClosedLookupError`.
    If a query or settings have the wrong form, methods raise `SettingError`.
    """

    @check_arguments()
    def __init__(self, experiment: Experiment, strict_names: bool = False) -> None:
        """Open the corpus and the model of an experiment.

        Args:
            experiment: the experiment.
            strict_names: refuse names that match several tracks, even if one dominates or all have the same name.

        Raises:
            ExperimentError: a stage is missing or damaged, or the model was trained on another corpus. If tracks were
                added to the same corpus after the training, no error is raised, and answers contain a note.
        """
        self.experiment, self.opened = experiment, open_snapshot(experiment)
        self.catalogue: Catalogue = self.opened.catalogue
        self.embeddings: Embeddings = self.opened.embeddings
        self.names = NameSearch(self.catalogue, strict_names)
        self.artists = ArtistSearch(self.catalogue, self.names)
        self.albums = AlbumSearch(self.catalogue, strict_names)
        self.search = Search(self.opened)
        self.artist_search, self.playlist_search = SimilarArtists(self.opened), SimilarPlaylists(self.search)

    def _release(self) -> None:
        """Close the catalogue, the only file that needs closing; memory maps end with their last reference."""
        self.catalogue.close()

    def require_current(self) -> None:
        """Verify that the corpus has not grown since the model was trained.

        Raises:
            ExperimentError: the corpus has grown.
        """
        self.experiment.current("model")

    def __len__(self) -> int:
        return len(self.catalogue)

    @property
    def corpus(self) -> Corpus:
        """The playlists, as sequences of track ids."""
        return self.opened.corpus

    def learnt_by_count(self) -> npt.NDArray[np.int64]:
        """Return the row numbers of all tracks that have a vector, most frequent track first, int64."""
        rows = np.array(self.catalogue.by_count(), np.int64)
        rows = rows[rows < len(self.embeddings.centre)]  # tracks that were added to the corpus later have no vector
        return np.asarray(rows[self.embeddings.learnt()[rows]])

    @check_arguments()
    def resolve(self, query: str) -> Match:
        """Find the track that matches a uri, a link, "artist - title", a title or part of a name.

        Raises:
            UnknownTrackError: no track matches.
            AmbiguousTrackError: several tracks match.
        """
        return self.names.resolve(query)

    @check_arguments()
    def vector(self, query: str) -> Matrix:
        """Return the centre vector of the track that `resolve` finds, float32 (embedding_dim,).

        Raises:
            UnknownTrackError: no track matches, or the match has no vector.
            AmbiguousTrackError: several tracks match.
        """
        return self.search.vector(self.resolve(query).track)

    @check_arguments(but=("query",))
    def similar(self, query: Query, settings: SimilarSettings | None = None) -> Answer:
        """Find the tracks that are most similar to a track, or to several tracks with weights, nearest first.

        Raises:
            UnknownTrackError: no track matches a name, or the match has no vector.
            AmbiguousTrackError: several tracks match.
            SettingError: the weighted vectors cancel out.
        """
        settings = settings or SimilarSettings()
        asked = self.asked(query, fallback=settings.fallback)
        return self.similar_to(asked.seeds, settings, asked.notes)

    @check_arguments(but=("names", "artist", "album"))
    def asked(
        self,
        names: Query = (),
        file: Path | str | None = None,
        artist: str | Sequence[str] = (),
        leave_out: bool = False,
        choose: Choose | None = None,
        *,
        album: str | Sequence[str] = (),
        fallback: bool | None = False,
    ) -> Asked:
        """Resolve everything that a query may contain (weighted names, a playlist file, artists, albums) to tracks.

        Args:
            names: a track name, or a list of track names with or without weights.
            file: any file that `extract` reads, or a text file with one name per line. Unknown names are left out.
            artist: artists, found by `ArtistSearch.resolve`. If several artists or albums are given, the weights of the
                tracks of each artist, or of each album, add up to 1.
            leave_out: leave out names that do not match exactly one track, with a note, instead of raising an error.
            choose: a function that chooses one of several tracks, artists or albums that match a name. It is not called
                for names from a file.
            album: albums, found by `AlbumSearch.resolve`.
            fallback: replace tracks that are unknown or have no vector (see `fallback`). If it is False, errors suggest
                it. If it is None, every name must match exactly one track, and errors suggest neither `fallback` nor
                `artist`.

        Raises:
            UnknownTrackError: no track matches a name, an artist or album is unknown, or no track is left.
            AmbiguousTrackError: several tracks, artists or albums match.
            SourceError: the file cannot be read.
        """
        form = None if fallback is None else artist_option
        names, path, experiment = weighted_names(names), None if file is None else Path(file), self.experiment
        artists, albums = group_names("artist", artist), group_names("album", album)
        asked = resolve_names(self, names, leave_out=leave_out, choose=choose, fallback=fallback, artist_form=form)
        if path is not None:
            asked += resolve_file(self, path, fallback)
        asked += seeds_of_groups(self, artists, albums, choose)
        if not asked.seeds:
            # Unlike `Path.is_file`, `os.path.isfile` raises no error for a text that is not a valid path.
            files = [each for each, _ in names if os.path.isfile(each)]  # noqa: PTH113
            if not asked.missing:
                raise UnknownTrackError("; ".join(asked.notes) or "no names were given: give a track")
            error = nothing_found(asked.missing, experiment.name)
            if files:
                error.advise(
                    lambda named: "; ".join(f"'{each}' is a file: use {named('file', each)}" for each in files)
                )
            raise error
        return asked

    @check_arguments()
    def known_as(self, track: NamedTrack) -> str:
        """Return a query for a track from a file: a uri or identifier that the catalogue contains, or its name."""
        return self.names.query_for(track.name, track.uri, track.identifiers)

    @check_arguments(but=("seeds",))
    def similar_to(
        self, seeds: Sequence[Seed], settings: SimilarSettings | None = None, notes: Sequence[str] = ()
    ) -> Answer:
        """Find the tracks most similar to query tracks (`seeds`), nearest first; add `notes` to the answer.

        Raises:
            UnknownTrackError: a track has no vector, or an artist to exclude is unknown.
            SettingError: there are no query tracks, their weighted vectors cancel out, or the model does not support
                the score.
        """
        require_seeds(seeds)
        self.require_known(settings)
        return self.search.answer(self.search.question(seeds, notes), settings or SimilarSettings())

    @check_arguments(but=("query", "artist", "album"))
    def similar_artists(
        self,
        query: Query = (),
        settings: SimilarSettings | None = None,
        *,
        artist: str | Sequence[str] = (),
        album: str | Sequence[str] = (),
        file: Path | str | None = None,
    ) -> ArtistAnswer:
        """Return the artists most similar to tracks, artists, albums and the tracks of a file, nearest first.

        Raises:
            UnknownTrackError: nothing matches a name, or an artist to exclude is unknown.
            AmbiguousTrackError: several tracks, artists or albums match a name.
            SettingError: the weighted vectors cancel out.
        """
        self.require_known(settings)
        settings = settings or SimilarSettings(of="artists")
        mixed = self.mixed_query(query, artist=artist, album=album, file=file, fallback=settings.fallback)
        return self.artist_search.answer(mixed, settings)

    @check_arguments(but=("query", "artist", "album"))
    def similar_playlists(
        self,
        query: Query = (),
        settings: SimilarSettings | None = None,
        *,
        artist: str | Sequence[str] = (),
        album: str | Sequence[str] = (),
        file: Path | str | None = None,
    ) -> PlaylistAnswer:
        """Return the playlists of the corpus that are most similar to tracks, artists, albums and the tracks of a file.

        Raises:
            UnknownTrackError: nothing matches a name.
            AmbiguousTrackError: several tracks, artists or albums match a name.
            SettingError: the weighted vectors cancel out, or the corpus has no playlists.
        """
        settings = settings or SimilarSettings(of="playlists")
        mixed = self.mixed_query(query, artist=artist, album=album, file=file, fallback=settings.fallback)
        return self.playlist_search.answer(mixed, settings)

    @check_arguments(but=("query", "artist", "album"))
    def mixed_query(
        self,
        query: Query = (),
        *,
        artist: str | Sequence[str] = (),
        album: str | Sequence[str] = (),
        file: Path | str | None = None,
        choose: Choose | None = None,
        fallback: bool = False,
    ) -> MixedQuery:
        """Make a mixed query from names of tracks or artists, the tracks of a file, artists and albums.

        Raises:
            UnknownTrackError: nothing matches a name.
            AmbiguousTrackError: several tracks, artists or albums match a name.
        """
        names, path = weighted_names(query), None if file is None else Path(file)
        artists, albums = group_names("artist", artist), group_names("album", album)
        return resolve_parts(self, names, file=path, artists=artists, albums=albums, choose=choose, fallback=fallback)

    @check_arguments()
    def require_known(self, settings: SimilarSettings | None) -> None:
        """Verify that what filters name is known, and that the corpus has the data that filters need.

        Raises:
            UnknownTrackError: an artist or album is unknown; the error lists known ones with similar names.
            SettingError: the settings limit albums or durations, but the catalogue has none; or `only` names no track.
            SourceError: a file that lists tracks is not a text file.
        """
        settings = settings or SimilarSettings()
        require_durations(self.catalogue, settings)
        require_albums(self.catalogue, settings)
        self.artists.require(settings.exclude_artist or ())
        self.search.row_filter.require(settings)
        self.albums.require((*(settings.only_album or ()), *(settings.exclude_album or ())))

    @check_arguments(but=("queries",))
    def similar_many(
        self, queries: Sequence[Query], settings: SimilarSettings | None = None
    ) -> list[Answer | TrackNameError | SettingError]:
        """Answer each of several queries as `similar` does, and return an answer or an error for each query.

        Raises:
            UnknownTrackError: an artist to exclude is unknown.
        """
        self.require_known(settings)
        settings = settings or SimilarSettings()
        asked: list[Question | TrackNameError | SettingError] = []
        for query in query_list(queries):
            try:
                seeds = self.asked(query, fallback=settings.fallback)
                asked.append(self.search.question(seeds.seeds, seeds.notes))
            except (TrackNameError, SettingError) as error:
                asked.append(error)
        questions = [question for question in asked if isinstance(question, Question)]
        found = iter(self.search.answers(questions, settings))
        return [next(found) if isinstance(question, Question) else question for question in asked]

    @check_arguments(but=("names",))
    def continuation(self, names: Query, settings: ContinueSettings | None = None) -> Answer:
        """Continue a playlist, ranked by `ContinueSettings.by`.

        Names that do not match exactly one track with a vector are left out, with a note.

        Raises:
            UnknownTrackError: none of the names matches a track.
            ExperimentError: the model contains values that are not finite.
        """
        settings = settings or ContinueSettings()
        asked = self.asked(names, leave_out=True, fallback=settings.fallback)
        return continued(self, by_recency(self, asked, settings), settings)

    @check_arguments()
    def explain(
        self, a: str, b: str, settings: ExplainSettings | None = None, choose: Choose | None = None
    ) -> Explanation:
        """Compare two tracks by vectors and by playlists; if a name matches several tracks, `choose` selects one.

        Raises:
            UnknownTrackError: no track matches a name, or the match has no vector.
            AmbiguousTrackError: several tracks match.
        """
        asked = self.asked([a, b], choose=choose, fallback=None)
        if len(asked.seeds) == 1:
            raise SettingError(f"{a!r} and {b!r} are the same track: give two different ones")
        first, second = (seed.track for seed in asked.seeds)
        return explain(
            self.search, (first, second), settings or ExplainSettings(), (*self.opened.warnings, *asked.notes)
        )

    def tracks(self) -> pd.DataFrame:
        """Return all tracks, indexed by row, with artist, title, uri, count and first_place.

        The column `first_place` is the number of the input row in which the track first occurs. If the sources contain
        albums, there is a column for the album.
        """
        return frame_of_tracks(self.catalogue)

    def playlists(self) -> pd.DataFrame:
        """Return all playlists with owner, name and length, indexed by playlist number."""
        frame: pd.DataFrame = self.opened.playlist_table.read(len(self.corpus)).to_pandas()
        frame["length"] = self.corpus.lengths()
        return frame.rename_axis("playlist")

    @check_arguments()
    def playlist_names(self, playlists: Sequence[int]) -> list[tuple[str, str]]:
        """Return the owner and the name of each of the playlists with the given numbers."""
        return self.opened.playlist_table.names(len(self.corpus), playlists)

    @check_arguments(but=("query",))
    def neighbours(self, query: Query, settings: SimilarSettings | None = None) -> pd.DataFrame:
        """Return the tracks that `similar` finds as a data frame, indexed by rank.

        Columns: similarity, artist, title, uri, count and row. If the corpus has playlists, there is a column `shared`:
        the number of playlists that contain both this track and a query track. If tracks are not ranked by cosine,
        there is a column `score`. If the album of a track is known, there is a column `album`.
        """
        return frame_of_answer(self.similar(query, settings))


@check_arguments()
def open_lookup(name: str, experiments_dir: Path | str | None = None, strict_names: bool = False) -> Lookup:
    """Open a trained experiment by name.

    Args:
        name: name of the experiment.
        experiments_dir: experiments directory; the default is $SGP_EXPERIMENTS or ./experiments.
        strict_names: refuse names that match several tracks, even if one dominates or all have the same name.

    Raises:
        ExperimentError: there is no such experiment, or a stage is missing, stale or damaged.
    """
    return Lookup(open_experiment(name, experiments_dir), strict_names)
