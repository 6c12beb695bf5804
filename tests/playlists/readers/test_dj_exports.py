"""The readers of Traktor collections and of playlists as text with tabs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.playlists.readers.examples import TAB_TEXT, TRAKTOR
from tests.playlists.readers.player_examples import SERATO
from tests.playlists.readers.reading import error_of, read, read_all, reasons

WriteDump = Callable[..., Path]


def test_traktor_playlists_are_read_and_folders_are_not(write_dump: WriteDump) -> None:
    rows, rejects, left_out = read_all(write_dump(TRAKTOR, "collection.nml"), "traktor")
    assert rows == [("Set", "The Hatches", "Rain", None), ("Set", "Ada Fenn", "Green Door", None)]
    assert reasons(rejects) == [(11, "a track that is not in the library")]
    assert left_out == {"in system playlists": 1, "in no playlist": 1}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8", "utf-8-sig"])
def test_text_with_tabs_is_read_in_utf_16_and_utf_8(write_dump: WriteDump, encoding: str) -> None:
    text = "\ufeff" + TAB_TEXT if encoding == "utf-16-be" else TAB_TEXT
    rows, rejects = read(write_dump(text.encode(encoding), "set.txt"), "tab-text")
    assert rows == [("set", "The Hatches", '"Rain', None), ("set", "Ada Fenn", "Grön Door", None)]
    assert reasons(rejects) == [
        (4, "2 fields instead of 5"),
        (5, "blank line"),
        (6, "neither artist nor title"),
    ]
    assert len(read(write_dump(text.encode("utf-16"), "set.txt"), "tab-text", encoding="utf-16")[0]) == 2


def test_a_text_of_itunes_has_the_line_ends_of_old_macs(write_dump: WriteDump) -> None:
    text = "Name\tArtist\tComposer\tAlbum\rRain\tThe Hatches\t\tRoofs\rDemo\tMe\t\t"
    rows, rejects = read(write_dump(text.encode("utf-16"), "Evening.txt"), "tab-text")
    assert rows == [("Evening", "The Hatches", "Rain", None), ("Evening", "Me", "Demo", None)]
    assert rejects == []


def test_broken_files_raise_a_one_line_error(write_dump: WriteDump) -> None:
    assert (
        error_of(write_dump("<x/>", "x"), "traktor") == "PATH is not a collection of Traktor: its root element is 'x'"
    )
    bomb = '<!DOCTYPE NML [<!ENTITY a "b">]><NML>&a;</NML>'
    assert "which sgp refuses" in error_of(write_dump(bomb, "x"), "traktor")
    names = "'Track Title' and 'Artist' (rekordbox), or 'Name', 'Artist' and 'Composer' (iTunes)"
    message = f"PATH is not a text export of rekordbox or iTunes: its first line needs the columns {names}"
    assert error_of(write_dump("a\tb\n", "x"), "tab-text") == message
    half = "\ufeff".encode("utf-16-le") + TAB_TEXT.encode("utf-16-le")[:-1]
    assert error_of(write_dump(half, "x")) == "PATH is not valid UTF-16 (truncated data): give another --encoding"


def test_a_session_of_serato_is_a_playlist_and_not_a_track(write_dump: WriteDump) -> None:
    rows, rejects, left_out = read_all(write_dump(SERATO, "history.csv"), "serato")
    assert rows == [
        ("4/9/22", "Ada Fenn", "Green Door", None),
        ("4/9/22", "The Hatches", "Rain, Tin", None),
        ("4/9/22", "", "24/7", None),
        ("4/11/22", "Nell Quay", "Tide", None),
    ]
    assert reasons(rejects) == [(8, "2 fields instead of 8")]
    assert left_out == {"rows of sessions": 2}


def test_a_history_of_serato_may_lack_columns_and_sessions(write_dump: WriteDump) -> None:
    text = "name,start time,end time,playtime\n4/9/22,4/9/22 19:00,,\nTide,19:00,19:03,3:00\n"
    rows, _ = read(write_dump(text, "Set.csv"), "serato")
    assert rows == [("4/9/22", "", "Tide", None)]
    rows, _ = read(write_dump("".join(text.splitlines(keepends=True)[::2]), "Set.csv"), "serato")
    assert rows == [("Set", "", "Tide", None)]
