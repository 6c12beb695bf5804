"""Dates that are written with numbers, and with the English name of a month, in any order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from skipgramophone.playlists.columns.guess import ColumnGuess, guess_columns, rows_of
from skipgramophone.playlists.readers.histories import seconds_since_1970
from skipgramophone.playlists.readers.numeric_dates import DateOrder, order_of_dates
from tests.playlists import guesses
from tests.playlists.readers.reading import read, reasons

WriteDump = Callable[..., Path]


def seconds(*parts: int) -> float:
    """Return the seconds from 1970 to a time in UTC, given as year, month, day, hour, minute, second."""
    return datetime(*parts, tzinfo=UTC).timestamp()  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("31.12.2023 21:05", "", (2023, 12, 31, 21, 5, 0)),
        ("1.2.24", "", (2024, 2, 1, 0, 0, 0)),
        ("05.06.1999, 07:08:09", "month", (1999, 6, 5, 7, 8, 9)),  # points: always the day first
        ("31/12/2023 21:05:10", "day", (2023, 12, 31, 21, 5, 10)),
        ("12/31/23 9:05 PM", "month", (2023, 12, 31, 21, 5, 0)),
        ("1/2/24 12:05 AM", "month", (2024, 1, 2, 0, 5, 0)),
        ("1/2/24 12:05 p.m.", "month", (2024, 1, 2, 12, 5, 0)),
        ("02-01-2024", "day", (2024, 1, 2, 0, 0, 0)),
        ("Dec 31, 2023, 9:05:00 PM", "", (2023, 12, 31, 21, 5, 0)),
        ("Dec 31, 2023, 9:05:00\u202fPM", "", (2023, 12, 31, 21, 5, 0)),
        ("December 31, 2023 at 12:05 AM", "", (2023, 12, 31, 0, 5, 0)),
        ("Jan 2, 2024", "", (2024, 1, 2, 0, 0, 0)),
        ("Dec 31 2023", "", (2023, 12, 31, 0, 0, 0)),
        ("Mar 09 2024 08:00PM", "", (2024, 3, 9, 20, 0, 0)),
        ("Saturday, March 09, 2024 08:00 PM", "", (2024, 3, 9, 20, 0, 0)),
        ("Sat Mar 09 2024 20:00:00 GMT+0100 (CET)", "", (2024, 3, 9, 19, 0, 0)),
        ("Sat Mar 09 2024 20:00:00 GMT-0930 (Marquesas Time)", "", (2024, 3, 10, 5, 30, 0)),
        ("Sat Mar  9 20:00:00 2024", "", (2024, 3, 9, 20, 0, 0)),
        ("09-Mar-2024 20:00", "", (2024, 3, 9, 20, 0, 0)),
        ("09-MAR-2024", "", (2024, 3, 9, 0, 0, 0)),
        ("9th March 2024, 20:00:30", "", (2024, 3, 9, 20, 0, 30)),
        ("2024-Sep-09 20:00", "", (2024, 9, 9, 20, 0, 0)),
        ("2024/03/09 20:00", "", (2024, 3, 9, 20, 0, 0)),
        ("2024/03/09 20:00:10", "day", (2024, 3, 9, 20, 0, 10)),  # a year of four digits: always the month next
        ("2024/3/9", "", (2024, 3, 9, 0, 0, 0)),
        ("2024/03/09(土) 20:00", "", (2024, 3, 9, 20, 0, 0)),
        ("2024/03/09 20:00:10 +0900", "", (2024, 3, 9, 11, 0, 10)),
        ("2024.03.09 20:00", "", (2024, 3, 9, 20, 0, 0)),
        ("2024. 3. 9. 20:00", "", (2024, 3, 9, 20, 0, 0)),
        ("2024-3-9 8:05 pm", "", (2024, 3, 9, 20, 5, 0)),
        ("2024年03月09日 20:00", "", (2024, 3, 9, 20, 0, 0)),
        ("2024年3月9日20時05分", "", (2024, 3, 9, 20, 5, 0)),
        ("2024년 3월 9일 20:00", "", (2024, 3, 9, 20, 0, 0)),
        ("09.03.2024 20:00 Uhr", "", (2024, 3, 9, 20, 0, 0)),
        ("09.03.2024 um 20 Uhr", "", (2024, 3, 9, 20, 0, 0)),
        ("09.03.2024 - 20.05", "", (2024, 3, 9, 20, 5, 0)),
        ("09/03/2024 à 20h05", "day", (2024, 3, 9, 20, 5, 0)),
        ("09/03/2024 a las 20:05", "day", (2024, 3, 9, 20, 5, 0)),
    ],
)
def test_dates_are_read(text: str, order: DateOrder, expected: tuple[int, ...]) -> None:
    assert seconds_since_1970(text, order) == seconds(*expected)


@pytest.mark.parametrize(
    "text",
    [
        "01/02/2024", "1-2-2024 10:00",  # ambiguous
        "30.02.2024", "1.13.2024", "1/2.2024", "1.2.2024 25:00", "1.2.2024 13:00 PM", "1.2.3.4", "0.5.2024",
        "Smarch 1, 2024", "Dec 31, 2023, 13:05 PM", "Dec 31 23", "Feb 30 2024", "09/03/2024 à 20h05",
        "2024/13/09", "2024/02/30", "2024/03-09", "2024/03/09 24:00", "2024/03/09 20", "2024年13月1日", "2024/03",
        "2024/03/09 20:00 CET",  # names of time zones other than UTC may mean several zones
    ],
)  # fmt: skip
def test_other_texts_are_no_dates(text: str) -> None:
    assert seconds_since_1970(text) is None


def test_the_dates_of_a_column_decide_the_order() -> None:
    assert order_of_dates(["01/02/2024", "13/02/2024"]) == "day"
    assert order_of_dates(["01/02/2024", "02/13/2024"]) == "month"
    assert order_of_dates(["13/02/2024", "02/13/2024"]) == ""  # a contradiction
    assert order_of_dates(["1.2.2024", "soon", ""]) == "day"
    assert order_of_dates([]) == ""


@pytest.mark.parametrize(
    ("name", "times"),
    [
        ("Gespielt am", ["31.12.2023 21:05", "31.12.2023 21:09", "01.01.2024 00:05"]),
        ("Played At", ["12/31/23 9:05 PM", "12/31/23 9:09 PM", "1/1/24 12:05 AM"]),
        ("Fecha de reproducción", ["31/12/2023 21:05:00", "31/12/2023 21:09:00", "01/01/2024 00:05:00"]),
        ("Data odtworzenia", ["31-12-2023 21:05", "31-12-2023 21:09", "01-01-2024 00:05"]),
        ("再生日時", ["2023/12/31 21:05", "2023/12/31 21:09", "2024/01/01 00:05"]),
        ("Horodatage", ["31/12/2023 à 21h05", "31/12/2023 à 21h09", "01/01/2024 à 0h05"]),
        ("startedAt", ['"Dec 31, 2023, 9:05:00 PM"', '"Dec 31, 2023, 9:09:00 PM"', '"Jan 1, 2024, 12:05:00 AM"']),
    ],
)
def test_a_history_is_split_into_sessions(name: str, times: list[str], write_dump: WriteDump) -> None:
    titles = ["Rain", "Salt", "Tide"]
    text = f"Artist,Title,{name}\n" + "".join(
        f"Ada,{title},{time}\n" for title, time in zip(titles, times, strict=True)
    )
    expected = [
        ("2023-12-31 21:05", "Ada", "Rain", None),
        ("2023-12-31 21:05", "Ada", "Salt", None),
        ("2024-01-01 00:05", "Ada", "Tide", None),
    ]
    assert read(write_dump(text), "columns") == (expected, [])
    assert read(write_dump(text), "columns", columns=f"artist=Artist,title=Title,time={name}") == (expected, [])
    by_number = read(write_dump(text.split("\n", 1)[1]), "columns", columns="artist=1,title=2,time=3")
    assert by_number == (expected, [])


def test_the_order_is_found_in_later_rows_of_the_start(write_dump: WriteDump) -> None:
    text = "Artist,Title,Date\nAda,Rain,01/02/2024 10:00\nAda,Salt,01/13/2024 10:00\nAda,Tide,13/13/2024 10:00\n"
    rows, rejects = read(write_dump(text), "columns")
    assert [row[0] for row in rows] == ["2024-01-02 10:00", "2024-01-13 10:00"]
    assert [line for line, _ in reasons(rejects)] == [4]


def test_ambiguous_times_of_a_history_are_asked_about() -> None:
    plays = "Artist,Title,Played At\nAda,Rain,01/02/2024 10:00\nNell,Salt,02/02/2024 10:05\n"
    assert guesses.guess(plays) == (
        "a table of 3 columns in which the day and the month of '01/02/2024 10:00' may be swapped: write times in the "
        "form 2024-02-01 10:00, or read the table without this column: assign the columns, for example --columns "
        "artist=Artist,title=Title"
    )
    log = "Datum;Artiest;Titel\n01-02-2024;Ada;Rain\n01-02-2024;Nell;Salt\n02-02-2024;Nell;Tide\n"
    assert "the day and the month of '01-02-2024' may be swapped" in guesses.guess(log)


@pytest.mark.parametrize(
    "text",
    [
        "Artist,Title,Date\nAda,Rain,01/02/2024\nNell,Salt,02/03/2024\n",  # each date once: perhaps releases
        "Artist,Title,Date\nAda,Rain,01/02/2024\nNell,Salt,01/02/2024\n",  # the day of an export
        "Playlist,Artist,Title,Date\nA,Ada,Rain,01/02/2024 10:00\nA,Nell,Salt,02/02/2024 10:05\n",
    ],
)
def test_dates_that_are_not_those_of_plays_are_not_asked_about(text: str) -> None:
    guess = guess_columns(rows_of(text.splitlines()))
    assert isinstance(guess, ColumnGuess)
    assert "Date" in guess.unused
