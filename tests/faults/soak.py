"""A soak test for memory leaks and open files: look-ups, and a model that is trained and replaced over and over.

    python -m tests.faults.soak [--minutes 15]

One `sgp similar --stdin` process gets queries all the time. In each cycle, `sgp train` trains its experiment, and this
process rebuilds the index, opens the experiment, looks up tracks, exports and checks. After each cycle, memory (PSS,
which includes memory-mapped files) and open files of both processes are measured. The last third of the run is
compared with the middle third. The exit code is 1 if memory has grown by more than 5 % and 8 MB, or if more files are
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

LINES = 500  # queries per round
ROUNDS = 4  # rounds per cycle
NAMES = ("every pencil knows", "evry pensil knows", "faded raincoat", "no such name at all", "oe", "sample:track:0007")
TRAIN = ["train", "demo", "--embedding-dim", "32", "--epochs", "1", "--window-size", "bag", "--force", "--quiet"]
GROWTH, GROWTH_BYTES = 1.05, 8 << 20  # memory may grow by the larger of the two


@dataclass(frozen=True)
class Sample:
    """The memory and open files of a process."""

    bytes: int
    files: int


def measure(pid: int) -> Sample:
    """Measure the memory and open files of a process."""
    pss = next(line for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() if line.startswith("Pss:"))
    return Sample(int(pss.split()[1]) << 10, len(os.listdir(f"/proc/{pid}/fd")))  # noqa: PTH208


def ask(process: subprocess.Popen[str], lines: list[str]) -> None:
    """Send queries, and check that each is answered."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("".join(f"{line}\n" for line in lines))
    process.stdin.flush()
    for line in lines:
        assert json.loads(process.stdout.readline())["query"] == line


def train(root: Path) -> None:
    """Train in a separate process, as a batch job does."""
    subprocess.run([sys.executable, "-m", "skipgramophone", *TRAIN, "--experiments-dir", str(root)], check=True)


def run_cycle(root: Path) -> None:
    """Train, rebuild the index, open, look up, export and check once."""
    train(root)
    sgp.build_index("demo", experiments_dir=root)
    with sgp.open("demo", root) as demo:
        demo.similar_many(["every pencil knows"] * 100)
        demo.continuation(["every pencil knows", "faded raincoat"])
        demo.explain("every pencil knows", "faded raincoat")
    sgp.export("demo", root / "demo.npz", force=True, experiments_dir=root)
    checked = check("demo", experiments_dir=root)
    assert not checked.is_damaged, checked


def has_grown(process: str, samples: list[Sample]) -> bool:
    """Print the difference between the middle and the last third; return whether it is too large."""
    third = max(1, len(samples) // 3)
    middle, last = samples[third : 2 * third] or samples, samples[-third:]
    before, after = (statistics.median(one.bytes for one in some) for some in (middle, last))
    files = [max(one.files for one in some) for some in (middle, last)]
    print(f"{process}: {before / 1e6:.1f} MB, then {after / 1e6:.1f} MB; {files[0]} open files, then {files[1]}")
    return after > max(before * GROWTH, before + GROWTH_BYTES) or files[1] > files[0]


def main() -> int:
    """Run for some minutes, and print how memory and open files have changed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=15)
    end = time.monotonic() + 60 * parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        sgp.extract("demo", sample=True, experiments_dir=root)
        train(root)
        command = [sys.executable, "-m", "skipgramophone", "similar", "demo", "-", "--experiments-dir", str(root)]
        own, others, lines, cycles = [], [], 0, 0
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            while time.monotonic() < end:
                run_cycle(root)
                for _ in range(ROUNDS):
                    ask(process, [NAMES[at % len(NAMES)] for at in range(LINES)])
                lines, cycles = lines + ROUNDS * LINES, cycles + 1
                gc.collect()
                own.append(measure(os.getpid()))
                others.append(measure(process.pid))
                print(f"{cycles} cycles, {lines:,} queries: {own[-1]}, {others[-1]}", file=sys.stderr, flush=True)
            assert process.stdin is not None
            process.stdin.close()
            code = process.wait(60)
        assert code == 3, f"the look-ups ended with exit code {code} instead of 3 (one name is unknown)"
        print(f"{cycles} cycles, {lines:,} queries")
        return int(any([has_grown("this process", own), has_grown("look-ups", others)]))


if __name__ == "__main__":
    sys.exit(main())
