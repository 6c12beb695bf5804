"""The steps of the Dockerfile, run by hand in empty directories, make an environment that works for any user."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.test_package import borrow_dependencies

HERE = Path(__file__).parent.parent
DOCKERFILE = HERE / "Dockerfile"
NOBODY = 65533  # a user id without an entry in /etc/passwd

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DOCKERFILE.exists(), reason="the Dockerfile is not part of an installed package"),
]


@pytest.fixture
def root() -> Iterator[Path]:
    """An empty directory that every user can read, unlike tmp_path."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


def copied(root: Path, line: str) -> None:
    """Run a COPY step: a directory is copied with its content, files go into a directory."""
    *sources, destination = line.split()
    for source in sources:
        if (HERE / source).is_dir():
            shutil.copytree(HERE / source, root / destination, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(HERE / source, root / destination)


def others_may_read(path: Path) -> bool:
    """Whether every user may enter a directory."""
    return all(place.stat().st_mode & stat.S_IXOTH for place in (path, *path.parents))


def test_the_steps_make_an_environment_that_works_without_home(root: Path) -> None:
    build, final = DOCKERFILE.read_text(encoding="utf-8").partition("\nFROM python:3.11-slim\n")[::2]
    source, environment = root / "source", root / "sgp"
    source.mkdir()
    for line in re.findall(r"^COPY (.+)$", build, re.MULTILINE):
        copied(source, line)
    (step,) = re.findall(r"^RUN (python .+)$", build, re.MULTILINE)
    make, install = step.replace("/opt/sgp", str(environment)).split(" && ")
    assert make == f"python -m venv {environment}"
    subprocess.run([sys.executable, *make.split()[1:]], check=True)
    borrow_dependencies(environment)  # a test with the network is by_hand; the build of the wheel gets only hatchling
    ran = subprocess.run([*install.replace("install", "install --no-deps").split(), "--quiet"], cwd=source)
    assert ran.returncode == 0
    shutil.rmtree(source)  # the second image does not have it

    (path,) = re.findall(r"^ENV PATH=/opt/sgp/bin:\$PATH$", final, re.MULTILINE)
    (entry,) = re.findall(r"^ENTRYPOINT (.+)$", final, re.MULTILINE)
    (default,) = re.findall(r"^CMD (.+)$", final, re.MULTILINE)
    work = root / "work"
    work.mkdir()
    work.chmod(0o777)
    is_open = others_may_read(Path(sys.base_prefix)) and others_may_read(Path(sys.prefix))
    user: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if not os.geteuid() and is_open else {}
    found = {"PATH": path.partition("=")[2].replace("/opt/sgp", str(environment)).replace("$PATH", os.defpath)}
    for arguments, expected in (
        (json.loads(default), "Usage: sgp"),
        (["run", "demo", "--sample", "-e", "1", "-q"], "top 10 tracks"),
        (["similar", "demo", "every pencil knows", "-n", "3"], "top 3 tracks"),
    ):
        command = [str(environment / "bin" / json.loads(entry)[0]), *arguments]
        answered = subprocess.run(command, cwd=work, env=found, capture_output=True, text=True, **user)
        assert answered.returncode == 0, answered.stderr
        assert expected in answered.stdout
    assert [place.name for place in work.iterdir()] == ["experiments"]
