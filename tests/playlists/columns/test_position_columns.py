"""Columns with unusual names that give the order of the rows of each playlist."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.columns.guess import ColumnGuess, guess_columns, rows_of
from tests.playlists.guesses import guess
from tests.playlists.readers.reading import read

WriteDump = Callable[..., Path]


def position(text: str) -> str | None:
    """Return the guessed column of positions."""
    found = guess_columns(rows_of(text.splitlines()))
    assert isinstance(found, ColumnGuess), found
    return found.roles.get("position")


MIXED = "Gym,2,Ada,Rain\nChill,2,Ada,Home\nGym,1,Nell,Tide\nChill,3,Oz,Eve\nChill,1,Nell,Salt\n"


@pytest.mark.parametrize("name", ["Order", "track_number", "#", "Nr.", "№", "Posición", "Reihenfolge", "序号", "Index"])
def test_numbers_that_count_the_rows_of_a_playlist_are_positions(name: str, write_dump: WriteDump) -> None:
    text = f"playlist,{name},artist,title\n{MIXED}"
    assert position(text) == name
    from_zero = MIXED.replace(",1,", ",0,").replace(",2,", ",1,").replace(",3,", ",2,")
    assert position(f"playlist,{name},artist,title\n{from_zero}") == name
    rows, rejects = read(write_dump(text), "columns")
    assert not rejects
    assert [title for playlist, _, title, _ in rows if playlist == "Chill"] == ["Salt", "Home", "Eve"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("track_number", MIXED.replace(",3,", ",7,") + "Mix,1,Ada,Sun\n"),  # the number of a track on its album
        ("track_number", MIXED.replace(",2,", ",1,")),
        ("Order", MIXED.replace(",2,", ",1,")),
        ("Order", MIXED.replace(",2,", ",x,")),
        ("plays", MIXED),
        ("#", "Gym,1,Ada,Rain\nChill,1,Ada,Home\n"),  # no playlist has two rows
        ("#", "Gym,1,Ada,Rain\nGym,2,Ada,Tide\nChill,0,Ada,Home\nChill,1,Oz,Eve\nMix,0,Ada,Salt\n"),
    ],
)
def test_other_numbers_are_not_positions(name: str, text: str) -> None:
    assert position(f"playlist,{name},artist,title\n{text}") is None


def test_the_last_playlist_may_be_cut_off() -> None:
    assert position(f"playlist,#,artist,title\n{MIXED}Night,5,Ada,Sun\n") == "#"
    assert position(f"playlist,#,artist,title\n{MIXED}Night,5,Ada,Sun\nDay,1,Ada,Sun\n") is None


def test_usual_positions_and_times_are_preferred() -> None:
    text = "playlist,#,artist,title,{}\nChill,2,Ada,Home,{}\nChill,1,Nell,Salt,{}\n"
    assert position(text.format("position", 1, 2)) == "position"
    assert position(text.format("played_at", "2024-02-01T10:00:00", "2024-02-01T10:04:00")) is None
    assert position(text.format("date", "", "")) == "#"
    assert position("#,artist,title\n2,Ada,Home\n1,Nell,Salt\n") is None


VIEWS = [("s1", "a", "1", "900"), ("s2", "b", "1", "50"), ("s1", "c", "1", "20"), ("s2", "a", "1", "700")]


@pytest.mark.parametrize("name", ["timeframe", "elapsed_ms", "step"])
def test_times_within_sessions_are_asked_about(name: str) -> None:
    for header in (f"session_id,item_id,day,{name}", f"session_id,item_id,date,{name}"):
        dated = [(*view[:2], "2016-05-09", view[3]) if "date" in header else view for view in VIEWS]
        found = guess("\n".join([header, *map(",".join, dated)]))
        assert f"in which {name!r} may give the order of the rows of each 'session_id'" in found
        assert found.endswith(f"position={name}")


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("session_id,item_id,day,timeframe", sorted(VIEWS, key=lambda view: (view[0], int(view[3])))),  # in order
        ("session_id,item_id,day,price", VIEWS),
        ("session_id,item_id,timestamp,timeframe", [(*v[:2], f"170000{v[3]:0>4}", v[3]) for v in VIEWS]),  # has times
    ],
)
def test_other_numbers_within_sessions_are_not_asked_about(header: str, rows: list[tuple[str, ...]]) -> None:
    assert "may give the order" not in guess("\n".join([header, *map(",".join, rows)]))
