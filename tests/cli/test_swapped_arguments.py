"""A file in place of the experiment's name: an error that shows the command with the arguments in their order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Sgp

PLAYLIST = "#EXTM3U\n#EXTINF:1,Ada Fenn - Rain\na.mp3\n#EXTINF:1,Nell Quay - Snow\nb.mp3\n"
FIRST = "give the name of the experiment first, as in"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with two playlist files and a directory of playlists."""
    place = tmp_path / "work"
    (place / "june").mkdir(parents=True)
    for name in ("one.m3u", "two lists.m3u", "june/a.m3u"):
        (place / name).write_text(PLAYLIST)
    monkeypatch.chdir(place)
    return place


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("extract one.m3u", f"'one.m3u' is a file: {FIRST} sgp extract NAME one.m3u"),
        ("run one.m3u", f"'one.m3u' is a file: {FIRST} sgp run NAME one.m3u"),
        ("extract ./one.m3u", f"'./one.m3u' is a file: {FIRST} sgp extract NAME ./one.m3u"),
        ("extract june", f"'june' is a directory: {FIRST} sgp extract NAME june"),
        ("extract one.m3u mine", f"'one.m3u' is a file: {FIRST} sgp extract mine one.m3u"),
        ("extract june mine", f"'june' is a directory: {FIRST} sgp extract mine june"),
        ("run one.m3u --csv-path mine", f"'one.m3u' is a file: {FIRST} sgp run mine one.m3u"),
        ("import one.m3u mine", f"'one.m3u' is a file: {FIRST} sgp import mine one.m3u"),
        ("extract one.m3u june", f"'one.m3u' is a file: {FIRST} sgp extract NAME one.m3u june"),
    ],
)
def test_a_file_in_place_of_the_name(sgp: Sgp, experiments: Path, files: Path, words: str, problem: str) -> None:
    assert files.is_dir()
    ran = sgp(*words.split())
    assert (ran.code, ran.out, ran.err) == (2, "", f"error: {problem}\n")
    assert list(experiments.iterdir()) == []


def test_files_that_a_shell_has_listed(sgp: Sgp, experiments: Path, files: Path) -> None:
    ran = sgp("extract", *(path.name for path in sorted(files.glob("*.m3u"))))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"error: 'one.m3u' is a file: {FIRST} sgp extract NAME one.m3u 'two lists.m3u'\n"
    assert list(experiments.iterdir()) == []


@pytest.mark.parametrize("words", ["june june", "june one.m3u", "one.m3u one.m3u", "june.2024 one.m3u"])
def test_a_name_that_may_be_meant_is_accepted(sgp: Sgp, experiments: Path, files: Path, words: str) -> None:
    assert files.is_dir()
    name, source = words.split()
    assert sgp("extract", name, source).code == 0
    assert (experiments / name / "corpus").is_dir()


def test_the_name_of_an_experiment_is_accepted(sgp: Sgp, experiments: Path, files: Path) -> None:
    assert sgp("extract", "one.m3u", "--sample").code == 0
    missing = sgp("extract", "one.m3u", files / "missing.m3u", "--append")
    assert (missing.code, missing.err) == (1, f"error: cannot read {files}/missing.m3u: No such file or directory\n")
    assert (experiments / "one.m3u").is_dir()
