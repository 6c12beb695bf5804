"""ISRCs and MusicBrainz recording ids: strict forms, and one canonical form for each."""

from __future__ import annotations

import pytest

from skipgramophone.names.identifiers import read_identifier
from skipgramophone.names.typos import are_alike

MBID = "1a2b3c4d-1111-4111-8111-11111111111f"


@pytest.mark.parametrize(
    "text",
    [
        *("USUM71703861", "usum71703861", "US-UM7-17-03861"),
        *("isrc:US-UM7-17-03861", "urn:isrc:USUM71703861", " ISRC: USUM71703861 "),
    ],
)
def test_an_isrc_has_one_canonical_form(text: str) -> None:
    assert read_identifier(text) == "isrc:USUM71703861"


@pytest.mark.parametrize(
    "text",
    [
        *(MBID, MBID.upper(), f"mbid:{MBID}", f"https://musicbrainz.org/recording/{MBID}"),
        f"http://musicbrainz.org/recording/{MBID.upper()}/",
    ],
)
def test_a_recording_id_has_one_canonical_form(text: str) -> None:
    assert read_identifier(text) == f"mbid:{MBID}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Free Fallin'",
        "isrc:",
        "isrc:USUM7170386",  # a digit is missing
        "USUM717038610",
        "1SUM71703861",  # the country has letters
        "US-UM717-03861",  # hyphens in one place only
        "USUM7170386\u0663",  # an Arabic digit
        "\u017fSUM71703861",  # a long s, whose upper case is S
        "USUM7170386O",
        "isrc:" + MBID,
        "mbid:USUM71703861",
        "mbid:" + MBID[:-1],
        MBID.replace("-", ""),
        f"https://musicbrainz.org/artist/{MBID}",
        "USUM71703861\nUSUM71703862",
    ],
)
def test_other_texts_are_no_identifiers(text: str) -> None:
    assert read_identifier(text) is None


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (("Beyoncé", "Halo"), ("BEYONCE", "halo"), True),
        (("Beyoncé", "Halo"), ("Beyoncé, Jay-Z", "Halo - Live at Wembley"), True),
        (("The Beatles", "Help!"), ("Beatles", "Help! - Remastered 2009"), True),
        (("A", "Song, Pt. 1"), ("A", "Song, Pt. 2"), False),
        (("A", "Intro"), ("B", "Intro"), False),
        (("A", "Halo"), ("A", "Crazy in Love"), False),
        (("", "A - Halo"), ("A", "Halo"), True),
        (("", "Halo"), ("A", "Crazy in Love"), False),
        (("", ""), ("A", "Halo"), False),
    ],
)
def test_names_of_one_recording_are_alike(one: tuple[str, str], other: tuple[str, str], alike: bool) -> None:
    assert (are_alike(one, other), are_alike(other, one)) == (alike, alike)
