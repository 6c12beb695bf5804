"""Look-ups need no TensorFlow; commands that need it say so in one line."""

from __future__ import annotations

import shutil
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import Sgp

HERE = Path(__file__).parent.parent
REQUIREMENTS = HERE / "requirements-lookup.txt"
MISSING = "error: TensorFlow is not installed: pip install tensorflow\n"


@pytest.fixture
def demo(sample_root: Path, experiments: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the sample, and hide TensorFlow from the import system."""
    shutil.copytree(sample_root / "demo", experiments / "demo")
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    return experiments


@pytest.mark.skipif(not REQUIREMENTS.exists(), reason="the file is not part of an installed package")
def test_the_requirements_of_look_ups_are_those_of_the_package_without_tensorflow() -> None:
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [line for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert lines == [wanted for wanted in project["dependencies"] if not wanted.startswith("tensorflow")]


def test_look_ups_and_exports_work_without_tensorflow(sgp: Sgp, demo: Path, tmp_path: Path) -> None:
    for command in (
        ["similar", "demo", "every pencil knows"],
        ["continue", "demo", "every pencil knows", "every library knows"],
        ["explain", "demo", "every pencil knows", "every library knows"],
        ["check", "demo"],
        ["export", "demo", str(tmp_path / "demo.npz")],
        ["index", "demo"],
        ["import", "other", str(tmp_path / "demo.npz")],
    ):
        ran = sgp(*command)
        assert (ran.code, "TensorFlow" in ran.err) == (0, False), (command, ran.err)


@pytest.mark.parametrize(
    "command",
    [["train", "demo", "--force"], ["export", "demo", "model.keras"], ["evaluate", "demo", "--baselines", "none"]],
)
def test_commands_that_need_tensorflow_say_so(
    sgp: Sgp, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    before = (demo / "demo" / "model" / "centre.npy").read_bytes()
    ran = sgp(*command, "-q")
    assert (ran.code, ran.out, ran.err) == (2, "", MISSING)
    assert (demo / "demo" / "model" / "centre.npy").read_bytes() == before
    assert list(tmp_path.glob("model*")) == []
