"""Guessed columns of listening histories whose times have an unknown notation or an unusual name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.playlists.guesses import guess as guessed

REMEDY = (
    "write times in the form 2024-02-01 10:00, or read the table without this column: assign the columns, for example "
    "--columns artist=Artist,title=Title"
)


def guess(header: str, *times: str) -> str:
    """Return the guessed columns of a table of plays as the value of `--columns`, or the question.

    Args:
        header: the names of the columns.
        times: for each row, the values of all columns except the last two, which are the artist and the title.
    """
    plays = [f"{time},Ada,Song {number}" for number, time in enumerate(times)]
    return guessed("\n".join([header, *plays]))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("9 maaliskuuta 2024 20:00", "9 maaliskuuta 2024 20:05"),
        ("9. března 2024", "9. března 2024"),
        ("9. listopada 2024", "9. listopada 2024"),  # October in Croatian, November in Polish
        ("09-Mar-24 20:00", "09-Mar-24 20:05"),
        ("Sa 09.03. 20:00", "Sa 09.03. 20:05"),
        ("2024-03-09 20:00 CET", "2024-03-09 20:05 CET"),
        ("2024/03/09 午後8:00", "2024/03/09 午後8:05"),
        ("1.71001E+12", "1.71001E+12"),  # Excel has rounded milliseconds since 1970
        ("3 hours ago", "4 hours ago"),
        ("Today", "Today"),
        ("Yesterday", "Last week"),
        ("2024-03-09_20-00-00", "2024-03-09_20-05-00"),
        ("20240399200000", "20240399200500"),  # no valid dates, and no milliseconds
        ("638456256000000000", "638456259000000000"),  # 100 ns since the year 1
    ],
)
def test_times_in_an_unknown_notation_are_asked_about(first: str, second: str) -> None:
    found = guess("Played At,Artist,Title", first, second, "10. března 2024")
    problem = f"a table of 3 columns in which {first!r}, a time in 'Played At', is in an unknown notation"
    assert found == f"{problem}: {REMEDY}"


@pytest.mark.parametrize("times", [("45360.8333", "45360.8368"), ("45360,8333", "45361"), ("45360", "45360", "45361")])
def test_serial_numbers_of_a_spreadsheet_are_explained(times: tuple[str, ...]) -> None:
    rows = [f"{time};Ada;Song {number}" for number, time in enumerate(times)]
    found = guessed("\n".join(["Date;Artist;Title", *rows]))
    assert f"in which {times[0]!r}, a time in 'Date', is a serial number of a spreadsheet (days since 1900)" in found
    assert "format yyyy-mm-dd hh:mm" in found
    assert found.endswith(
        "read the table without this column: assign the columns, for example --columns artist=Artist,title=Title"
    )


def test_times_of_the_best_name_are_asked_about_even_if_another_column_has_dates() -> None:
    found = guess("Played At,Date,Artist,Title", "3 hours ago,1999-03-01", "4 hours ago,2001-04-02")
    assert "'3 hours ago', a time in 'Played At', is in an unknown notation" in found
    found = guess("Date,Played At,Artist,Title", "9 bře 1999,2024-03-09 20:00", "9 bře 1999,2024-03-09 20:05")
    assert found == "artist=Artist,title=Title,time=Played At"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Time", ("3:45", "4:05", "1:03:45")),  # durations
        ("Time", ("3 min 45", "4 min 05", "12 min 10")),
        ("Date", ("9 bře 1999", "7 čvn 2003", "7 kvě 2003")),  # perhaps releases: each occurs once
        ("Date", ("45360", "45361", "45362")),
        ("Time", ("45360", "180500", "201000")),  # durations in milliseconds
        ("Date", ("1999", "1999", "2001")),
        ("Played", ("12 plays", "7 plays", "7 plays")),
    ],
)
def test_values_that_are_not_times_are_not_asked_about(name: str, values: tuple[str, ...]) -> None:
    assert guess(f"{name},Artist,Title", *values) == "artist=Artist,title=Title"


@pytest.mark.parametrize(
    "name",
    [
        "Timestamp (UTC)", "Scrobble Time", "Time Played", "date_utc", "datetime_utc", "Played At (UTC)", "stream_date",
        "Reproducido el", "timestamp_ms", "Datum/Uhrzeit", "Spin Time",
    ],
)  # fmt: skip
def test_more_names_of_times_are_recognized(name: str) -> None:
    found = guess(f"{name},Artist,Title", "2024-03-09 20:00", "2024-03-09 20:05")
    assert found == f"artist=Artist,title=Title,time={name}"


def test_the_short_history_of_spotify_may_be_a_table() -> None:
    found = guess("endTime,msPlayed,artistName,trackName", "2024-03-09 20:00,261000", "2024-03-09 20:05,200000")
    assert found == "artist=artistName,title=trackName,time=endTime"


@pytest.mark.parametrize(
    "name", ["Start time", "Logged At", "local_time", "timeHuman", "endTime", "heard", "lastfm_time"]
)
@pytest.mark.parametrize("times", [("2024-03-09 20:00", "2024-03-09 20:05"), ("13/03/2024 20:00", "13/03/2024 20:05")])
def test_times_of_day_in_a_column_of_an_unknown_name_are_asked_about(name: str, times: tuple[str, str]) -> None:
    found = guess(f"{name},Artist,Title", *times)
    assert found.startswith(f"a table of 3 columns in which {name!r} may be the times of plays: assign the columns")
    assert f"artist=Artist,title=Title,time={name}" in found
    assert guess(f"{name},Playlist,Artist,Title", *(f"{time},A" for time in times)).endswith("playlist=Playlist")


def test_ambiguous_times_of_an_unknown_name_are_asked_about() -> None:
    found = guess("Start time,Artist,Title", "03/04/2024 20:00", "03/04/2024 20:05")
    assert (
        found == f"a table of 3 columns in which the day and the month of '03/04/2024 20:00' may be swapped: {REMEDY}"
    )


def test_dates_are_not_the_times_if_another_column_may_have_them() -> None:
    found = guess("Date,Heard,Artist,Title", "1999-01-01,2024-03-09 20:00", "2001-01-01,2024-03-09 20:05")
    assert "'Heard' may be the times of plays" in found
    found = guess(
        "Played At,Heard,Artist,Title", "2024-03-09 20:00,2024-03-09 20:00", "2024-03-09 20:05,2024-03-09 20:05"
    )
    assert found == "artist=Artist,title=Title,time=Played At"


@pytest.mark.parametrize(
    "name",
    [
        "Last Played",
        "Date Added",
        "added_at",
        "Hinzugefügt am",
        "Release",
        "Birthday",
        "created_at",
        "saved",
        "updated",
    ],
)
def test_times_of_other_events_are_not_asked_about(name: str) -> None:
    for times in (("2024-03-09 20:00", "2024-03-09 20:05"), ("03/04/2024 20:00", "03/04/2024 20:05")):
        assert guess(f"{name},Artist,Title", *times) == "artist=Artist,title=Title"


@pytest.mark.parametrize(
    "times",
    [
        ("2024-03-09 20:00", "2024-03-09 20:00"),  # perhaps the time of an export
        ("2024-03-09 00:00", "2024-03-10 00:00"),  # dates without times of day
        ("1710014400", "1710014700"),  # perhaps ids
    ],
)
def test_values_that_may_not_be_times_of_plays_are_not_asked_about(times: tuple[str, str]) -> None:
    assert guess("Heard,Artist,Title", *times) == "artist=Artist,title=Title"


CONCERTS = [
    ("Ada", "09.03.2024", "a"),
    ("Ada", "09.03.2024", "b"),
    ("Nell", "10.03.2024", "b"),
    ("Nell", "10.03.2024", "c"),
]


@pytest.mark.parametrize("name", ["Setlist date", "Concert", "Aired"])
def test_dates_that_divide_the_rows_may_be_playlists(name: str) -> None:
    found = guessed("\n".join([f"Band,{name},Song", *map(",".join, CONCERTS)]))
    assert f"in which {name!r} may separate playlists" in found
    assert found.rstrip("'").endswith(f"artist=Band,title=Song,playlist={name}")


@pytest.mark.parametrize("name", ["Release Date", "Album date", "Date added"])
def test_dates_of_releases_are_no_playlists(name: str) -> None:
    assert guessed("\n".join([f"Band,{name},Song", *map(",".join, CONCERTS)])) == "artist=Band,title=Song"


def test_dates_that_come_again_are_no_playlists() -> None:
    mixed = [CONCERTS[at] for at in (0, 2, 1, 3)]
    assert guessed("\n".join(["Band,Pressed,Song", *map(",".join, mixed)])) == "artist=Band,title=Song"


def purchases(name: str, time: Callable[[int, int], object]) -> str:
    """Return what is guessed about a table of four customers and their items, with a time for each pair."""
    rows = [f"{user},{item},{time(user, item)}" for user in range(4) for item in range(user % 3, 6)]
    return guessed("\n".join([f"customer_id,article_id,{name}", *rows]))


@pytest.mark.parametrize(
    ("name", "time"),
    [
        ("t_dat", lambda user, item: f"2020-0{1 + user}-1{item}"),
        ("listen_time_us", lambda user, item: 1700000000000000 + 10**9 * (7 * user + item)),
        ("delivered", lambda user, item: f"{10 + user}.0{1 + item}.2023 08:30"),
    ],
)
def test_times_of_purchases_may_have_unusual_names(name: str, time: Callable[[int, int], object]) -> None:
    assert purchases(name, time) == (
        f"a table of 3 columns in which {name!r} may be the times of plays: assign the columns, for example "
        f"--columns owner=customer_id,uri=article_id,time={name} --session-gap none"
    )


@pytest.mark.parametrize(
    ("name", "time"),
    [
        ("birthday", lambda user, _: f"1990-0{1 + user}-11"),
        ("member since", lambda user, _: f"2015-0{1 + user}-11"),
        ("on shelf from", lambda _, item: f"2015-0{1 + item}-11"),
        ("first release", lambda user, item: f"2015-0{1 + item}-1{user}"),
        ("barcode", lambda user, item: 1700000000 + 100 * user + item),
    ],
)
def test_dates_of_customers_and_items_are_not_times(name: str, time: Callable[[int, int], object]) -> None:
    assert purchases(name, time) == "owner=customer_id,uri=article_id"
