"""Inject a fault at a point of a command, then check that nothing is damaged and that the command can run again.

python -m tests.faults.drill                    all commands, points and kinds of faults (takes long)
python -m tests.faults.drill --of extract --kinds kill --every 3
python -m tests.faults.drill --random 200       also SIGKILL at random moments

Each run is a child of this process, which is forked after all slow imports and before TensorFlow starts threads.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import numpy as np

from tests.conftest import dump_text, two_genres
from tests.faults.points import FAULTS, Fault, Points

CODES = {  # expected exit codes, besides 0: a fault at the very end may come after the work is done
    "kill": {-signal.SIGKILL},
    "random kill": {-signal.SIGKILL},
    "interrupt": {130},
    "interrupt twice": {130, -signal.SIGINT},  # a shell reports 130 for both
    "terminate": {143},
    "interrupt, terminate": {130, -signal.SIGTERM},  # 130 if there was no point after the first
    "full": {1},
    "broken": {1},
    "read-only": {1},
    "slow": {0},
}
SILENT = {"terminate", "interrupt twice", "interrupt, terminate"}  # kinds that may end without an error message
MULTIPLE = {kind for kind, faults in FAULTS.items() if len(faults) > 1}
USE_CASES = ("check", "evaluate", "export", "extract", "import_vectors", "index", "train")
SLOW_IMPORTS = ["skipgramophone.cli.app", *(f"skipgramophone.pipeline.{name}" for name in USE_CASES)]
SLOW_IMPORTS += ["pandas", "pyarrow.acero", "pyarrow.parquet", "scipy.sparse"]  # they would be imported when first used
NEEDS_TENSORFLOW = {"train", "train --force", "evaluate"}
TRAIN = ("-wsz", "bag", "-emb", "4", "-e", "2", "--checkpoint-every", "0", "-q")


@dataclass(frozen=True)
class Command:
    """A command to test.

    Attributes:
        arguments: arguments of `sgp`; {root} is replaced by the experiments directory.
        again: arguments of the run after the fault, if they differ.
    """

    arguments: Sequence[str]
    again: Sequence[str] = ()


COMMANDS = {
    "extract": Command(("extract", "new", "{root}/dump.csv"), again=("extract", "new", "{root}/dump.csv", "--force")),
    "extract --force": Command(("extract", "made", "{root}/other.csv", "--force")),
    "extract --holdout": Command(
        ("extract", "new", "{root}/dump.csv", "--holdout", "0.2"),
        again=("extract", "new", "{root}/dump.csv", "--holdout", "0.2", "--force"),
    ),
    "extract --append": Command(
        ("extract", "made", "{root}/more.csv", "--append"),
        again=("extract", "made", "{root}/more.csv", "--append", "--force"),
    ),
    "train": Command(("train", "bare", *TRAIN), again=("train", "bare", *TRAIN, "--force")),
    "train --force": Command(("train", "made", *TRAIN, "--force")),
    "index": Command(("index", "made", "--trees", "8")),
    "import": Command(("import", "new", "{root}/v.npz"), again=("import", "new", "{root}/v.npz", "--force")),
    "import --force": Command(("import", "made", "{root}/v.npz", "--force")),
    "evaluate": Command(("evaluate", "made", "--share", "0.3", "-q")),
    "export npz": Command(("export", "made", "{root}/out.npz", "--force")),
    "export csv": Command(("export", "made", "{root}/out.csv", "--force")),
    "export annoy": Command(("export", "made", "{root}/out.annoy", "--format", "annoy", "--force")),
    "export projector": Command(("export", "made", "{root}/projector", "--format", "projector", "--force")),
}


@dataclass
class Tally:
    """The results for a command.

    Attributes:
        faults: kind of fault -> number of faults.
        failures: one line per failure.
    """

    faults: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def run(root: Path, arguments: Sequence[str], at: int = 0, faults: Sequence[Fault] = ()) -> int:
    """Run `sgp` in a child process, with or without faults, and return its exit code, or minus the signal."""
    return wait_for(start(root, arguments, at, faults))


def start(root: Path, arguments: Sequence[str], at: int = 0, faults: Sequence[Fault] = ()) -> int:
    """Fork a child that runs `sgp`; its output and its points are written to files next to the directory."""
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        for stream, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(root.parent / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
        sys.argv = ["sgp", *(argument.format(root=root) for argument in arguments)]
        signal.signal(signal.SIGINT, signal.default_int_handler)  # this process may have been started with it ignored
        os.environ["SGP_EXPERIMENTS"] = str(root)
        os.chdir(root.parent)
        points = Points(root, at, faults)
        from skipgramophone.cli.app import main as sgp

        try:
            sgp()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        sys.stdout.flush()
        (root.parent / "points").write_text(json.dumps(points.names))
    except BaseException:  # noqa: BLE001 - the traceback in the child's output is checked
        traceback.print_exc()
    finally:
        os._exit(code)


def wait_for(child: int) -> int:
    """Wait for a child, and return its exit code, or minus the signal that killed it."""
    _, status = os.waitpid(child, 0)
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


class Drill:
    """Injects faults into one command, each time over a fresh copy of the same files."""

    def __init__(self, name: str, stock: Path, place: Path) -> None:
        self.name, self.command, self.tally = name, COMMANDS[name], Tally()
        self._stock, self.root = stock, place / "root"
        self.reset()
        self.before = state(self.root)
        if code := run(self.root, self.command.arguments):
            raise RuntimeError(f"{name} fails without a fault, with {code}: {(place / 'err').read_text()}")
        self.after = state(self.root)
        self.reset()
        started = time.monotonic()
        run(self.root, self.command.arguments)
        self.seconds = time.monotonic() - started
        self.points: list[str] = json.loads((place / "points").read_text())

    def reset(self) -> None:
        """Copy the files again."""
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(self._stock, self.root)

    def inject(self, kind: str, at: int) -> None:
        """Inject a fault at a point, and check the result."""
        self.reset()
        code = run(self.root, self.command.arguments, at, FAULTS[kind])
        # A fault during the clean-up may leave temporary files, which the next run removes.
        cleaning = kind in MULTIPLE or self.points[at].split()[0] in ("os.remove", "os.rmdir")
        self._check(kind, f"{self.name}, {kind} at point {at} ({self.points[at]})", code, cleaning)

    def kill_at_random(self, rng: random.Random) -> None:
        """Kill the command at a random moment, and check the result."""
        self.reset()
        moment = rng.uniform(0, self.seconds)
        child = start(self.root, self.command.arguments)
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
        self._check("random kill", f"{self.name}, killed after {moment:.3f} s", wait_for(child), cleaning=True)

    def _check(self, kind: str, case: str, code: int, cleaning: bool) -> None:
        """Check that nothing is damaged, that each stage is the old or the new one, and that the command runs again."""
        self.tally.faults[kind] += 1
        err = (self.root.parent / "err").read_text()
        failures: list[str] = []
        if code not in CODES[kind] | {0}:
            failures.append(f"exit code {code}: {err[-300:]}")
        if "Traceback" in err:
            failures.append(f"a traceback: {err[-600:]}")
        if kind not in ("kill", "random kill"):
            if code and len(err.strip().splitlines()) not in ({0, 1} if kind in SILENT else {1}):
                failures.append(f"not one line: {err!r}")
            if not cleaning and (left := temporary_files(self.root)):
                failures.append(f"left behind: {left}")
        now = state(self.root)
        for stage, digest in now.items():
            if digest not in (self.before.get(stage), self.after.get(stage)):
                failures.append(f"{stage} is neither the old nor the new one: {digest}")
        if lost := sorted(stage for stage in self.before.keys() & self.after.keys() - now.keys()):
            failures.append(f"lost: {lost}")
        if code := run(self.root, self.command.again or self.command.arguments):
            failures.append(f"the next run ends with {code}: {(self.root.parent / 'err').read_text()[-300:]}")
        elif (now := state(self.root)) != self.after:
            differing = [stage for stage in now.keys() | self.after.keys() if now.get(stage) != self.after.get(stage)]
            failures.append(f"after the next run these differ: {differing}")
        if left := temporary_files(self.root):
            failures.append(f"left behind by both: {left}")
        self.tally.failures.extend(f"{case}: {line}" for line in failures)


def temporary_files(root: Path) -> list[str]:
    """Return the names of drafts, their locks and old versions that are left below a directory."""
    return [path.name for path in root.rglob("*") if path.name.endswith((".draft", ".writing", ".old"))]


def state(root: Path) -> dict[str, str]:
    """Return the digest of each stage below a directory, or its damage, and the checksum of each exported file."""
    from skipgramophone.experiment.experiment import Experiment
    from skipgramophone.experiment.manifest import PARENT
    from skipgramophone.experiment.publishing import file_sha256
    from skipgramophone.pipeline.check import check

    found: dict[str, str] = {}
    for directory in sorted(root.iterdir()):
        experiment = Experiment(directory.name, directory)
        if directory.is_dir() and experiment.has_description():
            for stage in PARENT:
                if experiment.directory(stage).exists():
                    found[f"{directory.name}/{stage}"] = experiment.manifest(stage).digest
            damaged = [
                finding
                for finding in check(directory.name, experiments_dir=root).findings
                if finding.state == "damaged"
            ]
            found |= {finding.place: finding.what for finding in damaged}
        elif directory.name.startswith(("out.", "projector")):
            for path in [directory, *directory.rglob("*")]:
                if path.is_file() and not path.name.endswith(".json"):  # a manifest has a time stamp
                    found[str(path.relative_to(root))] = file_sha256(path)
    return found


def import_tensorflow() -> None:
    """Import TensorFlow without its messages on stderr, and without starting its threads."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import_module("tensorflow")


def make_stock(stock: Path) -> None:
    """Make the files for all runs: dumps, vectors, the experiments "made" (all stages) and "bare" (only a corpus)."""
    stock.mkdir()
    (stock / "dump.csv").write_text(dump_text(two_genres(40)))
    (stock / "other.csv").write_text(dump_text(two_genres(30)))
    (stock / "more.csv").write_text(dump_text([("new", *row[1:]) for row in two_genres(20, tracks=50)]))
    names = np.array([f"folk artist {track % 11} - folk {track}" for track in range(30)])
    np.savez(
        stock / "v.npz", vectors=np.random.default_rng(1).standard_normal((30, 4)).astype(np.float32), tracks=names
    )
    for arguments in (
        ("extract", "made", "{root}/dump.csv"),
        ("extract", "bare", "{root}/dump.csv"),
        ("train", "made", *TRAIN),
        ("export", "made", "{root}/out.npz"),
        ("export", "made", "{root}/projector", "--format", "projector"),
    ):
        if code := run(stock, arguments):
            raise RuntimeError(f"{arguments} ends with {code}: {(stock.parent / 'err').read_text()}")


def main() -> None:
    """Test the commands, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--of", nargs="*", default=list(COMMANDS), choices=list(COMMANDS))
    parser.add_argument("--kinds", nargs="*", default=list(FAULTS), choices=list(FAULTS))
    parser.add_argument("--every", type=int, default=1, help="inject a fault at every N-th point")
    parser.add_argument("--random", type=int, default=0, help="number of kills at random moments per command")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    for module in SLOW_IMPORTS:
        import_module(module)  # once here instead of in each child
    if not NEEDS_TENSORFLOW.isdisjoint(arguments.of):
        import_tensorflow()
    rng = random.Random(arguments.seed)
    tallies: dict[str, Tally] = {}
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        make_stock(place / "stock")
        for name in arguments.of:
            drill = Drill(name, place / "stock", place)
            tallies[name] = drill.tally
            for kind in arguments.kinds:
                for at in range(rng.randrange(arguments.every), len(drill.points), arguments.every):
                    drill.inject(kind, at)
            for _ in range(arguments.random):
                drill.kill_at_random(rng)
            if not arguments.json:
                counts = ", ".join(f"{kind} {times}" for kind, times in drill.tally.faults.items())
                failures = drill.tally.failures
                print(f"{name}: {len(drill.points)} points; {counts}; failures: {len(failures)}", flush=True)
                for line in failures:
                    print("   ", line, flush=True)
    if arguments.json:
        print(json.dumps({name: [dict(tally.faults), tally.failures] for name, tally in tallies.items()}))
    sys.exit(any(tally.failures for tally in tallies.values()))


if __name__ == "__main__":
    main()
