"""Files of `--file`: texts that `extract` only reads after a question give the names in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.errors import UnknownFormatError
from skipgramophone.playlists.playlist_file import read_listing
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings

WriteDump = Callable[..., Path]
NAMES = ["Ada Fenn - Rain", "Nell Quay - Salt", "Mira Sol - Tide", "Lanyards - Home"]


@pytest.mark.parametrize(
    ("text", "rejected"),
    [
        ("Evening:\n- {}\n- {}\nMorning:\n- {}\n- {}\n", 2),  # several lists
        ("Set 1: {}\nSet 2: {}\nSet 3: {}\nSet 4: {}\n", None),  # labels before the artists
    ],
)
def test_names_of_a_doubtful_list_are_read_without_marks(
    text: str, rejected: int | None, write_dump: WriteDump
) -> None:
    path = write_dump(text.format(*NAMES), "lists.txt")
    with pytest.raises(UnknownFormatError):
        open_sources([path], ExtractSettings())
    listing = read_listing(path)
    expected = NAMES if rejected else [f"Set {at}: {name}" for at, name in enumerate(NAMES, 1)]
    assert [track.name for track in listing.tracks] == expected
    assert sum(listing.rejected.values()) == (rejected or 0)


def test_other_texts_are_read_as_one_name_per_line(write_dump: WriteDump) -> None:
    assert [track.name for track in read_listing(write_dump("Rain\nSalt\n\nRain\n", "x.txt")).tracks] == [
        "Rain",
        "Salt",
    ]
