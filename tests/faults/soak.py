"""A soak: look-ups line after line, and a model that is trained and replaced over and over, as long as is asked for.

    python -m tests.faults.soak [--minutes 15]

One `sgp similar --stdin` is asked without end; beside it an experiment is trained by `sgp train`, over and over, and
each time indexed anew, opened, asked, exported and checked in this process. After each time both are measured: memory
(PSS, of which files that are mapped are a part) and open files. What has grown between the middle third of the run and
the last is said, and is the exit code: 1 where memory has grown by more than a twentieth and 8 MB, or a file more is
open.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import skipgramophone as sgp
from skipgramophone.pipeline.check import check

LINES = 500  # a round
ROUNDS = 4  # of lines between two trainings
NAMES = ("every pencil knows", "evry pensil knows", "faded raincoat", "no such name at all", "oe", "sample:track:0007")
TRAIN = ["train", "demo", "--embedding-dim", "32", "--epochs", "1", "--window-size", "bag", "--force", "--quiet"]
MORE, MORE_BYTES = 1.05, 8 << 20  # what may be more at the end


@dataclass(frozen=True)
class Sample:
    """What a process holds."""

    bytes: int
    files: int


def sample(pid: int) -> Sample:
    """What a process holds now."""
    pss = next(line for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() if line.startswith("Pss:"))
    return Sample(int(pss.split()[1]) << 10, len(os.listdir(f"/proc/{pid}/fd")))  # noqa: PTH208


def ask(process: subprocess.Popen[str], lines: list[str]) -> None:
    """Have lines answered."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("".join(f"{line}\n" for line in lines))
    process.stdin.flush()
    for line in lines:
        assert json.loads(process.stdout.readline())["query"] == line


def train(root: Path) -> None:
    """Train in a process of its own, as a batch job does."""
    subprocess.run([sys.executable, "-m", "skipgramophone", *TRAIN, "--experiments-dir", str(root)], check=True)


def cycle(root: Path) -> None:
    """Train, replace, open, ask, export and check once."""
    train(root)
    sgp.build_index("demo", experiments_dir=root)
    with sgp.open("demo", root) as demo:
        demo.similar_many(["every pencil knows"] * 100)
        demo.continuation(["every pencil knows", "faded raincoat"])
        demo.explain("every pencil knows", "faded raincoat")
    sgp.export("demo", root / "demo.npz", force=True, experiments_dir=root)
    checked = check("demo", experiments_dir=root)
    assert not checked.is_damaged, checked


def grown(what: str, samples: list[Sample]) -> bool:
    """Say how the last third differs from the middle one, and whether that is too much."""
    third = max(1, len(samples) // 3)
    middle, last = samples[third : 2 * third] or samples, samples[-third:]
    before, after = (statistics.median(one.bytes for one in some) for some in (middle, last))
    files = [max(one.files for one in some) for some in (middle, last)]
    print(f"{what}: {before / 1e6:.1f} MB, then {after / 1e6:.1f} MB; {files[0]} open files, then {files[1]}")
    return after > max(before * MORE, before + MORE_BYTES) or files[1] > files[0]


def main() -> int:
    """Run for so many minutes, and say what has grown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=15)
    end = time.monotonic() + 60 * parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        sgp.extract("demo", sample=True, experiments_dir=root)
        train(root)
        command = [sys.executable, "-m", "skipgramophone", "similar", "demo", "-", "--experiments-dir", str(root)]
        trained, asked, lines, own = [], [], 0, 0
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            while time.monotonic() < end:
                cycle(root)
                for _ in range(ROUNDS):
                    ask(process, [NAMES[at % len(NAMES)] for at in range(LINES)])
                lines, own = lines + ROUNDS * LINES, own + 1
                gc.collect()
                trained.append(sample(os.getpid()))
                asked.append(sample(process.pid))
                print(f"{own} trainings, {lines:,} lines: {trained[-1]}, {asked[-1]}", file=sys.stderr, flush=True)
            assert process.stdin is not None
            process.stdin.close()
            code = process.wait(60)
        assert code == 3, f"the look-ups ended with {code}, and one name is unknown"
        print(f"{own} trainings, {lines:,} lines answered")
        return int(any([grown("this process", trained), grown("look-ups", asked)]))


if __name__ == "__main__":
    sys.exit(main())
