"""Measures how fast `sgp extract` reads listening histories, in the formats of several services.

    python -m benchmarks.histories [--plays 500000] [--repeats 1] [--only listens.jsonl]

Each run is a new process. The table shows plays per second, for reading alone and for the whole extraction, and the
peak resident memory of reading. Speeds are given per second of processor time and, in parentheses, of wall time. The
processor time depends less on other programs than the wall time does, but it also rises if they use the caches and the
memory of the computer. To compare two versions, run them in turn.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.extraction import measured
from benchmarks.machine import describe
from benchmarks.synthetic_histories import FILES, PACKED, PLAYS

MEASURE = """
import json, resource, sys, tempfile, time
from pathlib import Path
import pandas, pyarrow.compute, pyarrow.csv, pyarrow.json, pyarrow.parquet
import skipgramophone as sgp
from skipgramophone.playlists.sources import open_sources
path, started, begun = Path(sys.argv[1]), time.process_time(), time.perf_counter()
if sys.argv[2] == "read":
    blocks = [block for reader in open_sources([path], sgp.ExtractSettings()).readers for block in reader.blocks()]
    found = [sum(block.used + len(block.rejects) for block in blocks), sum(len(block.rejects) for block in blocks)]
else:
    with tempfile.TemporaryDirectory() as directory:
        report = sgp.extract("history", path, experiments_dir=directory)
        found = [report.rows_read, report.rows_rejected]
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
seconds, wall = time.process_time() - started, time.perf_counter() - begun
print(json.dumps({"seconds": seconds, "wall": wall, "peak_mb": peak, "found": found}))
"""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--plays", type=int, default=PLAYS)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--only", action="append", help="measure only this file; may be repeated")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        for name in asked.only or (*FILES, *PACKED):
            # A child process writes the file, because the peak memory of later children starts from that of this one.
            command = [sys.executable, "-m", "benchmarks.synthetic_histories", directory, "--plays", str(asked.plays)]
            subprocess.run([*command, "--only", name], check=True)
            path = Path(directory) / name
            runs = {
                what: min(
                    (measured(MEASURE, path, what) for _ in range(asked.repeats)), key=lambda one: float(one["seconds"])
                )
                for what in ("read", "extract")
            }
            speed = {
                what: "{:9,.0f} ({:,.0f})".format(*(run["found"][0] / run[clock] for clock in ("seconds", "wall")))
                for what, run in runs.items()
            }
            rejected = runs["read"]["found"][1]
            size = sum(file.stat().st_size for file in (path, *path.rglob("*")) if file.is_file())
            print(
                f"{name:45} {size / asked.plays:4.0f} B/play  reading {speed['read']}/s  "
                f"extraction {speed['extract']}/s  {runs['read']['peak_mb']:6,.0f} MB  {rejected:,} rejected",
                flush=True,
            )
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        print(describe("pyarrow"))
