"""Compares the times of `sgp extract` on a synthetic Zenodo file and of pandas on the same rows in standard CSV.

    python -m benchmarks.extraction --rows 1000000

The programs take turns, each in a new process. The table shows the best time of all repeats, the processor time and
peak resident memory of that run, and what the program counted (such as rows and tracks), which must be equal in all
repeats. The time for the indexes of the catalogue is shown separately, because pandas builds no indexes. Some evenly
spaced rows are left out of the first extraction and added by `--append`; nearly all of them extend different playlists.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.machine import describe
from benchmarks.synthetic_zenodo import FULL_ROWS

MEASURE = """
import json, resource, sys, time
{imports}
path, work = sys.argv[1], sys.argv[2]
started = time.perf_counter()
{work}
seconds = time.perf_counter() - started
processor = time.process_time()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(json.dumps({{"seconds": seconds, "processor": processor, "peak_gb": peak, "found": found,
                  "index_seconds": index_seconds}}))
"""
PANDAS = MEASURE.format(
    imports="import pandas",
    work="frame = pandas.read_csv(path, engine='pyarrow'); found = [len(frame)]; index_seconds = 0",
)
SGP = MEASURE.format(
    imports="""
import pyarrow.compute, pandas, pyarrow.parquet
import skipgramophone as sgp
from skipgramophone.experiment import catalogue_writer
write_indexes, index_seconds = catalogue_writer.write_indexes, 0.0
def timed(*arguments):
    global index_seconds, started
    begun = time.perf_counter()
    write_indexes(*arguments)
    index_seconds = time.perf_counter() - begun
    started += index_seconds
catalogue_writer.write_indexes = timed
""",
    work="""
report = sgp.extract("zenodo", path, experiments_dir=work, force=True)
found = [report.rows_read, report.rows_rejected, report.tracks, report.playlists]
""",
)


APPEND = MEASURE.format(
    imports="import skipgramophone as sgp",
    work="""
report = sgp.extract("zenodo", path, append=True, experiments_dir=work)
found = [report.rows_read, report.rows_used, report.tracks, report.playlists]
index_seconds = 0
""",
)


def split(raw: Path, parts: tuple[Path, Path], rows: int, added: int) -> None:
    """Split a file into two: the second one gets `added` evenly spaced rows, the first one all other rows."""
    step = rows // added
    with raw.open("rb") as lines, parts[0].open("wb") as first, parts[1].open("wb") as second:
        header = next(lines)
        first.write(header)
        second.write(header)
        for number, line in enumerate(lines):
            (second if number % step == step // 2 else first).write(line)


def measured(program: str, *arguments: object) -> dict[str, Any]:
    """Run a program in a new process and return its measurements."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=int, default=FULL_ROWS)
    parser.add_argument("--added", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        raw, clean = work / "raw.csv", work / "clean.csv"
        # A child process writes the files, because the peak memory of later children starts from the peak of this
        # process.
        for path, quoting in ((raw, []), (clean, ["--clean"])):
            command = [sys.executable, "-m", "benchmarks.synthetic_zenodo", str(path), "--rows", str(asked.rows)]
            subprocess.run([*command, *quoting], check=True)
        parts = work / "first.csv", work / "added.csv"
        split(raw, parts, asked.rows, asked.added)
        print(f"{describe('pyarrow', 'pandas')}, {asked.rows:,} rows, {raw.stat().st_size / 1e6:,.0f} MB")
        files = (clean, *parts)
        best: dict[str, dict[str, Any]] = {}
        for _ in range(asked.repeats):
            for name, program, path in (
                ("pandas", PANDAS, clean),
                ("sgp", SGP, parts[0]),
                ("append", APPEND, parts[1]),
            ):
                now = measured(program, path, work)
                assert now["found"] == best.get(name, now)["found"]
                best[name] = min(best.get(name, now), now, key=lambda one: one["seconds"])
        for name, one in best.items():
            times = f"{one['seconds']:7.2f} s  {one['processor']:6.1f} s of processors"
            print(f"{name:6}  {times}  {one['peak_gb']:.2f} GB  {one['found']}")
        read, indexes = best["pandas"]["seconds"], best["sgp"]["index_seconds"]
        print(f"ratio without catalogue indexes: {best['sgp']['seconds'] / read:.1f}")
        print(f"catalogue indexes: {indexes:.1f} s; ratio with them: {(best['sgp']['seconds'] + indexes) / read:.1f}")
        print(f"load average after: {os.getloadavg()[0]:.1f}")
