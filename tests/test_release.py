"""The files for a release agree with each other, and `.ci/release` refuses a checkout that is not ready."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skipgramophone import __version__

HERE = Path(__file__).parent.parent
RELEASE = HERE / ".ci" / "release"
WORKFLOWS = HERE / ".github" / "workflows"
CITATION = HERE / "CITATION.cff"
CLASSIFIER = "Programming Language :: Python :: "

in_checkout = pytest.mark.skipif(not RELEASE.exists(), reason="the files of CI are not part of a package")


def read_yaml(path: Path) -> Any:
    """Read a YAML file."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.skipif(not CITATION.exists(), reason="the documents are not part of an installed package")
def test_the_citation_names_this_version_and_licence() -> None:
    cited = read_yaml(CITATION)
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (cited["version"], cited["license"]) == (__version__, project["license"])
    dated = f"## [{__version__}] - {cited['date-released']}"
    assert dated in (HERE / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()


@in_checkout
def test_the_ci_workflow_runs_the_script_of_ci_on_every_supported_python() -> None:
    workflow = read_yaml(WORKFLOWS / "ci.yml")
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    supported = [text.removeprefix(CLASSIFIER) for text in project["classifiers"] if text.startswith(CLASSIFIER)]
    job = workflow["jobs"]["run"]
    assert job["strategy"]["matrix"]["python"] == supported
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    released = read_yaml(WORKFLOWS / "publish.yml")["jobs"]["build"]["steps"]
    (offered,) = [step["with"]["python-version"] for step in released if "python-version" in step.get("with", {})]
    assert offered.split() == supported
    default = re.search(r"PYTHONS:-([^}]+)\}", RELEASE.read_text(encoding="utf-8"))
    assert default is not None
    assert default[1].split() == [f"python{version}" for version in supported]


@in_checkout
def test_only_the_job_that_publishes_may_ask_for_a_token() -> None:
    workflow = read_yaml(WORKFLOWS / "publish.yml")
    assert workflow["permissions"] == {"contents": "read"}
    assert "permissions" not in workflow["jobs"]["build"]
    assert workflow["jobs"]["publish"]["permissions"] == {"id-token": "write"}
    for path in WORKFLOWS.glob("*.yml"):
        assert "secrets." not in path.read_text(encoding="utf-8")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A git repository that is ready for the release of version 1.2.3, with tools that only print that they ran."""
    root = tmp_path / "checkout"
    (root / ".ci").mkdir(parents=True)
    (root / "skipgramophone").mkdir()
    shutil.copy(RELEASE, root / ".ci")
    (root / "skipgramophone" / "__init__.py").write_text('__version__ = "1.2.3"\n')
    (root / "CITATION.cff").write_text("version: 1.2.3\n")
    (root / "CHANGELOG.md").write_text("## [Unreleased]\n\n## [1.2.3] - 2026-01-02\n- New.\n")
    git(root, "init", "--quiet", "--initial-branch", "main")
    commit(root)
    (tmp_path / "tools" / "bin").mkdir(parents=True)
    (tmp_path / "tools" / "bin" / "python").write_text("#!/bin/sh\necho it builds\nexit 1\n")
    (tmp_path / "tools" / "bin" / "python").chmod(0o755)
    return root


def git(root: Path, *arguments: str) -> None:
    """Run git with settings of its own."""
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", root, *identity, *arguments], check=True, capture_output=True)


def release(root: Path, tools: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the script for releases."""
    command = [root / ".ci" / "release", tools]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)


def commit(root: Path) -> None:
    """Commit all files."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "Change")


def change(root: Path, file: str, old: str, new: str) -> None:
    """Replace text in a file, and commit it."""
    text = (root / file).read_text()
    assert old in text
    (root / file).write_text(text.replace(old, new))
    commit(root)


def tag_elsewhere(root: Path) -> None:
    """Tag the version on a commit that is not the last one."""
    git(root, "tag", "v1.2.3")
    commit(root)


@in_checkout
@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
@pytest.mark.parametrize(
    ("break_it", "error"),
    [
        (lambda root: None, "the build failed: it builds"),
        (lambda root: git(root, "tag", "v1.2.3"), "the build failed: it builds"),
        (lambda root: (root / "new.txt").touch(), "the working tree has changes: commit or stash them first"),
        (
            lambda root: change(root, "CHANGELOG.md", "## [1.2.3]", "## [1.2.2]"),
            "CHANGELOG.md has no section for version 1.2.3",
        ),
        (
            lambda root: change(root, "CHANGELOG.md", "ed]\n", "ed]\n\n### Added\n- More.\n- Again.\n"),
            "CHANGELOG.md has 2 entries in [Unreleased]",
        ),
        (lambda root: change(root, "CITATION.cff", "1.2.3", "1.2"), "CITATION.cff has another version than 1.2.3"),
        (tag_elsewhere, "the tag v1.2.3 is on another commit"),
        (lambda root: git(root, "tag", "v1.3.0"), "this commit has the tag v1.3.0, but the version is 1.2.3"),
        (
            lambda root: change(root, "skipgramophone/__init__.py", "__version__", "version"),
            "skipgramophone/__init__.py has no __version__",
        ),
    ],
)
def test_a_checkout_that_is_not_ready_is_refused(
    checkout: Path, tmp_path: Path, break_it: Callable[[Path], object], error: str
) -> None:
    break_it(checkout)
    ran = release(checkout, tmp_path / "tools", PYTHONS=sys.executable)
    assert ran.returncode == 1
    assert re.match(re.escape(f"error: {error}"), ran.stderr), ran.stderr
    assert not (checkout / "dist").exists()


@in_checkout
@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_a_release_needs_every_supported_python(checkout: Path, tmp_path: Path) -> None:
    ran = release(checkout, tmp_path / "tools", PYTHONS=f"{sys.executable} python3.99")
    assert ran.returncode == 1
    assert ran.stderr.startswith(
        "error: there is no usable python3.99, and the wheel is tried on each supported Python"
    )


@in_checkout
def test_the_image_is_built_from_all_files_that_the_package_needs() -> None:
    settings = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = settings["tool"]["hatch"]["build"]["targets"]["wheel"]
    shared = {"/".join(place.split("/")[:2]) for place in wheel["shared-data"]}
    needed = {*wheel["packages"], *shared, settings["project"]["readme"], "pyproject.toml"}
    needed |= {"constraints.txt", *settings["project"]["license-files"]}
    copies = re.findall(r"^COPY (?!--)(.+) \S+$", (HERE / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {name for names in copies for name in names.split()} == needed
    ignored = (HERE / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {line.removeprefix("!") for line in ignored if line.startswith("!")} == needed
