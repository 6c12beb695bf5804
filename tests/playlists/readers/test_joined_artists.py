"""Artists that are joined by semicolons in one field of a table."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.playlists.readers.reading import read

WriteDump = Callable[..., Path]
ARTISTS = ["Ada Fenn", "Ada Fenn;Nell Quay", "The Hatches; Nell Quay;", "Simon &amp; Co", "Earth, Wind & Fire"]
READ = ["Ada Fenn", "Ada Fenn, Nell Quay", "The Hatches, Nell Quay", "Simon &amp; Co", "Earth, Wind & Fire"]


def table_of(artists: list[str], quote: str = '"') -> str:
    """Return a table in CSV."""
    return "title,artists\n" + "".join(f"{number},{quote}{artist}{quote}\n" for number, artist in enumerate(artists))


@pytest.mark.parametrize("columns", [None, "title=title,artist=artists", "title=1,artist=2"])
def test_several_artists_are_read_as_first_and_second(columns: str | None, write_dump: WriteDump) -> None:
    rows, _ = read(write_dump(table_of(ARTISTS), "songs.csv"), "columns", columns=columns)
    assert [row[1] for row in rows] == READ


def test_artists_in_json_and_parquet_are_read_in_the_same_way(write_dump: WriteDump, tmp_path: Path) -> None:
    objects = [{"title": str(number), "artist": artist} for number, artist in enumerate(ARTISTS)]
    lines = "".join(json.dumps(row) + "\n" for row in objects)
    for text, name in ((lines, "a.jsonl"), (json.dumps(objects), "a.json")):
        assert [row[1] for row in read(write_dump(text, name), "columns")[0]] == READ
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"title": [row["title"] for row in objects], "artist": ARTISTS}), path)
    assert [row[1] for row in read(path, "columns")[0]] == READ


@pytest.mark.parametrize(
    "artists",
    [
        ["Steins;Gate", "Steins;Gate", "Chaos;Head", "Nell Quay"],  # names that share no part with another name
        ["Ada Fenn;Nell Quay", "Ada Fenn", "Nell Quay"],  # only one such value
        ["Simon &amp; Co", "Salt &#38; Sea", "Simon"],
    ],
)
def test_other_semicolons_are_part_of_the_name(artists: list[str], write_dump: WriteDump) -> None:
    rows, _ = read(write_dump(table_of(artists), "songs.csv"), "columns")
    assert [row[1] for row in rows] == artists


def test_rows_after_the_first_unusual_quote_are_read_in_the_same_way(write_dump: WriteDump) -> None:
    text = table_of(ARTISTS) + '9,Ada "A" Fenn;Me\n10,Me;Ada Fenn\n'
    rows, _ = read(write_dump(text, "songs.csv"), "columns")
    assert [row[1] for row in rows] == [*READ, 'Ada "A" Fenn, Me', "Me, Ada Fenn"]
