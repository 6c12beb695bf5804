"""Walking through directories."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from skipgramophone.errors import StorageError
from skipgramophone.playlists.directory_walk import walk
from skipgramophone.playlists.readers.source_files import files_of

LEVELS = 1200  # more than the frames of Python's stack; the path is still shorter than the limit of the system


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """A directory with many levels. It is removed level by level, because `shutil.rmtree` calls itself for each."""
    made = [tmp_path / "deep"]
    for _ in range(LEVELS):
        made.append(made[-1] / "d")
    for path in made:
        path.mkdir()
    (made[-1] / "a.csv").write_text("artist,title,playlist\na,b,c\n")
    yield made[0]
    (made[-1] / "a.csv").unlink()
    for path in reversed(made):
        path.rmdir()


def test_a_deep_directory_is_read(deep: Path) -> None:
    (file,) = files_of(deep)
    assert (file.name.count("/"), file.size) == (LEVELS + 1, 28)


def test_links_are_listed_but_not_followed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/up").symlink_to(tmp_path)
    (tmp_path / "in/loop").symlink_to("loop")
    found = {path.name: (sorted(directories), sorted(names)) for path, directories, names in walk(tmp_path)}
    assert found == {tmp_path.name: (["in"], []), "in": (["up"], ["loop"])}


def test_a_directory_that_vanishes_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(StorageError, match=r"cannot read .*missing: No such file"):
        files_of(tmp_path / "missing")
    walking = walk(tmp_path)
    next(walking)
    (tmp_path / "in").rmdir()
    with pytest.raises(FileNotFoundError):
        next(walking)
