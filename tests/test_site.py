"""The documentation site has every page, and its build refuses dead links and content from elsewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

import skipgramophone
from tests.test_supply_chain import project

HERE = Path(__file__).parent.parent
DOCS = HERE / "docs"
CONFIG = HERE / "mkdocs.yml"
API = DOCS / "api.md"
SITE_VENV = HERE / ".venv-site"  # made by make site
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)\s]*)?\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)

pytestmark = pytest.mark.skipif(not CONFIG.exists(), reason="the documents are not part of an installed package")


def test_every_page_is_in_the_navigation() -> None:
    listed = set(re.findall(r"([\w/-]+\.md)$", CONFIG.read_text(encoding="utf-8").partition("\nnav:")[2], re.MULTILINE))
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    outside = {"tour", "experiment-directory", "benchmarks", "changelog", "contributing", "security", "code-of-conduct"}
    assert listed == pages | {f"{name}.md" for name in outside}


@pytest.mark.parametrize("page", [*sorted(DOCS.rglob("*.md")), *sorted(HERE.glob("*.md"))], ids=lambda path: path.name)
def test_links_lead_to_files(page: Path) -> None:
    for target in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_api_page_has_every_public_name() -> None:
    text = API.read_text(encoding="utf-8")
    shown = {name.rpartition(".")[2] for name in re.findall(r"^::: ([\w.]+)$", text, re.MULTILINE)}
    settings = {name for name in skipgramophone.__all__ if name.endswith("Settings")}  # in tables
    assert set(skipgramophone.__all__) - settings - {"__version__", "map"} <= shown
    assert "<!-- settings -->" in text


def test_the_extra_for_the_site_is_not_part_of_the_tests() -> None:
    assert {name for name in project() if name == "docs"}
    assert not any("mkdocs" in requirement for requirement in project()["test"])


@pytest.mark.skipif(not (HERE / ".ci").exists(), reason="the files of CI are not part of a package")
def test_versions_of_the_site_stay_next_to_each_other(tmp_path: Path) -> None:
    for place in (".ci", "skipgramophone", "tools/bin"):
        (tmp_path / place).mkdir(parents=True)
    shutil.copy(HERE / ".ci" / "site-versions", tmp_path / ".ci")
    mkdocs = tmp_path / "tools" / "bin" / "mkdocs"  # only notes where it would build
    mkdocs.write_text('#!/bin/sh\nfor last; do :; done\nmkdir -p "$last"\n')
    mkdocs.chmod(0o755)
    for version, entries in (("0.9.0", ""), ("0.10.0", ""), ("0.10.0", "- New.\n")):
        (tmp_path / "skipgramophone" / "__init__.py").write_text(f'__version__ = "{version}"\n')
        (tmp_path / "CHANGELOG.md").write_text(f"## [Unreleased]\n\n{entries}\n## [{version}] - 2026-01-02\n- Old.\n")
        subprocess.run([".ci/site-versions", "tools", "all"], cwd=tmp_path, check=True, capture_output=True)
    index = (tmp_path / "all" / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'href="([^"]+)"', index) == [f"{name}/index.html" for name in ("0.10.0", "0.9.0", "development")]
    assert all((tmp_path / "all" / name).is_dir() for name in ("0.10.0", "0.9.0", "development"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the files that the site is made of."""
    for name in ("docs", "skipgramophone", "examples", "benchmarks", "experiments"):
        shutil.copytree(HERE / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "demo"))
    for path in (*HERE.glob("*.md"), CONFIG, HERE / "LICENSE", HERE / "CITATION.cff"):
        shutil.copy(path, tmp_path)
    return tmp_path


@pytest.mark.slow
def test_the_build_refuses_dead_links_and_loads_nothing_from_elsewhere(copy: Path) -> None:
    python = next((path for path in (SITE_VENV / "bin" / "python", Path(sys.executable)) if has_mkdocs(path)), None)
    if python is None:
        pytest.skip("MkDocs is not installed: run make site")
    assert build(python, copy) == ""
    index = (copy / "site" / "index.html").read_text(encoding="utf-8")
    assert f"skipgramophone {skipgramophone.__version__}" in index
    assert f"This page describes version {skipgramophone.__version__}" in index
    assert "Other versions" not in index  # this site is alone
    lookups = (copy / "site" / "lookups.html").read_text(encoding="utf-8")
    assert re.search(r'<math [^>]*display="block"', lookups)
    assert "$$" not in lookups
    assert re.search(r"<li>[^<]*(?:<(?!/li)[^<]*)*<ol", lookups)  # lists inside lists, as on GitHub
    for page in (copy / "site").rglob("*.html"):
        for tag in re.findall(r"<(?:script|link|img|iframe)[^>]*>", page.read_text(encoding="utf-8")):
            assert not re.search(r"(?:src|href)=\"?(?:https?:)?//", tag), (page.name, tag)
    assert dead_links(copy / "site") == []
    assert (copy / "site" / "search" / "search_index.js").exists()  # the search of pages that are opened as files
    page = copy / "docs" / "speed.md"
    with page.open("a", encoding="utf-8") as text:
        text.write(
            "\n[dead](nowhere.md) [dead](../nowhere.md) [dead](quality.md#nowhere) ![x](https://example.org/x.png)\n"
        )
    printed = build(python, copy)
    assert "speed.md' contains a link 'nowhere.md'" in printed
    assert "leads to nowhere.md, which is not part of the site" in printed
    assert "does not contain an anchor '#nowhere'" in printed
    assert "speed.md loads something from elsewhere" in printed


def dead_links(site: Path) -> list[tuple[str, str]]:
    """Return the links to missing files, each with its page; the error page is skipped, as it needs a web server."""
    return [
        (page.name, link)
        for page in site.rglob("*.html")
        if page.name != "404.html"
        for link in re.findall(r"<a [^>]*href=\"?([^\"\s>#?]+)", page.read_text(encoding="utf-8"))
        if ":" not in link and not (page.parent / unquote(link)).exists()
    ]


def has_mkdocs(python: Path) -> bool:
    """Whether a Python has MkDocs."""
    return python.exists() and not subprocess.run([python, "-c", "import mkdocs"], capture_output=True).returncode


def build(python: Path, root: Path) -> str:
    """Build the site; return an empty text, or what a failed build prints."""
    command = [str(python), "-m", "mkdocs", "build", "--strict"]
    ran = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return ran.stdout + ran.stderr if ran.returncode else ""
