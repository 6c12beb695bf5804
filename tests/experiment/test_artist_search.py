"""Artist search: joint credits, and suggestions for unknown artists."""

from __future__ import annotations

import pytest

from skipgramophone.errors import AmbiguousTrackError, UnknownTrackError
from skipgramophone.experiment.artist_search import ArtistSearch
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.catalogue_writer import TRACKS, write_catalogue
from skipgramophone.experiment.groups import Group, meant_group
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


@pytest.mark.parametrize(
    ("artist", "found", "is_exact"),
    [
        ("QUEEN", "Queen", True),
        ("emin", "Eminem", False),  # a part of a joint credit
        ("bwie", "David Bowie", False),  # a typo in a part of a joint credit
        ("garfunkel", "Simon & Garfunkel", False),  # "Garfunkel" alone is not an artist
        ("elton", "Elton John", False),  # "Elton John & Kiki Dee" is longer
        ("john elton", "Elton John", False),
        ("journy", "Journey", False),
    ],
)
def test_a_part_of_a_name_and_a_name_with_typos_mean_an_artist(
    artists: ArtistSearch, artist: str, found: str, is_exact: bool
) -> None:
    match = artists.resolve(artist)
    assert (match.group.name, match.is_exact, match.others) == (found, is_exact, ())


def test_several_artists_of_similar_frequency_are_candidates(artists: ArtistSearch) -> None:
    with pytest.raises(AmbiguousTrackError) as several:
        artists.resolve("que")
    assert several.value.candidates == ("Queen (179×)", "Queens of the Stone Age (88×)")  # 90 + 89
    assert [group.name for group in several.value.groups] == ["Queen", "Queens of the Stone Age"]
    assert str(several.value).startswith("2 artists match 'que'; pick one of them, or give more of the name (Queen (1")


def test_strict_names_accept_only_whole_names_of_artists(artists: ArtistSearch) -> None:
    strict = ArtistSearch(artists._catalogue, NameSearch(artists._catalogue, strict=True))
    assert strict.resolve("queen").is_exact
    for name in ("journy", "que"):
        with pytest.raises(UnknownTrackError, match=f"no artist matches {name!r}; did you mean"):
            strict.resolve(name)


@pytest.mark.parametrize("artist", ["", " ", "zzzzzz", "\udcff", "' OR 1=1 --", "a" * 5000])
def test_nonsense_is_no_artist(artists: ArtistSearch, artist: str) -> None:
    with pytest.raises(
        UnknownTrackError, match=r", and no name is similar: check the spelling, or give another artist$"
    ):
        artists.require(["queen", artist])
    with pytest.raises(UnknownTrackError, match=r", and no name is similar"):
        artists.resolve(artist)


def group(name: str, count: int, row: int = 0) -> Group:
    """An artist."""
    return Group("artist", name, count, row)


@pytest.mark.parametrize(
    ("query", "groups", "chosen"),
    [
        ("b a", [group("A B C", 900), group("A B", 1)], "A B"),  # all words
        ("ab", [group("Abc", 900), group("AB C", 1)], "AB C"),  # whole words
        ("ab", [group("Abc", 30), group("Abd", 10)], "Abc"),  # 3 times as often
        ("ab", [group("Abc", 29), group("Abd", 10)], None),
        ("ab", [group("Abc", 0), group("Abd", 0)], None),  # imported vectors have no counts
    ],
)
def test_an_artist_dominates_by_the_kind_of_match_and_then_by_count(
    query: str, groups: list[Group], chosen: str | None
) -> None:
    if chosen is None:
        with pytest.raises(AmbiguousTrackError):
            meant_group(query, groups)
    else:
        match = meant_group(query, groups[::-1])
        assert (match.group.name, len(match.others), match.matches) == (chosen, 1, 2)
