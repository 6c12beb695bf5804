"""Links as queries of the name search."""

from __future__ import annotations

import pytest

from skipgramophone.errors import UnknownTrackError
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.catalogue_writer import TRACKS, write_catalogue
from skipgramophone.experiment.name_search import NameSearch
from tests.conftest import table_of

SPOTIFY, LINKED, YOUTUBE = "4uLU6hMCjMI75M1A2tKUQC", "0000000000000000000000", "dQw4w9WgXcQ"


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory) -> NameSearch:
    """A catalogue whose uris come from several services."""
    directory = tmp_path_factory.mktemp("links")
    uris = [f"spotify:track:{SPOTIFY}", f"https://open.spotify.com/track/{LINKED}", YOUTUBE, "1559523359", None]
    rows = [("A", f"Song {at}", uri, 9 - at, at + 1) for at, uri in enumerate(uris)]
    rows.append(("B", "https://b.example/", None, 1, 9))
    write_catalogue(directory, table_of(TRACKS, rows))
    return NameSearch(Catalogue(directory))


@pytest.mark.parametrize(
    ("query", "row"),
    [
        (f"https://open.spotify.com/intl-sv/track/{SPOTIFY}?si=1", 0),
        (f"spotify:track:{SPOTIFY}", 0),
        (f"spotify:track:{LINKED}", 1),
        (f"https://music.youtube.com/watch?v={YOUTUBE}&list=x", 2),
        ("https://music.apple.com/se/album/x/1559523357?i=1559523359", 3),
        ("https://b.example/", 5),  # a title
    ],
)
def test_a_link_finds_its_track(search: NameSearch, query: str, row: int) -> None:
    assert search.resolve(query).track.row == row


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("https://open.spotify.com/track/9zz?si=1", "no track has the Spotify id '9zz': give artist and title instead"),
        (f"https://open.spotify.com/album/{SPOTIFY}", " is a Spotify album link: give the link of a track"),
        ("https://a.example/song-1", "no track has the uri 'https://a.example/song-1': give artist and title instead"),
    ],
)
def test_an_unknown_link_suggests_no_names(search: NameSearch, query: str, message: str) -> None:
    with pytest.raises(UnknownTrackError) as unknown:
        search.resolve(query)
    assert str(unknown.value).endswith(message)
    assert unknown.value.candidates == ()
