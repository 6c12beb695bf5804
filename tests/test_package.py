"""The wheel and the sdist install and run in an empty environment."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command and return its standard output."""
    ran = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.slow
def test_wheel_and_sdist_install_and_run(tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--outdir", tmp_path / "dist", HERE, cwd=tmp_path)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    (sdist,) = (tmp_path / "dist").glob("*.tar.gz")
    venv.create(tmp_path / "venv", with_pip=True)
    programs = tmp_path / "venv" / "bin"
    pip = (programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, wheel, cwd=tmp_path)
    for _ in ("wheel", "sdist"):
        assert run(programs / "sgp", "--version", cwd=tmp_path).startswith("sgp 0.")
        run(programs / "python", "-m", "skipgramophone", "extract", "x", "--sample", "-q", "--force", cwd=tmp_path)
        run(programs / "sgp", "train", "x", "-e", "1", "-q", "--force", cwd=tmp_path)
        assert "top 3 tracks" in run(programs / "sgp", "similar", "x", "every pencil knows", "-n", "3", cwd=tmp_path)
        files = run(programs / "python", "-c", "import skipgramophone as s; print(s.__path__[0])", cwd=tmp_path)
        assert (Path(files.strip()) / "py.typed").exists()
        run(*pip, "--force-reinstall", "--no-deps", sdist, cwd=tmp_path)
