"""Plain English: phrases that readers had to decode stay out of code, help and documents."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent
FOLDERS = ("skipgramophone", "tests", "benchmarks", "examples", "docs", "experiments", ".github")
SUFFIXES = {".py", ".md", ".toml", ".yaml", ".yml", ".html", ".js", ".css"}

# What was written, and what to write instead. Help texts and messages are in the code, so they are covered too.
REPLACED = {
    r"all the same": "anyway",
    r"anew": "again",
    r"(?:names?|tracks?) answers? to": "match",
    r"beyond accuracy": "coverage and diversity",
    r"comes? of": "is caused by",
    r"falling to nothing": "decaying to 0",
    r"found out by looking": "detected",
    r"(?<!there )is no (?:text|number|name|file|array|track|playlist|archive|experiment)": "is not a …",
    r"lies": "is",
    r"making ready": "preparing",
    r"mended": "fixed",
    r"noise tracks a pair": "negative samples per pair",
    r"numbers a vector": "embedding dimension",
    r"on a par with": "no significant difference from",
    r"parted": "split",
    r"said": "reported",
    r"slips? of the keyboard": "typos",
    r"stands": "is",
    r"surely": "significantly",
    r"taken for": "treated as",
    r"told": "reported",
    r"whosever": "regardless of owner",
}
PATTERN = re.compile(r"(?<![\w-])(?:" + "|".join(REPLACED) + r")(?![\w-])", re.IGNORECASE)


def texts() -> list[Path]:
    """Every text file of the repository that people read, except this one and generated lists."""
    found = [HERE / "README.md", HERE / "CHANGELOG.md", HERE / "CONTRIBUTING.md", HERE / "Makefile"]
    for folder in FOLDERS:
        files = (path for path in (HERE / folder).rglob("*") if path.suffix in SUFFIXES)
        found += [path for path in files if "finds" not in path.parts and path.name != "licences.md"]
    own = Path(__file__).name
    written = (path for path in found if path.exists() and path.name != own)
    return sorted(path for path in written if not (path.is_relative_to(HERE / "experiments") and path.suffix != ".md"))


@pytest.mark.parametrize("path", texts(), ids=lambda path: path.relative_to(HERE).as_posix())
def test_replaced_phrases_do_not_come_back(path: Path) -> None:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = PATTERN.search(line)
        assert found is None, f"line {number}: replace {found[0]!r} (see REPLACED): {line.strip()}"


def test_the_pattern_finds_whole_phrases_only() -> None:
    assert PATTERN.search("0.6, Falling to nothing")
    assert PATTERN.search("'x' is no text")
    assert not PATTERN.search("understands, supplies, outcomes often, retold")


def test_messages_do_not_refer_to_files_that_an_installed_package_lacks() -> None:
    for path in sorted((HERE / "skipgramophone").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
                assert not re.search(r"\bdocs/|\bREADME|\.md of", node.value), f"{path}, line {node.lineno}"
