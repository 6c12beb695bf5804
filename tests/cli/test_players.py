"""Playlists that sgp writes are opened by the parsers of Mopidy, a music player, which finds the files."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

import skipgramophone as package
from tests.cli.test_music_library import write_flac, write_mp3
from tests.cli.untrained import give_vectors
from tests.conftest import dump_text, run_sgp

pytest.importorskip("tinytag")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Mopidy 3 imports pkg_resources, which is deprecated
    m3u = pytest.importorskip("mopidy.m3u.translator")
    playlists = pytest.importorskip("mopidy.internal.playlists")

# Artist, title and file below the library; None: no file.
FILES: list[tuple[str, str, str | None]] = [
    ("Ada Fenn", "Green Door", "Ada Fenn/01 Green Door.flac"),
    ("Säkert!", "Fredrik", "Säkert/é & #1 100%.mp3"),
    ("The Hatches", "Kitchen: Song?", "hatches/a:b.flac"),
    ("Nell Quay", "Paper Boats", "#1/x.mp3"),
    ("Nell Quay", "No File", None),
]


@pytest.fixture
def library(experiments: Path, tmp_path: Path) -> Path:
    """A directory with tagged files, and the experiment "mine" with the same tracks, which has no paths."""
    for artist, title, place in FILES:
        if place:
            write: Callable[..., None] = write_flac if place.endswith("flac") else write_mp3
            write(tmp_path / "Music" / place, artist, title)
    rows = [(f"o{at}", artist, title, "p") for at in range(3) for artist, title, _ in FILES]
    (tmp_path / "dump.csv").write_text(dump_text(rows), encoding="utf-8")
    package.extract("mine", tmp_path / "dump.csv", experiments_dir=experiments)
    give_vectors(experiments, "mine")
    return tmp_path / "Music"


def written(library: Path, file: Path) -> Path:
    """Write the tracks of the experiment as a playlist, with files of the library."""
    file.parent.mkdir(parents=True, exist_ok=True)
    options = ("--include-seeds", "--library", library, "--all-versions", "--max-per-artist", "0", "--by", "cosine")
    ran = run_sgp("continue", "mine", "green door", *options, "-o", file)
    assert ran.code == 0, ran.err
    return file


def expected(library: Path) -> list[Path]:
    """The files of the library that match a track."""
    return sorted(library / place for _, _, place in FILES if place)


@pytest.mark.parametrize("place", ["list.m3u8", "Lists/new/list.m3u8"])
def test_mopidy_opens_the_files_of_an_m3u8_playlist(library: Path, place: str) -> None:
    file = written(library, library / place)
    with file.open(encoding="utf-8") as lines:
        tracks: list[Any] = m3u.load_items(lines, file.parent)
    found = {Path(m3u.uri_to_path(track.uri)).resolve(): track.name for track in tracks}
    assert sorted(found) == expected(library)
    assert all(path.is_file() for path in found)
    assert {found[library / str(at)] for _, _, at in FILES if at} == {f"{a} - {t}" for a, t, at in FILES if at}
    entries = playlists.parse(file.read_bytes())
    assert sorted((file.parent / entry).resolve() for entry in entries) == expected(library)


@pytest.mark.parametrize("place", ["list.xspf", "Lists/new/list.xspf"])
def test_mopidy_opens_the_files_of_an_xspf_playlist(library: Path, place: str) -> None:
    file = written(library, library / place)
    addresses = [urljoin(file.as_uri(), entry) for entry in playlists.parse(file.read_bytes())]
    assert sorted(Path(m3u.uri_to_path(address)).resolve() for address in addresses) == expected(library)
