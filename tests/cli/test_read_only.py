"""Experiments that the user may read, but not change: errors that say how to work on a copy."""

from __future__ import annotations

import errno
import shutil
import subprocess
from pathlib import Path

import pytest

from skipgramophone.errors import StorageError
from skipgramophone.experiment.lock import writer_lock
from tests.conftest import Sgp, file_permissions_apply

GOLDEN = Path(__file__).parents[1] / "golden" / "experiments" / "first"


@pytest.fixture
def read_only(experiments: Path) -> Path:
    """The directory of the experiment "my first", in which no file can be made, changed or removed."""
    place = experiments / "my first"
    shutil.copytree(GOLDEN, place)
    (place / ".lock").unlink(missing_ok=True)
    place.chmod(0o555)
    return place


@pytest.mark.parametrize(
    "words", ["evaluate", "tune --trials 1", "train --force", "index", "experiments copy NEW", "experiments rename NEW"]
)
def test_a_command_that_writes_says_how_to_work_on_a_copy(sgp: Sgp, read_only: Path, words: str) -> None:
    *groups, last = words.replace(" NEW", "").replace(" --trials 1", "").replace(" --force", "").split()
    options = [word for word in words.split() if word not in (*groups, last)]
    before = sorted(path.relative_to(read_only) for path in read_only.rglob("*"))
    with file_permissions_apply():
        ran = sgp(*groups, last, read_only.name, *options)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        f"error: experiment 'my first' is read-only (cannot write {read_only}/.lock: Permission denied): to work on a "
        f"copy in a directory of your own, run `mkdir -p DIR && cp -r '{read_only}' DIR && chmod -R u+w DIR`, and add "
        "--experiments-dir DIR to this command\n"
    )
    assert sorted(path.relative_to(read_only) for path in read_only.rglob("*")) == before


def test_the_advice_works(sgp: Sgp, read_only: Path, tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    with file_permissions_apply():
        advice = sgp("index", read_only.name).err.split("`")[1]
        subprocess.run(["sh", "-c", advice.replace("DIR", str(copies))], check=True)
        assert sgp("index", read_only.name, "--experiments-dir", copies).code == 0


def test_a_read_only_volume(experiments: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from skipgramophone.experiment import lock

    def refuse(path: Path, flags: int) -> int:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(lock, "open_without_following", refuse)
    with (
        pytest.raises(
            StorageError, match=r"experiment 'x' is read-only \(cannot write .*\.lock: Read-only file system"
        ),
        writer_lock(experiments, "x", "train"),
    ):
        pass


@pytest.mark.parametrize("words", ["extract x --sample", "train x", "experiments", "check", "import x FILE"])
def test_an_experiments_directory_that_is_a_file(sgp: Sgp, tmp_path: Path, words: str) -> None:
    place = tmp_path / "file"
    place.write_text("Ada Fenn - Rain\n")
    vectors = tmp_path / "two.vec"
    vectors.write_text("2 2\na 1 0\nb 0 1\n")
    ran = sgp(*words.replace("FILE", str(vectors)).split(), "--experiments-dir", place)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        f"error: {place} is a file, not a directory: give the directory of your experiments with --experiments-dir "
        "DIR, or set SGP_EXPERIMENTS\n"
    )
    assert place.read_text() == "Ada Fenn - Rain\n"
