"""Finding tracks by what people type."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from contextlib import closing
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from skipgramophone.errors import AmbiguousTrackError, ExperimentError, UnknownTrackError
from skipgramophone.experiment.catalogue import FILE, Catalogue
from skipgramophone.experiment.catalogue_writer import SPELLINGS, write_catalogue
from skipgramophone.experiment.catalogue_writer import TRACKS as KINDS
from skipgramophone.names.normalization import folded
from tests.conftest import Sgp, table_of

TRACKS = [
    ("Tom Petty", "Free Fallin'", "x:petty", 90, 5),
    ("John Mayer", "Free Fallin' - Live at the Nokia Theatre", "x:mayer", 40, 1),
    ("Säkert!", "Fredrik", None, 30, 9),
    ("Sakert!", "Fredrik", None, 29, 10),
    ("U2", "One", None, 28, 11),
    ("Metallica", "One", None, 27, 12),
    ("M.A.N.D.Y.", "22", None, 26, 13),
    ("", "07 - echoes", None, 25, 14),
    ("[live]", ":heart: \x1b[31m", None, 24, 15),
    ("ЛЮБЭ", "Конь", None, 23, 16),
    ("椎名林檎", "丸の内サディスティック", None, 22, 17),
    ("Twin", "Song", "x:a", 21, 18),
    ("Twin", "Song", "x:b", 20, 19),
    ('The "Quotes"', "100% * (free) OR NOT", None, 19, 20),
    ("Straße", "GROẞ", None, 18, 21),
]


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """A small catalogue."""
    spelt = [(0, "TOM PETTY", "Free Fallin'", 3), (0, "Tom Petty", "Free Falling", 1)]
    write_catalogue(tmp_path, table_of(KINDS, TRACKS), table_of(SPELLINGS, spelt))
    return Catalogue(tmp_path)


@pytest.mark.parametrize(
    ("query", "row"),
    [
        ("x:mayer", 1),
        ("tom petty - free fallin'", 0),
        ("TOM PETTY  -  FREE FALLIN'", 0),
        ("Free Fallin'", 0),  # a whole title is stricter than a part of another
        ("john mayer - free fallin' - live at the nokia theatre", 1),
        ("nokia theatre", 1),
        ("mayer fallin", 1),  # each word somewhere
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
        ("Säkert! - Fredrik", 2),  # written with the accent
        ("Sakert! - Fredrik", 3),  # and without
        ('"quotes"', 13),
        ("100% * (free) or not", 13),
        ("strasse", 14),
        ("straße - groß", 14),
        ("の内", 10),  # two letters, and not the beginning
        ("%", 13),
    ],
)
def test_a_query_finds_its_track(catalogue: Catalogue, query: str, row: int) -> None:
    assert catalogue.resolve(query).track.row == row


def test_namesakes_resolve_to_the_most_frequent_and_say_so(catalogue: Catalogue) -> None:
    match = catalogue.resolve("twin - song")
    assert (match.track.row, match.namesakes) == (11, 1)
    assert catalogue.resolve("x:b").track.row == 12


@pytest.mark.parametrize("grown", [False, True])
def test_a_word_of_one_or_two_letters_is_found_wherever_it_stands(tmp_path: Path, grown: bool) -> None:
    rng = random.Random(3)
    letters = "ab é'の1"
    names = ["".join(rng.choices(letters, k=rng.randint(1, 7))).strip() or "a" for _ in range(600)]
    ranks = rng.sample(range(600), 600) if grown else list(range(600))
    tracks = table_of(KINDS, [("", name, None, 1, at + 1) for at, name in enumerate(names)])
    write_catalogue(tmp_path, tracks, ranks=np.array(ranks) if grown else None)
    asked = ["".join(pair).strip() for pair in product(letters, repeat=2)]
    asked += [f"{one} {other}" for one, other in zip(asked, reversed(asked), strict=True)] + [
        "zz",
        "bab a",
        "abba 1 の",
    ]
    with closing(Catalogue(tmp_path)) as catalogue:
        for query in filter(None, map(folded, asked)):
            held = [row for row, name in enumerate(names) if all(word in folded(name) for word in query.split())]
            is_short = all(len(word) < 3 for word in query.split())
            begins = [row for row in held if folded(names[row]).startswith(query)] if is_short else []
            if query not in map(folded, names):
                found, number = catalogue.find(query, limit=5000)
                assert [track.row for track in found] == sorted(begins or held, key=lambda row: ranks[row])
                assert number == len(found)


@pytest.mark.parametrize(
    ("artist", "rows"),
    [("TOM PETTY", [0]), ("twin", [11, 12]), ("sakert!", [2, 3]), ("tom", []), ("", []), ("\udcff", []), ("07", [])],
)
def test_the_tracks_of_an_artist(catalogue: Catalogue, artist: str, rows: list[int]) -> None:
    assert [track.row for track in catalogue.of_artist(artist)] == rows


def test_a_uri_is_known_or_not(catalogue: Catalogue) -> None:
    assert [catalogue.has_uri(uri) for uri in ("x:petty", "x:nobody", "Fredrik", "\udcff")] == [
        True,
        False,
        False,
        False,
    ]


def test_uris_that_were_merged_are_known_too(
    sgp: Sgp, write_dump: Callable[..., Path], experiments: Path, tmp_path: Path
) -> None:
    header = '"user_id","artistname","trackname","playlistname","trackuri"\n'
    rows = [("A", "Song", ""), ("a", "SONG", "x:1"), ("A", "Song", "x:2"), ("B", "Other", "x:3"), ("A", "Song", "x:2")]
    text = header + "".join(f'"u","{artist}","{title}","p","{uri}"\n' for artist, title, uri in rows)
    corpus = experiments / "x" / "corpus"
    assert sgp("extract", "x", write_dump(text), "--merge-uris", "-q").code == 0
    with closing(Catalogue(corpus)) as catalogue:
        assert catalogue.all_uris() == [("x:1", 0), ("x:2", 0)]
        assert [catalogue.resolve(uri).track.name for uri in ("x:1", " x:2 ", "x:3")] == [
            "A - Song",
            "A - Song",
            "B - Other",
        ]
        assert [catalogue.has_uri(uri) for uri in ("x:2", "x:3", "x:4")] == [True, True, False]
        assert catalogue.track(0).uri is None
        with pytest.raises(UnknownTrackError):
            catalogue.resolve("x:4")
    more = header + '"u","A","Song","q","x:4"\n"u","A","Song","q","x:1"\n"u","C","New","q","x:5"\n'
    assert sgp("extract", "x", write_dump(more, "more.csv"), "--append", "-q").code == 0
    with closing(Catalogue(corpus)) as catalogue:
        assert catalogue.all_uris() == [("x:1", 0), ("x:2", 0), ("x:4", 0)]
        assert catalogue.resolve("x:5").track.row == 2
    np.savez(
        tmp_path / "v.npz", centre=np.eye(2, dtype=np.float32), artist=["?", "?"], title=["?", "!"], uri=["x:4", "x:5"]
    )
    told = json.loads(sgp("import", "x", tmp_path / "v.npz", "--json").out)
    assert (told["vectors"], told["by_uri"]) == (2, 2)
    assert json.loads(sgp("similar", "x", "x:2", "--json").out)["seeds"][0]["title"] == "Song"
    assert sgp("extract", "y", write_dump(text), "-q").code == 0
    with closing(Catalogue(experiments / "y" / "corpus")) as catalogue:
        assert catalogue.all_uris() == []


def test_several_tracks_are_listed_most_frequent_first(catalogue: Catalogue) -> None:
    with pytest.raises(AmbiguousTrackError) as several:
        catalogue.resolve("one")
    assert str(several.value) == "2 tracks answer to 'one'; give more of the name, as in 'artist - title'"
    assert several.value.candidates == ("U2 - One (28×)", "Metallica - One (27×)")
    with pytest.raises(AmbiguousTrackError) as many:
        catalogue.resolve("fallin")
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
        ("free falin", 0),  # a whole title is stricter than a part of another
        ("fere fallin'", 0),  # two letters have changed places
        ("metallica oen", 5),
        ("sadistik サディスティック", None),
    ],
)
def test_a_misspelt_name_is_taken_where_one_track_alone_is_near(
    catalogue: Catalogue, query: str, row: int | None
) -> None:
    if row is None:
        with pytest.raises(UnknownTrackError):
            catalogue.resolve(query)
    else:
        match = catalogue.resolve(query)
        assert (match.track.row, match.misspelt) == (row, True)


def test_a_name_that_is_spelt_right_is_not_called_misspelt(catalogue: Catalogue) -> None:
    assert not catalogue.resolve("mayer fallin").misspelt


def test_several_near_tracks_are_listed_with_their_counts(catalogue: Catalogue) -> None:
    with pytest.raises(AmbiguousTrackError, match="2 tracks are near 'falin';") as several:
        catalogue.resolve("falin")
    assert several.value.candidates == (
        "Tom Petty - Free Fallin' (90×)  x:petty",
        "John Mayer - Free Fallin' - Live at the Nokia Theatre (40×)  x:mayer",
    )


@pytest.mark.parametrize("query", ["jim petty falling free", "metallica two", "metallica 1"])
def test_a_name_with_a_word_that_is_near_nothing_is_unknown_and_near_ones_are_suggested(
    catalogue: Catalogue, query: str
) -> None:
    with pytest.raises(UnknownTrackError) as unknown:
        catalogue.resolve(query)
    assert str(unknown.value) == f"no track is called {query!r}; did you mean one of these?"
    assert unknown.value.candidates


def test_a_number_is_never_taken_for_another(tmp_path: Path) -> None:
    write_catalogue(tmp_path, table_of(KINDS, [("Band", "Summer of 10000", None, 5, 1)]))
    with pytest.raises(UnknownTrackError):
        Catalogue(tmp_path).resolve("summer of 100000")


LONG = " ".join(f"{at % 37} w{at}" for at in range(3000))  # more words than SQLite takes conditions


@pytest.mark.parametrize(
    "query", ["", "   ", "zzzzzz", "' OR 1=1 --", "\0", "a" * 5000, "\udcff\udcfe", LONG, LONG[:490], "q" * 499]
)
def test_nonsense_is_unknown_and_does_no_harm(catalogue: Catalogue, query: str) -> None:
    with pytest.raises(UnknownTrackError):
        catalogue.resolve(query)
    assert len(catalogue) == len(TRACKS)


def test_tracks_come_back_letter_for_letter_and_in_the_order_asked_for(catalogue: Catalogue) -> None:
    rows = list(range(len(TRACKS)))[::-1]
    got = [(t.artist, t.title, t.uri, t.count, t.first_place) for t in catalogue.tracks(rows)]
    assert got == [TRACKS[row] for row in rows]
    assert [track.row for track in catalogue.all_tracks()] == rows[::-1]
    assert catalogue.track(3).position == 4
    with pytest.raises(ExperimentError, match=r"tracks\.sqlite has no row 99 among its 15 tracks"):
        catalogue.tracks([0, 99])


def test_names_that_differ_in_accents_are_two(catalogue: Catalogue) -> None:
    with pytest.raises(AmbiguousTrackError) as several:
        catalogue.resolve("sakert fredrik")
    assert several.value.candidates == ("Säkert! - Fredrik (30×)", "Sakert! - Fredrik (29×)")


def test_ten_candidates_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    same = [(f"Artist {at}", f"Same Song {at}", None, 99 - at, at + 1) for at in range(40)]
    write_catalogue(tmp_path, table_of(KINDS, same))
    with pytest.raises(AmbiguousTrackError, match="40 tracks answer to 'same song'") as several:
        Catalogue(tmp_path).resolve("same song")
    assert several.value.candidates == tuple(f"Artist {at} - Same Song {at} ({99 - at}×)" for at in range(10))


@pytest.mark.parametrize(
    ("typed", "rows"),
    [
        ("fre", [0, 1, 2, 3, 13]),  # anywhere in the name, the most frequent first
        ("fallin' - liv", [1]),
        ("one", [4, 5]),
        ("u", [4]),
        ("säk", [2, 3]),
        ("o", [4, 5]),  # titles that begin with it; it stands in many more
        ("kein solcher", []),
        ("", []),
        ("\udcff", []),
    ],
)
def test_names_are_completed_most_frequent_first(catalogue: Catalogue, typed: str, rows: list[int]) -> None:
    assert [track.row for track in catalogue.completions(typed, 10, seconds=60)] == rows
    assert [track.row for track in catalogue.completions(typed, 1, seconds=60)] == rows[:1]


def test_a_completion_that_takes_too_long_is_left_out_and_the_catalogue_goes_on(tmp_path: Path) -> None:
    write_catalogue(tmp_path, table_of(KINDS, [(f"Artist {at}", f"Song {at}", None, 1, at + 1) for at in range(5000)]))
    slow = Catalogue(tmp_path)
    assert slow.completions("99 zzz", 10, seconds=-1) == []
    assert slow.completions("q", 10, seconds=-1) == []  # goes through all names
    assert slow.find("song 4999")[1] == 1
    assert slow.find("song 49")[1] == 1
    assert [track.title for track in slow.completions("a", 2, seconds=60)] == ["Song 0", "Song 1"]
    with pytest.raises(AmbiguousTrackError, match="more than 1,000 tracks answer to 'artist';") as many:
        slow.resolve("artist")
    assert len(many.value.candidates) == 10


def test_a_catalogue_of_the_first_version_finds_the_same(tmp_path: Path, catalogue: Catalogue) -> None:
    import sqlite3

    (tmp_path / "first").mkdir()
    write_catalogue(tmp_path / "first", table_of(KINDS, TRACKS))
    with closing(sqlite3.connect(tmp_path / "first" / FILE)) as database, database:
        database.execute("DROP TABLE trigrams")
    first = Catalogue(tmp_path / "first")
    for query in ("nokia theatre", "jon mayer free falin", "mettalica"):
        assert first.resolve(query) == catalogue.resolve(query)


def test_a_row_of_another_kind_is_one_line(tmp_path: Path) -> None:
    import sqlite3

    write_catalogue(tmp_path, table_of(KINDS, TRACKS))
    with closing(sqlite3.connect(tmp_path / FILE)) as database, database:
        database.execute("UPDATE tracks SET artist = x'ff' WHERE row = 0")
    with pytest.raises(ExperimentError, match=r"tracks\.sqlite is damaged: row 0"):
        Catalogue(tmp_path).track(0)


def test_a_count_below_nothing_is_one_line(tmp_path: Path) -> None:
    import sqlite3

    write_catalogue(tmp_path, table_of(KINDS, TRACKS))
    with closing(sqlite3.connect(tmp_path / FILE)) as database, database:
        database.execute("UPDATE tracks SET count = -1 WHERE row = 1")
    with pytest.raises(ExperimentError, match=r"tracks\.sqlite is damaged: a count is below 0"):
        Catalogue(tmp_path).counts()


def test_a_schema_that_is_no_text_is_one_line(tmp_path: Path) -> None:
    write_catalogue(tmp_path, table_of(KINDS, TRACKS))
    whole = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(whole.replace(b"CREATE TABLE tracks", b"CREATE TABL\xdc tracks"))
    with pytest.raises(ExperimentError, match=r"tracks\.sqlite is damaged: .*codec can't decode"):
        Catalogue(tmp_path)


def test_spellings_are_kept(catalogue: Catalogue) -> None:
    assert catalogue.spellings(0) == [("TOM PETTY", "Free Fallin'", 3), ("Tom Petty", "Free Falling", 1)]
    assert catalogue.spellings(1) == []


def test_a_missing_or_damaged_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match=r"tracks\.sqlite cannot be opened: unable to open database file"):
        Catalogue(tmp_path)
    (tmp_path / FILE).write_bytes(b"no database, whatever its name says" * 50)
    with pytest.raises(ExperimentError, match=r"tracks\.sqlite is damaged: file is not a database"):
        Catalogue(tmp_path)


def test_the_file_reads_with_plain_sqlite(tmp_path: Path, catalogue: Catalogue) -> None:
    import sqlite3

    database = sqlite3.connect(tmp_path / FILE)
    assert database.execute("SELECT artist, count FROM tracks ORDER BY row LIMIT 2").fetchall() == [
        ("Tom Petty", 90),
        ("John Mayer", 40),
    ]
    database.close()


def test_a_directory_may_have_a_name_that_is_no_text(tmp_path: Path) -> None:
    directory = tmp_path / os.fsdecode(b"caf\xe9 %41?#")
    directory.mkdir()
    write_catalogue(directory, table_of(KINDS, TRACKS))
    with closing(Catalogue(directory)) as catalogue:
        assert len(catalogue) == len(TRACKS)
