"""`--format` with the wrong format: the error says that the format was given, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.settings import FORMATS
from tests.conftest import HEADER, Sgp

WriteDump = Callable[..., Path]
ANY_TEXT = {"m3u", "titles", "sessions"}  # formats in which every line of text is a track
ADVICE = "; you gave --format {}: leave it out, or see `sgp extract --help`\n"


@pytest.mark.parametrize("format", [name for name in FORMATS if name not in ANY_TEXT | {"columns"}])
def test_a_wrong_format_is_named_in_the_error(sgp: Sgp, write_dump: WriteDump, experiments: Path, format: str) -> None:
    ran = sgp("extract", "x", write_dump("{}\n", "data.json"), "--format", format)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error: ")
    assert ran.err.endswith(ADVICE.format(format))
    assert ran.err.count("\n") == 1
    assert not (experiments / "x").exists()


def test_the_whole_error_of_a_wrong_format(sgp: Sgp, write_dump: WriteDump) -> None:
    dump = write_dump([("u", "A", "One", "p")])
    assert sgp("extract", "x", dump, "--format", "pls").err == (
        f"error: {dump} is not a PLS playlist: it has no line [playlist]" + ADVICE.format("pls")
    )
    assert sgp("extract", "x", dump, "--format", "uris").err == (
        "error: dump.csv: no row could be used; line 1: neither the uri nor the link of a track" + ADVICE.format("uris")
    )


def test_an_error_of_a_detected_format_or_of_the_rows_does_not_name_an_option(sgp: Sgp, write_dump: WriteDump) -> None:
    assert sgp("extract", "x", write_dump(HEADER + "\n")).err.endswith("dump.csv has a header but no rows\n")
    tracks = '<COLLECTION Entries="1"><TRACK TrackID="1" Name="One" Artist="A"/></COLLECTION>'
    library = write_dump(f'<DJ_PLAYLISTS Version="1.0.0">{tracks}</DJ_PLAYLISTS>')
    assert sgp("extract", "x", library, "--format", "rekordbox").err == (
        "error: no row of the sources can be used; left out: 1 in no playlist\n"
    )
