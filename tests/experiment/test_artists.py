"""The artists of a catalogue and their tracks."""

from __future__ import annotations

import numpy as np
import pytest

from skipgramophone.experiment.artists import artists_of
from skipgramophone.experiment.corpus import Corpus

CREDITS = [
    "Queen",
    "Queen, David Bowie",
    "QUEEN",
    "Bowie",
    "David Bowie",
    "",
    "Various Artists",
    "David Bowie feat. Bowie",
]


def test_each_artist_has_the_tracks_that_credit_it() -> None:
    artists = artists_of(CREDITS)
    assert artists.names == ["queen", "david bowie", "bowie"]
    assert [artists.of(artist).tolist() for artist in range(3)] == [[0, 1, 2], [1, 4, 7], [3, 7]]
    assert artists.of_tracks(np.array([1, 5, 7])).tolist() == [0, 1, 2]
    assert artists.of_tracks(np.array([5, 6])).tolist() == []
    by_track, offsets = artists.by_track
    assert [by_track[offsets[row] : offsets[row + 1]].tolist() for row in (1, 6, 7)] == [[0, 1], [], [1, 2]]


@pytest.mark.parametrize(("name", "number"), [("queen", 0), ("DAVID  BOWIE", 1), ("various artists", None), ("", None)])
def test_artists_are_found_by_name(name: str, number: int | None) -> None:
    assert artists_of(CREDITS).find(name) == number


def test_a_catalogue_without_artists_has_none() -> None:
    for written in ([], ["", ""]):
        artists = artists_of(written)
        assert len(artists) == 0
        assert artists.of_tracks(np.arange(len(written))).tolist() == []


def test_playlists_become_lists_of_artists() -> None:
    artists = artists_of(CREDITS)
    tracks = [[4, 1, 3], [], [5, 6], [7, 0, 7, 2]]
    offsets = np.cumsum([0, *map(len, tracks)])
    corpus = Corpus(np.array([row for own in tracks for row in own], np.int32), offsets)
    found = artists.playlists_of(corpus)
    own = [found.track_ids[a:b].tolist() for a, b in zip(found.offsets[:-1], found.offsets[1:], strict=True)]
    assert own == [[1, 0, 2], [], [], [1, 2, 0]]
    assert found.track_ids.dtype == np.int32
    nothing = artists.playlists_of(Corpus(np.zeros(0, np.int32), np.zeros(1, np.int64)))
    assert (len(nothing), nothing.occurrences) == (0, 0)
