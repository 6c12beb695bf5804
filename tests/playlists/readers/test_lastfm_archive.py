"""The reader of the archive of Last.fm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.examples import LASTFM_ARCHIVE
from tests.playlists.readers.reading import error_of, read, reasons

WriteDump = Callable[..., Path]


def test_corrected_names_and_the_time_are_read(write_dump: WriteDump) -> None:
    rows, rejects = read(write_dump(LASTFM_ARCHIVE), "lastfm-archive")
    assert rows == [
        ("2024-01-01 10:03", "Ada Fenn", "Green Door", None),
        ("2024-01-01 12:00", "The Hatches", "Rain", None),
    ]
    assert reasons(rejects) == [(4, "no valid timestamp"), (5, "1 field instead of 8")]


def test_another_header_raises_a_one_line_error(write_dump: WriteDump) -> None:
    message = "PATH is not scrobbles.tsv of Last.fm: its first line needs the columns ISO time, unixtime, track name"
    assert error_of(write_dump("a\tb\n"), "lastfm-archive").startswith(message)


@pytest.mark.parametrize("directory", ["", "tsv/"])
def test_json_with_the_same_scrobbles_is_skipped(tmp_path: Path, directory: str) -> None:
    for name, text in {
        f"{directory}scrobbles.tsv": LASTFM_ARCHIVE,
        "json/scrobbles/scrobbles-2024-01-01.json": '[{"artist": "Ada Fenn", "title": "Green Door"}]',
    }.items():
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_text(text, encoding="utf-8")
    found = open_sources([tmp_path / "data"], ExtractSettings())
    reason = "JSON with the same scrobbles as scrobbles.tsv, which is read instead"
    assert found.passed_over == [("data/json/scrobbles/scrobbles-2024-01-01.json", reason)]
    assert len(found.readers) == 1
