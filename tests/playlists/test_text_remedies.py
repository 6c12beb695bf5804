"""Texts in unknown formats: the message says what to do with a shape that is common."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.playlists.readers.reading import error_of, read

WriteDump = Callable[..., Path]
TITLES = "if each line is one track, add --format titles; see `sgp extract --help`"
BASKETS = "write one item per line with the number of its basket"


@pytest.mark.parametrize(("separator", "shown"), [("::", "'::'"), ("<SEP>", "'<SEP>'")])
def test_long_separators_are_named(separator: str, shown: str, write_dump: WriteDump) -> None:
    rows = ["1", "1193", "5", "978300760"], ["1", "661", "3", "978302109"], ["2", "17", "3", "978299000"]
    text = "".join(separator.join(row) + "\n" for row in rows)
    message = error_of(write_dump(text, "ratings.dat"))
    assert f"its fields seem to be separated by {shown}: replace it by tabs" in message
    changed = write_dump(text.replace(separator, "\t"), "ratings.tsv")
    assert error_of(changed).endswith("assign the columns by number, for example --columns owner=1,uri=2,time=4")
    rows_read, _ = read(changed, "columns", columns="owner=1,uri=2,time=4", session_gap="none")
    assert len(rows_read) == 3


def test_baskets_are_recognized(write_dump: WriteDump) -> None:
    text = "milk,bread,jam,tea\nbread,milk,soap\ntea,milk\njam,tea,bread,soap,milk\nsoap\n"
    assert BASKETS in error_of(write_dump(text, "baskets.csv"))
    table = "".join(",".join((line.split(",") + [""] * 5)[:5]) + "\n" for line in text.splitlines())
    assert BASKETS in error_of(write_dump(table, "table.csv"))
    songs = "Ada,Rain,Sea,one\nNell,Salt,Sea,two\nQuay,Tide,Sand,three\n"
    assert BASKETS not in error_of(write_dump(songs, "songs.csv"))


@pytest.mark.parametrize(
    ("text", "is_list"),
    [
        ("Paper Boats\nSalt Rope\nRain\n", True),
        ("Rain by Ada Fenn\nSalt by Nell Quay\n", True),
        ("{'title': 'Rain'}\n{'title': 'Salt'}\n", False),
        ("| # | Artist |\n|---|---|\n| 1 | Ada |\n", False),
        ('PERFORMER "Ada"\nTITLE "Rain"\n', False),
        ("./a/07 Rain.mp3\n./a/08 Salt.mp3\n", False),
    ],
)
def test_a_list_of_names_may_be_titles(text: str, is_list: bool, write_dump: WriteDump) -> None:
    assert error_of(write_dump(text, "x.txt")).endswith(TITLES) is is_list


@pytest.mark.parametrize(
    ("head", "start"),
    [
        (bytes.fromhex("e1a09c91f83c7742852c3bcc1401d3f2") + b"\0", "a playlist of foobar2000 in its own format ("),
        (b"SQLite format 3\0\x10", "a database (SQLite): "),
        (b"bplist00\xd4\1", "a binary property list: "),
        (b"vrsn\0\0\0\x3c", "a crate or library of Serato: "),
        (b"ID3\3\0", "an audio file: "),
        (b"%PDF-1.7\n", "a PDF document: "),
        (b"\x7fELF\0", "a binary file that sgp does not read: export it as CSV or JSON"),
        (b'[{"artistName": "Ada", "segment": "Super Listeners"}]', "the artists that you listen to (Marquee.json of "),
        (b'[{"platform": "x", "searchTime": "2024", "searchQuery": "ada"}]', "the searches of an account of Spotify"),
    ],
)  # fmt: skip
def test_files_without_readable_tracks_are_named(head: bytes, start: str, write_dump: WriteDump) -> None:
    assert error_of(write_dump(head, "x")).startswith(f"PATH is {start}")


def test_a_name_that_begins_like_a_binary_file_is_text(write_dump: WriteDump) -> None:
    rows, _ = read(write_dump("ID3 - Rain\nOggS - Salt\nAda - Tide\n", "x.txt"), "titles")
    assert [row[1] for row in rows] == ["ID3", "OggS", "Ada"]
