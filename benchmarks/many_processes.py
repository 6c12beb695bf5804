"""Memory of many processes that have the same experiment open and share its memory-mapped pages.

    python -m benchmarks.many_processes [--processes 50] [--tracks 1000000] [--dim 128] [--tokens 20000000]
        [--experiments-dir DIR]

Each process is `sgp similar --stdin`. It answers some queries through the index and stays open, like a service. After
all answers, memory is read from /proc/PID/smaps_rollup. Pss counts a page that several processes share only once in
total; Rss counts it in each process. `--experiments-dir` uses the experiment in a directory (see `lookups.py`).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.lookups import NAME, make

QUERIES = 20  # per process


def memory(pid: int) -> dict[str, int]:
    """Return the memory of a process in bytes, by kind."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {name: int(value.split()[0]) << 10 for name, value in (line.split(":") for line in lines)}


def measure(root: Path, processes: int) -> None:
    """Let many processes answer queries, and print their total memory."""
    command = [sys.executable, "-m", "skipgramophone", "similar", NAME, "-", "--experiments-dir", str(root)]
    started = time.perf_counter()
    with ExitStack() as stack:
        opened = [
            stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            for _ in range(processes)
        ]
        for at, process in enumerate(opened):
            assert process.stdin is not None
            process.stdin.write("".join(f"{NAME}:{(at * QUERIES + query) * 37}\n" for query in range(QUERIES)))
            process.stdin.flush()
        by = set()
        for process in opened:
            assert process.stdout is not None
            by |= {json.loads(process.stdout.readline())["answered_by"] for _ in range(QUERIES)}
        seconds = time.perf_counter() - started
        used = [memory(process.pid) for process in opened]
    total = {kind: sum(one[kind] for one in used) / 1e9 for kind in ("Pss", "Pss_Anon", "Pss_File", "Rss")}
    print(f"processes: {processes}; {processes * QUERIES:,} look-ups by {', '.join(sorted(by))} in {seconds:.1f} s")
    print(", ".join(f"{kind} {gigabytes:.2f} GB" for kind, gigabytes in total.items()))


def main() -> None:
    """Create an experiment if none is given, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options = (("processes", 50), ("tracks", 1_000_000), ("dim", 128), ("tokens", 20_000_000))
    for name, default in options:
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--experiments-dir", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        root = asked.experiments_dir or Path(directory)
        if asked.experiments_dir is None:
            make(root, asked.tracks, asked.tokens, asked.dim)
        for processes in (1, asked.processes):
            measure(root, processes)


if __name__ == "__main__":
    main()
