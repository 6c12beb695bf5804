"""Fuzzing that is guided by coverage: what has led a reader where no case was before is changed further.

    python -m tests.faults.guided [--minutes 10] [--seed 1] [--keep DIR]

It needs `pip install atheris`, which watches this package's own modules; what Arrow and zlib do is not seen. The
sources of `fuzz` that are text are read in one child process, the first byte of a case standing for its name. Bad is
what `fuzz` calls bad.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

LONGEST = 4096  # bytes of a case
PATIENCE = 20  # seconds a case
MEMORY = 2048  # megabytes of the child


def main() -> int:
    """Fuzz for some minutes, and say what was bad."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    if not find_spec("atheris"):
        print("atheris is not here: pip install atheris")
        return 0
    with tempfile.TemporaryDirectory() as place:
        for name in ("corpus", "read", "finds"):
            (Path(place) / name).mkdir()
        child = os.fork()
        if not child:
            try:
                guided(Path(place), asked.minutes, asked.seed, asked.keep)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        bad = (Path(place) / "bad").read_text() if (Path(place) / "bad").exists() else ""
        died = [path.name for path in (Path(place) / "finds").iterdir()]
        if asked.keep and died:
            asked.keep.mkdir(parents=True, exist_ok=True)
            for name in died:  # what has ended the child, in the form that libFuzzer gives it
                (asked.keep / name).write_bytes((Path(place) / "finds" / name).read_bytes())
        print(f"{len(bad.splitlines()) + len(died)} bad\n{bad}", end="")
        return int(bool(bad or died))


def guided(place: Path, minutes: float, seed: int, keep: Path | None) -> None:
    """In the child: read case after case until the time is over; libFuzzer then ends it, and tells of its coverage."""
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=["skipgramophone"]):
        fuzz = import_module("tests.faults.fuzz")
        target = fuzz.TARGETS["readers"]()
        for name, data in target.files.items():  # what is imported late is watched, too
            target.read(place / "read", name, data, False)
    names = [name for name, data in target.files.items() if data.isascii() or name.startswith("exportify")]
    for at, name in enumerate(names):
        (place / "corpus" / name).write_bytes(bytes([at]) + target.files[name])

    def read(case: bytes) -> None:
        """Read a case."""
        run = fuzz.Run(names[case[0] % len(names)] if case else names[0], case[1:], False)
        if what := fuzz.outcome(target, run, place / "read"):
            with (place / "bad").open("a") as bad:
                bad.write(f"{run.name}: {what.strip().splitlines()[-1]}\n")
            if keep:
                fuzz.keep(keep, "readers", run, what)

    limits = [
        f"-max_total_time={60 * minutes:.0f}",
        f"-timeout={PATIENCE}",
        f"-report_slow_units={PATIENCE}",
        f"-rss_limit_mb={MEMORY}",
    ]
    options = [
        *limits,
        f"-max_len={LONGEST}",
        f"-seed={seed}",
        f"-artifact_prefix={place / 'finds'}/",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], str(place / "corpus"), *options], read)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
