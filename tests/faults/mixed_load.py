"""A long run of mixed load on one experiment, with kills at random moments, compared with the reference.

    python -m tests.faults.mixed_load [--minutes 30] [--seed 1]

Commands run in random order: training, continued and resumed training, appending, indexing, evaluating, exporting and
checking. One in four is killed (SIGKILL) at a random moment. After each command, `check` must find no damage. If the
model is current, random queries must get the answers of the reference (`tests.oracle`). Meanwhile, one process of
`similar --stdin` answers queries. After every 25 commands, the experiment is extracted and trained again with the same
settings and seed. Then the vectors must have the same bytes and the directory the same size as the first time, and
memory and open files are measured as in `tests.faults.soak`.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from skipgramophone.experiment.checkpoint import read_checkpoint
from skipgramophone.experiment.experiment import open_experiment
from skipgramophone.experiment.file_names import EVALUATION
from skipgramophone.experiment.publishing import file_sha256
from skipgramophone.pipeline.check import check
from tests.conftest import dump_text
from tests.faults.soak import NAMES, Sample, ask, has_grown, measure
from tests.oracle.other_questions import ask_artists, ask_continuation, ask_explanation, ask_playlists
from tests.oracle.questions import Oracle

NAME = "demo"
COMMANDS = 25  # commands per cycle
KILLED = 0.25  # share of the commands that are killed
QUERIES = (Oracle.similar, Oracle.similar, ask_continuation, ask_explanation, ask_playlists, ask_artists)
TRAIN = ["train", NAME, "-emb", "16", "--checkpoint-every", "0.2", "--force", "-q"]
FIRST = ["train", NAME, "-emb", "16", "-wsz", "bag", "-e", "2", "--force", "-q"]
KINDS = {
    "train": 5,
    "train --from": 2,
    "train --resume": 3,
    "extract --append": 4,
    "index": 2,
    "evaluate": 2,
    "export": 3,
    "check": 1,
}  # how often each kind of command is drawn, relative to the others


class Load:
    """The commands, and what was wrong after them."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root, self.rng = root, random.Random(seed)
        self.seconds: dict[str, float] = {}  # usual time of each kind of command
        self.ran: Counter[str] = Counter()
        self.killed: Counter[str] = Counter()
        self.answers = 0
        self.faults: list[str] = []
        self.number = 0

    def run(self, *words: str, limit: float | None = None) -> int | None:
        """Run a command; return its exit code, or None if it was killed after `limit` seconds."""
        command = [sys.executable, "-m", "skipgramophone", *words, "--experiments-dir", str(self.root)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            try:
                _, err = process.communicate(timeout=limit)
            except subprocess.TimeoutExpired:
                process.kill()
                return None
        if process.returncode:
            self.fault(f"{words} failed with {process.returncode}: {err}")
        return process.returncode

    def step(self) -> None:
        """Run the next command, perhaps kill it, and check the experiment afterwards."""
        kind = self.rng.choices(list(KINDS), list(KINDS.values()))[0]
        words = self._words(kind)
        if words is None:
            return
        usual = self.seconds.get(kind)
        limit = self.rng.uniform(0, usual) if usual and self.rng.random() < KILLED else None
        started = time.monotonic()
        code = self.run(*words, limit=limit)
        self.ran[kind] += 1
        if code is None:
            self.killed[kind] += 1
        elif limit is None:
            self.seconds[kind] = time.monotonic() - started
        report = check(NAME, experiments_dir=self.root)
        if report.is_damaged:
            self.fault(f"damage after {words}, killed after {limit} s: {report}")
        self.compare()

    def _words(self, kind: str) -> list[str] | None:
        """Return the words of a command; None if the command cannot run in the present state of the experiment."""
        self.number += 1
        experiment, rng = open_experiment(NAME, self.root), self.rng
        if kind == "train --resume":
            checkpoint = read_checkpoint(experiment.path)
            can_resume = checkpoint and checkpoint.corpus == experiment.manifest("corpus").digest
            return ["train", NAME, "--resume", "-q"] if can_resume else None
        if kind == "train":
            return [*TRAIN, "-e", str(rng.randint(1, 8)), "-wsz", rng.choice(["bag", "5"])]
        if kind == "train --from":
            return [*TRAIN, "-e", "2", "-wsz", "bag", "--from", NAME] if experiment.has("model") else None
        if kind == "extract --append":
            return ["extract", NAME, str(self._more()), "--append", "-q"]
        if kind == "check":
            return ["check", NAME, "--clean", "-q"]
        if not self.is_current():
            return None
        if kind == "index":
            return ["index", NAME, "--trees", str(rng.randint(2, 20)), "-q"]
        if kind == "evaluate":
            words = ["evaluate", NAME, "--baselines", "none", "--share", "0.05", "--score", "hybrid", "-q"]
            return [*words, "--protocol", rng.choice(["lookup", "continuation", "next-item"])]
        format = rng.choice(["npz", "csv", "parquet", "annoy", "projector"])
        return ["export", NAME, str(self.root / "exported" / format), "--format", format, "--force", "-q"]

    def _more(self) -> Path:
        """Write a playlist of a few new tracks."""
        path = self.root / "exported" / "more.csv"
        rows = [(f"owner {self.number}", "new artist", f"title {self.rng.randrange(500)}", "list") for _ in range(20)]
        path.write_text(dump_text(rows))
        return path

    def is_current(self) -> bool:
        """Whether the model was trained on the present corpus."""
        experiment = open_experiment(NAME, self.root)
        return experiment.has("model") and experiment.manifest("model").parent == experiment.manifest("corpus").digest

    def compare(self) -> None:
        """Compare the answers to some random queries with those of the reference, if the model is current."""
        if not self.is_current():
            return
        oracle = Oracle(self.root, NAME, random.Random(self.rng.random()))
        for query in self.rng.sample(QUERIES, 2):
            query(oracle)
        self.answers += oracle.answered
        for problem in oracle.problems:
            self.fault(f"answer: {problem}")

    def start_over(self) -> tuple[str, int]:
        """Make the first state again; return a digest of its vectors, and its size in bytes."""
        self.run("extract", NAME, "--sample", "--force", "-q")
        self.run(*FIRST)
        self.run("check", NAME, "--clean", "-q")
        if (self.root / NAME / EVALUATION).is_dir():
            self.run("experiments", "rm", NAME, "--evaluations", "--yes")
        files = [path for path in (self.root / NAME).rglob("*") if path.is_file() and path.suffix in (".npy", ".annoy")]
        return file_sha256(self.root / NAME / "model" / "centre.npy"), sum(path.stat().st_size for path in files)

    def fault(self, text: str) -> None:
        """Record what was wrong."""
        self.faults.append(text)
        print(f"fault: {text}", file=sys.stderr, flush=True)


def main() -> int:
    """Run for some minutes, and print the results; the exit code is 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    end = time.monotonic() + 60 * given.minutes
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        (root / "exported").mkdir()
        load = Load(root, given.seed)
        first = load.start_over()
        own: list[Sample] = []
        reader: list[Sample] = []
        lines = 0
        command = [sys.executable, "-m", "skipgramophone", "similar", NAME, "-", "--experiments-dir", str(root)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            while time.monotonic() < end:
                for _ in range(COMMANDS):
                    load.step()
                    ask(process, list(NAMES))
                    lines += len(NAMES)
                if (now := load.start_over()) != first:
                    load.fault(f"after starting over: {now} instead of {first}")
                gc.collect()
                own.append(measure(os.getpid()))
                reader.append(measure(process.pid))
                print(
                    f"{load.ran.total()} commands, {load.killed.total()} killed: {own[-1]}", file=sys.stderr, flush=True
                )
            assert process.stdin is not None
            process.stdin.close()
            code = process.wait(60)
        if code != 3:
            load.fault(f"the look-ups ended with exit code {code} instead of 3 (one name is unknown)")
        for kind, number in sorted(load.ran.items()):
            print(f"{number:>6}  {kind}, {load.killed[kind]} killed")
        print(f"{load.answers:,} answers compared, {lines:,} lines answered, {first[1]:,} bytes after each cycle")
        grown = [has_grown("this process", own), has_grown("look-ups", reader)]
    for fault in load.faults:
        print(f"fault: {fault}")
    return int(bool(load.faults) or any(grown))


if __name__ == "__main__":
    sys.exit(main())
