"""Tables whose header is below other lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.detection.table_preamble import lines_above_columns, lines_above_header
from tests.playlists.readers.reading import error_of, read, reasons

WriteDump = Callable[..., Path]
ABOVE = "above the header of the table"
TABLE = "Artist,Title,Album\nAda,Rain,Sea\nNell,Salt,Sea\n"
ROWS = [("log", "Ada", "Rain", None), ("log", "Nell", "Salt", None)]


@pytest.mark.parametrize(
    ("above", "rejected"),
    [
        ("sep=,\n", [(1, ABOVE)]),
        ('"sep=,"\n', [(1, ABOVE)]),
        ("Genre: Free Form,From: 2023-08-01\nCompiled: 2024-03-22 02:15\n", [(1, ABOVE), (2, ABOVE)]),
        ("My station\n\n", [(1, ABOVE), (2, ABOVE)]),
        ("# my library\n# 2024, 5 songs, sorted\n", [(1, ABOVE), (2, ABOVE)]),
        (',,"Note that some figures are estimates."\n', [(1, ABOVE)]),
        ("Track,,\n", [(1, ABOVE)]),  # the names of groups of columns
    ],
)
@pytest.mark.parametrize("quote", ["", '"'])  # a plain table, and one with a quote that is read record by record
def test_the_lines_above_a_header_are_rejected(
    above: str, rejected: list[tuple[int, str]], quote: str, write_dump: WriteDump
) -> None:
    text = above + TABLE.replace("Salt", f"Salt{quote}")
    rows, rejects = read(write_dump(text, "log.csv"), "columns")
    assert rows == [ROWS[0], ("log", "Nell", f"Salt{quote}", None)]
    assert reasons(rejects) == rejected
    assert read(write_dump(text, "log.csv"), "columns", columns="artist=Artist,title=Title")[0] == rows


def test_a_history_below_other_lines_keeps_its_times(write_dump: WriteDump) -> None:
    text = "Station;Radio Nord;\n\nDatum;Interpret;Titel\n31/12/2023 21:05;Ada;Rain\n31/12/2023 22:05;Nell;Salt\n"
    rows, rejects = read(write_dump(text), "columns")
    assert [row[0] for row in rows] == ["2023-12-31 21:05", "2023-12-31 22:05"]
    assert reasons(rejects) == [(1, ABOVE), (2, ABOVE)]
    bad = text + "soon;Ada;Tide\n"
    assert [line for line, _ in reasons(read(write_dump(bad), "columns")[1])] == [1, 2, 6]


def test_a_question_about_such_a_table_can_be_answered(write_dump: WriteDump) -> None:
    text = "My station\nShow,Track,Artist\nA,Rain,Ada\nA,Salt,Nell\n"
    message = error_of(write_dump(text))
    assert message.endswith("--columns title=Track,artist=Artist,playlist=Show")
    rows, rejects = read(write_dump(text), "columns", columns="title=Track,artist=Artist,playlist=Show")
    assert rows == [("A", "Ada", "Rain", None), ("A", "Nell", "Salt", None)]
    assert reasons(rejects) == [(1, ABOVE)]


def test_rows_of_a_table_are_not_above_a_header() -> None:
    rows = ["Ada,Rain,one", "Nell,Salt,two", "Artist,Title,Album", "Quay,Tide,three"]
    assert lines_above_header(rows) == 0
    assert lines_above_header(["Ada,,one", *rows[2:]]) == 1
    assert lines_above_header(["#,Title,Artist", "1,Rain,Ada", "2,Salt,Nell"]) == 0


def test_a_header_with_the_assigned_columns_is_found() -> None:
    assert lines_above_columns(["a;b", "c;d"], ["d"]) == 1
    assert lines_above_columns(["a;b", "c;d"], ["b"]) == 0
    assert lines_above_columns(["a;b", "c;d"], ["e"]) == 0
    assert lines_above_columns(["x"] * 30 + ["a;b"], ["b"]) == 0


@pytest.mark.parametrize("above", ["\n", "\n\n", "   \n", "#x\n"])  # short lines are a block of their own
def test_blank_and_short_lines_may_precede_the_header(above: str, write_dump: WriteDump) -> None:
    text = f"{above}Show,Track,Artist\nA,Rain,Ada\nA,Salt,Nell\n"
    expected = [("A", "Ada", "Rain", None), ("A", "Nell", "Salt", None)]
    lines = [(number, ABOVE) for number in range(1, above.count("\n") + 1)]
    assert error_of(write_dump(text)).endswith("--columns title=Track,artist=Artist,playlist=Show")
    rows, rejects = read(write_dump(text), "columns", columns="title=Track,artist=Artist,playlist=Show")
    assert (rows, reasons(rejects)) == (expected, lines)
    rows, rejects = read(write_dump(text.replace("Show", "Playlist")), "columns")
    assert (rows, reasons(rejects)) == (expected, lines)


def test_blank_lines_may_precede_a_table_without_a_header(write_dump: WriteDump) -> None:
    rows, rejects = read(write_dump("\nA,Ada,Rain\n"), "columns", columns="playlist=1,artist=2,title=3")
    assert (rows, reasons(rejects)) == ([("A", "Ada", "Rain", None)], [(1, ABOVE)])
