"""The shape of the code: layers, cycles, sizes, costly imports, and what is public."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import skipgramophone

PACKAGE = Path(skipgramophone.__file__).parent
MOST_LINES = 400  # of a file
MOST_ROOT_MODULES = 10
MOST_POSITIONAL = 4  # arguments of a call

ROOT = "(root)"  # modules in the root of the package: errors, words and small mechanisms that know nothing of the rest
# Packages from the lowest to the highest layer. A module may import its own package and those of lower layers.
LAYERS: list[set[str]] = [
    {ROOT},
    {"settings"},
    {"names"},
    {"experiment"},
    {"playlists"},
    {"training"},
    {"lookup"},
    {"evaluation"},
    {"inspection", "maps", "importers"},
    {"exporters"},
    {"pipeline"},
    {"cli"},
]
LAYER_OF = {package: layer for layer, packages in enumerate(LAYERS) for package in packages}
# Subpackages of `playlists`, from the lowest to the highest. A module in one of them may import those before it.
STEPS = ("playlists.readers", "playlists.encoding", "playlists.columns", "playlists.detection")
ENTRIES = {"__init__", "__main__"}  # the Python interface and `python -m`: they may import anything

# Third-party packages, and the only packages or modules that may import them.
ALLOWED_IN = {
    "adbc_driver_manager": {"experiment.catalogue_writer"},
    "adbc_driver_sqlite": {"experiment.catalogue_writer"},
    "annoy": {"lookup.annoy_index"},
    "faiss": {"exporters.faiss"},
    "matplotlib": {"maps.picture"},
    "msgspec": {"playlists"},
    "onnx": {"exporters.onnx"},
    "optuna": {"evaluation.search_space", "evaluation.seeded_study", "evaluation.tuning"},
    "pandas": {"lookup.lookup", "lookup.frames"},
    "prompt_toolkit": {"cli.prompt", "cli.prompt_history"},
    "pyarrow": {"names", "experiment", "playlists", "inspection", "evaluation", "importers", "exporters", "pipeline"},
    "rapidfuzz": {"names.typos"},
    "rich": {"cli.render", "cli.table_layout", "cli.word_wrap", "cli.progress"},
    "safetensors": {"exporters.safetensors"},
    "scipy": {
        "maps",
        "evaluation",
        "experiment.ease",
        "experiment.postings",
        "experiment.track_artists",
        "lookup.similar_playlists",
        "training.regression",
    },
    "tensorflow": {"training.tensorflow_runtime"},
    "threadpoolctl": {"evaluation.window_choice", "training.factorization", "training.regression"},
    "tinytag": {"playlists.music_library"},
    "typer": {"cli"},
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Yield dotted name and syntax tree of each module; an `__init__` module has the name of its package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)
        yield name, ast.parse(path.read_text(encoding="utf-8"))


TREES = dict(modules())


def is_type_checking(node: ast.AST) -> bool:
    """Whether a statement runs for type checkers only."""
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imports(tree: ast.AST, of_types: bool = False) -> Iterator[str]:
    """Yield the dotted names of all imports, at any depth; include imports for type checkers if `of_types` is set."""
    for node in ast.iter_child_nodes(tree):
        if is_type_checking(node) and not of_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        yield from imports(node, of_types)


def own_imports(module: str) -> set[str]:
    """Return the modules of this package that a module imports when it runs, inside functions too."""
    found = set()
    for name in imports(TREES[module]):
        first, _, rest = name.partition(".")
        if first == "skipgramophone":
            owner = rest if rest in TREES else rest.rpartition(".")[0]
            found.add(owner or "__init__")
    return found - {module}


def package_of(module: str) -> str:
    """Return the package of a module, `ROOT` for a module in the root."""
    first = module.split(".")[0]
    return first if first in LAYER_OF else ROOT


def test_every_package_has_a_layer() -> None:
    packages = {path.parent.relative_to(PACKAGE).parts[0] for path in PACKAGE.glob("*/__init__.py")}
    assert packages == set(LAYER_OF) - {ROOT}


def test_a_module_imports_only_its_own_package_and_lower_layers() -> None:
    assert [
        f"{module} imports {name}"
        for module in sorted(set(TREES) - ENTRIES)
        for name in sorted(own_imports(module) - {"__init__"})
        if LAYER_OF[package_of(name)] >= LAYER_OF[package_of(module)] and package_of(name) != package_of(module)
    ] == []


def test_the_steps_of_reading_playlists_are_in_order() -> None:
    def step(module: str) -> int:
        return next((at for at, name in enumerate(STEPS) if module.startswith(f"{name}.")), -1)

    assert {step(module) for module in TREES} == set(range(-1, len(STEPS)))
    assert [
        f"{module} imports {name}"
        for module in sorted(TREES)
        for name in sorted(own_imports(module))
        if 0 <= step(module) < step(name)
    ] == []


def test_no_modules_import_each_other_in_a_cycle() -> None:
    graph = {module: own_imports(module) - ENTRIES for module in TREES if module not in ENTRIES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_the_root_has_few_modules_and_no_file_is_long() -> None:
    assert len(list(PACKAGE.glob("*.py"))) <= MOST_ROOT_MODULES
    own = Path(__file__).parent
    for root in (PACKAGE, own, own.parent / "benchmarks", own.parent / "examples"):
        for path in root.rglob("*.py"):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            assert lines <= MOST_LINES, f"{path.relative_to(root.parent)} has {lines} lines"


def test_no_call_passes_many_arguments_by_position() -> None:
    for module, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                given = [argument for argument in node.args if not isinstance(argument, ast.Starred)]
                if all(isinstance(argument, ast.Constant) for argument in given):
                    continue  # a list of names, as in only("artist", "title")
                where = f"{module}, line {node.lineno}: {ast.unparse(node.func)}"
                assert len(given) <= MOST_POSITIONAL, f"{where} gets {len(given)} arguments by position"


def test_the_table_of_contents_lists_every_use_case() -> None:
    contents = ast.get_docstring(TREES["pipeline"]) or ""
    listed = {line.split()[0] for line in contents.splitlines() if line.startswith("    ")}
    there = {module.removeprefix("pipeline.") for module in TREES if module.startswith("pipeline.")}
    assert listed == there


def test_each_third_party_package_is_imported_where_it_belongs() -> None:
    known = set(ALLOWED_IN) | {"numpy", "skipgramophone", "_typeshed"} | set(sys.stdlib_module_names)
    for module, tree in TREES.items():
        for name in imports(tree, of_types=True):
            top = name.split(".")[0]
            assert top in known, f"{module} imports {name}, which no module may"
            if top in ALLOWED_IN and not (top == "pyarrow" and module == "lookup.lookup"):
                assert {module, package_of(module)} & ALLOWED_IN[top], f"{module} imports {name}"


def test_only_the_command_line_prints_exits_or_reads_arguments() -> None:
    for module, tree in TREES.items():
        if package_of(module) == "cli":
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in {"print", "exit", "sys.exit", "input"}, f"{module} calls {called}"
            assert not (isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.argv"), module


def without_docstring(tree: ast.Module) -> Iterator[str]:
    """Yield the names of a module, and of its functions, classes and methods, that have no docstring."""
    if not ast.get_docstring(tree):
        yield "the module"
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    outers: list[ast.Module | ast.ClassDef] = [tree, *classes]
    for outer in outers:
        for node in outer.body:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("__"):
                continue
            if not ast.get_docstring(node) and node.name != "_options":
                yield node.name


def test_every_module_function_and_class_has_a_docstring() -> None:
    assert [f"{module}: {name}" for module in sorted(TREES) for name in without_docstring(TREES[module])] == []


def test_public_names_exist() -> None:
    for name in skipgramophone.__all__:
        assert getattr(skipgramophone, name) is not None
    assert set(dir(skipgramophone)) == set(skipgramophone.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = skipgramophone.nonsense


COSTLY = ("tensorflow", "keras", "pandas", "scipy", "pyarrow", "pydantic")


def loaded_by(code: str, *arguments: str) -> set[str]:
    """Return the top-level modules that are loaded after some code has run in a fresh process."""
    program = f"import sys\n{code}\nprint('\\n'.join(sorted({{m.split('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines())


RUN = """
from typer.testing import CliRunner
from skipgramophone.cli.app import app
assert CliRunner().invoke(app, sys.argv[1:]).exit_code == 0
"""


def test_importing_the_package_loads_nothing_costly() -> None:
    assert not loaded_by("import skipgramophone") & {*COSTLY, "numpy", "rich", "typer"}


@pytest.mark.parametrize("arguments", [["--help"], ["train", "-h"], ["similar", "--help"], ["--version"]])
def test_help_loads_nothing_costly(arguments: list[str]) -> None:
    assert not loaded_by(RUN, *arguments) & {*COSTLY, "numpy", "annoy"}


def test_a_look_up_loads_neither_tensorflow_nor_pandas_nor_scipy(sample_root: Path) -> None:
    loaded = loaded_by(
        RUN, "similar", "demo", "sample:track:0001", "--by", "cosine", "--experiments-dir", str(sample_root)
    )
    assert not loaded & set(COSTLY)
    assert {"numpy", "annoy", "sqlite3"} <= loaded


def test_an_export_to_a_plain_format_loads_only_what_it_needs(sample_root: Path, tmp_path: Path) -> None:
    loaded = loaded_by(RUN, "export", "demo", str(tmp_path / "o.npz"), "--experiments-dir", str(sample_root))
    assert not loaded & {"tensorflow", "keras", "pandas", "faiss", "onnx", "safetensors", "matplotlib", "scipy"}
