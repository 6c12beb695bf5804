"""Cue sheets of mixes, CDs and files."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from skipgramophone.playlists.readers.cue import is_cue
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.player_examples import CUE
from tests.playlists.readers.reading import error_of, read, read_all, reasons

WriteDump = Callable[..., Path]


def test_the_tracks_of_a_mix_have_performers_of_their_own_or_that_of_the_sheet(write_dump: WriteDump) -> None:
    path = write_dump(CUE.replace("\n", "\r\n"), "x.cue")
    rows, rejects, left_out = read_all(path, "cue")
    assert rows == [
        ("Night Boat", "Ada Fenn", "Green Door", None),
        ("Night Boat", "DJ Nell", "Rain - Live", None),
    ]
    # Track 4 shares its file with the data track, so the name of the file is not that of the track.
    assert reasons(rejects) == [(14, "a track without a title"), (18, "a track without a title")]
    assert rejects[0].text == 'TRACK 03 AUDIO\nPERFORMER "Me"\nINDEX 01 09:00:00'
    assert left_out == {"data tracks": 1}
    (reader,) = open_sources([path], ExtractSettings()).readers
    assert next(iter(reader.blocks())).table["identifiers"].to_pylist() == ["isrc:XX1AB2400001", None]


def test_titles_that_contain_the_artist_are_split(write_dump: WriteDump) -> None:
    text = (
        'PERFORMER "DJ Nell"\nFILE "a.mp3" MP3\n'
        '  TRACK 01 AUDIO\n    TITLE "Ada Fenn - Green Door"\n    INDEX 01 00:00:00\n'
        '  TRACK 02 AUDIO\n    TITLE "The Hatches - Rain - Live"\n    INDEX 01 04:00:00\n'
        '  TRACK 03 AUDIO\n    TITLE "ID"\n    INDEX 01 08:00:00\n'
    )
    rows, _ = read(write_dump(text, "Night.cue"), "cue")
    assert [row[:3] for row in rows] == [
        ("Night", "Ada Fenn", "Green Door"),
        ("Night", "The Hatches", "Rain - Live"),
        ("Night", "DJ Nell", "ID"),
    ]


def test_a_file_with_a_single_track_is_its_location_and_may_name_it(write_dump: WriteDump) -> None:
    # rekordbox writes FILE below TRACK; programs that copy CDs may write it between the indexes of a track.
    text = (
        'TITLE "Set"\nFILE "set.wav" WAVE\n  TRACK 01 AUDIO\n    TITLE "Tide"\n    PERFORMER "The Hatches"\n'
        '    FILE "/m/tide.mp3" WAVE\n    INDEX 01 00:00:00\n  TRACK 02 AUDIO\n    INDEX 00 03:00:00\n'
        'FILE "02 - Ada Fenn - Rain.flac" WAVE\n    INDEX 01 00:00:00\n'
    )
    path = write_dump(text, "x.cue")
    rows, rejects = read(path, "cue")
    assert rows == [("Set", "The Hatches", "Tide", None), ("Set", "Ada Fenn", "Rain", None)]
    assert rejects == []
    (reader,) = open_sources([path], ExtractSettings()).readers
    locations = next(iter(reader.blocks())).table["location"].to_pylist()
    assert locations == ["/m/tide.mp3", "02 - Ada Fenn - Rain.flac"]


def test_long_lines_take_no_long_time() -> None:
    for line in ("REM a" + " " * 50_000 + "b", 'FILE "a' + " " * 50_000 + '"', "TRACK " + " " * 50_000 + "x"):
        began = time.process_time()
        assert not is_cue([line, line])
        assert time.process_time() - began < 2, line[:8]


def test_an_old_encoding_and_other_lines(write_dump: WriteDump) -> None:
    text = 'TITLE "Nächte"\n\nFILE "a" WAVE\nTRACK 01 AUDIO\nTITLE "Tür"\nPERFORMER "Ada"\n' + 30 * "REM x\n" + "More\n"
    rows, rejects = read(write_dump(text.encode("cp1252"), "x.cue"), "cue")
    assert rows == [("Nächte", "Ada", "Tür", None)]
    assert reasons(rejects) == [(37, "not a line of a cue sheet")]
    message = "PATH is not a cue sheet: it has no line TRACK 01 AUDIO"
    assert error_of(write_dump("Ada - Rain\n", "x"), "cue") == message
