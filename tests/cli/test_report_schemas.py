"""Each command with --json has a JSON Schema in docs/schemas/, and its real output is valid."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from skipgramophone.cli.app import app
from tests.conftest import Ran, dump_text, run_sgp
from tests.json_schemas import SCHEMAS, require_valid
from tests.report_schemas import REPORTS, report_schema, text_of
from tests.test_docs import NAMES

pytest.importorskip("jsonschema", reason="jsonschema is not installed")
pytestmark = pytest.mark.skipif(not SCHEMAS.exists(), reason="the documents are not part of an installed package")

# The schemas that are written by hand: look-ups, which have objects of several commands, and the list of experiments.
BY_HAND = {
    "answer": "sgp similar",
    "mixed_answer": "sgp similar --of artists",
    "similar_compare": "sgp similar --compare",
    "line": "sgp similar --stdin",
    "explanation": "sgp explain",
    "experiments": "sgp experiments",
}
LIKE_SIMILAR = {"sgp continue"}  # has the schemas of sgp similar
# Reports of evaluations and of tuning are validated by test_evaluate.py, test_evaluate_compare.py and test_tune.py.


@pytest.fixture(scope="module")
def root(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the experiment "genres", a copy of it, and the dump."""
    root = tmp_path_factory.mktemp("reports") / "experiments"
    shutil.copytree(trained, root)
    run("experiments", "copy", "genres", "copy", root=root)
    return root


def run(*arguments: str | Path, root: Path, code: int = 0) -> Ran:
    """Run a command on the experiments of a directory."""
    ran = run_sgp(*arguments, "--experiments-dir", root)
    assert ran.code == code, ran.err
    return ran


def commands_with_json(command: Any, name: str = "sgp") -> Iterator[str]:
    """Yield the names of a command and of all below it that have the option --json."""
    if any("--json" in option.opts for option in command.params):
        yield name
    for child, below in getattr(command, "commands", {}).items():
        yield from commands_with_json(below, f"{name} {child}")


def test_every_command_with_json_has_a_schema_that_the_page_lists() -> None:
    described = {command for command, _ in REPORTS.values()} | set(BY_HAND.values()) | LIKE_SIMILAR
    found = {name.replace(" experiments show", " experiments NAME") for name in commands_with_json(typer_app())}
    assert found == {name for name in described if "--" not in name}
    assert {path.name.partition(".")[0] for path in SCHEMAS.glob("*.json")} == REPORTS.keys() | BY_HAND.keys()
    page = (SCHEMAS.parent / "json.md").read_text(encoding="utf-8")
    for path in SCHEMAS.glob("*.json"):
        assert f"](schemas/{path.name})" in page
    assert {f"sgp {name}" for name in NAMES} >= {name for name in found if "NAME" not in name}


def typer_app() -> Any:
    """Return all commands as a tree."""
    return typer.main.get_command(app)


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_the_schema_is_that_of_the_report(name: str) -> None:
    written = (SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")
    assert written == text_of(report_schema(name)), "the schemas are not up to date: run make docs"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("extract", ["extract", "new", "{root}/dump.csv", "--dry-run"]),
        ("index", ["index", "copy"]),
        ("inspect", ["inspect", "genres"]),
        ("inspect", ["inspect", "{root}/dump.csv"]),
        ("check", ["check"]),
        ("experiment", ["experiments", "genres"]),
        ("experiments", ["experiments"]),
        ("experiments", ["experiments", "--changed"]),
        ("export", ["export", "genres", "{out}/v.npz"]),
        ("export", ["export", "genres", "{out}/v.parquet", "--dtype", "int8", "--of", "artists"]),
        ("map", ["map", "genres", "-o", "{out}/map.html", "--projection", "pca"]),
        ("similar_compare", ["similar", "genres", "folk 2", "--compare", "copy"]),
    ],
)
def test_real_reports_are_valid(root: Path, tmp_path: Path, name: str, arguments: list[str]) -> None:
    places = {"root": root, "out": tmp_path}
    ran = run(*(argument.format(**places) for argument in arguments), "--json", root=root)
    require_valid(json.loads(ran.out), name)


def test_reports_of_changes_are_valid(root: Path, tmp_path: Path) -> None:
    rows = [("o", f"new {at}", f"track {at}", "new list") for at in range(20)]
    (tmp_path / "more.csv").write_text(dump_text([*rows, ("", "", "", "")]))
    for command in ("genres", "copy"):
        shutil.copytree(root / command, tmp_path / "changed" / command)
    here = tmp_path / "changed"
    for name, *arguments in (
        ("train", "train", "copy", "-emb", "16", "-e", "1", "--force"),
        ("extract", "extract", "copy", tmp_path / "more.csv", "--append"),
        ("export", "export", "genres", tmp_path / "v.npz"),
        ("import", "import", "theirs", tmp_path / "v.npz"),
        ("import", "import", "copy", tmp_path / "v.npz", "--force"),
        ("experiments", "experiments"),
    ):
        require_valid(json.loads(run(*arguments, "--json", root=here).out), str(name))
    (here / "genres" / "model" / "centre.npy").write_bytes(b"damaged")
    (here / "copy" / ".draft-1").mkdir()
    found = json.loads(run("check", "--json", root=here, code=5).out)
    assert found["findings"]
    require_valid(found, "check")
    (here / "genres" / "experiment.json").write_text("[]")
    found = json.loads(run("experiments", "--json", root=here, code=1).out)
    assert any("problem" in one for one in found)
    require_valid(found, "experiments")
