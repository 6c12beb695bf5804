"""Texts in unknown formats: the message says what to do with a shape that is common."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.detection.text_remedies import kind_of_text
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.reading import error_of, read

WriteDump = Callable[..., Path]
TITLES = "if each line is one track, add --format titles; see `sgp extract --help`"
EXCHANGE = ["-E", r's/^([0-9]+[.)] )?"?(.*[^"])"? by (.*)/\3 - \2/']
UNMARKED = "text in UTF-16 without a byte order mark: add --encoding "
BASKETS = "write one item per line with the number of its basket"


@pytest.mark.parametrize(("separator", "shown"), [("::", "'::'"), ("<SEP>", "'<SEP>'")])
def test_long_separators_are_named(separator: str, shown: str, write_dump: WriteDump) -> None:
    rows = ["1", "1193", "5", "978300760"], ["1", "661", "3", "978302109"], ["2", "17", "3", "978299000"]
    text = "".join(separator.join(row) + "\n" for row in rows)
    message = error_of(write_dump(text, "ratings.dat"))
    assert f"its fields seem to be separated by {shown}: replace it by tabs" in message
    changed = write_dump(text.replace(separator, "\t"), "ratings.tsv")
    assert error_of(changed).endswith(
        "assign the columns by number, for example --columns owner=1,uri=2,time=4 --session-gap none"
    )
    rows_read, _ = read(changed, "columns", columns="owner=1,uri=2,time=4", session_gap="none")
    assert len(rows_read) == 3


def test_long_separators_are_named_even_if_another_character_divides_all_lines(write_dump: WriteDump) -> None:
    text = "".join(f"{film}::Salt Rope ({1980 + film})::Drama|Comedy\n" for film in range(5))
    assert "seem to be separated by '::'" in error_of(write_dump(text, "movies.dat"))


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
        ("- Rain\n- Salt\n- Home\n", True),
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
        (bytes.fromhex("e1a09c91f83c7742852c3bcc1401d3f2") + b"\0", "a playlist in foobar2000's own format ("),
        (b"SQLite format 3\0\x10", "a database (SQLite): "),
        (b"bplist00\xd4\1", "a binary property list: "),
        (b"vrsn\0\0\0\x3c", "a crate or library of Serato: "),
        (b"ID3\3\0", "an audio file: "),
        (b"%PDF-1.7\n", "a PDF document: "),
        (b"7z\xbc\xaf\x27\x1c\0\4", "a 7z archive: unpack it first"),
        (b"Rar!\x1a\x07\1\0", "a RAR archive: unpack it first"),
        (b"a.csv".ljust(257, b"\0") + b"ustar\x0000", "a tar archive: unpack it first"),
        (b"ARROW1\0\0\xff", "a table of Arrow (Feather): write it as Parquet"),
        ("artist,title\nAda,Rain\n".encode("utf-16-le"), f"{UNMARKED}utf-16-le"),
        ("artist,title\nAda,Rain\n".encode("utf-16-be"), f"{UNMARKED}utf-16-be"),
        (b"<table><tr><td>Artist</td></tr></table>", "an HTML page: "),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:x"><Worksheet/></Workbook>', "a workbook of Excel (XML): "),
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


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_read_with_the_suggested_encoding(encoding: str, write_dump: WriteDump) -> None:
    path = write_dump("artist,title\r\nAda,Rain\r\nSäkert,Säng\r\n".encode(encoding), "x.csv")
    (reader,) = open_sources([path], ExtractSettings(encoding=encoding)).readers
    assert next(iter(reader.blocks())).table["title"].to_pylist() == ["Rain", "Säng"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("CREATE TABLE songs (id INT, artist TEXT);\nINSERT INTO songs VALUES (1, 'Ada');\n", "SQL: "),
        ("-- MySQL dump 10.13\n--\nINSERT INTO `a` VALUES (1,'Ada','Rain');\n", "SQL: "),
        ("const songs = [\n  {\n    artist : 'Ada Fenn',\n    title : 'Rain',\n  },\n];\n", "a program: "),
        ("export interface Track {\n  artist: string;\n  title: string;\n}\n", "a program: "),
        ("{'artist': 'Ada', 'title': 'Rain'}\n{'artist': 'Nell', 'title': 'Salt'}\n", "Python dictionaries: "),
        (
            '[new session]\n{"artist":"Ada","title":"Rain"}\n{"artist":"Nell","title":"Salt"}\n',
            "JSON lines with other ",
        ),
        ("tracks:\n  - artist: Ada Fenn\n    title: Rain\n" + 2 * "  - artist: Nell\n    title: Salt\n", "YAML: "),
        (
            "file: a.mp3\nArtist: Ada\nTitle: Rain\nfile: b.mp3\nArtist: Nell\nTitle: Salt\n",
            "tags with one line each: ",
        ),
        ("Artist      Title     Time\nAda Fenn    Rain      3:20\n", "columns aligned with spaces: "),
        ('"Rain" by Ada Fenn\nSalt by Nell Quay\n', "titles before artists: "),
        ("Ada Fenn / Rain\nNell Quay / Salt\n", "names separated by slashes: "),
    ],
)
def test_kinds_of_text_are_named_with_a_way_to_convert_them(text: str, kind: str, write_dump: WriteDump) -> None:
    assert f"not in a format that sgp knows, because it seems to be {kind}" in error_of(write_dump(text, "x.txt"))


@pytest.mark.parametrize("text", ["Queen: Innuendo\nAda: Rain\nNell: Salt\n", "Export\nImport taxes\nVarious\n"])
def test_names_are_not_taken_for_other_kinds(text: str) -> None:
    assert kind_of_text(text.splitlines()) is None


def test_markup_is_saved_in_another_format(write_dump: WriteDump) -> None:
    table = "<!DOCTYPE html>\n<html><body><table><tr><td>Ada Fenn</td></tr></table></body></html>\n"
    assert "an HTML page: save its tables as CSV, for example with a spreadsheet" in error_of(
        write_dump(table, "x.html")
    )


def test_the_fields_of_other_json_are_named(write_dump: WriteDump) -> None:
    item = {"kind": "segment", "names": {"first": "Ada Fenn", "second": "Rain"}, "at": 5}
    path = write_dump(json.dumps({"data": [item, {**item, "at": 7}]}), "x.json")
    assert error_of(path).endswith(
        "if its fields kind, names.first, names.second, at contain tracks, assign them with --columns artist=…,title=… "
        "(or, for orders and sessions, id=…,uri=…)"
    )
    read(path, "columns", columns="artist=names.first,title=names.second")
    nested = [{"id": n, "cuisine": "greek", "ingredients": ["oil", "salt"]} for n in range(3)]
    assert "write one object per item of 'ingredients'" in error_of(write_dump(json.dumps(nested), "x.json"))


@pytest.mark.parametrize(
    ("text", "format", "program"),
    [
        ('"Rain" by Ada Fenn\nSalt by Nell Quay\n', "titles", EXCHANGE),
        ('1. Rain by Ada Fenn\n2) "Salt" by Nell Quay\n', "titles", EXCHANGE),
        ("Ada Fenn / Rain\nNell Quay / Salt\n", "titles", ["s, / , - ,"]),
        ("Artist      Title\nAda Fenn    Rain\nNell Quay   Salt\n", "columns", ["-E", r"s/ {2,}/\t/g"]),
    ],
)
def test_the_commands_lead_to_a_text_that_is_read(
    text: str, format: str, program: list[str], write_dump: WriteDump
) -> None:
    assert shlex.join(["sed", *program]).replace("'-E'", "-E") in error_of(write_dump(text, "x.txt"))
    changed = subprocess.run(["sed", *program], input=text, capture_output=True, text=True, check=True).stdout
    rows, _ = read(write_dump(changed, "y.txt"), format)
    assert [row[1:3] for row in rows] == [("Ada Fenn", "Rain"), ("Nell Quay", "Salt")]
