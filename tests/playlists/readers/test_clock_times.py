"""Tables with the dates in one column and the times of day in another."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.playlists.readers.reading import read, reasons

COLUMNS = "artist=by,title=song,time=day,clock=at"
PLAYS = [  # not in order of time
    ("Ada", "Late", "2024-03-01", "23:50"),
    ("Ada", "Later", "2024-03-02", "0:05:10"),
    ("Nell", "Early", "2024-03-01", "8:00 am"),
    ("Nell", "Next", "2024-03-01", "08:04"),
    ("Nell", "Noon", "2024-03-01", "12:30 PM"),
]
SESSIONS = [  # a pause of more than 30 minutes begins another session
    ("2024-03-01 08:00", "Early"),
    ("2024-03-01 08:00", "Next"),
    ("2024-03-01 12:30", "Noon"),
    ("2024-03-01 23:50", "Late"),
    ("2024-03-01 23:50", "Later"),
]


def write(path: Path) -> None:
    """Write the plays in the format of the suffix."""
    names = ("by", "song", "day", "at")
    if path.suffix == ".csv":
        path.write_text("\n".join(map(",".join, (names, *PLAYS))) + "\n")
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(dict(zip(names, play, strict=True))) + "\n" for play in PLAYS))
    elif path.suffix == ".json":
        path.write_text(json.dumps({"plays": [dict(zip(names, play, strict=True)) for play in PLAYS]}))
    else:
        pq.write_table(pa.table(dict(zip(names, zip(*PLAYS, strict=True), strict=True))), path)


@pytest.mark.parametrize("name", ["log.csv", "log.jsonl", "log.json", "log.parquet"])
def test_dates_and_times_of_day_are_joined(tmp_path: Path, name: str) -> None:
    write(tmp_path / name)
    rows, rejects = read(tmp_path / name, "columns", columns=COLUMNS)
    assert [(row[0], row[2]) for row in rows] == SESSIONS
    assert rejects == []


def test_columns_of_dates_and_times_of_parquet_are_joined(tmp_path: Path) -> None:
    days = [datetime.date(2024, 3, 1), datetime.date(2024, 3, 2)]
    clocks = pa.array([datetime.time(23, 50), datetime.time(0, 5, 10)], pa.time64("us"))
    pq.write_table(pa.table({"by": ["Ada"] * 2, "song": ["x", "y"], "day": days, "at": clocks}), tmp_path / "p.parquet")
    rows, _ = read(tmp_path / "p.parquet", "columns", columns=COLUMNS)
    assert [(row[0], row[2]) for row in rows] == [("2024-03-01 23:50", "x"), ("2024-03-01 23:50", "y")]


def test_dates_and_times_of_day_may_be_written_in_several_ways(tmp_path: Path) -> None:
    plays = [
        ("Ada", "x", "2024/03/01", "8:00"),
        ("Ada", "y", "2024/03/01", "08h05"),
        ("Ada", "z", "1.3.2024", "08.10"),
        ("Ada", "u", "2024年3月1日", "08:15 Uhr"),
        ("Ada", "v", "1 Mar 2024", "20 h 05"),
    ]
    (tmp_path / "log.csv").write_text("\n".join(map(",".join, (("by", "song", "day", "at"), *plays))) + "\n")
    rows, rejects = read(tmp_path / "log.csv", "columns", columns=COLUMNS)
    assert [(row[0], row[2]) for row in rows] == [
        *(("2024-03-01 08:00", title) for title in "xyzu"),
        ("2024-03-01 20:05", "v"),
    ]
    assert rejects == []


@pytest.mark.parametrize(
    ("header", "first", "second"),
    [
        ("日付,時刻,アーティスト,曲名", "2024/03/09,20:00", "2024/03/16,19:00"),
        ("Datum;Uhrzeit;Interpret;Titel", "09.03.2024;20:00 Uhr", "16.03.2024;19.00"),
        ("Date;Heure;Artiste;Titre", "09/03/2024;20h00", "16/03/2024;19h00"),
        ("Fecha,Hora,Artista,Título", "09/03/2024,20:00", "16/03/2024,19:00"),
        ("Data,Ora,Artista,Brano", "09/03/2024,20.00", "16/03/2024,19.00"),
        ("Spin Date,Spin Time,Artist,Title", "2024-03-09,8:00 PM", "2024-03-16,7:00 PM"),
    ],
)
def test_usual_names_of_times_of_day_are_guessed(tmp_path: Path, header: str, first: str, second: str) -> None:
    mark = ";" if ";" in header else ","
    plays = "".join(f"{time}{mark}Ada{mark}{title}\n" for time, title in ((first, "x"), (second, "y")))
    (tmp_path / "log.csv").write_text(f"{header}\n{plays}")
    rows, rejects = read(tmp_path / "log.csv", "columns")
    assert [(row[0], row[2]) for row in rows] == [("2024-03-09 20:00", "x"), ("2024-03-16 19:00", "y")]
    assert rejects == []


def test_a_row_without_a_time_of_day_does_not_hide_the_column(tmp_path: Path) -> None:
    plays = "".join(f"2024-03-09,{hour}:00,Ada,x{hour}\n" for hour in range(10, 20))
    (tmp_path / "log.csv").write_text(f"Date,Time,Artist,Title\n{plays}2024-03-09,,Ada,y\n")
    rows, rejects = read(tmp_path / "log.csv", "columns")
    assert [row[0] for row in rows] == [f"2024-03-09 {hour}:00" for hour in range(10, 20)]
    assert [line for line, _ in reasons(rejects)] == [12]


def test_columns_can_be_assigned_by_number(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("1.3.2024,10:00,Ada,x\n1.3.2024,09:00,Ada,y\n")
    rows, _ = read(tmp_path / "log.csv", "columns", columns="1=time,2=clock,3=artist,4=title")
    assert [(row[0], row[2]) for row in rows] == [("2024-03-01 09:00", "y"), ("2024-03-01 10:00", "x")]


@pytest.mark.parametrize(
    ("day", "at"),
    [
        ("2024-03-01", "25:00"),
        ("2024-03-01", "13:00 PM"),
        ("2024-03-01", "20"),
        ("2024-03-01", "20.65"),
        ("2024-03-01", ""),
        ("2024-03-01 10:00", "10:00"),  # the date has a time of day of its own
        ("", "9:00"),
    ],
)
def test_a_row_without_a_valid_date_and_time_of_day_is_rejected(tmp_path: Path, day: str, at: str) -> None:
    (tmp_path / "log.csv").write_text(f"by,song,day,at\nAda,x,2024-03-01,10:00\nAda,y,{day},{at}\n")
    rows, rejects = read(tmp_path / "log.csv", "columns", columns=COLUMNS)
    assert [row[2] for row in rows] == ["x"]
    assert reasons(rejects) == [(3, "no valid date with a time of day (such as 2024-02-01 and 20:05)")]
