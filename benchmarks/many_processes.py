"""Many look-ups at once: fifty processes that hold one experiment open share its pages.

    python -m benchmarks.many_processes [--processes 50] [--tracks 1000000] [--dim 128] [--tokens 20000000]
        [--experiments-dir DIR]

Each is `sgp similar --stdin`, asked for some tracks by the index and kept open, as a service would; when all have
answered, the memory of all is read from /proc/PID/smaps_rollup: Pss counts a page that several processes map once
altogether, Rss in each of them. With `--experiments-dir` the experiment that lies there (see `lookups.py`) is asked.
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

QUERIES = 20  # a process


def memory(pid: int) -> dict[str, int]:
    """Bytes of a process by kind."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {name: int(value.split()[0]) << 10 for name, value in (line.split(":") for line in lines)}


def measure(root: Path, processes: int) -> None:
    """Have many processes answer, and print what they take together."""
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
        held = [memory(process.pid) for process in opened]
    total = {kind: sum(one[kind] for one in held) / 1e9 for kind in ("Pss", "Pss_Anon", "Pss_File", "Rss")}
    print(f"{processes} processes, {processes * QUERIES:,} look-ups by {', '.join(sorted(by))} in {seconds:.1f} s")
    print(", ".join(f"{kind} {gigabytes:.2f} GB" for kind, gigabytes in total.items()))


def main() -> None:
    """Make an experiment, if none is given, and measure."""
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
