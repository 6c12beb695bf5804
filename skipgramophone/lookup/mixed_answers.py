"""Answers mixed queries (tracks, artists and playlists) with a list of artists or of playlists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from skipgramophone.errors import SettingError, TrackNameError
from skipgramophone.lookup.mixed_query import MixedQuery, SeedGroup
from skipgramophone.lookup.results import Seed
from skipgramophone.lookup.similar_artists import ArtistAnswer
from skipgramophone.lookup.similar_playlists import PlaylistAnswer
from skipgramophone.settings import SimilarSettings

if TYPE_CHECKING:
    from skipgramophone.lookup.lookup import Lookup

MixedAnswer = ArtistAnswer | PlaylistAnswer


def answer_mixed(lookup: Lookup, query: MixedQuery, settings: SimilarSettings) -> MixedAnswer:
    """Return the artists or the playlists (see `settings.of`) that are most similar to a query.

    Raises:
        UnknownTrackError: an artist to exclude is unknown.
        SettingError: the corpus has no playlists to list.
    """
    if settings.of == "playlists":
        return lookup.playlist_search.answer(query, settings)
    lookup.require_known(settings)
    return lookup.artist_search.answer(query, settings)


def answer_each(
    lookup: Lookup, queries: Sequence[Sequence[tuple[str, float]]], settings: SimilarSettings
) -> list[MixedAnswer | TrackNameError | SettingError]:
    """Answer several queries, each of which consists of weighted names; return an answer or an error for each query."""
    answers: list[MixedAnswer | TrackNameError | SettingError] = []
    for names in queries:
        try:
            answers.append(answer_mixed(lookup, lookup.mixed_query(names), settings))
        except (TrackNameError, SettingError) as error:
            answers.append(error)
    return answers


def playlist_group(lookup: Lookup, playlist: int, name: str, weight: float = 1.0) -> SeedGroup:
    """Return one part of a query: the tracks of a playlist of the corpus that have a vector."""
    rows = np.unique(lookup.corpus.playlists(np.array([playlist], np.int64)).track_ids)
    rows = rows[np.isin(rows, lookup.learnt_by_count())]
    tracks = lookup.catalogue.tracks(rows.tolist())
    return SeedGroup(name, tuple(map(Seed, tracks)), weight, of="playlist", playlist=playlist)
