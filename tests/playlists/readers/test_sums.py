"""Rows of sums in tables with artists, ids that a spreadsheet has rounded, and tables of one column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.playlists.guesses import guess
from tests.playlists.readers.reading import error_of, read, reasons

WriteDump = Callable[..., Path]


@pytest.mark.parametrize("word", ["Total", "TOTAL:", "Summe", "Sub-total", "Gesamt"])
@pytest.mark.parametrize("quote", ["", '"'])  # a plain table, and one with a quote that is read record by record
def test_sums_below_the_tracks_are_rejected(word: str, quote: str, write_dump: WriteDump) -> None:
    text = f"Playlist,Artist,Title\nA,Ada,Rain{quote}\nA,,{word}\nB,Nell,{word}\nB,Ada,Sea\nB,Ada,Home\nB,,Salt\n"
    rows, rejects = read(write_dump(text), "columns")
    others = [("Ada", "Sea"), ("Ada", "Home"), ("", "Salt")]
    assert [row[1:3] for row in rows] == [("Ada", f"Rain{quote}"), ("Nell", word), *others]
    assert reasons(rejects) == [(3, "a sum instead of a track")]


def test_a_track_with_a_uri_may_be_called_total(write_dump: WriteDump) -> None:
    rows, rejects = read(write_dump("Artist,Title,Track URI\nAda,Rain,a1\nAda,Sea,a3\n,Total,a2\n"), "columns")
    assert ([row[2] for row in rows], rejects) == (["Rain", "Sea", "Total"], [])
    rows, rejects = read(write_dump("Title,Playlist\nRain,A\nTotal,A\n"), "columns")
    assert ([row[2] for row in rows], rejects) == (["Rain", "Total"], [])


@pytest.mark.parametrize("column", ["order_id", "user_id", "product_id"])
@pytest.mark.parametrize("number", ["1.50E+10", "1,5E+10", "2E+12"])
def test_ids_that_a_spreadsheet_has_rounded_are_refused(column: str, number: str) -> None:
    header = ["order_id", "user_id", "product_id"]
    rows = [";".join(number if name == column else f"{name[0]}{at}" for name in header) for at in range(4)]
    found = guess("\n".join([";".join(header), *rows]))
    assert f"in which a spreadsheet has rounded the ids in {column!r}, such as {number}" in found


def test_a_table_of_one_column_of_ids_is_read_with_the_suggested_columns(write_dump: WriteDump) -> None:
    path = write_dump("song_id\nSOAB12\nSOCD34\n")
    message = error_of(path)
    assert message.endswith("if it is a table of one column, add --columns uri=song_id")
    rows, rejects = read(path, "columns", columns="uri=song_id")
    assert ([row[3] for row in rows], rejects) == (["SOAB12", "SOCD34"], [])


@pytest.mark.parametrize("separator", [";", "|", ": "])
def test_keys_with_lists_are_no_table(separator: str, write_dump: WriteDump) -> None:
    text = "".join(f"{key}{separator}10{key},11,1{key}2\n" for key in range(5))
    assert "each line seems to be a key and a list of items" in error_of(write_dump(text, "x.txt"))
    prices = "".join(f"{key};1{key},50;2{key},20\n" for key in range(5))
    assert "list of items" not in error_of(write_dump(prices, "y.txt"))
    times = "".join(f"20:0{key},Ada,Rain {key}\n" for key in range(5))
    assert "list of items" not in error_of(write_dump(times, "z.txt"))
