"""The documents show what the program really prints: each is compared with a run.

python -m tests.test_docs      rewrites docs/commands.md and the examples of README.md
"""

from __future__ import annotations

import os
import re
import shlex
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import run_sgp

HERE = Path(__file__).parent.parent
COMMANDS = HERE / "docs" / "commands.md"
README = HERE / "README.md"
CONTRACT = HERE / "experiments" / "README.md"
NAMES = (
    "",
    "extract",
    "inspect",
    "train",
    "similar",
    "continue",
    "explain",
    "export",
    "import",
    "map",
    "evaluate",
    "experiments",
    "experiments rm",
    "experiments copy",
    "experiments rename",
    "experiments pack",
    "experiments unpack",
    "tune",
    "index",
    "run",
)
PYTHON = re.compile(r"```python\n(.*?)```\n", re.DOTALL)
EXAMPLE = re.compile(r"```console\n(.*?)```\n", re.DOTALL)
NEIGHBOUR = re.compile(r" *\d+ +0\.\d{3} +(.*?) +[\d,]+ +[\d,]+ +\d+")

pytestmark = pytest.mark.skipif(not README.exists(), reason="the documents are not part of an installed package")


def help_page() -> str:
    """docs/commands.md as it must be."""
    parts = ["# Commands\n\nThe help of each command, as it is printed. Written by `make docs`, checked by a test.\n"]
    for name in NAMES:
        arguments = [*name.split(), "--help"]
        printed = run_sgp(*arguments).out.rstrip()
        parts.append(f"## {' '.join(['sgp', name]).strip()}\n\n```text\n{printed}\n```\n")
    return "\n".join(parts)


def ran(example: str) -> str:
    """An example as it comes out when its commands are run."""
    lines = []
    for line in example.splitlines():
        if line.startswith("$ "):
            done = run_sgp(*shlex.split(line.removeprefix("$ sgp ")))
            assert done.code in (0, 3, 4), (line, done)
            lines += [line, *(done.out or done.err).splitlines()]  # with a result, stderr holds progress only
    return "\n".join(lines) + "\n"


def masked(example: str) -> list[str]:
    """Lines of an example without what differs from machine to machine: times, losses, sizes, the neighbours."""
    lines = [line for line in example.splitlines() if not NEIGHBOUR.fullmatch(line)]
    masks = (
        (r"[\d.]+ s, [\d,]+ (rows|tracks)", r"# s, # \1"),
        (r"loss +[\d.]+ in the first epoch, [\d.]+ in", "loss # in the first epoch, # in"),
        (r"[\d.]+ MB", "# MB"),
        (r'"similarity": [\d.]+', '"similarity": #'),
        (r"finds [\d.]+%", "finds #%"),
        (r"[+-]?\b\d\.\d+", "#"),
        (r"\d+%", "#%"),
        (r"(beats|loses to|is on a par with)", "is compared with"),
        (r"[─ ]*─+", "──"),
        (r" +", " "),
    )
    for pattern, mask in masks:
        lines = [re.sub(pattern, mask, line) for line in lines]
    return lines


def neighbours(example: str) -> set[str]:
    """Names in the tables of an example."""
    found = (NEIGHBOUR.fullmatch(line) for line in example.splitlines())
    return {re.sub(" +", " ", match[1]) for match in found if match}


def test_the_commands_are_documented_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert COMMANDS.read_text(encoding="utf-8") == help_page()


def test_the_readme_s_examples_are_real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SGP_EXPERIMENTS", raising=False)
    examples = EXAMPLE.findall(README.read_text(encoding="utf-8"))
    assert len(examples) >= 5
    for example in examples:
        printed = ran(example)
        assert masked(printed) == masked(example)
        # Rounding differs from processor to processor, and with it the order of what is nearly as near.
        assert len(neighbours(printed) & neighbours(example)) >= 0.7 * len(neighbours(example))


def test_the_python_of_the_documents_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SGP_EXPERIMENTS", raising=False)
    names: dict[str, Any] = {}
    for document in (README, CONTRACT):
        (program,) = PYTHON.findall(document.read_text(encoding="utf-8"))
        exec(program, names)
    assert type(names["demo"]).__name__ == "Lookup"
    assert names["recall"] >= 0.98
    names["tracks"].close()


def rewrite() -> None:
    """Write the documents anew."""
    os.environ["COLUMNS"] = "80"
    COMMANDS.write_text(help_page(), encoding="utf-8")
    with tempfile.TemporaryDirectory() as directory:
        text = README.read_text(encoding="utf-8")
        os.chdir(directory)
        os.environ.pop("SGP_EXPERIMENTS", None)
        README.write_text(EXAMPLE.sub(lambda found: f"```console\n{ran(found[1])}```\n", text), encoding="utf-8")


if __name__ == "__main__":
    rewrite()
