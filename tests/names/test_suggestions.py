"""Suggestions for unknown names: each of them shares a part that a person recognizes."""

from __future__ import annotations

from pathlib import Path

import pytest

import skipgramophone as sgp
from skipgramophone.errors import UnknownTrackError
from skipgramophone.names.typos import has_clear_part, nearest_names


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("Toto - Africa", "Toto"),
        ("Toto - Hold the Line", "Hold the Line"),
        ("U2 - Elevation", "Cap Kendricks - Elevation"),
        ("daftpunk", "Daft Punk - One More Time"),
        ("evry pensil nowhere", "Every Pencil Knows"),
        ("the beatels", "The Beatles - Help!"),
        ("파란 정거장", "새벽 우산 가게 - 파란 정류장"),
        ("queen", "Queens of the Stone Age"),
    ],
)
def test_a_shared_part_is_recognized(query: str, name: str) -> None:
    assert has_clear_part(query, name)
    assert has_clear_part(query, "Other", name)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("Toto - Africa", "Electric Pelican - Narrow Motorway"),  # the letters "oto"
        ("wonderwall", "Marrowander Walnut Club - Plankton Song"),
        ("blinding lights", "Petra & the Sextants - My Marble Midnight"),
        ("the wall", "The Sky of the Dogs"),
        ("Queen - Bohemian Rhapsody", "The Wandering Badgers - Don't Sell the Capstan"),
        ("take on me", "Me"),
        ("!?", "!?"),
        ("", ""),
    ],
)
def test_a_few_shared_letters_are_not_a_clear_part(query: str, name: str) -> None:
    assert not has_clear_part(query, name)
    assert nearest_names(query, [name]) == []


@pytest.mark.parametrize("name", ["Toto - Africa", "Wonderwall", "The Weeknd - Blinding Lights", "the beatles"])
def test_names_that_the_sample_does_not_contain_get_no_suggestions(sample_root: Path, name: str) -> None:
    demo = sgp.open("demo", experiments_dir=sample_root)
    for find, kind in ((demo.resolve, "track"), (demo.artists.tracks, "artist")):
        with pytest.raises(UnknownTrackError) as unknown:
            find(name)
        assert unknown.value.candidates == ()
        assert str(unknown.value).endswith(f", and no name is similar: check the spelling, or give another {kind}")
