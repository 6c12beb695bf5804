"""Files with two tables: a small one about a list, and the table of the list."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.detection.second_tables import lines_above_main_table, second_header
from tests.playlists.readers.reading import error_of, read, reasons

WriteDump = Callable[..., Path]
ABOVE = "above the header of the table"
# A list as Letterboxd exports it; both tables have the columns Name, URL and Description.
ABOUT = "Date,Name,Tags,URL,Description\n2024-01-05,Winter evenings,cosy,https://films.example/w,Cold days\n\n"
FILMS = "Position,Name,Year,URL,Description\n1,Salt,1973,https://films.example/1,\n2,Rain,1980,https://films.example/2,wet\n"
EXAMPLE = re.compile(r"--columns (\S+)$")


@pytest.mark.parametrize("title", ["", "Letterboxd list export v7\n"])
def test_the_example_in_the_question_reads_only_the_list(title: str, write_dump: WriteDump) -> None:
    path = write_dump(title + ABOUT + FILMS, "winter.csv")
    found = EXAMPLE.search(error_of(path))
    assert found is not None
    for columns in (found[1], "position=Position,title=Name"):
        rows, rejects = read(path, "columns", columns=columns)
        assert [row[:3] for row in rows] == [("winter", "", "Salt"), ("winter", "", "Rain")]
        lines = title.count("\n") + ABOUT.count("\n")
        assert reasons(rejects) == [(line, ABOVE) for line in range(1, lines + 1)]


def test_a_list_with_clear_columns_is_read_without_a_question(write_dump: WriteDump) -> None:
    about = "Name,URL\nEvenings,https://music.example/e\n\n"
    rows, rejects = read(write_dump(about + "Artist,Title\nAda,Rain\nNell,Salt\n", "e.csv"), "columns")
    assert [row[1:3] for row in rows] == [("Ada", "Rain"), ("Nell", "Salt")]
    assert [line for line, _ in reasons(rejects)] == [1, 2, 3]


def test_two_tables_of_tracks_are_refused(write_dump: WriteDump) -> None:
    text = "Artist,Title\nAda,Rain\nNell,Salt\n\nTitle,Artist\nTide,Ada\n"
    message = error_of(write_dump(text, "two.csv"))
    assert "two tables: the second one begins on line 5 ('Title,Artist')" in message


@pytest.mark.parametrize(
    "lines",
    [
        ["Artist,Title", "Ada,Rain", "", "Nell,Salt", "Ada,Tide"],  # a blank line between rows
        ["Artist,Title", "Ada,Rain", "", "Artist,Title", "Nell,Salt"],  # the same header again
        ["Artist,Title", "Ada,Rain", "Nell,Salt"],
        ["", "", "Artist,Title", "Ada,Rain"],
    ],
)
def test_one_table_with_blank_lines_is_not_divided(lines: list[str]) -> None:
    assert (lines_above_main_table(lines), second_header(lines)) == (0, None)


@pytest.mark.parametrize("blank", ["", "\n"])
def test_tables_below_their_titles_are_named(blank: str, write_dump: WriteDump) -> None:
    table = "artist,title\nAda,Rain\nNell,Salt\n"
    message = error_of(write_dump(f"Evening\n{table}{blank}Morning\n{table}", "x.csv"))
    second = 7 if blank else 6
    assert message.startswith(f"PATH is several tables, whose headers are on lines 2 and {second}: save each table")
