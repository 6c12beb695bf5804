"""The reader of sessions of ids: each line is a playlist."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings

WriteDump = Callable[..., Path]


def test_each_line_is_a_session_named_by_its_number(write_dump: WriteDump) -> None:
    path = write_dump(b"\xef\xbb\xbf85116 22375 85116\n\n71477\tgift_0001_40\r\n\xff1\n", "sessions.txt")
    (reader,) = open_sources([path], ExtractSettings()).readers
    assert reader.format == "sessions"
    (block,) = reader.blocks()
    assert block.table.select(["owner", "playlist", "artist", "title", "uri"]).to_pylist() == [
        {"owner": "", "playlist": line, "artist": "", "title": track, "uri": track}
        for line, track in (("1", "85116"), ("1", "22375"), ("1", "85116"), ("3", "71477"), ("3", "gift_0001_40"))
    ]
    assert [(reject.line, reject.reason, reject.text) for reject in block.rejects] == [
        (2, "blank line", ""),
        (4, "not UTF-8", "\\xff1"),
    ]


def test_sessions_of_two_files_stay_separate(write_dump: WriteDump) -> None:
    from skipgramophone.playlists.encoding.encoder import encode

    paths = [write_dump("1 2\n3 1\n", "one.txt"), write_dump("1 3\n", "other.txt.gz")]
    readers = open_sources(paths, ExtractSettings()).readers
    encoded = encode(block for reader in readers for block in reader.blocks())
    assert encoded.tracks["uri"].to_pylist() == ["1", "3", "2"]
    assert encoded.track_ids.tolist() == [0, 2, 1, 0, 0, 1]
    assert encoded.offsets.tolist() == [0, 2, 4, 6]
    assert encoded.playlists["name"].to_pylist() == ["1", "2", "1"]
