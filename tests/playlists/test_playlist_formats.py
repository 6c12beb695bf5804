"""Playlists as text: what is written is read back by the package's own reader of the format."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skipgramophone.playlists.playlist_formats import WITH_TITLE, WRITERS, Entry
from skipgramophone.wording import visible
from tests.playlists.readers.reading import read

READER = {"m3u8": "m3u"}  # formats whose reader has another name
SUFFIX = {"uris": "txt", "tunemymusic": "csv", "soundiiz": "csv"}
ENTRIES = [
    Entry("Ada Fenn", 'Green "Door"; or, Not', "spotify:track:1111111111111111111111"),
    Entry("<b>The & Hatches</b>", "=1+1, #2", "spotify:track:2222222222222222222222"),
    Entry("Säkert! 夜", "]]> :heart: \\n", "https://music.youtube.com/watch?v=aaaaaaaaaa1"),
]


def write(directory: Path, format: str, entries: list[Entry], title: str = "") -> Path:
    """Write a playlist to a file."""
    path = directory / f"list.{SUFFIX.get(format, format)}"
    path.write_text(WRITERS[format](entries, title), encoding="utf-8")
    return path


@pytest.mark.parametrize("format", WRITERS)
def test_each_format_is_read_back_by_its_reader(tmp_path: Path, format: str) -> None:
    path = write(tmp_path, format, ENTRIES, 'Evening & "more"')
    rows, rejects = read(path, READER.get(format, format))
    title = 'Evening & "more"' if format in WITH_TITLE else "list"
    names = [(entry.uri or "",) * 2 if format == "uris" else (entry.artist, entry.title) for entry in ENTRIES]
    if format == "uris":
        names = [("", uri) for _, uri in names]
    # A table of Soundiiz has no column for uris, and one of TuneMyMusic only for those of Spotify. An M3U file names a
    # track by its line of text, so a link there is no uri of its own.
    kept = {"soundiiz": 0, "tunemymusic": 2, "m3u8": 2}.get(format, 3)
    uris = [entry.uri if at < kept else None for at, entry in enumerate(ENTRIES)]
    assert rows == [(title, *name, uri) for name, uri in zip(names, uris, strict=True)]
    assert rejects == []


@pytest.mark.parametrize("format", ["m3u8", "xspf", "jspf", "tunemymusic", "soundiiz"])
@settings(max_examples=30)
@given(st.lists(st.tuples(st.text(), st.text()), min_size=1, max_size=3))
def test_any_name_stays_one_track(
    tmp_path_factory: pytest.TempPathFactory, format: str, names: list[tuple[str, str]]
) -> None:
    # Readers trim names, and split the line of an M3U file at its first " - ".
    wanted = [(one_name(artist), one_name(title)) for artist, title in names]
    path = write(tmp_path_factory.mktemp("written"), format, [Entry(*pair) for pair in wanted])
    rows, rejects = read(path, READER.get(format, format))
    if format == "xspf":  # two characters that XML cannot contain
        wanted = [(without_noncharacters(artist), without_noncharacters(title)) for artist, title in wanted]
    assert [(artist, title) for _, artist, title, _ in rows] == wanted
    assert rejects == []


def one_name(text: str) -> str:
    """Change a text to a name that every reader returns unchanged."""
    return "x" + " ".join(visible(text).replace(" - ", "-").split()) + "x"


def without_noncharacters(text: str) -> str:
    """Replace the characters U+FFFE and U+FFFF, which XML does not allow, by escapes."""
    return text.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


def test_locations_are_written_as_paths_and_as_uris(tmp_path: Path) -> None:
    entries = [
        Entry("a", "b", "spotify:track:1", "../Music/100% (Live) #1?.ogg"),
        Entry("c", "d", None, "#1.ogg"),
        Entry("e", "f", None, "/abs/ü.mp3"),
        Entry("g", "h", None, "x\ny.mp3"),
        Entry("i", "j", None, "http://radio.example/a b"),
    ]
    lines = [line for line in WRITERS["m3u8"](entries, "").splitlines() if not line.startswith("#")]
    assert lines == ["../Music/100% (Live) #1?.ogg", "./#1.ogg", "/abs/ü.mp3", "g - h", "http://radio.example/a b"]
    tracks = json.loads(WRITERS["jspf"](entries, ""))["playlist"]["track"]
    quoted = ["../Music/100%25%20%28Live%29%20%231%3F.ogg", "%231.ogg", "file:///abs/%C3%BC.mp3", "x%0Ay.mp3"]
    assert [track["location"] for track in tracks] == [[text] for text in (*quoted, "http://radio.example/a b")]
    root = ElementTree.fromstring(WRITERS["xspf"](entries, "t").encode())
    space = "{http://xspf.org/ns/0/}"
    assert [each.text for each in root.iter(f"{space}location")][:4] == quoted
    (first, *_) = root.iter(f"{space}track")
    assert [child.tag.removeprefix(space) for child in first] == ["location", "identifier", "title", "creator"]


def test_paths_of_windows_and_of_other_computers_are_uris() -> None:
    paths = [
        "C:\\Music\\50%.mp3",
        "d:/x.mp3",
        "\\\\box\\share\\x.mp3",
        "//box/x.mp3",
        "a:b.mp3",
        "x/a:b.mp3",
        "/m/a://b.mp3",
    ]
    entries = [Entry("A", "B", location=path) for path in paths]
    tracks = json.loads(WRITERS["jspf"](entries, ""))["playlist"]["track"]
    assert [track["location"][0] for track in tracks] == [
        "file:///C:/Music/50%25.mp3",
        "file:///d:/x.mp3",
        "file://box/share/x.mp3",
        "file://box/x.mp3",
        "./a:b.mp3",
        "x/a:b.mp3",
        "file:///m/a://b.mp3",
    ]
