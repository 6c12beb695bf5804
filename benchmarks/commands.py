"""Measures whole commands: wall time, processor time and peak memory, and the time until training starts.

    python -m benchmarks.commands [--tracks 100000] [--tokens 5000000] [--dim 100] [--repeats 3] [--folder DIR]

The playlists are generated (`large_corpus.py`): 25 tracks each, of one scene of 1,000 tracks. `sgp train` trains one
epoch with window 5. Every command is a process of its own. All commands run once; the time until the first round of
training is measured `--repeats` times. The first of these runs compiles programs that later runs use again, unless
earlier runs have left them in the cache of the user.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import describe

NAME = "bench"
WINDOW = 5
QUERIES = 1000

# Another process writes the playlists: the peak memory of a process starts from that of the process which started it.
WRITE = """
import sys
from pathlib import Path
from benchmarks.large_corpus import write_sessions

write_sessions(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
"""
# The arguments are the name of the experiment, the experiments directory, the dimension, and the time of the start.
START = f"""
import json, sys, time
import skipgramophone.cli.train
from skipgramophone.pipeline.train import train
from skipgramophone.settings import TrainSettings

name, root, dim, begun = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
seconds = {{}}

class FirstRound(Exception):
    pass

def reached(stage):
    seconds[stage] = round(time.monotonic() - begun, 2)

def progress(_done):
    reached("first round")
    raise FirstRound

try:
    settings = TrainSettings(window_size={WINDOW}, embedding_dim=dim, epochs=1)
    train(name, settings, force=True, experiments_dir=root, progress=progress, stage=reached)
except FirstRound:
    print(json.dumps(seconds))
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process has used."""

    wall: float  # seconds
    processors: float  # seconds
    peak: int  # bytes of memory, including files that are mapped into memory


def cost_of(arguments: list[str], answers: Path, queries: Path | None = None) -> Cost:
    """Run a program to its end, and return what it has used. Its output goes to a file.

    Raises:
        CalledProcessError: the program failed.
    """
    with answers.open("wb") as output, (queries or Path(os.devnull)).open("rb") as given:
        started = time.perf_counter()
        process = subprocess.Popen(arguments, stdin=given, stdout=output)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, arguments)
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss << 10)


def commands(source: Path, root: Path, dim: int) -> dict[str, list[str]]:
    """Return the arguments of all commands, by a description, in the order in which they run."""
    by_cosine = ["--by", "cosine", "-q"]
    given = [str(track) for track in range(5)]
    return {
        "extract": ["extract", NAME, str(source)],
        "train, one epoch": ["train", NAME, "-wsz", str(WINDOW), "-emb", str(dim), "-e", "1"],
        "index": ["index", NAME],
        "similar --by cosine": ["similar", NAME, "0", *by_cosine],
        "similar": ["similar", NAME, "0", "-q"],
        "continue, five tracks": ["continue", NAME, *given, "-q"],
        f"similar --by cosine --stdin, {QUERIES:,} lines": ["similar", NAME, "--stdin", *by_cosine],
        f"similar --stdin, {QUERIES:,} lines": ["similar", NAME, "--stdin", "-q"],
        "explain, two tracks": ["explain", NAME, "0", "1"],
        "export to npz": ["export", NAME, str(root / "vectors.npz")],
        "export to Parquet": ["export", NAME, str(root / "vectors.parquet")],
        "export to word2vec text": ["export", NAME, str(root / "vectors.txt"), "--format", "word2vec"],
        "check": ["check", NAME],
        "inspect": ["inspect", NAME],
    }


def measure_start(root: Path, dim: int) -> str:
    """Return the seconds at which each step of `sgp train` begins, up to the end of the first round, as text."""
    arguments = [sys.executable, "-c", START, NAME, str(root), str(dim), repr(time.monotonic())]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    return ", ".join(f"{step} {seconds:.1f}" for step, seconds in json.loads(done.stdout).items())


def main() -> None:
    """Generate playlists, run all commands, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("tracks", 100_000), ("tokens", 5_000_000), ("dim", 100), ("repeats", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--folder", type=Path, help="folder for temporary files")
    asked = parser.parse_args()
    print(describe("tensorflow", "annoy"))
    with tempfile.TemporaryDirectory(dir=asked.folder) as made:
        root = Path(made)
        source, queries, answers = root / "sessions.txt", root / "queries.txt", root / "answers.txt"
        subprocess.run([sys.executable, "-c", WRITE, str(source), str(asked.tracks), str(asked.tokens)], check=True)
        queries.write_text("".join(f"{track}\n" for track in range(QUERIES)), encoding="ascii")
        print(f"{asked.tracks:,} tracks, {asked.tokens:,} occurrences, {asked.dim} dimensions\n")
        print("| command | wall, s | processors, s | peak, MB |\n|---|---|---|---|")
        for label, arguments in commands(source, root, asked.dim).items():
            program = [sys.executable, "-m", "skipgramophone", *arguments, "--experiments-dir", made]
            cost = cost_of(program, answers, queries if "--stdin" in arguments else None)
            print(f"| {label} | {cost.wall:.1f} | {cost.processors:.1f} | {cost.peak / 1e6:,.0f} |", flush=True)
        print("\nseconds from the start of `sgp train` until each step begins, and until the first round is trained:")
        for _ in range(asked.repeats):
            print(measure_start(root, asked.dim), flush=True)


if __name__ == "__main__":
    main()
