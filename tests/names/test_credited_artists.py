"""The artists that credits name: joint credits are split, and names with separators stay whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skipgramophone.names.artist_credits import is_credited
from skipgramophone.names.credited_artists import credited_artists, spelling
from skipgramophone.names.normalization import fold_name


def artists_of(written: list[str], tracks: list[int]) -> list[list[str]]:
    """Return the names of the artists of each credit."""
    found = credited_artists(written, tracks)
    ends = np.cumsum(found.sizes).tolist()
    named = [found.names[number] for number in found.artists.tolist()]
    return [named[end - size : end] for end, size in zip(ends, found.sizes.tolist(), strict=True)]


TRACKS = {
    "tyler, the creator": 9,
    "kali uchis, tyler, the creator": 1,
    "kali uchis": 5,
    "earth, wind & fire": 8,
    "earth": 1,  # another artist
    "eminem": 20,
    "eminem, juice wrld": 2,
    "juice wrld": 9,
    "dido feat. eminem": 1,
    "eminem; obie trice": 1,  # who is known from this track only
    "elton john": 30,
    "kiki dee": 2,
    "elton john & kiki dee": 1,
    "elton john & rupaul": 1,
    "above & beyond": 39,
    "beyond": 3,
    "beyond, above & beyond": 1,
    "simon & garfunkel": 14,
    "redders, sam binga": 1,
    "now, now": 3,
    "various artists": 4,
    "dido, various artists": 1,
    "solo, diverse interpreten": 1,
    "": 3,
}


@pytest.mark.parametrize(
    ("credit", "artists"),
    [
        ("tyler, the creator", ["tyler, the creator"]),
        ("kali uchis, tyler, the creator", ["kali uchis", "tyler, the creator"]),
        ("earth, wind & fire", ["earth, wind & fire"]),
        ("eminem, juice wrld", ["eminem", "juice wrld"]),
        ("dido feat. eminem", ["dido", "eminem"]),
        ("eminem; obie trice", ["eminem", "obie trice"]),
        ("elton john & kiki dee", ["elton john", "kiki dee"]),
        ("elton john & rupaul", ["elton john & rupaul", "elton john"]),
        ("above & beyond", ["above & beyond"]),  # not of "beyond", which has fewer tracks
        ("beyond, above & beyond", ["beyond", "above & beyond"]),
        ("simon & garfunkel", ["simon & garfunkel"]),
        ("redders, sam binga", ["redders, sam binga"]),  # never credited apart
        ("now, now", ["now, now"]),
        ("various artists", []),
        ("dido, various artists", ["dido"]),
        ("solo, diverse interpreten", ["solo"]),
        ("", []),
    ],
)
def test_the_artists_of_a_credit(credit: str, artists: list[str]) -> None:
    found = artists_of(list(TRACKS), list(TRACKS.values()))
    assert found[list(TRACKS).index(credit)] == artists


def test_a_credit_of_thousands_of_parts_is_read_in_a_moment() -> None:
    parts = [f"a{at}" for at in range(5_000)]
    credit = ", ".join(parts) + " & b" * 5_000
    assert artists_of([credit, *parts], [1] + 5_000 * [2])[0] == [*parts[:-1], "a4999" + " & b" * 5_000, "a4999"]


NAMES = st.sampled_from(["a", "b", "c", "dé", "the x"])
SEPARATORS = st.sampled_from([", ", " & ", " feat. ", ";", " x ", " / "])
CREDITS = st.lists(st.tuples(NAMES, SEPARATORS), min_size=1, max_size=4).map(
    lambda parts: fold_name("".join(name + separator for name, separator in parts[:-1]) + parts[-1][0])
)


@given(st.lists(CREDITS, unique=True, max_size=12), st.data())
def test_a_track_belongs_only_to_artists_that_its_credit_names(written: list[str], data: st.DataObject) -> None:
    tracks = [data.draw(st.integers(1, 5)) for _ in written]
    found = artists_of(written, tracks)
    assert len(found) == len(written)
    for credit, artists in zip(written, found, strict=True):
        assert artists
        assert len(set(artists)) == len(artists)
        assert all(is_credited(artist, credit) for artist in artists)
    swapped = artists_of(written[::-1], tracks[::-1])
    assert swapped[::-1] == found  # the order of the credits does not matter


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), unique_by=fold_name, max_size=6))
def test_any_text_can_be_a_credit(texts: list[str]) -> None:
    folded = [fold_name(text) for text in texts]
    for artists, credit in zip(artists_of(folded, [1] * len(texts)), folded, strict=True):
        assert all(artist in credit for artist in artists)


@pytest.mark.parametrize(
    ("artist", "credit", "spelt"),
    [
        ("bjork", "Thom Yorke feat. Björk", "Björk"),
        ("tyler, the creator", "Kali Uchis, Tyler, The Creator", "Tyler, The Creator"),
        ("elton john", "ELTON  JOHN & Kiki Dee", "ELTON  JOHN"),
        ("nobody", "Somebody Else", "nobody"),
    ],
)
def test_names_are_shown_as_credits_spell_them(artist: str, credit: str, spelt: str) -> None:
    assert spelling(artist, credit) == spelt
