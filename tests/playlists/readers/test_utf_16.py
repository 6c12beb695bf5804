"""Text in UTF-16 is recognized by its byte order mark, in every format."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.reading import error_of, read

WriteDump = Callable[..., Path]
TABLE = "Titel\tInterpret\r\nÜber Land\tJörg Weiß\r\nSpätzug\tGrüne Tür\r\n"
ROWS = [("songs", "Jörg Weiß", "Über Land", None), ("songs", "Grüne Tür", "Spätzug", None)]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_unicode_text_of_excel_needs_no_encoding(encoding: str, write_dump: WriteDump) -> None:
    data = ("\ufeff" + TABLE).encode(encoding)
    assert read(write_dump(data, "songs.txt"), "columns") == (ROWS, [])
    assert read(write_dump(gzip.compress(data), "songs.txt"), "columns") == (ROWS, [])
    assert read(write_dump(data, "songs.txt"), "columns", encoding="utf-16") == (ROWS, [])


def test_other_formats_may_be_in_utf_16(write_dump: WriteDump) -> None:
    names = "Jörg Weiß - Über Land\nGrüne Tür - Spätzug\n".encode("utf-16")
    assert read(write_dump(names, "songs.txt"), "titles") == (ROWS, [])
    objects = '[{"artist": "Jörg Weiß", "title": "Über Land"}]'.encode("utf-16")
    assert read(write_dump(objects, "songs.json"), "columns") == (ROWS[:1], [])


def test_damaged_utf_16_is_an_unknown_format(write_dump: WriteDump, tmp_path: Path) -> None:
    damaged = "\ufeff".encode("utf-16-le") + b"\x00\xd8A\x00"  # half of a pair of surrogates
    message = error_of(write_dump(damaged, "songs.txt"))
    assert message == "PATH is not valid UTF-16 (illegal UTF-16 surrogate): give another --encoding"
    directory = tmp_path / "mixed"
    directory.mkdir()
    (directory / "cover.bin").write_bytes(damaged)
    (directory / "songs.txt").write_text("Ada - Rain\nNell - Salt\n")
    sources = open_sources([directory], ExtractSettings())
    assert [name for name, _ in sources.passed_over] == ["mixed/cover.bin"]
    assert len(sources.readers) == 1
