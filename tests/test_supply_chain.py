"""Supply chain: pinned versions, licences, no code executed from data, no network.

python -m tests.test_supply_chain PIP-LICENSES      writes docs/licences.md
"""

from __future__ import annotations

import ast
import importlib.metadata
import json
import re
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from tests.test_architecture import imports, modules

HERE = Path(__file__).parent.parent
LOCK = HERE / "constraints.txt"
LICENCES = HERE / "docs" / "licences.md"
EXTRAS = ("tune", "formats", "faiss", "onnx", "library", "map")
UNDECLARED = {"namex": "Apache-2.0 (as its repository says; the package says nothing)"}
COPYLEFT = re.compile(r"\b[AL]?GPL", re.IGNORECASE)
HEAD = """# Licences of what `sgp` runs with

`sgp` itself is under the MIT licence. `make licences` writes this file from the metadata of the packages in
`constraints.txt`. A test checks that nothing that `sgp` or an extra needs is under a licence of the GPL family.
"tests": needed only by tests. The extra `bench` adds fasttext-wheel (MIT), only for benchmarks.

| package | licence | needed by |
|---|---|---|
"""

pytestmark = pytest.mark.skipif(not LICENCES.exists(), reason="the documents are not part of an installed package")


def project() -> dict[str, list[str]]:
    """Return the requirements in pyproject.toml by extra; "" for the program itself."""
    table = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {"": table["dependencies"], **table["optional-dependencies"]}


def closure(requirements: list[str]) -> set[NormalizedName]:
    """Return the names of all installed packages that requirements need, directly or indirectly."""
    found: set[NormalizedName] = set()
    pending = [(Requirement(text), "") for text in requirements]
    while pending:
        requirement, extra = pending.pop()
        name = canonicalize_name(requirement.name)
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        if name not in found:
            found.add(name)
            further = [Requirement(text) for text in importlib.metadata.requires(name) or ()]
            pending += [(one, wanted) for one in further for wanted in ("", *requirement.extras)]
    return found - set(map(canonicalize_name, ("setuptools", "wheel", "pip")))  # they come with Python


def locked() -> dict[NormalizedName, str]:
    """Return the pinned versions by package name."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    pins = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pins}


def test_lock_pins_every_package_and_contains_no_urls() -> None:
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        assert line.startswith("#") or re.fullmatch(r"[\w.-]+==[\w.!+-]+", line), line
    pins, required = locked(), project()
    for requirement in map(Requirement, [*required[""], *required["test"]]):
        assert pins[canonicalize_name(requirement.name)] in requirement.specifier, requirement
    assert closure([*required[""], *required["test"]]) <= set(pins)


def test_every_package_has_a_licence_and_the_program_needs_no_copyleft_package() -> None:
    rows = [line.strip("|").split("|") for line in LICENCES.read_text(encoding="utf-8").splitlines() if " | " in line][
        1:
    ]
    listed = {canonicalize_name(name.strip()): (licence.strip(), needed.strip()) for name, licence, needed in rows}
    assert set(listed) == set(locked())
    required = project()
    for name in closure([*required[""], *(text for extra in EXTRAS for text in required[extra])]):
        licence, needed = listed[name]
        assert needed != "tests", name
        assert licence != "UNKNOWN", name
        assert not COPYLEFT.search(licence), (name, licence)


# Modules, calls and arguments that execute data as code.
PICKLES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml", "torch"}
RUNS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "runpy.run_path"}
TRUSTING = {"allow_pickle": True, "safe_mode": False, "shell": True, "weights_only": False}


def test_no_data_is_executed_as_code() -> None:
    loads = 0
    for module, tree in modules():
        assert not {name.split(".")[0] for name in imports(tree)} & PICKLES, module
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            assert called not in RUNS, f"{module} calls {called}"
            given = {word.arg: ast.unparse(word.value) for word in node.keywords}
            for name, value in TRUSTING.items():
                assert given.get(name) != str(value), f"{module}: {called} with {name}={value}"
            if called in ("np.load", "np.save", "np.savez"):
                loads += called == "np.load"
                assert called != "np.load" or given["allow_pickle"] == "False", module
            if called == "import_module":
                assert module == "__init__", module  # it imports only modules of this package
    assert loads >= 2
    catalogue = (HERE / "skipgramophone" / "experiment" / "catalogue.py").read_text(encoding="utf-8")
    for guard in ("PRAGMA trusted_schema = OFF", "?mode=ro&immutable=1"):
        assert guard in catalogue


def test_tests_cannot_use_the_network() -> None:
    for forbidden in (lambda: socket.create_connection(("127.0.0.1", 9)), lambda: socket.getaddrinfo("localhost", 80)):
        with pytest.raises(RuntimeError, match="no test may use the network"):
            forbidden()


# Runs every command in one process in which no socket can be created, and reports attempts. gethostname is allowed: it
# does not use the network, and locks contain the host name. urllib3, which TensorFlow imports, probes for IPv6.
EVERYTHING = """
import sys

tried = []

def forbid(event, _arguments):
    if event.startswith("socket.") and event != "socket.gethostname":
        frame, callers = sys._getframe(1), []
        while frame:
            callers.append(frame.f_code.co_filename)
            frame = frame.f_back
        if not any(caller.endswith("urllib3/util/connection.py") for caller in callers[:3]):
            tried.append((event, callers[:5]))
        raise OSError(f"a socket is used: {event}")

sys.addaudithook(forbid)
from tests.conftest import run_sgp
from tests.test_docs import NAMES

title = "sample:track:0001"
commands = [
    ["extract", "demo", "--sample", "-nr", "3000"], ["inspect", "demo"], ["train", "demo", "-e", "2", "-emb", "8"],
    ["similar", "demo", title], ["continue", "demo", title, "-n", "5"],
    ["explain", "demo", title, "sample:track:0002"],
    *(["export", "demo", f"v.{suffix}"] for suffix in ("npz", "csv", "parquet", "safetensors", "onnx", "faiss")),
    ["export", "demo", "v.txt", "--format", "word2vec"], ["export", "demo", "v.jsonl"],
    ["export", "demo", "v.annoy", "--format", "annoy"], ["export", "demo", "p", "--format", "projector"],
    ["export", "demo", "v.keras", "--format", "keras"], ["export", "demo", "s", "--format", "savedmodel"],
    ["import", "other", "v.npz"], ["map", "demo", "-o", "m.html", "--projection", "pca"],
    ["evaluate", "demo", "--protocol", "lookup"], ["tune", "demo", "--budget", "5s", "--trials", "1"],
    ["experiments"], ["experiments", "copy", "demo", "copied"], ["experiments", "rename", "copied", "renamed"],
    ["experiments", "pack", "renamed", "r.zip"], ["experiments", "rm", "renamed", "--yes"],
    ["experiments", "unpack", "r.zip"], ["index", "demo"], ["check"],
    ["run", "again", "--sample", "-nr", "3000", "-e", "1", "-emb", "8"],
]
for command in commands:
    ran = run_sgp(*command)
    if ran.code:
        sys.exit(f"{command}: {ran}")
ran = {" ".join(command[:2]) if command[0] == "experiments" else command[0] for command in commands}
missing = {name for name in NAMES if name} - ran
if missing:
    sys.exit(f"not run: {missing}")
if tried:
    sys.exit(f"attempts to create a socket: {tried}")
print("all ran")
"""


@pytest.mark.slow
def test_no_command_creates_a_socket(tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(HERE), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", EVERYTHING], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "all ran\n"), done.stderr


def rewrite(tool: str) -> None:
    """Write docs/licences.md from the output of pip-licenses for this environment."""
    command = [tool, "--python", sys.executable, "--no-version", "--with-system", "--format", "json"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    licences = {canonicalize_name(row["Name"]): (row["Name"], row["License"]) for row in json.loads(printed)}
    required = project()
    needs = {"sgp": closure(required[""]), **{extra: closure(required[extra]) for extra in EXTRAS}}
    lines = []
    for name in sorted(locked()):
        shown, licence = licences[name]
        needed = "sgp" if name in needs["sgp"] else ", ".join(e for e in EXTRAS if name in needs[e]) or "tests"
        lines.append(f"| {shown} | {UNDECLARED.get(name, licence)} | {needed} |\n")
    LICENCES.write_text(HEAD + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    rewrite(sys.argv[1])
