"""Names that `--format plain` writes are read back by `--file`, whatever characters they contain.

The page of a map contains no raw control characters or bidirectional marks.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skipgramophone.errors import SgpError
from skipgramophone.lookup.lookup import Lookup, open_lookup
from skipgramophone.pipeline.import_vectors import import_vectors
from skipgramophone.playlists.playlist_file import unescaped
from skipgramophone.wording import STEERING, visible
from tests.conftest import run_sgp

AWKWARD = [
    "#EXTM3U", "#EXTINF:-1,x - y", "#EXTRA Life", "# Hash", "#1 Crush", "a\tb", "a\nb", "a\rb",
    "\x1b[31mred", "\u202egnp.exe", "\u2066iso\u2069", "\u200fmark", "\u2028line", "\x85next",
    "\x0bvt", "\x1cfs", "spotify:track:4uLU6hMCjMI75M1A2tKUQC",
    "https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC", "https://youtu.be/dQw4w9WgXcQ",
    "artist,title", "title", "1979", "99 100", "50 60 70", "7 11", "4:33", "24/7",
    "C:\\Music\\song.mp3", "/home/x/y.flac", "./z.ogg", "../up", '{"playlists": []}',
    '{"track_metadata": 1}', '[{"endTime": 1}]', "[]", "{}", '"quoted"', "'single'", "=1+1", "+49",
    "-1", "@home", "-- x", "- -", " - ", "a - b - c", "<b>bold</b>", "&amp;", "%20", "%s %d",
    "\\x1b", "\\n", "\\", "\\u202e", "PAR1", "PK\x03\x04", "\x1f\x8b", "\ufeffbom", "x^2",
    "Track^0.5", ":heart:", "[/bold]", "NULL", "nan", "None", "true", "user_id\tartist",
    "id;name;x", "a|b|c", "2009-05-04T23:08:57Z", "émigré", "Ünïcödé", "日本語", "한국어", "русский", "🎵",
    "ﬁ ligature", "İstanbul", "ß", "ＦＵＬＬ", "x" * 600, "Track URI", "Artist Name(s)", "[playlist]",
    "<?xml version='1.0'?>", "#PLAYLIST:x", "0", "$HOME", "`ls`", ";", "~", "*", "?",
]  # fmt: skip


@pytest.fixture(scope="module")
def awkward(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the experiment "x", whose tracks have awkward titles; each second one has an artist."""
    root = tmp_path_factory.mktemp("awkward")
    table = {
        "artist": ["Artist" if at % 2 else "" for at in range(len(AWKWARD))],
        "title": AWKWARD,
        "count": [9] * len(AWKWARD),
        "centre": list(np.random.default_rng(1).normal(size=(len(AWKWARD), 8)).astype(np.float32)),
    }
    pq.write_table(pa.table(table), root / "vectors.parquet")
    import_vectors("x", root / "vectors.parquet", experiments_dir=root)
    return root


def rows_of(lookup: Lookup, file: Path) -> list[int]:
    """Return the rows of the tracks that a file names."""
    return [seed.track.row for seed in lookup.asked(file=file).seeds]


def test_each_name_alone_is_read_back(awkward: Path, tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    failed = []
    with open_lookup("x", awkward) as lookup:
        for track in lookup.catalogue.all_tracks():
            file.write_bytes(f"{visible(track.name)}\n".encode())
            try:
                found = rows_of(lookup, file)
            except SgpError:
                found = []
            if found != [track.row]:
                failed.append((track.name, found))
    assert failed == []


def test_an_answer_in_plain_form_is_read_back(awkward: Path, tmp_path: Path) -> None:
    where = ["--experiments-dir", str(awkward)]
    ran = run_sgp("similar", "x", "русский", "-n", "200", "--exact", "--format", "plain", "-q", *where)
    assert ran.out.count("\n") == len(AWKWARD) - 1
    (tmp_path / "list.txt").write_bytes(ran.out.encode())
    with open_lookup("x", awkward) as lookup:
        rows = rows_of(lookup, tmp_path / "list.txt")
        assert sorted([*rows, lookup.resolve("русский").track.row]) == list(range(len(AWKWARD)))


def test_other_formats_are_still_detected(awkward: Path, tmp_path: Path) -> None:
    (tmp_path / "list.m3u").write_text("#EXTM3U\n#EXTINF:1,Artist - # Hash\nmusic/1.mp3\n", encoding="utf-8")
    with open_lookup("x", awkward) as lookup:
        (row,) = rows_of(lookup, tmp_path / "list.m3u")
        assert lookup.catalogue.track(row).title == "# Hash"


@pytest.mark.parametrize("name", AWKWARD)
def test_escapes_are_undone(name: str) -> None:
    assert "\\" in name or unescaped(visible(name)) == name


def test_the_map_page_holds_no_raw_control_character_or_mark(awkward: Path, tmp_path: Path) -> None:
    ran = run_sgp("map", "x", "-o", tmp_path / "m.html", "--projection", "pca", "--experiments-dir", awkward)
    assert ran.code == 0
    page = (tmp_path / "m.html").read_text(encoding="utf-8")
    assert set(STEERING.findall(page)) == {"\n"}
    assert "\\\\u202egnp.exe" in page
