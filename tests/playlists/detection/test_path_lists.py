"""Texts with the paths of audio files are read like M3U playlists, or refused with a way to read them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.detection.path_lists import ARTIST_AND_TITLE
from tests.playlists.readers.reading import error_of, read

WriteDump = Callable[..., Path]
TRACKS = [("Ada Fenn", "Rain"), ("Nell Quay", "Salt"), ("The Hatches", "Tide")]


@pytest.mark.parametrize(
    "form", ["/home/nell/Music/{0} - {1}.mp3", r"D:\Music\{0} - {1}.FLAC", "{0}/Best/0{n} - {0} - {1}.ogg"]
)
def test_paths_are_read_as_in_m3u(form: str, write_dump: WriteDump) -> None:
    text = "".join(form.format(*track, n=n) + "\n" for n, track in enumerate(TRACKS, 1))
    rows, rejects = read(write_dump(text, "files.txt"), "m3u")
    assert ([row[1:3] for row in rows], rejects) == (TRACKS, [])
    assert read(write_dump(text, "files.m3u"), "m3u")[0] == rows


@pytest.mark.parametrize("form", ["./{0}/Best/0{n} {1}.mp3", "/home/nell/{0}/Best/0{n} - {1}.mp3"])
def test_file_names_without_artists_are_refused_with_two_ways_to_read_them(form: str, write_dump: WriteDump) -> None:
    text = "".join(form.format(*track, n=n) + "\n" for n, track in enumerate(TRACKS, 1))
    message = error_of(write_dump(text, "files.txt"))
    assert "add --format m3u; " in message
    assert message.endswith(ARTIST_AND_TITLE)
    changed = subprocess.run(ARTIST_AND_TITLE, input=text, shell=True, capture_output=True, text=True, check=True)
    rows, _ = read(write_dump(changed.stdout, "list.txt"), "titles")
    assert [row[1:3] for row in rows] == TRACKS


def test_paths_among_other_lines_are_refused(write_dump: WriteDump) -> None:
    text = "Music/Ada Fenn - Rain.mp3\nMusic/cover.jpg\nMusic/Nell - Salt.mp3\n"
    assert "other lines among them: keep only the audio files, and add --format m3u" in error_of(write_dump(text, "a"))


def test_names_with_slashes_are_not_paths(write_dump: WriteDump) -> None:
    rows, _ = read(write_dump("AC/DC - Rain.mp3 (Demo)\nA/B - Salt\nAda - Tide\n", "list.txt"), "titles")
    assert [row[1] for row in rows] == ["AC/DC", "A/B", "Ada"]
