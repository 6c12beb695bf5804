"""`make` stops with a line that names what the machine lacks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """Create a checkout without an environment, and a directory of programs without a compiler."""
    shutil.copy(HERE / "Makefile", tmp_path)
    shutil.copy(HERE / "pyproject.toml", tmp_path)
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("make", "sh", "echo", "touch"):
        (programs / name).symlink_to(shutil.which(name) or name)
    return tmp_path


def python_that(bare: Path, first: str) -> Path:
    """Create a `python` command that runs the line `first` before the program given with -c."""
    path = bare / "programs" / "python"
    path.write_text(
        f'#!/bin/sh\ncase "$1" in -c) exec {sys.executable} -c "{first}\n$2";; esac\nexec {sys.executable} "$@"\n'
    )
    path.chmod(0o755)
    return path


def refused(bare: Path, python: Path) -> str:
    """Run `make demo`, which must fail, and return its output without the lines of make itself."""
    ran = subprocess.run(
        ["make", "demo", f"PYTHON={python}"],
        cwd=bare,
        env={**os.environ, "PATH": str(bare / "programs")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert not (bare / ".venv").exists()
    return "\n".join(line for line in (ran.stdout + ran.stderr).splitlines() if not line.startswith("make"))


def test_missing_compiler_is_named(bare: Path) -> None:
    assert refused(bare, python_that(bare, "")) == (
        "there is no C++ compiler, and Annoy is built from source: install one "
        "(Debian and Ubuntu: apt-get install g++; Fedora: dnf install gcc-c++; macOS: xcode-select --install)"
    )


@pytest.mark.parametrize("version", [(3, 10), (3, 14), (2, 7)])
def test_unsupported_python_is_named(bare: Path, version: tuple[int, int]) -> None:
    python = python_that(bare, f"import sys; sys.version_info = {(*version, 1, 'final', 0)}")
    assert refused(bare, python) == (
        f"skipgramophone needs Python 3.11, 3.12 or 3.13 (those that TensorFlow supports), and {python} is "
        f"{version[0]}.{version[1]}: make PYTHON=python3.12"
    )


def test_missing_python_headers_are_named(bare: Path) -> None:
    (bare / "programs" / "c++").symlink_to("/bin/true")
    elsewhere = "lambda *a, **k: {**found, 'include': '/nowhere'}"
    python = python_that(bare, f"import sysconfig; found = sysconfig.get_paths(); sysconfig.get_paths = {elsewhere}")
    assert refused(bare, python) == (
        "/nowhere/Python.h is missing, and Annoy is built from source: install the headers of Python "
        "(Debian and Ubuntu: apt-get install python3-dev; Fedora: dnf install python3-devel)"
    )
