"""A drill: a command is struck at a point, then it is seen whether anything is damaged and whether it runs again.

python -m tests.faults.drill                    every command, every point, every kind of strike (the long form)
python -m tests.faults.drill --of extract --kinds kill --every 3
python -m tests.faults.drill --random 200       SIGKILL at random moments besides

Each run is a child of this process, forked after everything costly was imported and before TensorFlow has threads.
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
from tests.faults.points import STRIKES, Points, Strike

CODES = {  # 0 besides: what is struck while it ends may have done its work
    "kill": {-signal.SIGKILL},
    "random kill": {-signal.SIGKILL},
    "interrupt": {130},
    "interrupt twice": {130, -signal.SIGINT},  # a shell says 130 of both
    "terminate": {143},
    "interrupt, terminate": {130, -signal.SIGTERM},  # 130 where no point was left
    "full": {1},
    "broken": {1},
    "read-only": {1},
    "slow": {0},
}
SILENT = {"terminate", "interrupt twice", "interrupt, terminate"}  # kinds that may end without a line
IN_A_ROW = {kind for kind, strikes in STRIKES.items() if len(strikes) > 1}
NEEDS_TENSORFLOW = {"train", "train --force", "evaluate"}
TRAIN = ("-wsz", "bag", "-emb", "4", "-e", "2", "--checkpoint-every", "0", "-q")


@dataclass(frozen=True)
class Command:
    """A command to drill.

    Attributes:
        arguments: of `sgp`; {root} stands for the directory that is watched.
        given: names of experiments that exist beforehand: "made" has all stages, "bare" a corpus alone.
        again: arguments of the run after the strike, where they are others.
    """

    arguments: Sequence[str]
    given: Sequence[str] = ("made", "bare")
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
    """How often a command was struck, and what went wrong.

    Attributes:
        struck: kind -> times.
        bad: what was wrong, a line each.
    """

    struck: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)


def run(root: Path, arguments: Sequence[str], at: int = 0, strikes: Sequence[Strike] = ()) -> int:
    """Run `sgp` in a child, struck or not; its exit code, or minus the signal that killed it."""
    return ended(start(root, arguments, at, strikes))


def start(root: Path, arguments: Sequence[str], at: int = 0, strikes: Sequence[Strike] = ()) -> int:
    """Fork a child that runs `sgp` over a directory; what it says, and its points, stand in files beside that."""
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        for stream, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(root.parent / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
        sys.argv = ["sgp", *(argument.format(root=root) for argument in arguments)]
        signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever whoever drills ignores
        os.environ["SGP_EXPERIMENTS"] = str(root)
        os.chdir(root.parent)
        points = Points(root, at, strikes)
        from skipgramophone.cli.app import main as sgp

        try:
            sgp()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        sys.stdout.flush()
        (root.parent / "points").write_text(json.dumps(points.names))
    except BaseException:  # noqa: BLE001 - what it is stands in the child's output, and is judged there
        traceback.print_exc()
    finally:
        os._exit(code)


def ended(child: int) -> int:
    """Wait for a child; its exit code, or minus the signal that killed it."""
    _, status = os.waitpid(child, 0)
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


class Drill:
    """Strikes one command, again and again, over copies of the same files."""

    def __init__(self, name: str, stock: Path, place: Path) -> None:
        self.name, self.command, self.tally = name, COMMANDS[name], Tally()
        self._stock, self.root = stock, place / "root"
        self.before = self.lay_out()
        if code := run(self.root, self.command.arguments):
            raise RuntimeError(f"{name} fails undisturbed, with {code}: {(place / 'err').read_text()}")
        self.after = state(self.root)
        self.lay_out()
        started = time.monotonic()
        run(self.root, self.command.arguments)
        self.seconds = time.monotonic() - started
        self.points: list[str] = json.loads((place / "points").read_text())

    def lay_out(self) -> dict[str, str]:
        """Lay out the files anew, and say what stages there are."""
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(self._stock, self.root)
        return state(self.root)

    def strike(self, kind: str, at: int) -> None:
        """Strike at a point, and see what is left."""
        self.lay_out()
        code = run(self.root, self.command.arguments, at, STRIKES[kind])
        # What is struck while it tidies up leaves something to tidy: the next run does it.
        tidying = kind in IN_A_ROW or self.points[at].split()[0] in ("os.remove", "os.rmdir")
        self._judge(kind, f"{self.name}, {kind} at point {at} ({self.points[at]})", code, tidying)

    def strike_at_random(self, rng: random.Random) -> None:
        """Kill at a random moment, and see what is left."""
        self.lay_out()
        moment = rng.uniform(0, self.seconds)
        child = start(self.root, self.command.arguments)
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
        self._judge("random kill", f"{self.name}, killed after {moment:.3f} s", ended(child), tidying=True)

    def _judge(self, kind: str, what: str, code: int, tidying: bool) -> None:
        """See that nothing is damaged, that each stage is the old or the new one, and that the command runs again."""
        self.tally.struck[kind] += 1
        said = (self.root.parent / "err").read_text()
        wrong: list[str] = []
        if code not in CODES[kind] | {0}:
            wrong.append(f"exit code {code}: {said[-300:]}")
        if "Traceback" in said:
            wrong.append(f"a traceback: {said[-600:]}")
        if kind not in ("kill", "random kill"):
            if code and len(said.strip().splitlines()) not in ({0, 1} if kind in SILENT else {1}):
                wrong.append(f"not one line: {said!r}")
            if not tidying and (
                left := [path.name for path in self.root.rglob("*") if path.name.endswith((".draft", ".old"))]
            ):
                wrong.append(f"left behind: {left}")
        now = state(self.root)
        for stage, digest in now.items():
            if digest not in (self.before.get(stage), self.after.get(stage)):
                wrong.append(f"{stage} is neither the old nor the new one: {digest}")
        if lost := sorted(stage for stage in self.before.keys() & self.after.keys() - now.keys()):
            wrong.append(f"lost: {lost}")
        if code := run(self.root, self.command.again or self.command.arguments):
            wrong.append(f"the next run ends with {code}: {(self.root.parent / 'err').read_text()[-300:]}")
        elif (now := state(self.root)) != self.after:
            differing = [stage for stage in now.keys() | self.after.keys() if now.get(stage) != self.after.get(stage)]
            wrong.append(f"after the next run these differ: {differing}")
        if left := [path.name for path in self.root.rglob("*") if path.name.endswith((".draft", ".old"))]:
            wrong.append(f"left behind by both: {left}")
        self.tally.bad.extend(f"{what}: {line}" for line in wrong)


def state(root: Path) -> dict[str, str]:
    """What stands below a directory: the digest of each stage, or what is wrong with it; the hash of each export."""
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
                if path.is_file() and not path.name.endswith(".json"):  # a manifest tells the time
                    found[str(path.relative_to(root))] = file_sha256(path)
    return found


def make_stock(stock: Path) -> None:
    """The files that each run finds: two dumps, vectors, an experiment with all stages and one with a corpus alone."""
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
    """Drill, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--of", nargs="*", default=list(COMMANDS), choices=list(COMMANDS))
    parser.add_argument("--kinds", nargs="*", default=list(STRIKES), choices=list(STRIKES))
    parser.add_argument("--every", type=int, default=1, help="strike at every so many points")
    parser.add_argument("--random", type=int, default=0, help="kills at random moments of each command")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    for module in ("cli.app", "evaluation.judgement", "held_out", "pipeline"):
        import_module(f"skipgramophone.{module}")  # once, not in each child
    if not NEEDS_TENSORFLOW.isdisjoint(arguments.of):
        import_module("tensorflow")
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
                    drill.strike(kind, at)
            for _ in range(arguments.random):
                drill.strike_at_random(rng)
            if not arguments.json:
                told = ", ".join(f"{kind} {times}" for kind, times in drill.tally.struck.items())
                print(f"{name}: {len(drill.points)} points; {told}; bad: {len(drill.tally.bad)}", flush=True)
                for line in drill.tally.bad:
                    print("   ", line, flush=True)
    if arguments.json:
        print(json.dumps({name: [dict(tally.struck), tally.bad] for name, tally in tallies.items()}))
    sys.exit(any(tally.bad for tally in tallies.values()))


if __name__ == "__main__":
    main()
