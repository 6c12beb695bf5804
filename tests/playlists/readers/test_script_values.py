"""Values of tables as scripts write them: bytes, lists of objects, spaces after the delimiter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.columns.guess import ColumnGuess, guess_columns, rows_of
from tests.playlists.readers.reading import read

WriteDump = Callable[..., Path]


@pytest.mark.parametrize("quote", ["", '"'])  # a plain table, and one with a quote that is read record by record
def test_bytes_are_read_as_text(quote: str, write_dump: WriteDump) -> None:
    text = (
        "SongID,ArtistName,Title,playlist\n"
        "b'SO1',b'Ada Fenn',b'Rain',b'Evening'\n"
        "b'SO2',b'Bj\\xc3\\xb6rn',\"b\"\"Don't\"\"\",b'Evening'\n"
        f"b'SO3',b'Søren',b'Sa{quote}lt,b'Evening'\n"  # not written as bytes
    )
    rows, _ = read(write_dump(text), "columns")
    assert rows == [
        ("Evening", "Ada Fenn", "Rain", "SO1"),
        ("Evening", "Björn", "Don't", "SO2"),
        ("Evening", "Søren", f"b'Sa{quote}lt", "SO3"),
    ]


def test_lists_of_objects_are_read_as_their_names(write_dump: WriteDump) -> None:
    text = (
        ",track,name,artists,album\n"
        "0,True,Rain,\"[{'id': '1', 'name': 'Ada Fenn'}, {'id': '2', 'name': 'Nell'}]\",\"{'name': 'Sea'}\"\n"
        '1,True,Salt,"[{""name"": ""Quay"", ""explicit"": true}]","{\'name\': \'Sea\'}"\n'
        "2,True,Tide,\"[{'id': 3}]\",{}\n"
    )
    guess = guess_columns(rows_of(text.splitlines()))
    assert isinstance(guess, ColumnGuess)
    assert guess.text == "artist=artists,title=name"
    rows, _ = read(write_dump(text, "songs.csv"), "columns")
    assert [row[1:3] for row in rows] == [("Ada Fenn, Nell", "Rain"), ("Quay", "Salt"), ("[{'id': 3}]", "Tide")]


def test_spaces_after_the_delimiter_are_not_part_of_names(write_dump: WriteDump) -> None:
    text = "artist, title, playlist, pos\nAda, Rain, Evening, 2\nNell, Salt, Evening, 1\nNell, Tide,Evening, 3\n"
    rows, rejects = read(write_dump(text), "columns")
    assert rows == [
        ("Evening", "Nell", "Salt", None),
        ("Evening", "Ada", "Rain", None),
        ("Evening", "Nell", "Tide", None),
    ]
    assert rejects == []
    unspaced = "artist,title\nAda, Rain\n"
    assert read(write_dump(unspaced, "songs.csv"), "columns")[0] == [("songs", "Ada", " Rain", None)]
