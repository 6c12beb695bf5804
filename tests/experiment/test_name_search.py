"""Name search: which tracks a query finds, with and without typos."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest

from skipgramophone.errors import AmbiguousTrackError, UnknownTrackError
from skipgramophone.experiment.catalogue import FILE, Catalogue
from skipgramophone.experiment.catalogue_writer import TRACKS as TYPES
from skipgramophone.experiment.catalogue_writer import write_catalogue
from skipgramophone.experiment.name_search import NameSearch
from skipgramophone.names.normalization import fold_name
from tests.conftest import table_of
from tests.experiment.conftest import TRACKS
from tests.experiment.earlier_catalogue import as_earlier_version


@pytest.fixture
def search(catalogue: Catalogue) -> NameSearch:
    """Search in a small catalogue."""
    return NameSearch(catalogue)


@pytest.mark.parametrize(
    ("query", "row"),
    [
        ("x:mayer", 1),
        ("tom petty - free fallin'", 0),
        ("TOM PETTY  -  FREE FALLIN'", 0),
        ("Free Fallin'", 0),  # a whole title comes before a part of another
        ("john mayer - free fallin' - live at the nokia theatre", 1),
        ("nokia theatre", 1),
        ("mayer fallin", 1),  # each word anywhere
        ("07 - echoes", 7),
        ("22", 6),
        ("u2", 4),  # under three letters: the beginning of a name
        ("U2 - One", 4),
        (":heart: \x1b[31m", 8),
        ("[live]", 8),
        ("конь", 9),
        ("любэ", 9),
        ("サディスティック", 10),
        ("丸の内サディスティック", 10),
        ("Säkert! - Fredrik", 2),  # with the accent
        ("Sakert! - Fredrik", 3),  # and without
        ('"quotes"', 13),
        ("100% * (free) or not", 13),
        ("strasse", 14),
        ("straße - groß", 14),
        ("の内", 10),  # two letters, not at the beginning
        ("%", 13),
    ],
)
def test_a_query_finds_its_track(search: NameSearch, query: str, row: int) -> None:
    assert search.resolve(query).track.row == row


def test_namesakes_resolve_to_the_most_frequent_and_are_counted(search: NameSearch) -> None:
    match = search.resolve("twin - song")
    assert (match.track.row, match.namesakes) == (11, 1)
    assert search.resolve("x:b").track.row == 12


@pytest.mark.parametrize("has_ranks", [False, True])
def test_a_word_of_one_or_two_letters_is_found_anywhere_in_a_name(tmp_path: Path, has_ranks: bool) -> None:
    rng = random.Random(3)
    letters = "ab é'の1"
    names = ["".join(rng.choices(letters, k=rng.randint(1, 7))).strip() or "a" for _ in range(600)]
    ranks = rng.sample(range(600), 600) if has_ranks else list(range(600))
    tracks = table_of(TYPES, [("", name, None, 600 - ranks[at], at + 1) for at, name in enumerate(names)])
    write_catalogue(tmp_path, tracks, in_order=not has_ranks)
    asked = ["".join(pair).strip() for pair in product(letters, repeat=2)]
    asked += [f"{one} {other}" for one, other in zip(asked, reversed(asked), strict=True)] + [
        "zz",
        "bab a",
        "abba 1 の",
    ]
    with closing(Catalogue(tmp_path)) as catalogue:
        search = NameSearch(catalogue)
        for query in filter(None, map(fold_name, asked)):
            containing = [
                row for row, name in enumerate(names) if all(word in fold_name(name) for word in query.split())
            ]
            is_short = all(len(word) < 3 for word in query.split())
            begins = [row for row in containing if fold_name(names[row]).startswith(query)] if is_short else []
            if query not in map(fold_name, names):
                found, number = search.find(query, limit=5000)
                assert [track.row for track in found] == sorted(begins or containing, key=lambda row: ranks[row])
                assert number == len(found)


def test_several_matches_are_listed_most_frequent_first(search: NameSearch) -> None:
    with pytest.raises(AmbiguousTrackError) as several:
        search.resolve("one")
    assert str(several.value) == (
        "2 tracks match 'one'; pick one of them, or give more of the name, as in 'artist - title' "
        "(U2 - One (28×); Metallica - One (27×))"
    )
    assert several.value.candidates == ("U2 - One (28×)", "Metallica - One (27×)")
    assert [track.artist for track in several.value.tracks] == ["U2", "Metallica"]
    with pytest.raises(AmbiguousTrackError) as many:
        search.resolve("fallin")
    assert many.value.candidates == (
        "Tom Petty - Free Fallin' (90×)  x:petty",
        "John Mayer - Free Fallin' - Live at the Nokia Theatre (40×)  x:mayer",
    )


@pytest.mark.parametrize(
    ("query", "row"),
    [
        ("tom pety - free falin", 0),
        ("Tom Pettty Free Fallin'", 0),
        ("jon mayer free falin", 1),
        ("metalica one", 5),
        ("mettalica", 5),
        ("free falin", 0),  # a whole title comes before a part of another
        ("fere fallin'", 0),  # two letters are swapped
        ("metallica oen", 5),
        ("sadistik サディスティック", None),
    ],
)
def test_a_misspelt_name_resolves_if_only_one_track_is_similar(search: NameSearch, query: str, row: int | None) -> None:
    if row is None:
        with pytest.raises(UnknownTrackError):
            search.resolve(query)
    else:
        match = search.resolve(query)
        assert (match.track.row, match.misspelt) == (row, True)


def test_a_correctly_spelt_name_is_not_marked_as_misspelt(search: NameSearch) -> None:
    assert not search.resolve("mayer fallin").misspelt


def test_several_similar_tracks_are_listed_with_their_counts(search: NameSearch) -> None:
    with pytest.raises(AmbiguousTrackError, match="2 tracks are similar to 'falin'; pick one of them") as several:
        search.resolve("falin")
    assert several.value.candidates == (
        "Tom Petty - Free Fallin' (90×)  x:petty",
        "John Mayer - Free Fallin' - Live at the Nokia Theatre (40×)  x:mayer",
    )


@pytest.mark.parametrize("query", ["jim petty falling free", "metallica two", "metallica 1"])
def test_a_query_with_a_word_that_matches_nothing_is_unknown_and_gets_suggestions(
    search: NameSearch, query: str
) -> None:
    with pytest.raises(UnknownTrackError) as unknown:
        search.resolve(query)
    assert unknown.value.summary == f"no track matches {query!r}; did you mean one of these?"
    assert str(unknown.value).startswith(f"{unknown.value.summary} {unknown.value.candidates[0]}")
    assert tuple(track.name for track in unknown.value.tracks) == unknown.value.candidates != ()


def test_a_number_never_matches_another_number(tmp_path: Path) -> None:
    write_catalogue(tmp_path, table_of(TYPES, [("Band", "Summer of 10000", None, 5, 1)]))
    with pytest.raises(UnknownTrackError):
        NameSearch(Catalogue(tmp_path)).resolve("summer of 100000")


LONG = " ".join(f"{at % 37} w{at}" for at in range(3000))  # more words than SQLite accepts conditions


@pytest.mark.parametrize(
    "query", ["", "   ", "zzzzzz", "' OR 1=1 --", "\0", "a" * 5000, "\udcff\udcfe", LONG, LONG[:490], "q" * 499]
)
def test_nonsense_is_unknown_and_does_no_harm(catalogue: Catalogue, query: str) -> None:
    with pytest.raises(
        UnknownTrackError, match="^no track matches " if query.strip() else "^the name of a track is empty"
    ):
        NameSearch(catalogue).resolve(query)
    assert len(catalogue) == len(TRACKS)


def test_a_query_without_similar_names_gets_no_suggestions(search: NameSearch) -> None:
    with pytest.raises(UnknownTrackError) as unknown:
        search.resolve("zzzzzz")
    problem = "no track matches 'zzzzzz', and no name is similar: check the spelling, or give another track"
    assert str(unknown.value) == problem
    assert unknown.value.candidates == ()


def test_names_that_differ_in_accents_are_two_tracks(search: NameSearch) -> None:
    with pytest.raises(AmbiguousTrackError) as several:
        search.resolve("sakert fredrik")
    assert several.value.candidates == ("Säkert! - Fredrik (30×)", "Sakert! - Fredrik (29×)")


def test_ten_candidates_are_listed_and_all_are_counted(tmp_path: Path) -> None:
    same = [(f"Artist {at}", f"Same Song {at}", None, 99 - at, at + 1) for at in range(40)]
    write_catalogue(tmp_path, table_of(TYPES, same))
    with pytest.raises(AmbiguousTrackError, match="40 tracks match 'same song';") as several:
        NameSearch(Catalogue(tmp_path)).resolve("same song")
    assert several.value.candidates == tuple(f"Artist {at} - Same Song {at} ({99 - at}×)" for at in range(10))
    assert str(several.value).endswith("Artist 2 - Same Song 2 (97×); and 37 more)")
    assert several.value.unlisted == 30


@pytest.mark.parametrize(
    ("typed", "rows"),
    [
        ("fre", [0, 1, 2, 3, 13]),  # anywhere in the name, most frequent first
        ("fallin' - liv", [1]),
        ("one", [4, 5]),
        ("u", [4]),
        ("säk", [2, 3]),
        ("o", [4, 5]),  # titles that begin with it; many more contain it
        ("kein solcher", []),
        ("", []),
        ("\udcff", []),
    ],
)
def test_names_are_completed_most_frequent_first(search: NameSearch, typed: str, rows: list[int]) -> None:
    assert [track.row for track in search.completions(typed, 10, seconds=60)] == rows
    assert [track.row for track in search.completions(typed, 1, seconds=60)] == rows[:1]


def test_a_completion_that_reaches_the_time_limit_is_left_out_and_the_search_still_works(tmp_path: Path) -> None:
    write_catalogue(tmp_path, table_of(TYPES, [(f"Artist {at}", f"Song {at}", None, 1, at + 1) for at in range(5000)]))
    slow = NameSearch(Catalogue(tmp_path))
    assert slow.completions("99 zzz", 10, seconds=-1) == []
    assert slow.completions("q", 10, seconds=-1) == []  # scans all names
    assert slow.find("song 4999")[1] == 1
    assert slow.find("song 49")[1] == 1
    assert [track.title for track in slow.completions("a", 2, seconds=60)] == ["Song 0", "Song 1"]
    with pytest.raises(AmbiguousTrackError, match="more than 1,000 tracks match 'artist';") as many:
        slow.resolve("artist")
    assert len(many.value.candidates) == 10


def test_a_catalogue_of_the_first_version_finds_the_same_tracks(tmp_path: Path, search: NameSearch) -> None:
    import sqlite3

    (tmp_path / "first").mkdir()
    write_catalogue(tmp_path / "first", table_of(TYPES, TRACKS))
    as_earlier_version(tmp_path / "first" / FILE)
    with closing(sqlite3.connect(tmp_path / "first" / FILE)) as database, database:
        database.execute("DROP TABLE trigrams")
    first = NameSearch(Catalogue(tmp_path / "first"))
    for query in ("nokia theatre", "jon mayer free falin", "mettalica"):
        assert first.resolve(query) == search.resolve(query)


POPULAR = [
    ("The Weeknd", "Blinding Lights", 276),
    ("Lucas Estrada, Twan Ray", "Blinding Lights", 92),
    ("CKay, ElGrandeToto", "love nwantiti - North African Remix", 80),
    ("Roddy", "Lights Out", 50),
    ("Toto", "Africa", 29),
    ("Cover Band", "Blinding Lights - Live", 25),
    ("Tom", "Little Bit of Love", 20),
    ("JP", "Little Bit Of Love", 7),
    ("Ray", "Candlelights", 5),
]


@pytest.fixture
def popular(tmp_path: Path) -> Iterator[Catalogue]:
    """A catalogue in which some names share words, and counts differ."""
    tracks = [(artist, title, None, count, at) for at, (artist, title, count) in enumerate(POPULAR, 1)]
    write_catalogue(tmp_path, table_of(TYPES, tracks))
    with closing(Catalogue(tmp_path)) as catalogue:
        yield catalogue


@pytest.mark.parametrize(
    ("query", "row", "others"),
    [
        ("blinding lights", 0, [1]),  # a whole title, 276 = 3 * 92
        ("lights blinding", 0, [1, 5]),  # in any order
        ("toto africa", 4, [2]),  # a whole name before letters inside words
        ("blinding weeknd", 0, []),
        ("weeknd lights", 0, []),
        ("blnding lights", 0, [1]),  # with a typo
        ("lights out", 3, []),
    ],
)
def test_a_track_that_dominates_the_others_is_chosen(
    popular: Catalogue, query: str, row: int, others: list[int]
) -> None:
    match = NameSearch(popular).resolve(query)
    assert (match.track.row, [track.row for track in match.others]) == (row, others)
    assert match.matches == 1 + len(others)


def test_the_most_frequent_other_matches_are_named_and_all_are_counted(popular: Catalogue) -> None:
    match = NameSearch(popular).resolve("lights")
    assert (match.track.row, [track.row for track in match.others], match.matches) == (0, [1, 3, 5], 5)


@pytest.mark.parametrize(
    "query",
    [
        "little bit of love",  # 20 is less than 3 * 7
        "ray",  # an artist, and letters inside a title
    ],
)
def test_tracks_of_similar_frequency_and_artists_stay_ambiguous(popular: Catalogue, query: str) -> None:
    with pytest.raises(AmbiguousTrackError):
        NameSearch(popular).resolve(query)


def test_strict_names_refuse_what_dominance_would_choose(popular: Catalogue) -> None:
    for query in ("blinding lights", "toto africa", "blnding lights"):
        with pytest.raises(AmbiguousTrackError):
            NameSearch(popular, strict=True).resolve(query)
    assert NameSearch(popular, strict=True).resolve("blinding weeknd").track.row == 0
