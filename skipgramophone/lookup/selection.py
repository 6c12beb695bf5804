"""Selects the tracks of an answer from scored candidates: filters, limits per artist, album and song, diversity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.catalogue import Track
from skipgramophone.experiment.embeddings import Matrix
from skipgramophone.lookup.album_filter import AlbumFilter, album_label
from skipgramophone.lookup.duration_filter import has_duration
from skipgramophone.lookup.exact_search import Neighbours
from skipgramophone.lookup.ranking import choose
from skipgramophone.lookup.results import Seed
from skipgramophone.names.artist_credits import is_credited
from skipgramophone.names.normalization import fold_name
from skipgramophone.names.song_versions import is_version, song_key
from skipgramophone.settings import SimilarSettings

NOTHING = Neighbours(np.empty(0, np.int64), np.empty(0, np.float32))


@dataclass(frozen=True, slots=True)
class Pool:
    """Scored candidates to select from, best first."""

    scores: npt.NDArray[np.float32]  # (candidates,)
    tracks: list[Track]
    vectors: Matrix  # unit vectors, float32 (candidates, embedding_dim)
    beyond: Neighbours = NOTHING  # the candidates after these, whose names and vectors have not been read


@dataclass(frozen=True, slots=True)
class Choice:
    """A candidate that was selected for the answer."""

    track: Track
    similarity: float
    score: float
    versions: tuple[Track, ...] = ()  # other versions of the same song, which are not listed


@dataclass(frozen=True, slots=True)
class Selection:
    """The selected candidates in order, and candidates that are not listed."""

    chosen: list[Choice]
    versions_of_seeds: tuple[Track, ...]  # other versions of the songs of the query, which were left out
    # the best candidates that pass the filters and come after the last selected candidate
    contenders: Neighbours = NOTHING


def select(pool: Pool, seeds: Sequence[Seed], vector: Matrix, settings: SimilarSettings) -> Selection:
    """Filter candidates, and select tracks by score, by diversity, and within the limits per artist, album and song."""
    tracks, vectors = pool.tracks, pool.vectors
    # In einsum, the last digits of the similarities do not depend on the number of rows.
    similarities = np.einsum("ij,j->i", vectors, vector).tolist()
    if settings.takes_all:
        every = map(Choice, tracks, similarities, pool.scores.tolist())
        return Selection(list(islice(every, settings.number)), (), pool.beyond)
    excluded = {fold_name(artist) for artist in settings.exclude_artist or ()}
    artists, albums = [fold_name(track.artist) for track in tracks], AlbumFilter(settings)
    passed = [
        at
        for at, track in enumerate(tracks)
        if (settings.min_count == 1 or track.count >= settings.min_count)  # imported tracks may have no count
        and not any(is_credited(artist, artists[at]) for artist in excluded)
        and not (settings.exclude_versions and is_version(track.title, settings.exclude_versions))
        and has_duration(track, settings)
        and albums.allows(track)
    ]
    songs, of_seeds = [""] * len(tracks), []
    if settings.fold_versions:
        songs = list(map(song_label, tracks))
        given = (seed.track for seed in seeds if not seed.may_be_listed)
        asked_about = set(map(song_label, given))
        of_seeds = [at for at in passed if songs[at] in asked_about]
        passed = [at for at in passed if songs[at] not in asked_about]
    limits = [(_labels(songs, passed), 1)] if settings.fold_versions else []
    if settings.max_per_artist is not None:
        labels = [artist_label(artist, track) for artist, track in zip(artists, tracks, strict=True)]
        limits.append((_labels(labels, passed), settings.max_per_artist))
    if settings.max_per_album is not None:
        limits.append((_labels(list(map(album_label, tracks)), passed), settings.max_per_album))
    scores = pool.scores[passed]
    places = choose(scores, vectors[passed], limits, number=settings.number, diversity=settings.diversity)
    chosen = [passed[place] for place in places.tolist()]
    last = max(chosen, default=-1)  # later candidates are not reported as versions that were left out
    versions: dict[str, list[Track]] = {}
    for at in passed if settings.fold_versions else ():
        if at < last and at not in chosen:
            versions.setdefault(songs[at], []).append(tracks[at])
    listed = [
        Choice(tracks[at], similarities[at], float(pool.scores[at]), tuple(versions.get(songs[at], ())))
        for at in chosen
    ]
    after = [at for at in passed if at > last]
    contenders = Neighbours(np.array([tracks[at].row for at in after], np.int64), pool.scores[after])
    return Selection(listed, tuple(tracks[at] for at in of_seeds if at < last), contenders)


def artist_label(folded: str, track: Track) -> str:
    """Return the folded artist of a track as a key. A track without an artist has a unique key."""
    return folded or f"\0{track.row}"


def song_label(track: Track) -> str:
    """Return a key that all versions of a song have. A track without an artist has a unique key.

    Products of a shop and tracks of unknown artists may have the same name, but are not versions of each other.
    """
    return song_key(track.artist, track.title) if track.artist else f"\0{track.row}"


def _labels(names: Sequence[str], places: Sequence[int]) -> Rows:
    """Return labels for the names at some positions, int64 (positions,); equal names have equal labels."""
    _, labels = np.unique([names[at] for at in places], return_inverse=True)
    return labels
