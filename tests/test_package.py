"""The wheel and the sdist install and run, and declare what they import."""

from __future__ import annotations

import importlib.metadata
import site
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.test_architecture import ALLOWED_IN
from tests.test_completion_files import PLACES

HERE = Path(__file__).parent.parent


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command and return its standard output."""
    ran = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def borrow_dependencies(environment: Path) -> None:
    """Let an environment import the packages of this one; its own packages come first."""
    (packages,) = (environment / "lib").glob("python*/site-packages")
    (packages / "borrowed.pth").write_text("".join(f"{place}\n" for place in site.getsitepackages()))


def content(environment: Path) -> dict[str, bytes]:
    """Return the files of an environment, without compiled modules and the notes of pip."""
    return {
        str(path): path.read_bytes()
        for path in environment.rglob("*")
        if path.is_file() and path.suffix != ".pyc" and path.name not in ("RECORD", "direct_url.json")
    }


@pytest.mark.slow
@pytest.mark.parametrize("installs_dependencies", [False, pytest.param(True, marks=pytest.mark.by_hand)])
def test_wheel_and_sdist_install_and_run(tmp_path: Path, installs_dependencies: bool) -> None:
    run(sys.executable, "-m", "build", "--outdir", tmp_path / "dist", HERE, cwd=tmp_path)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    (sdist,) = (tmp_path / "dist").glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as packed:
        assert {name.partition("/")[0].partition("-")[0] for name in packed.namelist()} == {"skipgramophone"}
    venv.create(tmp_path / "venv", with_pip=False)
    programs = tmp_path / "venv" / "bin"
    pip = (sys.executable, "-m", "pip", "--python", programs / "python", "install", "--quiet")
    if not installs_dependencies:
        borrow_dependencies(tmp_path / "venv")
    run(*pip, *([] if installs_dependencies else ["--no-deps"]), wheel, cwd=tmp_path)
    assert run(programs / "sgp", "--version", cwd=tmp_path).startswith("sgp 0.")
    run(programs / "python", "-m", "skipgramophone", "extract", "x", "--sample", "-nr", "5000", "-q", cwd=tmp_path)
    run(programs / "sgp", "train", "x", "-e", "1", "-q", cwd=tmp_path)
    assert "top 3 tracks" in run(programs / "sgp", "similar", "x", "every pencil knows", "-n", "3", cwd=tmp_path)
    files = run(programs / "python", "-c", "import skipgramophone as s; print(s.__path__[0])", cwd=tmp_path)
    assert Path(files.strip()).is_relative_to(tmp_path)
    installed = content(tmp_path / "venv")
    assert f"{files.strip()}/py.typed" in installed
    for place in ("share/man/man1/sgp-experiments-rm.1", *(f"{PLACES[file]}/{Path(file).name}" for file in PLACES)):
        assert f"{tmp_path / 'venv' / place}" in installed
    run(*pip, "--force-reinstall", "--no-deps", sdist, cwd=tmp_path)
    assert content(tmp_path / "venv") == installed


def test_every_imported_package_is_declared() -> None:
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = (text for name, texts in project["optional-dependencies"].items() if name != "test" for text in texts)
    declared = {canonicalize_name(Requirement(text).name) for text in (*project["dependencies"], *extras)}
    distributions = importlib.metadata.packages_distributions()
    for package in ALLOWED_IN:
        assert declared & set(map(canonicalize_name, distributions[package])), package
