"""`sgp experiments rm` removes an experiment in one step; `sgp check` finds what a killed removal has left."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from pathlib import Path

import pytest

from skipgramophone.errors import StorageError
from skipgramophone.pipeline import experiments as use_case
from tests.conftest import Sgp, run_sgp


@pytest.fixture
def genres(trained: Path, experiments: Path) -> Path:
    """A copy of the experiment "genres"."""
    return Path(shutil.copytree(trained / "genres", experiments / "genres"))


def test_a_look_up_never_sees_half_of_a_removed_experiment(
    genres: Path, monkeypatch: pytest.MonkeyPatch, sgp: Sgp
) -> None:
    seen = []

    def look(path: Path) -> None:
        ran = run_sgp("similar", "genres", "folk 3")
        seen.append((ran.code, ran.err))
        seen.append((run_sgp("check").code, run_sgp("experiments", "--json").out))
        shutil.rmtree.__wrapped__(path)  # type: ignore[attr-defined]

    look.__wrapped__ = shutil.rmtree  # type: ignore[attr-defined]
    monkeypatch.setattr(shutil, "rmtree", look)
    assert sgp("experiments", "rm", "genres", "--yes").code == 0
    missing = f"error: there is no experiment 'genres' in {genres.parent}: run sgp extract genres SOURCE\n"
    assert seen == [(1, missing), (0, "[]\n")]
    assert list(genres.parent.iterdir()) == []


def test_a_killed_removal_is_finished_by_check(genres: Path, monkeypatch: pytest.MonkeyPatch, sgp: Sgp) -> None:
    class Killed(BaseException):
        """Simulates that the process is killed."""

    def die(path: Path) -> None:
        (path / "experiment.json").unlink()
        raise Killed

    monkeypatch.setattr(shutil, "rmtree", die)
    with pytest.raises(Killed):
        use_case.remove_experiment("genres", genres.parent)
    monkeypatch.undo()
    (left,) = genres.parent.iterdir()
    root = ["--experiments-dir", genres.parent]
    ran = sgp("check", *root)
    line = f"leftover  {left.name}: left behind by a killed run: sgp check --clean removes it\n"
    assert (ran.code, ran.out.startswith(line)) == (0, True)
    assert sgp("experiments", "rm", "genres", "--yes", *root).code == 1
    assert sgp("check", "other", "--clean", *root).code == 1
    assert f"leftover  {left.name}: left behind by a killed run: removed\n" in sgp("check", "--clean", *root).out
    assert list(genres.parent.iterdir()) == []


def test_a_file_that_cannot_be_removed_is_an_error(genres: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path / "model"))

    monkeypatch.setattr(shutil, "rmtree", fail)
    with pytest.raises(StorageError, match=r"cannot remove .*/model: Permission denied"):
        use_case.remove_experiment("genres", genres.parent)


def test_a_link_to_an_experiment_is_not_removed(genres: Path, tmp_path: Path, sgp: Sgp) -> None:
    genres.rename(tmp_path / "elsewhere")
    genres.symlink_to(tmp_path / "elsewhere")
    ran = sgp("experiments", "rm", "genres", "--yes")
    line = (
        f"error: {genres} is a link to {tmp_path}/elsewhere, and sgp does not remove linked directories: "
        "remove the directory and the link yourself\n"
    )
    assert (ran.code, ran.err) == (1, line)
    assert sgp("similar", "genres", "folk 3", "-q").code == 0


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_refused_for_writing(
    genres: Path, monkeypatch: pytest.MonkeyPatch, sgp: Sgp, number: int
) -> None:
    def fail(_file: object, _operation: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", fail)
    for arguments in (
        ["extract", "new", "--sample"],
        ["extract", "genres", "--sample", "--force"],
        ["train", "genres", "--force"],
        ["index", "genres"],
        ["experiments", "rm", "genres", "--yes"],
        ["experiments", "pack", "genres", str(genres.parent / "genres.zip")],
    ):
        ran = sgp(*arguments)
        assert (ran.code, len(ran.err.splitlines())) == (1, 1)
        assert "its file system has no file locks" in ran.err
    assert sgp("similar", "genres", "folk 3", "-q").code == 0
    assert sgp("export", "genres", genres.parent / "o.npz", "-q").code == 0
    assert sgp("check", "-q").code == 0
    assert [path.name for path in sorted(genres.parent.iterdir())] == ["genres", "o.npz", "o.npz.manifest.json"]
