"""Tables and lists of tracks in Markdown."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.readers.markdown import is_markdown, plain
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.player_examples import MARKDOWN
from tests.playlists.readers.reading import read, read_all, reasons

WriteDump = Callable[..., Path]


def test_each_heading_is_a_playlist_of_its_tables_and_lists(write_dump: WriteDump) -> None:
    path = write_dump(MARKDOWN, "notes.md")
    rows, rejects, left_out = read_all(path, "markdown")
    assert [row[:3] for row in rows] == [
        ("My mixes", "Ada Fenn", "Green Door"),
        ("My mixes", "The Hatches", "Rain | Tin"),
        ("Evening", "Ada Fenn", "Green Door"),
        ("Evening", "The Hatches", "Rain & Tin – Live"),
        ("Evening", "Nell Quay", "Salt"),
        ("Evening", "", "Tide"),
        ("Morning", "Nell Quay", "Tide"),
        ("Morning", "M*A*S*H", "Home"),
        ("Morning", "The Hatches", "Sea"),
        ("Morning", "Me", "Demo"),
        ("By name", "The Hatches", "Rain"),
        ("By name", "Me", "Sea"),
    ]
    assert reasons(rejects) == [(9, "2 fields instead of 4")]
    # The words below the first heading, and the line that continues an item; the sides of a record, milk and bread.
    assert left_out == {"lines of text": 2, "rows of other tables": 1, "other list items": 4}
    (reader,) = open_sources([path], ExtractSettings()).readers
    assert next(iter(reader.blocks())).table["album"].to_pylist() == ["Doors", *[None] * 11]


def test_marked_titles_by_an_artist_are_read(write_dump: WriteDump) -> None:
    text = (
        '**Songs**\n - "Stand by Me"  by Ada Fenn\n - “Rain” by The Hatches - Live Band\n'
        " - [Salt (feat. Me)](https://music.example/1?a=b) by **Nell Quay**\n - *Tide* by 50 Cent\n - Home\n"
    )
    rows, rejects, left_out = read_all(write_dump(text, "Songs.md"), "markdown")
    assert [row[1:3] for row in rows] == [
        ("Ada Fenn", "Stand by Me"),
        ("The Hatches - Live Band", "Rain"),
        ("Nell Quay", "Salt (feat. Me)"),
        ("50 Cent", "Tide"),
        ("", "Home"),
    ]
    assert (rejects, left_out) == ([], {"lines of text": 1})


def test_sections_with_the_same_heading_stay_separate(write_dump: WriteDump) -> None:
    text = "# Set\n- A - one\n- B - two\n# Set\n- A - one\n- C - three\n"
    (reader,) = open_sources([write_dump(text, "x.md")], ExtractSettings()).readers
    table = next(iter(reader.blocks())).table
    assert table["playlist"].to_pylist() == ["Set"] * 4
    keys = table["key"].to_pylist()
    assert keys[0] == keys[1] != keys[2] == keys[3]


def test_tracks_above_the_first_heading_are_named_after_the_file(write_dump: WriteDump) -> None:
    text = "Artist | Song\n--- | ---\nAda Fenn | Rain\nNell Quay | Salt | too much\n"
    rows, rejects = read(write_dump(text, "Road.md"), "markdown")
    assert rows == [("Road", "Ada Fenn", "Rain", None), ("Road", "Nell Quay", "Salt", None)]
    assert rejects == []


def test_a_column_with_both_names_is_split_and_numbers_are_not_titles(write_dump: WriteDump) -> None:
    text = "| Track | Song |\n|--|--|\n| 1 | Ada Fenn – Rain |\n| 2 | Nell Quay – Salt |\n| 3 | Home |\n"
    rows, _ = read(write_dump(text, "Road.md"), "markdown")
    assert [row[1:3] for row in rows] == [("Ada Fenn", "Rain"), ("Nell Quay", "Salt"), ("", "Home")]


def test_long_lines_take_no_long_time() -> None:
    for line in ("# " + "# " * 50_000 + "x", "| " * 50_000, "-" * 50_000 + "x", "*a " * 50_000, "- " + "[a" * 50_000):
        began = time.process_time()
        assert not is_markdown([line, line])
        assert time.process_time() - began < 2, line[:4]


def test_bytes_that_cannot_be_decoded_are_rejected(write_dump: WriteDump) -> None:
    text = b"# Set\n- A - one\n- \xff - two\n- B - three\n- C - four\n"
    rows, rejects = read(write_dump(text, "x.md"), "markdown")
    assert [row[2] for row in rows] == ["one", "three", "four"]
    assert reasons(rejects) == [(3, "not UTF-8")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("__Ada__ - ~~Rain~~ _live_", "Ada - Rain live"),
        ("***Ada*** (`Rain`)", "Ada (Rain)"),
        ("snake_case_name *", "snake_case_name *"),
        ("![cover](a.png) Ada - Rain<br>", "Ada - Rain"),
        ("1 < 2 > 1", "1 < 2 > 1"),
        ("*" * 2000 + "a", "*" * 2000 + "a"),
    ],
)
def test_markup_is_read_as_its_text(text: str, expected: str) -> None:
    assert plain(text) == expected
