"""Files that were joined with their headers, for example with `cat`: a repeated header is not a track."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.readers.tables import REPEATED
from tests.playlists.readers.reading import read, reasons

WriteDump = Callable[..., Path]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("quote", ["", '"'])  # with the quote, the file is read record by record
@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("Track Name,Artist Name", ["Halo,Beyoncé", "Africa,Toto"]),
        ("order_id,product_id", ["1,a", "1,b"]),
        ('"pid","track_name","artist_name","pos"', ["7,Rain,Ada,1", "7,Salt,Nell,2"]),
    ],
)
def test_a_repeated_header_is_rejected(
    header: str, rows: list[str], quote: str, mark: str, write_dump: WriteDump
) -> None:
    last = rows[1].replace("b", f"b{quote}") if "order" in header else rows[1].replace("o", f"o{quote}")
    found, rejects = read(write_dump(f"{mark}{header}\n{rows[0]}\n{mark}{header}\n{last}\n", "x.csv"), "columns")
    assert len(found) == 2
    assert reasons(rejects) == [(3, REPEATED)]


def test_a_repeated_header_of_exportify_is_rejected(write_dump: WriteDump) -> None:
    lines = ["Track URI,Track Name,Artist Name(s)", "spotify:track:1,Rain,Ada"]
    rows, rejects = read(write_dump("\n".join([*lines, *lines])), "exportify")
    assert [row[2] for row in rows] == ["Rain", "Rain"]
    assert reasons(rejects) == [(3, REPEATED)]


def test_a_row_that_repeats_only_some_names_is_a_track(write_dump: WriteDump) -> None:
    rows, rejects = read(write_dump("artist,title,album\nartist,title,Home\nAda,Rain,album\n"), "columns")
    assert ([row[1:3] for row in rows], rejects) == ([("artist", "title"), ("Ada", "Rain")], [])


def test_a_single_column_may_contain_its_name(write_dump: WriteDump) -> None:
    rows, rejects = read(write_dump("Song\nRain\nSong\n"), "columns", columns="title=Song")
    assert ([row[2] for row in rows], rejects) == (["Rain", "Song"], [])
