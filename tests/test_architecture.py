"""The shape of the code: layers, imports that cost, what is public."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import skipgramophone

PACKAGE = Path(skipgramophone.__file__).parent

# Each layer and its modules; a module may import its own layer and those above.
LAYERS: list[tuple[str, set[str]]] = [
    (
        "words",
        {"errors", "roles", "settings", "settings_file", "memory", "survival", "full_text", "kept_lines", "seals"},
    ),
    (
        "values",
        {
            "arrays",
            "playlists",
            "vocabulary",
            "catalogue",
            "cataloguing",
            "corpus",
            "postings",
            "twins",
            "embeddings",
            "versions",
            "spelling",
        },
    ),
    ("algorithms", {"training", "neighbours", "ranking", "maps"}),
    ("disk", {"publishing", "experiment", "checkpoint", "suffixes", "word2vec", "exporters", "importers"}),
    ("judgement", {"evaluation", "inspection"}),
    (
        "story",
        {
            "agreement",
            "answer",
            "search",
            "lookup",
            "explanation",
            "reports",
            "fitting",
            "held_out",
            "survey",
            "comparison",
            "moving",
            "checking",
            "tuning",
            "exporting",
            "extracting",
            "importing",
            "inspecting",
            "appending",
            "warm_start",
            "pipeline",
        },
    ),
    ("face", {"cli", "__main__"}),
]
# Packages that one place alone may import.
ALLOWED_IN = {
    "adbc_driver_manager": {"cataloguing"},
    "adbc_driver_sqlite": {"cataloguing"},
    "annoy": {"neighbours"},
    "tensorflow": {"training/runtime"},
    "pandas": {"lookup"},
    "pyarrow": {
        "appending",
        "cataloguing",
        "playlists/columnar",
        "playlists/columns",
        "playlists/encoding",
        "playlists/files",
        "playlists/folding",
        "playlists/lines",
        "playlists/mpd",
        "playlists/numbering",
        "playlists/ordering",
        "playlists/parting",
        "playlists/plain",
        "playlists/rows",
        "playlists/sources",
        "playlists/zenodo",
        "checking",
        "exporters/csv",
        "exporters/parquet",
        "exporters/projector",
        "exporters/vectors",
        "extracting",
        "importers/parquet",
        "importing",
        "inspecting",
        "inspection/contents",
        "inspection/inspection",
        "inspection/names",
        "inspection/playlists",
        "held_out",
        "lookup",
    },
    "optuna": {"tuning"},
    "rich": {"cli/render", "cli/progress"},
    "prompt_toolkit": {"cli/history", "cli/prompt"},
    "rapidfuzz": {"spelling"},
    "safetensors": {"exporters/safetensors"},
    "faiss": {"exporters/faiss"},
    "onnx": {"exporters/onnx"},
    "umap": {"maps/projection"},
    "matplotlib": {"maps/picture"},
    "scipy": {"maps/clusters", "evaluation/order", "evaluation/rankers", "evaluation/scorecard", "postings"},
    "typer": {
        "cli/answers",
        "cli/app",
        "cli/check",
        "cli/completion",
        "cli/continuing",
        "cli/evaluate",
        "cli/experiments",
        "cli/explain",
        "cli/extract",
        "cli/options",
        "cli/similar",
        "cli/train",
        "cli/tune",
        "cli/export",
        "cli/importing",
        "cli/inspecting",
        "cli/mapping",
    },
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Each module by its path inside the package, parsed."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).with_suffix("").as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def imports(tree: ast.AST) -> Iterator[str]:
    """Dotted names of everything that is imported, at any depth."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            if node.module == "skipgramophone":
                yield from (f"skipgramophone.{alias.name}" for alias in node.names)
            else:
                yield node.module or ""


def layer_of(module: str) -> int:
    """Number of the layer of a module."""
    top = module.split("/")[0]
    found = [at for at, (_, names) in enumerate(LAYERS) if top in names]
    assert found, f"{module} is in no layer"
    return found[0]


def test_nothing_is_imported_upward() -> None:
    for module, tree in modules():
        if module == "__init__":
            continue
        for name in imports(tree):
            parts = name.split(".")
            if parts[0] == "skipgramophone" and parts[1:] and not parts[1].startswith("__version"):
                assert layer_of(parts[1]) <= layer_of(module), f"{module} imports {name}"


def test_each_package_is_imported_where_it_belongs() -> None:
    known = set(ALLOWED_IN) | {"numpy", "skipgramophone"} | set(sys.stdlib_module_names)
    for module, tree in modules():
        for name in imports(tree):
            top = name.split(".")[0]
            assert top in known, f"{module} imports {name}, which no layer may"
            assert module in ALLOWED_IN.get(top, {module}), f"{module} imports {name}"


def test_only_the_face_prints_exits_or_reads_the_command_line() -> None:
    for module, tree in modules():
        if module.startswith("cli/"):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in {"print", "exit", "sys.exit", "input"}, f"{module} calls {called}"
            assert not (isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.argv"), module


def test_every_function_and_class_says_what_it_does() -> None:
    for module, tree in modules():
        assert ast.get_docstring(tree) or module.endswith("__init__"), module
        classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
        outers: list[ast.Module | ast.ClassDef] = [tree, *classes]
        for outer in outers:
            for node in outer.body:
                if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("__"):
                    assert ast.get_docstring(node) or node.name == "_options", f"{module}: {node.name}"


def test_public_names_are_what_is_there() -> None:
    for name in skipgramophone.__all__:
        assert getattr(skipgramophone, name) is not None
    assert set(dir(skipgramophone)) == set(skipgramophone.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = skipgramophone.nonsense


COSTLY = ("tensorflow", "keras", "pandas", "scipy", "pyarrow", "pydantic")


def loaded_by(code: str, *arguments: str) -> set[str]:
    """Top-level modules that are loaded once some code has run in a fresh process."""
    program = f"import sys\n{code}\nprint('\\n'.join(sorted({{m.split('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines())


RUN = """
from typer.testing import CliRunner
from skipgramophone.cli.app import app
assert CliRunner().invoke(app, sys.argv[1:]).exit_code == 0
"""


def test_importing_the_package_loads_nothing_that_costs() -> None:
    assert not loaded_by("import skipgramophone") & {*COSTLY, "numpy", "rich", "typer"}


@pytest.mark.parametrize("arguments", [["--help"], ["train", "-h"], ["similar", "--help"], ["--version"]])
def test_help_loads_nothing_that_costs(arguments: list[str]) -> None:
    assert not loaded_by(RUN, *arguments) & {*COSTLY, "numpy", "annoy"}


def test_a_look_up_loads_neither_tensorflow_nor_pandas_nor_scipy(sample_root: Path) -> None:
    loaded = loaded_by(RUN, "similar", "demo", "sample:track:0001", "--experiments-dir", str(sample_root))
    assert not loaded & set(COSTLY)
    assert {"numpy", "annoy", "sqlite3"} <= loaded


def test_an_export_to_a_plain_format_loads_nothing_that_it_does_not_write_with(
    sample_root: Path, tmp_path: Path
) -> None:
    loaded = loaded_by(RUN, "export", "demo", str(tmp_path / "o.npz"), "--experiments-dir", str(sample_root))
    assert not loaded & {"tensorflow", "keras", "pandas", "faiss", "onnx", "safetensors", "matplotlib", "umap", "scipy"}
