"""Sources in Windows-1252, as Excel writes them: errors and reports name the encoding and the option that helps."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Sgp

WriteDump = Callable[..., Path]
GERMAN = "Künstler;Titel;Playlist\nKraftklub;Ein Song reicht;Sommer\nDie Ärzte;Schrei nach Liebe;Sommer\n"
COLUMNS = "artist=Künstler,title=Titel,playlist=Playlist"
GIVE = "give the encoding, such as --encoding cp1252 for a file that Excel saved on Windows"
SHOWN = (
    "not UTF-8 (first line: 'K\\xfcnstler;Titel;Playlist'): add --encoding cp1252, in which the first line is "
    "'Künstler;Titel;Playlist'"
)
ZENODO = '"user_id","artistname","trackname","playlistname"\n"u","Die Ärzte","Schrei nach Liebe","Sommer"\n'
TIDAL = "artist_name,track_title,entry_date,product_type\nDie Ärzte,Westerland,2024-05-01T10:00:00.000Z,TRACK\n"
TUNEMYMUSIC = "Track name,Artist name,Album,Playlist name,Type,ISRC\nWesterland,Die Ärzte,,Sommer,Playlist,\n"
EXPORTIFY = "Track URI,Track Name,Artist Name(s)\nspotify:track:0000000000000000000001,Westerland,Die Ärzte\n"
TITLES = "Die Ärzte - Westerland\nKraftklub - Ein Song reicht\nSeeed - Ding\n"


@pytest.mark.parametrize("command", [("extract", "x"), ("inspect",)])
@pytest.mark.parametrize("options", [(), ("--columns", "artist=K,title=Titel,playlist=Playlist")])
def test_a_header_that_cannot_be_decoded_ends_with_the_remedy(
    sgp: Sgp, write_dump: WriteDump, experiments: Path, command: tuple[str, ...], options: tuple[str, ...]
) -> None:
    path = write_dump(GERMAN.encode("cp1252"), "latin.csv")
    ran = sgp(*command, path, *options)
    assert (ran.code, ran.out, ran.err) == (1, "", f"error: {path} is {SHOWN}\n")
    assert not (experiments / "x").exists()


def test_the_remedy_reads_every_row(sgp: Sgp, write_dump: WriteDump) -> None:
    path = write_dump(GERMAN.encode("cp1252"), "latin.csv")
    report = json.loads(sgp("extract", "x", path, "--encoding", "cp1252", "--json").out)
    assert (report["rows_used"], report["rows_rejected"]) == (2, 0)
    assert report["guessed_columns"][0]["columns"] == COLUMNS


@pytest.mark.parametrize(
    "text",
    [
        "Künstler,Stück,Liste\nA,b,c\nD,e,f\n",  # no column name is known
        "Künstler\tTitel\nA\tb\n",
        *(text.replace("\n", ",Größe\n", 1) for text in (ZENODO, TIDAL, TUNEMYMUSIC, EXPORTIFY)),
        "Die Toten Hosen, live in Köln\nHerzlich willkommen\n",  # not a table
    ],
)
def test_every_table_whose_header_cannot_be_decoded_is_refused(sgp: Sgp, write_dump: WriteDump, text: str) -> None:
    ran = sgp("extract", "x", write_dump(text.encode("cp1252"), "latin.csv"))
    assert (ran.code, ran.out) == (1, "")
    assert " is not UTF-8 (first line: '" in ran.err
    assert ran.err.endswith(f"'): {GIVE}\n") or "'): add --encoding cp1252, in which the first line is '" in ran.err


@pytest.mark.parametrize(
    ("encoding", "header"),
    [
        ("cp1251", "Исполнитель;Название;Плейлист"),
        ("cp1250", "Tytuł;Wykonawca;Playlista"),
        ("cp932", "アーティスト,曲名,プレイリスト"),
        ("gb18030", "歌手,歌名,歌单"),
        ("cp949", "아티스트,곡명,재생목록"),
    ],
)
def test_the_encoding_is_found_by_the_names_of_the_columns(
    sgp: Sgp, write_dump: WriteDump, encoding: str, header: str
) -> None:
    delimiter = ";" if ";" in header else ","
    rows = "".join(f"{delimiter.join((artist, title, 'A'))}\n" for artist, title in (("Ada", "Rain"), ("Nell", "Salt")))
    path = write_dump(f"{header}\n{rows}".encode(encoding))
    ran = sgp("extract", "x", path)
    assert ran.err.endswith(f"): add --encoding {encoding}, in which the first line is '{header}'\n")
    report = json.loads(sgp("extract", "x", path, "--encoding", encoding, "--json").out)
    assert (report["rows_used"], report["rows_rejected"]) == (2, 0)


def test_a_wrong_encoding_that_was_given_is_named(sgp: Sgp, write_dump: WriteDump) -> None:
    ran = sgp("extract", "x", write_dump(GERMAN.encode("cp1252")), "--encoding", "ascii")
    assert "is not ASCII (first line: 'K\\xfcnstler;Titel;Playlist'): give another --encoding, or add --b" in ran.err
    replaces = ("--bad-bytes", "replace", "--columns", "title=Titel,playlist=Playlist")
    assert sgp("extract", "x", write_dump(GERMAN.encode("cp1252")), *replaces).code == 0


@pytest.mark.parametrize(
    ("text", "used", "options"),
    [
        (GERMAN.replace("ü", "u"), 1, ("--columns", "artist=Kunstler,title=Titel,playlist=Playlist")),
        (GERMAN.replace("Künstler", "artist"), 1, ()),
        (ZENODO + '"u","Kraftklub","Ein Song reicht","Sommer"\n', 1, ()),
        (
            TIDAL + "Kraftklub,Ein Song reicht,2024-05-01T10:03:00.000Z,TRACK\n",
            1,
            ("--columns", "artist=artist_name,title=track_title,time=entry_date"),
        ),
        (EXPORTIFY + "spotify:track:0000000000000000000002,Ein Song reicht,Kraftklub\n", 1, ()),
        (TITLES, 2, ()),
        ("Die Ärzte,Westerland\nKraftklub,Ein Song reicht\n", 1, ("--columns", "artist=1,title=2")),
    ],
)
def test_rows_that_cannot_be_decoded_are_reported_with_the_remedy(
    sgp: Sgp, write_dump: WriteDump, text: str, used: int, options: tuple[str, ...]
) -> None:
    path = write_dump(text.encode("cp1252"), "latin.txt")
    ran = sgp("extract", "x", path, *options)
    assert (ran.code, ran.err) == (0, "")
    assert f"1 × not UTF-8: {GIVE}\n" in ran.out
    found = json.loads(sgp("inspect", path, *options, "--json").out)
    (rejected,) = [finding for finding in found["findings"] if finding["kind"] == "rejected-rows"]
    assert rejected["remedy"].startswith(f"{GIVE}; sgp extract lists these rows")
    report = json.loads(sgp("extract", "x", path, *options, "--json", "--force").out)
    assert (report["rows_used"], report["rejected"]) == (used, {"not UTF-8": 1})


def test_errors_about_rows_that_cannot_be_decoded_contain_the_remedy(sgp: Sgp, write_dump: WriteDump) -> None:
    row = "Die Ärzte;Westerland;Sommer\n"
    header = "artist;title;playlist\n"
    for rows, options in ((row, ()), (row + "A;b;c\n", ("--strict",)), (row * 99 + "A;b;c\n", ())):
        ran = sgp("extract", "x", write_dump((header + rows).encode("cp1252")), *options)
        assert (ran.code, f"line 2: not UTF-8: {GIVE}" in ran.err) == (1, True), ran.err
    document = write_dump('{"playlist": {"title": "Ö", "track": [{"title": "x"}]}}'.encode("cp1252"))
    assert f"is not UTF-8: {GIVE}, or add --bad-bytes replace" in sgp("extract", "x", document).err


def test_a_folder_with_a_picture_and_unreadable_text_lists_both(sgp: Sgp, tmp_path: Path) -> None:
    folder = tmp_path / "music"
    folder.mkdir()
    (folder / "a.txt").write_text("A - b\nC - d\n")
    (folder / "cover.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    (folder / "letter.txt").write_bytes("Grüße aus Köln!\n".encode("cp1252"))
    report = json.loads(sgp("extract", "x", folder, "--json").out)
    reasons = {found["file"]: found["reason"] for found in report["passed_over"]}
    assert reasons["music/letter.txt"] == f"not UTF-8 (first line: 'Gr\\xfc\\xdfe aus K\\xf6ln!'): {GIVE}"
    assert "UTF-8" not in reasons["music/cover.png"]


def test_a_file_in_utf8_among_others_is_not_read_in_another_encoding(sgp: Sgp, tmp_path: Path) -> None:
    folder = tmp_path / "music"
    folder.mkdir()
    (folder / "a.csv").write_bytes(GERMAN.encode("cp1252"))
    (folder / "ascii.csv").write_text("artist,title\nLanyards,Salt\n")
    (folder / "letter.txt").write_text("Grüße aus Köln!\n")  # would be skipped in UTF-8 too
    assert sgp("extract", "x", folder, "--encoding", "cp1252").code == 0
    (folder / "b.csv").write_text(GERMAN)
    ran = sgp("extract", "y", folder, "--encoding", "cp1252")
    add = "add it with a second command, without --encoding and with --append"
    assert (ran.code, ran.err) == (1, f"error: {folder}/b.csv is UTF-8, but --encoding is cp1252: {add}\n")
    assert sgp("extract", "x", folder / "b.csv", "--append", "--json").code == 0


def test_a_single_file_with_a_byte_order_mark_is_utf8(sgp: Sgp, write_dump: WriteDump) -> None:
    path = write_dump(b"\xef\xbb\xbf" + EXPORTIFY.encode())
    ran = sgp("extract", "x", path, "--encoding", "cp1252")
    assert (ran.code, ran.err) == (1, f"error: {path} is UTF-8, but --encoding is cp1252: leave out --encoding\n")


def test_a_single_file_is_read_in_the_encoding_that_was_given_with_a_warning(sgp: Sgp, write_dump: WriteDump) -> None:
    path = write_dump(EXPORTIFY)
    ran = sgp("extract", "x", path, "--encoding", "cp1252")
    assert ran.code == 0
    assert "have names in UTF-8 that was decoded with another encoding" in ran.out


def test_run_accepts_the_options_that_its_messages_name(sgp: Sgp, write_dump: WriteDump, experiments: Path) -> None:
    path = write_dump("Künstler;Titel;Playlist\nDie Ärzte;Westerland;Sommer\n".encode("cp1252"), "latin.csv")
    assert "add --encoding cp1252" in sgp("run", "x", path).err
    ran = sgp("run", "x", path, "--encoding", "cp1252", "--columns", COLUMNS, "--bad-bytes", "replace")
    assert ran.err == "error: no pairs to train on: no playlist has two different tracks; extract longer playlists\n"
    assert "rows rejected  0" in ran.out
    assert (experiments / "x" / "corpus").is_dir()
