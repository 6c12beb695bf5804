"""Spreadsheets are skipped with the advice to save them as CSV."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.reading import error_of

ODS = "application/vnd.oasis.opendocument.spreadsheet"
ADVICE = "save the sheet as CSV (UTF-8) and read that"


@pytest.mark.parametrize(
    ("members", "what"),
    [
        ({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>"}, "an Excel workbook"),
        ({"mimetype": ODS, "content.xml": "<x/>"}, "a LibreOffice spreadsheet"),
        ({"Index/Document.iwa": "x", "preview.jpg": "x"}, "a Numbers spreadsheet"),
    ],
)
def test_a_spreadsheet_must_be_saved_as_csv(tmp_path: Path, members: dict[str, str], what: str) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    path = folder / "sheet"  # the kind is detected from the content
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    assert error_of(path) == f"PATH has no file in a format that sgp knows; sheet: {what}: {ADVICE}"
    (folder / "a.txt").write_text("A - b\nC - d\n")
    found = open_sources([folder], ExtractSettings())
    assert found.passed_over == [("mine/sheet", f"{what}: {ADVICE}")]
    assert len(found.readers) == 1


def test_other_archives_are_read(tmp_path: Path) -> None:
    path = tmp_path / "lists.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "A - b\nC - d\n")
    assert [reader.format for reader in open_sources([path], ExtractSettings()).readers] == ["titles"]
