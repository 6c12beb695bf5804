"""Artist search: joint credits, and suggestions for unknown artists."""

from __future__ import annotations

import pytest

from skipgramophone.errors import UnknownTrackError
from skipgramophone.experiment.artist_search import ArtistSearch
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.catalogue_writer import TRACKS, write_catalogue
from skipgramophone.experiment.name_search import NameSearch
from tests.conftest import table_of

ARTISTS = [
    "Queen",
    "Queen, David Bowie",
    "Queens of the Stone Age",
    "Simon & Garfunkel",
    "Elton John & Kiki Dee",
    "Elton John",
    "Juice WRLD, Eminem",
    "U2",
    "Mary J. Blige, U2",
    "Björk",
    "Journey",
    "The Cover Band",  # of a song called Queen
]


@pytest.fixture(scope="module")
def artists(tmp_path_factory: pytest.TempPathFactory) -> ArtistSearch:
    """A catalogue with one track per artist, most frequent first."""
    directory = tmp_path_factory.mktemp("artists")
    titles = ["Queen" if artist == "The Cover Band" else f"Song {at}" for at, artist in enumerate(ARTISTS)]
    rows = [(artist, titles[at], None, 90 - at, at + 1) for at, artist in enumerate(ARTISTS)]
    write_catalogue(directory, table_of(TRACKS, rows))
    catalogue = Catalogue(directory)
    return ArtistSearch(catalogue, NameSearch(catalogue))


@pytest.mark.parametrize(
    ("artist", "found"),
    [
        ("queen", ["Queen", "Queen, David Bowie"]),
        ("David Bowie", ["Queen, David Bowie"]),
        ("EMINEM", ["Juice WRLD, Eminem"]),
        ("elton john", ["Elton John & Kiki Dee", "Elton John"]),
        ("simon & garfunkel", ["Simon & Garfunkel"]),
        ("u2", ["U2", "Mary J. Blige, U2"]),
        ("bjork", ["Björk"]),
    ],
)
def test_the_tracks_of_an_artist_include_joint_credits(artists: ArtistSearch, artist: str, found: list[str]) -> None:
    assert [track.artist for track in artists.tracks(artist)] == found


@pytest.mark.parametrize(
    ("artist", "nearest"),
    [
        ("journy", "Journey"),
        ("simon", "Simon & Garfunkel"),  # not an artist alone: only suggested
        ("quen", "Queen"),
        ("the stone age", "Queens of the Stone Age"),
    ],
)
def test_an_unknown_artist_gets_the_nearest_ones(artists: ArtistSearch, artist: str, nearest: str) -> None:
    with pytest.raises(UnknownTrackError) as unknown:
        artists.tracks(artist)
    assert unknown.value.summary == f"no artist matches {artist!r}; did you mean one of these?"
    assert unknown.value.candidates[0] == nearest
    assert str(unknown.value).startswith(f"{unknown.value.summary} {nearest}")


@pytest.mark.parametrize("artist", ["", " ", "zzzzzz", "\udcff", "' OR 1=1 --", "a" * 5000])
def test_nonsense_is_no_artist(artists: ArtistSearch, artist: str) -> None:
    with pytest.raises(
        UnknownTrackError, match=r", and no name is similar: check the spelling, or give another artist$"
    ):
        artists.require(["queen", artist])
