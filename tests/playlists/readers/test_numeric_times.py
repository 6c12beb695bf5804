"""Times that are numbers: seconds and parts of seconds since 1970, and dates without marks between their parts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skipgramophone.playlists.columns.guess import ColumnGuess, guess_columns, rows_of
from skipgramophone.playlists.columns.values import is_time
from skipgramophone.playlists.readers.histories import seconds_since_1970
from skipgramophone.playlists.readers.numeric_dates import order_of_dates
from tests.playlists.readers.reading import read, reasons

SECONDS = int(datetime(2014, 4, 8, 2, 5, 2, tzinfo=UTC).timestamp())  # 1396922702
COLUMNS = "artist=by,title=song,time=at"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1396922702.0", SECONDS),
        ("1396922702.5", SECONDS + 0.5),
        ("1396922702000", SECONDS),
        ("1396922702000.0", SECONDS),
        ("1396922702500000", SECONDS + 0.5),
        ("1396922702000000000", SECONDS),
        ("20140408020502", SECONDS),
        ("20140408020502.0", SECONDS),
        ("20140408020502.5", None),
        ("20141308020502", None),  # 14 digits are never milliseconds
        ("26080301000000", None),
        ("19691231235959", None),
        ("139692270200000", None),  # 15 digits
        ("13969227020000000", None),  # 17 digits
        ("20140408", 20140408),  # without the evidence of a column: seconds
        ("201404080205", 201404080.205),
        ("1396922702.", None),
        ("1.39692E+12", None),
        ("-1396922702", None),
    ],
)
def test_numbers_are_read(text: str, seconds: float | None) -> None:
    assert seconds_since_1970(text) == seconds


def test_all_numbers_of_a_column_decide_whether_they_are_dates() -> None:
    assert order_of_dates(["Date", "20140408", "", "20140430"]) == "digits"
    assert order_of_dates(["201404080205", "20140408"]) == "digits"
    assert order_of_dates(["20140408", "20140431"]) == ""  # April has 30 days
    assert order_of_dates(["201404080205", "1396922702000"]) == ""
    assert order_of_dates(["20140408", "21010101"]) == ""
    assert order_of_dates(["20140408", "08.04.2014"]) == "day"
    assert seconds_since_1970("20140408", "digits") == SECONDS - 7502  # 02:05:02
    assert seconds_since_1970("201404080205", "digits") == SECONDS - 2
    assert seconds_since_1970("1396922702", "digits") is None


def test_small_numbers_are_durations_and_not_times() -> None:
    assert not is_time("261.5")
    assert is_time("1396922702.0")


@pytest.mark.parametrize(
    "times",
    [
        ("20140408100000", "20140408100500", "20140409100000"),
        ("201404081000", "201404081005", "201404091000"),
        ("1396951200.0", "1396951500.0", "1397037600.0"),
        ("1396951200000000", "1396951500000000", "1397037600000000"),
    ],
)
def test_a_history_is_split_into_sessions(tmp_path: Path, times: tuple[str, ...]) -> None:
    plays = [{"by": "Ada", "song": song, "at": time} for song, time in zip(("x", "y", "z"), times, strict=True)]
    numbers = [{**play, "at": float(play["at"]) if "." in play["at"] else int(play["at"])} for play in plays]
    (tmp_path / "p.csv").write_text("by,song,at\n" + "".join(",".join(play.values()) + "\n" for play in plays))
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(play) + "\n" for play in numbers))
    (tmp_path / "p.json").write_text(json.dumps(numbers))
    pq.write_table(pa.Table.from_pylist(numbers), tmp_path / "p.parquet")
    for name in ("p.csv", "p.jsonl", "p.json", "p.parquet"):
        rows, rejects = read(tmp_path / name, "columns", columns=COLUMNS)
        found = [(row[0], row[2]) for row in rows]
        assert found == [("2014-04-08 10:00", "x"), ("2014-04-08 10:00", "y"), ("2014-04-09 10:00", "z")], name
        assert rejects == []


@pytest.mark.parametrize("time", ["20140408100000", "201404081000", "20140408", "1396951200.0", "1396951200000000"])
def test_columns_of_such_numbers_are_guessed(time: str) -> None:
    found = guess_columns(rows_of(["Time,Artist,Title", f"{time},Ada,x", f"{time},Ada,y"]))
    assert isinstance(found, ColumnGuess)
    assert found.text == "artist=Artist,title=Title,time=Time"


def test_numbers_that_are_no_dates_are_rejected_in_a_column_of_dates(tmp_path: Path) -> None:
    head = "".join(f"Ada,x,20140408{minute // 60:02}{minute % 60:02}\n" for minute in range(1000))
    (tmp_path / "p.csv").write_text(f"by,song,at\n{head}Ada,y,201404082500\nAda,z,1396951200\n")
    rows, rejects = read(tmp_path / "p.csv", "columns", columns=COLUMNS)
    assert {row[2] for row in rows} == {"x"}
    assert [line for line, _ in reasons(rejects)] == [1002, 1003]
