"""The artists of a catalogue and their tracks."""

from __future__ import annotations

import numpy as np
import pytest

from skipgramophone.experiment.artists import artists_of

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
