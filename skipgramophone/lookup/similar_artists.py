"""Finds artists that are similar to tracks and artists, by the vectors of artists."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.artists import Artists, read_artists
from skipgramophone.experiment.catalogue import Track
from skipgramophone.experiment.embeddings import Matrix, not_finite
from skipgramophone.lookup.artist_agreement import ArtistAgreement
from skipgramophone.lookup.artist_vectors import ArtistVectors, artist_vectors
from skipgramophone.lookup.exact_search import highest
from skipgramophone.lookup.length_remark import remark_on_length
from skipgramophone.lookup.mixed_query import MixedQuery
from skipgramophone.lookup.pool_size import POOL, POOL_FACTOR
from skipgramophone.lookup.ranking import (
    choose,
    evidence,
    number_of_seeds,
    rooted,
    with_cosine,
    with_count,
    with_popularity,
)
from skipgramophone.lookup.scoring import Scores, applicable
from skipgramophone.lookup.snapshot import Snapshot
from skipgramophone.names.artist_credits import is_credited
from skipgramophone.names.credited_artists import spelling
from skipgramophone.names.normalization import fold_name
from skipgramophone.settings import Score, SimilarSettings
from skipgramophone.training.vocabulary import ranks_by_count

NAMED_BY = 500  # maximum number of tracks that are read to find the spelling of an artist's name


@dataclass(frozen=True, slots=True)
class ArtistNeighbour:
    """An artist and its similarity to the query."""

    rank: int  # from 1
    similarity: float  # cosine of the artist's vector and the query, from -1 to 1
    artist: str
    tracks: int  # tracks of the artist with a vector
    count: int  # occurrences of these tracks
    score: float | None = None  # the value by which the list is sorted; None if it is sorted by similarity
    # number of playlists with the artist and a query track of weight > 0; None if the corpus has no playlists
    shared: int | None = None


@dataclass(frozen=True, slots=True)
class ArtistAnswer:
    """The result of a look-up of artists."""

    query: MixedQuery
    neighbours: tuple[ArtistNeighbour, ...]
    ranked_by: Score
    notes: tuple[str, ...]


class SimilarArtists:
    """The artists of an experiment with their vectors, computed when they are first needed."""

    def __init__(self, opened: Snapshot) -> None:
        self._opened = opened

    @cached_property
    def artists(self) -> Artists:
        """The artists and their tracks."""
        return read_artists(self._opened.catalogue)

    @cached_property
    def vectors(self) -> ArtistVectors:
        """The vectors of the artists."""
        counts = np.array(self._opened.catalogue.counts(), np.int64)
        return artist_vectors(self.artists, self._opened.embeddings.centre, counts)

    @cached_property
    def _agreement(self) -> ArtistAgreement:
        """Computes how well artists agree with a query by playlists."""
        return ArtistAgreement(self.artists, self._opened.postings)

    def name(self, artist: int) -> str:
        """Return the name of an artist in the spelling of the artist's most frequent track."""
        catalogue, rows = self._opened.catalogue, self.artists.of(artist)
        marks = ",".join(map(str, rows[:NAMED_BY].tolist()))
        (credit,) = catalogue.query(f"SELECT artist FROM tracks WHERE row IN ({marks}) ORDER BY {catalogue.rank}")[0]
        return spelling(self.artists.names[artist], credit)

    def entries(self) -> tuple[list[Track], Matrix]:
        """Return the artists that have a vector, most frequent first, and their vectors.

        Returns:
            The artists, and their unit vectors, float32 (artists, embedding_dim). Each artist is a `Track` with an
            empty title, whose row is the rank of the artist by count, counted from 0.
        """
        catalogue, vectors, artists = self._opened.catalogue, self.vectors, self.artists
        order = np.lexsort((np.arange(len(artists)), -vectors.counts))
        order = order[vectors.tracks[order] > 0]
        ranks = ranks_by_count(np.array(catalogue.counts(), np.int64))
        written = [credit for credit, _, _ in catalogue.names()]
        entries = []
        for row, artist in enumerate(order.tolist()):
            own = artists.of(artist)
            name = spelling(artists.names[artist], written[own[np.argmin(ranks[own])]])
            count = int(vectors.counts[artist])
            entries.append(Track(row, artist=name, title="", uri=None, count=count, first_place=0))
        return entries, vectors.unit[order]

    def answer(self, query: MixedQuery, settings: SimilarSettings) -> ArtistAnswer:
        """Return the artists most similar to a query, nearest first.

        The answer leaves out the artists of the query. These are the artists given in the query, the artists of its
        tracks, and artists whose tracks are all in the query.

        Raises:
            ExperimentError: the vectors contain values that are not finite.
        """
        settings, vectors = applicable(settings, self._agreement.postings.corpus), self.vectors
        cosines = np.asarray(vectors.unit @ query.vector, np.float32)
        rows = self._candidates(query, settings, cosines)
        scores = self._scores(query, settings, rows, cosines[rows])
        found = highest(rows, scores, max(POOL, POOL_FACTOR * settings.number))
        places = np.arange(min(settings.number, len(found.rows)))
        if settings.diversity:
            near = vectors.unit[found.rows]
            places = choose(found.similarities, near, [], number=settings.number, diversity=settings.diversity)
        chosen = found.rows[places]
        notes = list(query.notes)
        if len(chosen) < settings.number:
            notes.append(remark_on_length(len(chosen), settings, "artists"))
        has_score = settings.by != "cosine" or bool(settings.popularity)
        support = self._support(query, chosen)
        neighbours = tuple(
            ArtistNeighbour(
                rank=rank,
                similarity=float(cosines[artist]),
                artist=self.name(artist),
                tracks=int(vectors.tracks[artist]),
                count=int(vectors.counts[artist]),
                score=float(found.similarities[place]) if has_score else None,
                shared=shared,
            )
            for rank, (artist, place, shared) in enumerate(zip(chosen.tolist(), places, support, strict=True), 1)
        )
        return ArtistAnswer(query, neighbours, settings.by, tuple(notes))

    def _candidates(self, query: MixedQuery, settings: SimilarSettings, cosines: Scores) -> Rows:
        """Return the artists that the answer may contain; `cosines` are the similarities of all artists."""
        vectors = self.vectors
        candidates = vectors.tracks > 0
        if settings.min_count > 1:  # imported vectors come without counts
            candidates &= vectors.counts >= settings.min_count
        candidates[self._asked_about(query)] = False
        excluded = [fold_name(name) for name in settings.exclude_artist or ()]
        for at, name in enumerate(self.artists.names if excluded else ()):
            candidates[at] &= not any(is_credited(artist, name) for artist in excluded)
        if settings.min_similarity is not None:
            candidates &= cosines >= settings.min_similarity
        return np.flatnonzero(candidates)

    def _scores(self, query: MixedQuery, settings: SimilarSettings, rows: Rows, cosines: Scores) -> Scores:
        """Return the scores of the artists `rows`; `cosines` are their similarities.

        Raises:
            ExperimentError: a score is not finite, because the vectors contain values that are not.
        """
        scores, counts = cosines, self.vectors.counts
        if settings.by == "cosine+count":
            scores = with_count(scores, counts[rows])
        elif settings.by == "hybrid":
            given = number_of_seeds(np.array([part.weight for part in query.parts]))
            agreed = rooted(self._agreement.scores(query.parts))
            known = evidence(agreed, counts, given, in_common=None, has_factors=False)
            scores = with_cosine(known[rows], scores, 1.0)
        if settings.popularity and len(rows):
            scores = with_popularity(scores, counts[rows], settings.popularity)
        if not np.isfinite(scores).all():
            raise not_finite()
        return scores

    def _asked_about(self, query: MixedQuery) -> Rows:
        """Return the artists of a query, which the answer leaves out."""
        artists = (self.artists.find(group.name) for group in query.groups if group.of == "artist")
        named = [number for number in artists if number is not None]
        tracks = np.array([seed.track.row for seed in query.tracks], np.int64)
        near = self.artists.of_tracks(query.liked)
        without_others = [artist for artist in near.tolist() if np.isin(self.artists.of(artist), query.liked).all()]
        return np.concatenate([np.array([*named, *without_others], np.int64), self.artists.of_tracks(tracks)])

    def _support(self, query: MixedQuery, artists: Rows) -> list[int | None]:
        """For each artist, count the playlists with a track of the artist and a query track of positive weight.

        The counts are None if the corpus has no playlists, or no query track has a positive weight.
        """
        postings = self._opened.postings
        if not len(self._opened.corpus) or not len(query.liked):
            return [None] * len(artists)
        of_liked: npt.NDArray[np.int32] = postings.of_any(query.liked)
        return [
            len(np.intersect1d(of_liked, postings.of_any(self.artists.of(artist)), assume_unique=True))
            for artist in artists.tolist()
        ]
