"""Times `sgp extract` on a twin of the Zenodo file beside what pandas takes to read the same rows in clean quoting.

    python -m benchmarks.extraction --rows 1000000

Each is run in a process of its own, in turn; the table shows the best of the repeats, the peak of resident memory, and
what was found, which must be the same each time. The time of the catalogue's indexes is shown apart: pandas makes none.
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

from benchmarks.zenodo_twin import FULL_ROWS

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
import sqlite3
import pyarrow.compute, pandas, pyarrow.parquet
import skipgramophone as sgp
from skipgramophone.experiment import catalogue_writer as cataloguing
indexes, cataloguing.INDEXES = cataloguing.INDEXES.format(**cataloguing.IN_ORDER), ""
""",
    work="""
report = sgp.extract("twin", path, experiments_dir=work, force=True)
found = [report.rows_read, report.rows_rejected, report.tracks, report.playlists]
database = sqlite3.connect(f"{work}/twin/corpus/tracks.sqlite")
indexed = time.perf_counter()
database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;" + indexes + "COMMIT;")
index_seconds = time.perf_counter() - indexed
started += index_seconds
""",
)


def measured(program: str, path: Path, work: Path) -> dict[str, Any]:
    """Run a program in a fresh process."""
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
        twin, clean = work / "twin.csv", work / "clean.csv"
        for path, quoting in ((twin, []), (clean, ["--clean"])):  # a child's peak of memory counts from its parent's
            made = [sys.executable, "-m", "benchmarks.zenodo_twin", str(path), "--rows", str(asked.rows), *quoting]
            subprocess.run(made, check=True)
        print(f"{asked.rows:,} rows, {twin.stat().st_size / 1e6:,.0f} MB, {os.cpu_count()} cores")
        print(f"load before: {os.getloadavg()[0]:.1f}")
        best: dict[str, dict[str, Any]] = {}
        for _ in range(asked.repeats):
            for name, program, path in (("pandas", PANDAS, clean), ("sgp", SGP, twin)):
                now = measured(program, path, work)
                assert now["found"] == best.get(name, now)["found"]
                best[name] = min(best.get(name, now), now, key=lambda one: one["seconds"])
        for name, one in best.items():
            print(f"{name:6}  {one['seconds']:7.2f} s  {one['peak_gb']:.2f} GB  {one['found']}")
        print(f"ratio {best['sgp']['seconds'] / best['pandas']['seconds']:.1f}, without the indexes of the catalogue,")
        print(f"which take {best['sgp']['index_seconds']:.1f} s; load after: {os.getloadavg()[0]:.1f}")
