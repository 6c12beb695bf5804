"""Compares the time of `sgp extract` on a synthetic Zenodo file with pandas on the same rows with standard quoting.

    python -m benchmarks.extraction --rows 1000000

The programs take turns, each in a new process. The table shows the best time of all repeats, the peak resident memory
and the counts, which must be equal in all repeats. The time for the indexes of the catalogue is shown separately,
because pandas builds no indexes.
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

from benchmarks.synthetic_zenodo import FULL_ROWS

MEASURE = """
import json, resource, sys, time
{imports}
path, work = sys.argv[1], sys.argv[2]
started = time.perf_counter()
{work}
seconds = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(json.dumps({{"seconds": seconds, "peak_gb": peak, "found": found, "index_seconds": index_seconds}}))
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


def measured(program: str, path: Path, work: Path) -> dict[str, Any]:
    """Run a program in a new process and return its measurements."""
    done = subprocess.run(
        [sys.executable, "-c", program, str(path), str(work)], capture_output=True, text=True, check=True
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=int, default=FULL_ROWS)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        raw, clean = work / "raw.csv", work / "clean.csv"
        # The files are written by a child process: the peak memory of later children starts from that of this process.
        for path, quoting in ((raw, []), (clean, ["--clean"])):
            command = [sys.executable, "-m", "benchmarks.synthetic_zenodo", str(path), "--rows", str(asked.rows)]
            subprocess.run([*command, *quoting], check=True)
        print(f"{asked.rows:,} rows, {raw.stat().st_size / 1e6:,.0f} MB, {os.cpu_count()} cores")
        print(f"load average before: {os.getloadavg()[0]:.1f}")
        best: dict[str, dict[str, Any]] = {}
        for _ in range(asked.repeats):
            for name, program, path in (("pandas", PANDAS, clean), ("sgp", SGP, raw)):
                now = measured(program, path, work)
                assert now["found"] == best.get(name, now)["found"]
                best[name] = min(best.get(name, now), now, key=lambda one: one["seconds"])
        for name, one in best.items():
            print(f"{name:6}  {one['seconds']:7.2f} s  {one['peak_gb']:.2f} GB  {one['found']}")
        print(f"ratio without catalogue indexes: {best['sgp']['seconds'] / best['pandas']['seconds']:.1f}")
        print(f"catalogue indexes: {best['sgp']['index_seconds']:.1f} s")
        print(f"load average after: {os.getloadavg()[0]:.1f}")
