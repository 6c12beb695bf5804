"""The reader of the archive of Last.fm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

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
