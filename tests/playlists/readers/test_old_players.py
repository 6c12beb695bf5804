"""Playlists and logs of older players: Windows Media Player, Google Play Music, and the scrobbler log of Rockbox."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.examples import GOOGLE_PLAY, SCROBBLER_LOG, WPL
from tests.playlists.readers.reading import error_of, read, read_all, reasons

WriteDump = Callable[..., Path]
HEADER, TRACK = GOOGLE_PLAY.splitlines()


def test_a_playlist_of_windows_media_player_is_named_by_its_title(write_dump: WriteDump) -> None:
    path = write_dump(WPL, "x.wpl")
    rows, rejects = read(path, "wpl")
    assert rows == [
        ("Kitchen", "Nell Quay", "Paper Boats", None),
        ("Kitchen", "", "Salt & Rope", None),
        ("Kitchen", "The Hatches", "Tide", None),
    ]
    assert rejects == []
    (reader,) = open_sources([path], ExtractSettings()).readers
    table = next(iter(reader.blocks())).table
    assert table["location"].to_pylist()[1:] == ["C:\\Music\\Salt & Rope.wma", "t.wma"]
    assert table["seconds"].to_pylist() == [None, None, "214"]
    assert table["album"].to_pylist() == [None, None, "Sea"]
    rows, _ = read(write_dump(WPL.replace("<title>Kitchen</title>", ""), "Road.wpl"), "wpl")
    assert {row[0] for row in rows} == {"Road"}
    assert error_of(write_dump("<x/>", "x"), "wpl") == "PATH is not a playlist of Windows Media Player: its root is 'x'"


def test_tracks_of_google_play_music_are_playlists_by_directory(tmp_path: Path) -> None:
    files = {
        "Playlists/Road/Metadata.csv": 'Title,Owner,Description,Shared,Deleted\n"Road","Ada","","",""\n',
        "Playlists/Road/Tracks/A.csv": f"{HEADER}\n{TRACK}\n",
        "Playlists/Road/Tracks/B.csv": f'{HEADER}\n"Tide","Sea","The Hatches","1","0","1","","10"\n',
        "Playlists/Road/Tracks/C.csv": f'{HEADER}\n"Rain","Sea","The Hatches","1","0","1","","0"\n',
        "Playlists/Evening/Tracks/A.csv": f"{HEADER}\n{TRACK}\n",
        "Tracks/A.csv": HEADER.removesuffix(",Playlist Index") + '\n"Home","Sea","Ada","1","0","1",""\n',
    }
    for name, text in files.items():
        path = tmp_path / "GPM" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    sources = open_sources([tmp_path / "GPM"], ExtractSettings())
    found: dict[tuple[str, str], list[str]] = {}
    left_out: list[dict[str, int]] = []
    for reader in sources.readers:
        for block in reader.blocks():
            left_out += [dict(block.left_out)] if block.left_out else []
            for row in block.table.to_pylist():
                found.setdefault((row["playlist"], row["key"]), []).append(f"{row['artist']} - {row['title']}")
    assert found == {
        ("Evening", "GPM/Playlists/Evening/Tracks"): ["Nell Quay - Nell's Boats"],
        ("Road", "GPM/Playlists/Road/Tracks"): ["The Hatches - Rain", "Nell Quay - Nell's Boats", "The Hatches - Tide"],
    }
    assert left_out == [{"in the library, not in a playlist": 1}]
    assert sources.passed_over == [
        (
            "GPM/Playlists/Road/Metadata.csv",
            "the description of a playlist of Google Play Music, without its tracks",
        )
    ]


def test_tracks_of_google_play_music_that_were_joined_are_one_playlist(write_dump: WriteDump) -> None:
    rows, rejects = read(write_dump(f"{HEADER}\n{TRACK}\n{TRACK}\nshort\n", "Road Trip.csv"), "google-play")
    assert rows == [("Road Trip", "Nell Quay", "Nell's Boats", None)] * 2
    assert reasons(rejects) == [(4, "1 field instead of 8")]


def test_a_scrobbler_log_is_split_into_sessions_without_skips(write_dump: WriteDump) -> None:
    path = write_dump(SCROBBLER_LOG, "scrobbler.log")
    rows, rejects, _ = read_all(path, "scrobbler-log")
    # Rain begins 1,808 s after the first play ends: more than the gap of 30 minutes. Green Door begins 2,500 s later.
    assert rows == [
        ("2024-02-01 00:00", "Nell Quay", "Paper Boats", None),
        ("2024-02-01 00:35", "Ada Fenn", "Rain", None),
        ("2024-02-01 01:20", "Ada Fenn", "Green Door", None),
    ]
    assert reasons(rejects) == [(5, "skipped while it was played")]
    rows, rejects, _ = read_all(path, "scrobbler-log", keep=["skips"], session_gap="31m")
    assert [row[0] for row in rows] == ["2024-02-01 00:00"] * 3 + ["2024-02-01 01:20"]
    assert rejects == []
    rows, rejects, _ = read_all(path, "scrobbler-log", since="2024-02-01T01:00")
    assert [row[2] for row in rows] == ["Green Door"]


def test_lines_of_a_scrobbler_log_without_a_time_or_field_are_rejected(write_dump: WriteDump) -> None:
    text = "#AUDIOSCROBBLER/1.1\nA\tB\tC\t1\t200\tL\tsoon\t\n\njunk\nA\tB\tC\t1\t\tL\t1706745600\t\n"
    rows, rejects = read(write_dump(text, "log"), "scrobbler-log")
    assert [row[1:3] for row in rows] == [("A", "C")]
    assert reasons(rejects) == [(2, "no valid timestamp"), (3, "blank line"), (4, "1 field instead of 8")]
