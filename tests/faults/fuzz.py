"""Fuzzing: read slightly changed files in a child process, which must succeed or fail with a one-line error.

    python -m tests.faults.fuzz [--cases 1000] [--minutes M] [--seed 1] [--target NAME] [--file NAME] [--keep DIR]
                                [--again]

Each case is a valid file with a few changes: flipped bits, changed bytes, extreme numbers, and pieces that are cut,
doubled or taken from another file. In half of the cases of a JSON document, values are changed instead. A case fails if
it ends in anything but a result or an `SgpError` of one line: another exception, a warning on the terminal, a signal,
more than `MEMORY` or `TIMEOUT`. It also fails if only the index was changed and the answer differs from the right one.
The targets are described in `fuzz_targets`. For sources of `extract` and tables of names, the rows are read in each
case, and `extract --dry-run` is run in a tenth of the cases, because it takes several times as long.

Failing cases are written to `--keep`. Cases that failed in the past are in `finds/`; `--again` reads them first.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import json
import mmap
import os
import random
import resource
import signal
import struct
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from skipgramophone.errors import SgpError
from tests.faults.cases import Case, Target, keep, read_kept, require_one_line
from tests.faults.fuzz_targets import TARGETS
from tests.faults.mutation import mutate, mutate_json

FINDS = Path(__file__).parent / "finds"
IN_MEMORY = Path("/dev/shm")  # faster than a disk for files that are replaced after a millisecond
JSON = (".json", ".jspf")  # suffixes of files whose values are changed too
SHARE_OF_VALUES = 0.5  # of the cases of these files, in which values are changed instead of bytes
SHARE_IN_MANIFEST = 0.7  # of the cases, in which the manifests are rewritten
SHARE_OF_WHOLE = 0.1  # of the cases, in which the whole command is run where it takes much longer than reading
CASES_PER_CHILD = 1000  # a fork costs as much as twenty cheap cases
TIMEOUT = 20.0  # seconds per case
LONGEST_WAIT = 0.1  # seconds that a longer wait counts: this process was stopped, and its child probably too
TIMED_OUT = f"no end after {TIMEOUT:.0f} seconds"
MEMORY = 1 << 30  # bytes that a child may allocate on top of what it has after the fork
VISIBLE_WARNINGS = (UserWarning, RuntimeWarning, FutureWarning)  # categories that Python prints by default


def generate_cases(target: Target, seed: int, number: int, only: Sequence[str] = ()) -> Iterator[Case]:
    """Generate cases of a target, or only of some of its files; they depend only on the seed."""
    rng = random.Random(seed)
    changed = [name for name in target.files if not only or name in only]
    for _ in range(number):
        name, other = rng.choice(changed), rng.choice(list(target.files))
        change = mutate_json if name.endswith(JSON) and rng.random() < SHARE_OF_VALUES else mutate
        data = change(target.files[name], target.files[other], rng)
        yield Case(name, data, rng.random() < SHARE_IN_MANIFEST, rng.random() < SHARE_OF_WHOLE)


def run_case(target: Target, case: Case, directory: Path) -> str | None:
    """Run a case and return why it failed, or None; its files replace those of the previous case."""
    for category in VISIBLE_WARNINGS:
        warnings.simplefilter("error", category)
    try:
        target.read(directory, case)
    except SgpError as error:
        with contextlib.suppress(AssertionError):
            require_one_line(error)
            return None
        return f"an error of several lines: {str(error)!r}"
    except BaseException:  # noqa: BLE001 - anything else is a failure
        return traceback.format_exc()
    return None


def read_valid_files(target: Target) -> None:
    """Read each file of a target once without a change, before any child is forked.

    Children then start with imported modules, compiled patterns and the memory that Arrow reserves once; this memory
    must not count towards their limit. The garbage collector of the children leaves out all objects that exist now.
    """
    with tempfile.TemporaryDirectory() as directory:
        for name, data in target.files.items():
            failure = run_case(target, Case(name, data), Path(directory))
            assert failure is None, f"{name} without a change: {failure}"
    gc.collect()
    gc.freeze()


def failing_cases(target: Target, cases: list[Case]) -> Iterator[tuple[Case, str]]:
    """Run cases in a child process; if one ends the child, run the remaining ones in a new child.

    A case that times out is run a second time: a process that was forked from one with threads may wait for a lock that
    no thread will ever release.
    """
    at, retried = 0, set[int]()
    while at < len(cases):
        with (
            mmap.mmap(-1, 8) as progress,
            tempfile.TemporaryFile("w+") as failures,
            tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as directory,
        ):
            progress[:] = struct.pack("<q", at)
            child = os.fork()
            if not child:
                _run_in_child(target, cases, start=at, progress=progress, failures=failures, directory=Path(directory))
            why = _wait_for(child, progress)
            reached = int(struct.unpack("<q", progress[:])[0])
            failures.seek(0)
            for line in failures:
                number, failure = json.loads(line)
                yield cases[number], failure
        if why is None:
            return
        at = reached + 1
        if why == TIMED_OUT and reached not in retried:
            retried.add(reached)
            at = reached
        else:
            yield cases[reached], why


def _run_in_child(
    target: Target, cases: list[Case], *, start: int, progress: mmap.mmap, failures: io.TextIOBase, directory: Path
) -> None:
    """Run the cases in the child process; write each number to `progress` and each failure to `failures`."""
    try:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for at in range(start, len(cases)):
            progress[:] = struct.pack("<q", at)
            if failure := run_case(target, cases[at], directory):
                failures.write(json.dumps([at, failure]) + "\n")
                failures.flush()
    finally:
        os._exit(0)


def _wait_for(child: int, progress: mmap.mmap) -> str | None:
    """Wait for a child while it makes progress, and return why it ended early, or None."""
    last, waited, before = b"", 0.0, time.monotonic()
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return f"killed by {signal.Signals(os.WTERMSIG(status)).name}" if os.WIFSIGNALED(status) else None
        now = time.monotonic()
        waited, before = waited + min(now - before, LONGEST_WAIT), now
        if progress[:] != last:
            last, waited = progress[:], 0.0
        if waited > TIMEOUT:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return TIMED_OUT
        time.sleep(0.002)


def main() -> int:
    """Run a number of cases, or for some minutes, per target, and print the failures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000, help="number of cases per target")
    parser.add_argument("--minutes", type=float, help="minutes per target, instead of a number of cases")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", choices=TARGETS, action="append")
    parser.add_argument("--file", action="append", default=[], help="change only this file of a target")
    parser.add_argument("--keep", type=Path, help="directory to write failing cases to")
    parser.add_argument("--again", action="store_true", help="first run the cases in finds/")
    arguments = parser.parse_args()
    failed: Counter[str] = Counter()
    for name in arguments.target or TARGETS:
        target, again = TARGETS[name](), read_kept(FINDS, name) if arguments.again else []
        read_valid_files(target)
        started, done = time.monotonic(), 0
        with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C ends a target early, and its totals are printed
            while time.monotonic() - started < 60 * arguments.minutes if arguments.minutes else done < arguments.cases:
                seed, number = arguments.seed * 1_000_003 + done, min(CASES_PER_CHILD, arguments.cases)
                cases = again or list(generate_cases(target, seed, number, arguments.file))
                again = []
                for case, failure in failing_cases(target, cases):
                    last = failure.strip().splitlines()[-1]
                    failed[name] += 1
                    in_manifest = ", in manifest" if case.is_in_manifest else ""
                    print(f"{name}, {case.name}{in_manifest}: {last}", flush=True)
                    if arguments.keep:
                        keep(arguments.keep, name, case, failure)
                done += len(cases)
        seconds = time.monotonic() - started
        print(f"{name}: {done:,} cases, {failed[name]} failed, {done / seconds:.0f} per second", flush=True)
    return int(any(failed.values()))


if __name__ == "__main__":
    sys.exit(main())
