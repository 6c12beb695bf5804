"""The documents show what the program really prints: each example is compared with a run.

python -m tests.test_docs      rewrites docs/commands.md and the examples of README.md
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer

from skipgramophone import __version__
from skipgramophone.cli.app import app
from skipgramophone.evaluation.scorecard import STRATA
from skipgramophone.experiment.corpus import read_corpus
from tests.conftest import run_sgp
from tests.shell_examples import run_example
from tests.test_architecture import LAYERS

HERE = Path(__file__).parent.parent
COMMANDS = HERE / "docs" / "commands.md"
GLOSSARY = HERE / "docs" / "glossary.md"
PYTHON_PAGE = HERE / "docs" / "python.md"
README = HERE / "README.md"
CONTRACT = HERE / "experiments" / "README.md"
CONTRIBUTING = HERE / "CONTRIBUTING.md"
PRE_COMMIT = HERE / ".pre-commit-config.yaml"
CHANGELOG = HERE / "CHANGELOG.md"
PYTHON = re.compile(r"```python\n(.*?)```\n", re.DOTALL)
EXAMPLE = re.compile(r"```console\n(.*?)```\n", re.DOTALL)
NEIGHBOUR = re.compile(r" *~?\d+ +(?:-?\d+\.\d{3} +){0,2}-?\d\.\d{3} +(.*?) +[\d,]+ +[\d,]+ +\d+")
KINDS = ("'text'", "'name'", "'number'")  # of columns, as cli/render.py takes them
NUMBER = re.compile(r"[+-]?\b\d+\.\d+|[+-]?\b\d+(?=%)")  # a decimal or a percentage; counts are compared as text
VERSION = re.compile(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$", re.MULTILINE)

pytestmark = pytest.mark.skipif(not README.exists(), reason="the documents are not part of an installed package")


def command_names(command: Any, name: str = "") -> Iterator[str]:
    """Yield a command and all below it in the order of the help, such as "experiments rm"; "" is the app itself."""
    yield name
    for child, below in getattr(command, "commands", {}).items():
        if not below.hidden:
            yield from command_names(below, f"{name} {child}".strip())


NAMES = tuple(command_names(typer.main.get_command(app)))


def help_page() -> str:
    """Return the text that docs/commands.md must have."""
    parts = [
        "# Commands\n\nThe help of every command, as it is printed. `make docs` writes this page; a test checks it.\n"
    ]
    for name in NAMES:
        arguments = [*name.split(), "--help"]
        printed = run_sgp(*arguments).out.rstrip()
        parts.append(f"## {' '.join(['sgp', name]).strip()}\n\n```text\n{printed}\n```\n")
    return "\n".join(parts)


def words(example: str) -> list[str]:
    """Return the lines of an example without times, neighbours, decimals and the widths of tables."""
    lines = [line for line in example.splitlines() if not NEIGHBOUR.fullmatch(line)]
    masks = (
        (r"[\d.]+ s([,;][a-z: ]*) [\d,]+ (rows|occurrences)/s", r"# s\1 # \2/s"),
        (r"[\d.]+ s$", "# s"),
        (r"^left out \d+ other versions", "left out # other versions"),
        (r"^duration .* of", "duration # of"),
        (r"^top \d+ (.*, arranged:)", r"top # \1"),  # as many as fit into the duration
        (NUMBER, "#"),
        (r"[─ ]*─+", "──"),
        (r" +", " "),
    )
    for pattern, mask in masks:
        lines = [re.sub(pattern, mask, line) for line in lines]
    return lines


def numbers(example: str) -> list[str]:
    """Return the decimals and percentages of an example, except times and neighbours."""
    lines = [line for line in example.splitlines() if not NEIGHBOUR.fullmatch(line) and not line.startswith("time ")]
    return [number for line in lines for number in NUMBER.findall(line)]


def about(number: str) -> Any:
    """Return a number with a tolerance that depends on its digits: results differ slightly between processors."""
    digits = len(number.partition(".")[2])
    return pytest.approx(float(number), rel=0.05, abs=0.03 if digits >= 3 else 0.15 if digits else 3)  # no digits: %


def neighbours(example: str) -> set[str]:
    """Return the names in the tables of an example."""
    found = (NEIGHBOUR.fullmatch(line) for line in example.splitlines())
    return {re.sub(" +", " ", match[1]) for match in found if match}


def headings() -> set[str]:
    """Return the column headings of the tables in cli/: pairs of a heading and "text", "name" or "number"."""
    found: set[Any] = set()
    for path in sorted((HERE / "skipgramophone" / "cli").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            pair, names = node, list[ast.expr]()
            if isinstance(node, ast.GeneratorExp) and isinstance(node.generators[0].iter, ast.Tuple):
                pair, names = node.elt, node.generators[0].iter.elts  # ((name, "number") for name in (...))
            if isinstance(pair, ast.Tuple) and len(pair.elts) == 2 and ast.unparse(pair.elts[1]) in KINDS:
                found |= {one.value for one in (pair.elts[0], *names) if isinstance(one, ast.Constant)}
    return found - {""}


def test_every_command_is_documented_with_its_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert {"", "check", "experiments rm"} <= set(NAMES)
    assert COMMANDS.read_text(encoding="utf-8") == help_page()


@pytest.mark.slow
def test_the_readme_shows_real_output_and_works_after_make_demo(
    sample_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SGP_EXPERIMENTS", raising=False)
    shutil.copytree(sample_root / "demo", tmp_path / "experiments" / "demo")
    examples = EXAMPLE.findall(README.read_text(encoding="utf-8"))
    assert len(examples) >= 5
    for example in examples:
        printed = run_example(example)
        assert words(printed) == words(example)
        assert list(map(float, numbers(printed))) == list(map(about, numbers(example)))
        # Rounding differs between processors, so tracks that are about equally near may be in another order.
        assert len(neighbours(printed) & neighbours(example)) >= 0.7 * len(neighbours(example))


def test_the_readme_s_verdicts_are_compared_word_by_word() -> None:
    better = "hybrid: significantly better than SVD (R-precision +0.029 [+0.022, +0.037], paired)"
    assert words(better) == words(better.replace("+0.029", "+0.031"))
    assert words(better) != words(better.replace("better", "worse"))
    assert "significantly better than" in README.read_text(encoding="utf-8")


def run_python(*documents: Path) -> dict[str, Any]:
    """Run the Python programs of documents in the current directory, and return their global names."""
    names: dict[str, Any] = {}
    for document in documents:
        programs = PYTHON.findall(document.read_text(encoding="utf-8"))
        assert programs
        for program in programs:
            exec(program, names)
    return names


@pytest.fixture
def new_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, empty, with the default directory of experiments."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SGP_EXPERIMENTS", raising=False)
    return tmp_path


def test_the_python_of_the_readme_and_of_the_contract_runs(sample_root: Path, new_place: Path) -> None:
    shutil.copytree(sample_root / "demo", new_place / "experiments" / "demo")
    names = run_python(README, CONTRACT)
    assert type(names["demo"]).__name__ == "Lookup"
    assert names["recall"] >= 0.98
    names["tracks"].close()


@pytest.mark.slow
def test_the_page_of_the_python_interface_runs(new_place: Path) -> None:
    names = run_python(PYTHON_PAGE)
    assert type(names["mine"]).__name__ == "Lookup"
    assert (new_place / "mine.npz").stat().st_size > 0
    assert read_corpus(new_place / "experiments" / "sessions" / "corpus").occurrences == 5
    corpus = read_corpus(new_place / "experiments" / "mine" / "corpus")
    assert [len(playlist) for playlist in names["playlists"]] == np.diff(corpus.offsets).tolist()
    assert names["matrix"].shape == (len(corpus.offsets) - 1, len(names["uris"]))
    assert names["playlists"][0] == [names["uris"][row] for row in corpus.track_ids[: corpus.offsets[1]]]
    names["ids"][0] = names["ids"][0]  # the copies are writable


def test_the_glossary_is_sorted_and_explains_every_column() -> None:
    entries = re.findall(r"^- \*\*(.+?)\*\*", GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE)
    assert entries == sorted(entries, key=lambda entry: re.sub(r"\W", "", entry).lower())
    terms = {term for entry in entries for term in entry.split(", ")}
    assert headings() | set(STRATA) <= terms


def test_the_example_of_unstable_neighbours_contains_marked_tracks() -> None:
    text = (HERE / "docs" / "lookups.md").read_text(encoding="utf-8")
    example = text.partition("### How reliable a neighbour is")[2].partition("```console\n")[2].partition("```")[0]
    assert re.search(r"^ *~\d", example, re.MULTILINE)
    assert "\n~ probably not in the top" in example


def test_the_help_points_to_the_glossary() -> None:
    assert "explained in the glossary of the documentation" in run_sgp("--help").out


def test_the_changelog_names_this_version_and_is_in_order() -> None:
    versions = VERSION.findall(CHANGELOG.read_text(encoding="utf-8"))
    assert versions[0] == __version__
    assert versions == sorted(versions, key=lambda version: [int(part) for part in version.split(".")], reverse=True)


def test_the_map_of_the_code_has_every_package_in_order() -> None:
    (picture,) = re.findall(r"```\n(  cli/.*?)```", CONTRIBUTING.read_text(encoding="utf-8"), re.DOTALL)
    drawn = [set(re.findall(r"(\w+)/", line[:35])) for line in picture.splitlines()]  # explanations start at 36
    assert [packages for packages in drawn if packages] == LAYERS[:0:-1]


def test_pre_commit_runs_the_checks_of_ci() -> None:
    if not PRE_COMMIT.exists():
        pytest.skip("the hooks are not part of an sdist")
    makefile = (HERE / "Makefile").read_text(encoding="utf-8")
    checks = re.findall(r"^(?:lint|types): setup-test\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    commands = [line.strip().removeprefix("$(BIN)/") for lines in checks for line in lines.splitlines()]
    assert re.findall(r"entry: \.venv/bin/(.*)", PRE_COMMIT.read_text(encoding="utf-8")) == commands


def rewrite() -> None:
    """Write docs/commands.md and the examples of README.md from real output."""
    os.environ["COLUMNS"] = "80"
    COMMANDS.write_text(help_page(), encoding="utf-8")
    del os.environ["COLUMNS"]  # the README shows tables of their full width
    with tempfile.TemporaryDirectory() as directory:
        text = README.read_text(encoding="utf-8")
        os.chdir(directory)
        os.environ.pop("SGP_EXPERIMENTS", None)
        for command in (("extract", "demo", "--sample", "-q"), ("train", "demo", "-q")):  # as make demo
            assert run_sgp(*command).code == 0
        README.write_text(
            EXAMPLE.sub(lambda found: f"```console\n{run_example(found[1])}```\n", text), encoding="utf-8"
        )


if __name__ == "__main__":
    rewrite()
