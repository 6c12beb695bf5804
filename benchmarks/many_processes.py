"""Measures the memory of many processes that have the same experiment open and share its memory-mapped pages.

    python -m benchmarks.many_processes [--processes 50] [--tracks 1000000] [--dim 128] [--tokens 20000000]
        [--experiments-dir DIR]

Each process runs `sgp similar --stdin`, answers some queries by the index, and stays open like a service. When all
queries are answered, the memory is read from /proc/PID/smaps_rollup. In the sum of Pss over all processes, a page that
several processes share counts once; in the sum of Rss it counts once per process. With `--experiments-dir`, the
benchmark uses an existing experiment (see `lookups.py`).
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

QUERIES = 20  # number of queries per process


def memory(pid: int) -> dict[str, int]:
    """Return the memory of a process in bytes, by kind, such as "Pss" and "Rss"."""
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
    """Create an experiment unless one is given, and measure one and many processes."""
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
