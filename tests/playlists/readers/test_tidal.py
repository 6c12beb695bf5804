"""The reader of the listening history in Tidal's privacy export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.playlists.readers.examples import TIDAL
from tests.playlists.readers.reading import error_of, read, read_all, reasons

WriteDump = Callable[..., Path]
HEADER = TIDAL.splitlines()[0]


def test_plays_are_cut_into_sessions_in_the_time_zone_of_each_row(write_dump: WriteDump) -> None:
    path = write_dump("\ufeff" + TIDAL, "streaming.csv")
    rows, rejects, left_out = read_all(path, "tidal")
    assert rows == [  # 19:01 in Toronto is 00:01 in UTC on the next day
        ("2022-03-09 00:01", "Ada Fenn", "Green Door", None),
        ("2022-03-09 00:01", "The Hatches, Ada Fenn", "Rain", None),
        ("2022-03-09 00:40", "Me", "Demo", None),
    ]
    assert reasons(rejects) == [(5, "played for 0 ms"), (7, "no valid timestamp")]
    assert left_out == {"plays of videos and other products": 1}
    assert len(read(path, "tidal", keep=["skips"])[0]) == 4


@pytest.mark.parametrize(
    ("date", "zone", "session"),
    [
        ("8/3/2022 9:05", "null", "2022-03-08 09:05"),
        ("08/03/2022 09:05:59", "", "2022-03-08 09:05"),
        ("2022-03-08 09:05:59", "Europe/Oslo", "2022-03-08 08:05"),
        ("2022-03-08T09:05:59+02:00", "Europe/Oslo", "2022-03-08 07:05"),
        ("01/07/2022 09:05", "Europe/Oslo", "2022-07-01 07:05"),  # daylight saving time
        ("08/03/2022 09:05", "Not/AZone", "2022-03-08 09:05"),
        ("08/03/2022 09:05", "Europe", "2022-03-08 09:05"),  # a directory of the time zone database
        ("08/03/2022 09:05", "../../etc/passwd", "2022-03-08 09:05"),
        ("08/03/2022 09:05", "/etc/localtime", "2022-03-08 09:05"),
    ],
)
def test_dates_and_zones(write_dump: WriteDump, date: str, zone: str, session: str) -> None:
    row = f"A,One,{date},1000.0,TRACK,,,{zone}\n"
    assert read(write_dump(f"{HEADER}\n{row}"), "tidal") == ([(session, "A", "One", None)], [])


@pytest.mark.parametrize("date", ["", "soon", "03/13/2022 09:05", "01/01/0000 00:00", "01/01/9999 00:00"])
def test_other_dates_are_rejected(write_dump: WriteDump, date: str) -> None:
    _, rejects = read(write_dump(f"{HEADER}\nA,One,{date},1000.0,TRACK,,,\n"), "tidal")
    assert reasons(rejects) == [(2, "no valid timestamp")]


@pytest.mark.parametrize("lasted", ["null", "", "nan", "inf", "-5"])
def test_a_play_without_a_valid_duration_is_kept(write_dump: WriteDump, lasted: str) -> None:
    rows, rejects = read(write_dump(f"{HEADER}\nA,One,08/03/2022 09:05,{lasted},TRACK,,,\n"), "tidal")
    assert (len(rows), rejects) == (1, [])


def test_another_header_raises_a_one_line_error(write_dump: WriteDump) -> None:
    message = "PATH is not a listening history of Tidal: its first line needs the columns artist_name, track_title, "
    assert error_of(write_dump("a,b\n"), "tidal").startswith(message)
