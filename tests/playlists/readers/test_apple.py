"""The readers of Apple's privacy export."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.readers.apple import ACTIVITY_FILE, DAILY_FILE
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings, Format
from tests.conftest import Sgp
from tests.playlists.readers.examples import APPLE_ACTIVITY, APPLE_DAILY
from tests.playlists.readers.reading import error_of, read, read_all, reasons

WriteDump = Callable[..., Path]
NAMES = """Track Description,Date Played,Play Duration Milliseconds
"The Hatches - Rain, Rain",20240102,1
Ada Fenn - Green Door,20231231,1
Other - GREEN DOOR,20240101,1
One - Nobody's,20240103,1
"""


def test_plays_are_sessions_and_other_events_are_left_out_and_counted(write_dump: WriteDump) -> None:
    rows, rejects, left_out = read_all(write_dump(APPLE_ACTIVITY), "apple-activity")
    session = "2024-01-01 10:00"
    assert rows == [
        (session, "Ada Fenn", "Green Door", None),  # the artist of the album
        (session, "", "Rain, Rain", None),  # the curator of a playlist is not the artist
        (session, "", "Nobody's", None),
    ]
    assert reasons(rejects) == [(8, "played for 0 ms"), (9, "no valid timestamp"), (10, "1 field instead of 9")]
    assert left_out == {
        "events other than the end of a play": 1,
        "videos": 1,
        "plays without the name of a song": 1,
    }
    rows, rejects, _ = read_all(write_dump(APPLE_ACTIVITY), "apple-activity", keep=("skips",))
    assert len(rows) == 4
    assert [reason for _, reason in reasons(rejects)] == ["no valid timestamp", "1 field instead of 9"]


def test_columns_are_in_any_order_and_an_artist_column_comes_first(write_dump: WriteDump) -> None:
    text = (
        "\ufeffPlay Duration Milliseconds,Song Name,Event End Timestamp,Artist Name,Event Start Timestamp,More\n"
        ",Rain,2024-01-01 10:03:00,The Hatches,2024-01-01 10:05:00,\n"
    )
    assert read(write_dump(text), "apple-activity")[0] == [("2024-01-01 10:03", "The Hatches", "Rain", None)]


def test_a_daily_history_alone_is_a_playlist_per_day(write_dump: WriteDump) -> None:
    rows, rejects, left_out = read_all(write_dump(APPLE_DAILY), "apple-daily")
    assert rows == [
        ("2024-01-01", "", "Untitled", None),
        ("2024-01-01", "The Hatches", "Rain, Rain", None),
        ("2024-01-02", "Ada Fenn", "Green Door", None),
    ]
    assert reasons(rejects) == [(6, "no valid timestamp"), (7, "played for 0 ms"), (9, "1 field instead of 8")]
    assert left_out == {"videos": 1, "plays without the name of a song": 1}
    assert read(write_dump(APPLE_DAILY), "apple-daily", num_rows=2)[0] == rows[1:]


def test_the_daily_history_names_an_artist_only_if_all_tracks_of_that_title_and_time_agree(tmp_path: Path) -> None:
    (tmp_path / ACTIVITY_FILE).write_text(APPLE_ACTIVITY)
    (tmp_path / DAILY_FILE).write_text(NAMES)
    sources = open_sources([tmp_path], ExtractSettings())
    (reader,) = sources.readers
    rows = [row for block in reader.blocks() for row in block.table.select(["artist", "title"]).to_pylist()]
    assert rows == [
        {"artist": "Ada Fenn", "title": "Green Door"},  # two artists in the daily history: that of the album
        {"artist": "The Hatches", "title": "Rain, Rain"},
        {"artist": "", "title": "Nobody's"},  # named two days later only
    ]
    reason = "names of artists, read together with the play activity in the same directory"
    assert [reason for _, reason in sources.passed_over] == [reason]


@pytest.mark.parametrize(
    ("format", "what"), [("apple-activity", "a play activity"), ("apple-daily", "a daily history")]
)
def test_another_header_raises_a_one_line_error(write_dump: WriteDump, format: Format, what: str) -> None:
    assert error_of(write_dump("a,b\n"), format).startswith(f"PATH is not {what} of Apple Music: its first line needs")


def test_the_archive_of_the_export_is_read_as_apple_packs_it(sgp: Sgp, tmp_path: Path) -> None:
    inner, middle, outer = (tmp_path / f"{name}.zip" for name in ("Apple Music Activity", "Apple_Media_Services", "a"))
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr(f"Apple Music Activity/{ACTIVITY_FILE}", APPLE_ACTIVITY)
        archive.writestr(f"Apple Music Activity/{DAILY_FILE}", APPLE_DAILY)
        archive.writestr("Apple Music Activity/Identifier Information.json", "{}")
    for packed, path in ((inner, middle), (middle, outer)):
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(packed, packed.name)
    ran = sgp("extract", "x", outer)
    assert ran.code == 0, ran.err
    assert "a.zip/Apple_Media_Services.zip/Apple Music Activity.zip (apple-activity)" in ran.out
    for line in ("rows used       3", "rows left out   3", "without artist  1 row, identified by title only"):
        assert line in ran.out.splitlines()
    assert sgp("check", "x").code == 0


def test_the_library_of_the_privacy_export_is_refused(write_dump: WriteDump) -> None:
    text = '[{"Content Type": "Song", "Track Identifier": 1, "Sort Name": "Rain", "Title": "Rain", "Artist": "Ada"}]'
    assert error_of(write_dump(text, "Apple Music Library Tracks.json")).endswith(
        " is the library of Apple Music, without its playlists"
    )
