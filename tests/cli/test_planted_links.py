"""Links that another program puts at the path of a file that is being written: nothing outside is changed.

`tests.faults.planted_links` plants them at each point of the commands.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from skipgramophone.experiment import publishing
from skipgramophone.experiment.arrays import write_array, write_rows
from skipgramophone.experiment.catalogue import FILE
from skipgramophone.experiment.catalogue_writer import TRACKS, write_catalogue
from skipgramophone.experiment.json_files import write_json, write_lines
from skipgramophone.experiment.new_experiment import new_experiment
from skipgramophone.experiment.new_files import copy_to_new_file, write_new_bytes, write_new_text
from skipgramophone.experiment.playlist_table import PLAYLISTS, write_playlist_table
from skipgramophone.lookup.index_builder import build_index
from skipgramophone.settings import IndexSettings
from tests.conftest import run_sgp, table_of

PRECIOUS = "precious"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A file that no command may change."""
    path = tmp_path / "outside.txt"
    path.write_text(PRECIOUS)
    return path


@pytest.fixture
def root(trained: Path, tmp_path: Path) -> Path:
    """A copy of the trained experiment."""
    shutil.copytree(trained / "genres", tmp_path / "root" / "genres")
    return tmp_path / "root"


@pytest.mark.parametrize("command", [("index", "genres"), ("experiments", "rename", "genres", "other")])
@pytest.mark.parametrize("is_link", [True, False])
def test_a_lock_that_is_a_link_or_another_file_is_not_emptied(
    root: Path, outside: Path, command: tuple[str, ...], is_link: bool
) -> None:
    lock = root / "genres" / ".lock"
    lock.unlink(missing_ok=True)
    if is_link:
        lock.symlink_to(outside)
    else:
        os.link(outside, lock)
    ran = run_sgp(*command, "--experiments-dir", root)
    problem = "a link, but the lock file of an experiment" if is_link else "not a lock file of sgp"
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"error: {lock} is {problem}")
    assert ran.err.count("\n") == 1
    assert outside.read_text() == PRECIOUS


def test_a_link_at_the_place_of_the_new_description_is_replaced(root: Path, outside: Path) -> None:
    (root / "genres" / ".experiment.json.new").symlink_to(outside)
    ran = run_sgp("experiments", "rename", "genres", "other", "--experiments-dir", root)
    assert ran.code == 0
    assert outside.read_text() == PRECIOUS
    assert not (root / "other" / "experiment.json").is_symlink()


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("continue", "genres", "folk 3", "-o"), "out.m3u8"),
        (("continue", "genres", "folk 3", "-o"), "out.json"),
        (("map", "genres", "--projection", "pca", "-o"), "map.html"),
        (("experiments", "pack", "genres"), "pack.zip"),
        *((("export", "genres"), f"out.{suffix}") for suffix in ("npz", "csv", "jsonl", "parquet", "bin")),
        (("index", "genres"), "genres/index"),
        (("extract", "genres", "--sample", "--force"), "genres/corpus"),
    ],
)
def test_a_link_at_the_place_of_a_draft_ends_in_one_line(
    root: Path, outside: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], name: str
) -> None:
    place, claim = root / name, publishing._claim_draft
    drafts: list[Path] = []

    def claim_and_plant(*given: object) -> Path:
        """Choose a draft, and put a link at its place."""
        drafts.append(claim(*given))  # type: ignore[arg-type]
        drafts[-1].symlink_to(outside)
        return drafts[-1]

    monkeypatch.setattr(publishing, "_claim_draft", claim_and_plant)
    target = () if name.startswith("genres/") else (place,)
    ran = run_sgp(*words, *target, "--experiments-dir", root)
    assert (ran.code, ran.out) == (1, "")
    error = ran.err.splitlines()[-1]
    assert error.startswith("error: cannot write ")
    assert error.endswith(": File exists")
    assert outside.read_text() == PRECIOUS
    assert not place.is_symlink()
    assert drafts
    assert not any(map(os.path.lexists, drafts))


TABLE = pa.table({"owner": ["o"], "name": ["n"], "key": ["k"]})
WRITERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "array": ("x", lambda path: write_array(path, np.zeros(3))),
    "rows": ("x", lambda path: write_rows(path, (3,), [np.zeros(3, np.float32)])),
    "json": ("x", lambda path: write_json(path, {})),
    "lines": ("x", lambda path: write_lines(path, [{}])),
    "lines after others": ("x", lambda path: write_lines(path, [{}], path.parent / "other")),
    "text": ("x", lambda path: write_new_text(path, "x")),
    "bytes": ("x", lambda path: write_new_bytes(path, b"x")),
    "copy": ("x", lambda path: copy_to_new_file(path.parent / "other", path)),
    "playlists": (PLAYLISTS, lambda path: write_playlist_table(path.parent, TABLE)),
    "catalogue": (
        FILE,
        lambda path: write_catalogue(path.parent, table_of(TRACKS, [("a", "b", None, 1, 1)]), None, None),
    ),
}


@pytest.mark.parametrize("writer", list(WRITERS))
def test_the_files_of_a_draft_are_created_and_never_written_through_a_link(
    tmp_path: Path, outside: Path, writer: str
) -> None:
    (tmp_path / "draft").mkdir()
    (tmp_path / "draft" / "other").write_text("{}\n")
    name, write = WRITERS[writer]
    (tmp_path / "draft" / name).symlink_to(outside)
    with pytest.raises(FileExistsError):
        write(tmp_path / "draft" / name)
    assert outside.read_text() == PRECIOUS


def test_the_file_of_an_index_is_never_written_through_a_link(tmp_path: Path, outside: Path) -> None:
    path = tmp_path / "x.annoy"
    path.symlink_to(outside)
    with pytest.raises(FileExistsError):
        build_index(path, np.eye(12, dtype=np.float32), IndexSettings(trees=1))
    assert outside.read_text() == PRECIOUS


def test_a_new_directory_that_becomes_a_link_to_another_experiment_does_not_remove_its_files(
    root: Path, tmp_path: Path
) -> None:
    before = {path: path.read_bytes() for path in (root / "genres").rglob("*") if path.is_file()}
    with pytest.raises(RuntimeError), new_experiment("new", root) as made:
        made.path.rename(tmp_path / "moved away")
        made.path.symlink_to(root / "genres")
        shutil.rmtree(root / "genres" / "corpus")  # so that no stage counts as published
        for stage in ("model", "index"):
            (root / "genres" / stage).rename(tmp_path / stage)
        raise RuntimeError
    description = root / "genres" / "experiment.json"
    assert description.read_bytes() == before[description]
