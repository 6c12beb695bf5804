"""Containers that share a volume: writers with the same process id and host name do not disturb each other."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.errors import ExperimentError
from skipgramophone.experiment import user_state
from skipgramophone.experiment.publishing import draft_directory, leftovers, publish_new, published_file
from skipgramophone.experiment.trusted_files import is_verified, remember_verified

# Writes a file and a directory, and waits for a line on standard input before it publishes each.
WRITER = """
import os, sys
from pathlib import Path
from skipgramophone.experiment.publishing import draft_directory, publish, published_file
os.getpid = lambda: 1
root, text = Path(sys.argv[1]), sys.argv[2]
with published_file(root / "out.txt") as draft, draft_directory(root / "stage") as stage:
    draft.write_text(text)
    (stage / "text").write_text(text)
    print("writing", flush=True)
    sys.stdin.readline()
    draft.write_text(draft.read_text() + text)
    publish(stage, root / "stage")
"""


@pytest.fixture
def start(tmp_path: Path) -> Callable[[str], subprocess.Popen[str]]:
    """Start a writer that sees 1 as its own process id."""

    def started(text: str) -> subprocess.Popen[str]:
        program = [sys.executable, "-c", WRITER, str(tmp_path), text]
        writer = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
        return writer

    return started


def end(writer: subprocess.Popen[str]) -> int:
    """Let a writer publish."""
    writer.communicate("\n")
    return writer.returncode


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_two_writers_with_one_process_id_do_not_collide(
    tmp_path: Path, start: Callable[[str], subprocess.Popen[str]]
) -> None:
    first, second = start("first"), start("second")
    assert leftovers(tmp_path) == []
    assert end(first) == 0
    assert ((tmp_path / "out.txt").read_text(), (tmp_path / "stage" / "text").read_text()) == ("firstfirst", "first")
    assert end(second) == 0
    assert ((tmp_path / "out.txt").read_text(), (tmp_path / "stage" / "text").read_text()) == ("secondsecond", "second")
    assert names(tmp_path) == ["out.txt", "stage"]


def test_drafts_of_a_killed_writer_are_leftovers_and_those_of_a_live_one_are_not(
    tmp_path: Path, start: Callable[[str], subprocess.Popen[str]]
) -> None:
    killed, live = start("killed"), start("live")
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert len(names(tmp_path)) == 8  # of each writer two drafts and their two lock files
    assert len(leftovers(tmp_path)) == 4
    with published_file(tmp_path / "out.txt") as draft, draft_directory(tmp_path / "stage"):
        draft.write_text("x")
        assert len(names(tmp_path)) == 8  # of this process and of the live writer
        assert leftovers(tmp_path) == []
    assert end(live) == 0
    assert names(tmp_path) == ["out.txt", "stage"]


def test_a_new_directory_never_replaces_another(tmp_path: Path) -> None:
    with draft_directory(tmp_path / "new") as first, draft_directory(tmp_path / "new") as second:
        for draft in (first, second):
            (draft / "text").write_text(draft.name)
        publish_new(first, tmp_path / "new")
        with pytest.raises(ExperimentError, match="new already exists: choose another name"):
            publish_new(second, tmp_path / "new")
    assert (tmp_path / "new" / "text").read_text() == first.name
    assert names(tmp_path) == ["new"]


@pytest.mark.parametrize("home", [None, "relative"])
def test_nothing_is_kept_without_a_home_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)  # no entry for any user: KeyError
    monkeypatch.delenv("HOME") if home is None else monkeypatch.setenv("HOME", home)
    assert user_state.state_file("sound") is None
    (tmp_path / "file").write_text("x")
    remember_verified([tmp_path / "file"])
    assert not is_verified([tmp_path / "file"])
    assert names(tmp_path) == ["file"]


# The real user id has no entry, as in `docker run --user 4242`; the effective one is still root, to read this Python.
WITHOUT_HOME = """
import os, sys
os.environ.pop("HOME", None), os.environ.pop("XDG_STATE_HOME", None)
os.setresuid(4242, -1, -1)
from skipgramophone.cli.app import app
app(sys.argv[1:])
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user without an entry")
def test_a_user_without_an_entry_and_a_home_can_build_an_index(tmp_path: Path) -> None:
    shutil.copytree(Path(__file__).parents[1] / "golden" / "experiments", tmp_path / "experiments")
    program = [sys.executable, "-c", WITHOUT_HOME, "index", "first", "-q"]
    ran = subprocess.run(program, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


IMPORT_KERAS = """
import os, sys
os.environ.pop("HOME", None)
os.setresuid(4242, -1, -1)
from pathlib import Path
from skipgramophone.training.tensorflow_runtime import load_keras
load_keras(Path(os.devnull))
"""


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user without an entry")
def test_keras_writes_no_configuration_without_a_home(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", IMPORT_KERAS], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (ran.returncode, names(tmp_path)) == (0, [])
