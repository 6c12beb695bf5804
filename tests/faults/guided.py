"""Coverage-guided fuzzing: cases that reach new code are changed further.

    python -m tests.faults.guided [--minutes 10] [--seed 1] [--keep DIR]

It needs `pip install atheris`, which measures the coverage of this package's modules, but not of Arrow and zlib. One
child process reads the text sources of `fuzz_targets`; the first byte of a case selects the file name. A case fails
under the same conditions as in `fuzz`.
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

MAX_LENGTH = 4096  # bytes per case
TIMEOUT = 20  # seconds per case
MEMORY = 2048  # megabytes for the child


def main() -> int:
    """Fuzz for some minutes, and print the failures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    if not find_spec("atheris"):
        print("atheris is not installed: pip install atheris")
        return 0
    with tempfile.TemporaryDirectory() as place:
        for name in ("corpus", "read", "finds"):
            (Path(place) / name).mkdir()
        child = os.fork()
        if not child:
            try:
                fuzz_guided(Path(place), arguments.minutes, arguments.seed, arguments.keep)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        failed = (Path(place) / "failed").read_text() if (Path(place) / "failed").exists() else ""
        crashes = [path.name for path in (Path(place) / "finds").iterdir()]
        if arguments.keep and crashes:
            arguments.keep.mkdir(parents=True, exist_ok=True)
            for name in crashes:  # cases that ended the child, as libFuzzer writes them
                (arguments.keep / name).write_bytes((Path(place) / "finds" / name).read_bytes())
        print(f"{len(failed.splitlines()) + len(crashes)} failed\n{failed}", end="")
        return int(bool(failed or crashes))


def fuzz_guided(place: Path, minutes: float, seed: int, keep: Path | None) -> None:
    """Run cases in the child process until the time is over; libFuzzer then ends it and prints its coverage."""
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=["skipgramophone"]):
        fuzz = import_module("tests.faults.fuzz")
        target = fuzz.TARGETS["readers"]()
        for name, data in target.files.items():  # imports late modules now, so that they are instrumented too
            target.read(place / "read", fuzz.Case(name, data))
    names = [name for name, data in target.files.items() if data.isascii() or name.startswith("exportify")]
    for at, name in enumerate(names):
        (place / "corpus" / name).write_bytes(bytes([at]) + target.files[name])

    def read(case: bytes) -> None:
        """Run one case of libFuzzer."""
        run = fuzz.Case(names[case[0] % len(names)] if case else names[0], case[1:])
        if failure := fuzz.run_case(target, run, place / "read"):
            with (place / "failed").open("a") as failed:
                failed.write(f"{run.name}: {failure.strip().splitlines()[-1]}\n")
            if keep:
                fuzz.keep(keep, "readers", run, failure)

    limits = [
        f"-max_total_time={60 * minutes:.0f}",
        f"-timeout={TIMEOUT}",
        f"-report_slow_units={TIMEOUT}",
        f"-rss_limit_mb={MEMORY}",
    ]
    options = [
        *limits,
        f"-max_len={MAX_LENGTH}",
        f"-seed={seed}",
        f"-artifact_prefix={place / 'finds'}/",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], str(place / "corpus"), *options], read)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
