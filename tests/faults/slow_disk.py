"""Run commands on a slow file system, such as one on a network, to test Python code and native code.

    python -m tests.faults.slow_disk [--delay 0.01] [--every 9] [--of index train ...]

A directory is mounted through FUSE in a separate mount namespace, and each operation on it takes up to `--delay`
seconds. Like NFS, it cannot exchange two directories in one step. Each command must make the same stages as on a fast
disk; a look-up at the same time must use the old or the new model; and a fault (see `drill`) must have the same result
as on a fast disk. It needs Linux, `pip install mfusepy`, and libfuse (FUSE_LIBRARY_PATH is the path of the library).
"""

from __future__ import annotations

import argparse
import errno
import multiprocessing
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import skipgramophone as package
from tests.faults.drill import COMMANDS, NEEDS_TENSORFLOW, Drill, import_tensorflow, make_stock, run
from tests.faults.full_disk import NAMESPACE, can_mount
from tests.faults.test_concurrent_readers import answer_of, look_up

INSIDE = "SGP_SLOW_DISK_INSIDE"
KINDS = ("kill", "interrupt", "terminate", "broken")
# A kill between the two renames that replace a stage loses it (docs/reliability.md).
EXPECTED_FAILURE = re.compile(r"kill at point \d+ \(os\.rename .*: lost: ")
WITH_LOOK_UPS = {"index", "import --force", "train --force"}  # commands during which look-ups always work
LOOK_UP_SECONDS = 10.0  # in which the command is run over and over
PATIENCE = 10.0  # seconds to wait for the mount


def can_serve() -> bool:
    """Whether a FUSE file system can be served here."""
    if not can_mount() or not Path("/dev/fuse").exists() or not find_spec("mfusepy"):
        return False
    try:
        import_module("mfusepy")
    except (OSError, AttributeError):  # libfuse is missing
        return False
    return True


def serve(under: Path, over: Path, delay: float) -> None:
    """Serve a directory at a mount point, with delays for all processes but the parent, until it is unmounted."""
    fuse: Any = import_module("mfusepy")
    rng, host = random.Random(1), os.getppid()

    def delayed(operation: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap an operation so that it takes a random time; its path is relative to the mount point."""

        def call(_self: object, path: str, *others: Any) -> Any:
            if fuse.fuse_get_context()[2] != host:
                time.sleep(rng.uniform(0, delay))
            return operation(f"{under}{path}", *others)

        return call

    def attributes(path: str, _handle: int | None = None) -> dict[str, int]:
        status = os.lstat(path)
        return {name: getattr(status, name) for name in dir(status) if name.startswith("st_")} | {
            f"st_{of}time": getattr(status, f"st_{of}time_ns") for of in "amc"
        }

    def set_times(path: str, times: tuple[int, int] | None = None) -> None:
        os.utime(path, ns=times or (time.time_ns(), time.time_ns()))

    def rename(old: str, new: str) -> int:
        Path(old).replace(f"{under}{new}")
        return 0

    def refuse_links(*_: Any) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    def room(path: str) -> dict[str, int]:
        status = os.statvfs(path)
        return {name: getattr(status, name) for name in dir(status) if name.startswith("f_") and name != "f_fsid"}

    operations: dict[str, Callable[..., Any]] = {
        "getattr": attributes,
        "readdir": lambda path, _handle: [".", "..", *(one.name for one in Path(path).iterdir())],
        "create": lambda path, mode, _=None: os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, mode),
        "open": os.open,
        "read": lambda _path, size, offset, handle: os.pread(handle, size, offset),
        "write": lambda _path, data, offset, handle: os.pwrite(handle, data, offset),
        "truncate": lambda path, length, _handle=None: os.truncate(path, length),
        "fsync": lambda _path, _data_alone, handle: os.fsync(handle),
        "flush": lambda _path, _handle: 0,
        "release": lambda _path, handle: os.close(handle),
        "rename": rename,
        "mkdir": os.mkdir,
        "rmdir": os.rmdir,
        "unlink": os.unlink,
        "chmod": os.chmod,
        "utimens": set_times,
        "symlink": refuse_links,
        "statfs": room,
    }
    slow = type("Slow", (fuse.Operations,), {"use_ns": True} | {name: delayed(do) for name, do in operations.items()})

    class Served(fuse.FUSE):  # type: ignore[misc]
        """A file system that refuses the flags of a rename instead of ignoring them."""

        def rename_fuse_3(self, old: bytes, new: bytes, flags: int) -> int:
            """Rename a file; flags are an error."""
            if flags:
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
            return int(super().rename_fuse_3(old, new, flags))

    Served(slow(), str(over), foreground=True, default_permissions=True)


@contextmanager
def slow_disk(place: Path, delay: float) -> Iterator[Path]:
    """Mount a slow file system for the time of the block."""
    under, over = place / "under", place / "over"
    under.mkdir()
    over.mkdir()
    server = os.fork()
    if not server:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            serve(under, over, delay)
        finally:
            os._exit(1)
    end = time.monotonic() + PATIENCE
    while not os.path.ismount(over):
        if time.monotonic() > end:
            os.kill(server, signal.SIGKILL)
            raise RuntimeError("the file system cannot be mounted")
        time.sleep(0.05)
    try:
        yield over
    finally:
        subprocess.run(["umount", "--lazy", str(over)], check=True)
        os.kill(server, signal.SIGTERM)
        os.waitpid(server, 0)


def check_command(
    name: str, stock: Path, places: tuple[Path, Path], *, every: int, rng: random.Random
) -> tuple[str, list[str]]:
    """Run a command on a fast and a slow disk, with and without faults, and return a summary and the failures."""
    fast, slow = (Drill(name, stock, place) for place in places)
    failures = look_up_during(slow) if name in WITH_LOOK_UPS else []
    if slow.after != fast.after:
        failures.append(f"differs from a fast disk: {sorted(set(slow.after.items()) ^ set(fast.after.items()))}")
    for kind in KINDS:
        for at in range(rng.randrange(every), len(slow.points), every):
            slow.inject(kind, at)
    summary = f"{slow.seconds:.1f} s instead of {fast.seconds:.1f} s, {slow.tally.faults.total()} faults"
    return summary, [*failures, *(line for line in slow.tally.failures if not EXPECTED_FAILURE.search(line))]


def look_up_during(drill: Drill) -> list[str]:
    """Run the command of a drill while another process looks up tracks, and return the failures."""
    processes = multiprocessing.get_context("spawn")
    done, results = processes.Event(), processes.Queue()
    drill.reset()
    with package.open("made", drill.root) as experiment:
        right = {answer_of(experiment)}
    reader = processes.Process(target=look_up, args=(drill.root, done, results))
    reader.start()
    end = time.monotonic() + LOOK_UP_SECONDS
    while not (code := run(drill.root, drill.command.arguments)) and time.monotonic() < end:
        pass
    done.set()
    look_ups, answers, errors = results.get(timeout=120)
    reader.join()
    with package.open("made", drill.root) as experiment:
        right.add(answer_of(experiment))
    failures = [f"ends with {code}"] if code else []
    if look_ups < 2:
        failures.append("there was no look-up during the command")
    if answers - right:
        failures.append("an answer is neither that of the old model nor that of the new")
    absent = ("has no model yet", "No such file")  # expected between the two renames
    return failures + [f"a look-up failed: {error}" for error in errors if not any(text in error for text in absent)]


def main() -> int:
    """Test the commands, and print the failures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--of", nargs="*", default=list(COMMANDS), choices=list(COMMANDS))
    parser.add_argument("--every", type=int, default=9, help="inject a fault at every N-th point")
    parser.add_argument("--delay", type=float, default=0.01, help="maximum delay of an operation in seconds")
    arguments = parser.parse_args()
    if not can_serve():
        print("cannot serve a file system: this needs Linux, permission to create a namespace, mfusepy and libfuse")
        return 0
    if INSIDE not in os.environ:
        again = [*NAMESPACE, sys.executable, "-m", "tests.faults.slow_disk", *sys.argv[1:]]
        return subprocess.run(again, env=os.environ | {INSIDE: "1"}, check=False).returncode
    if not NEEDS_TENSORFLOW.isdisjoint(arguments.of):
        import_tensorflow()
    failed, rng = False, random.Random(1)
    with tempfile.TemporaryDirectory() as directory:
        fast = Path(directory)
        make_stock(fast / "stock")
        with slow_disk(fast, arguments.delay) as slow:
            for name in arguments.of:
                summary, failures = check_command(name, fast / "stock", (fast, slow), every=arguments.every, rng=rng)
                print(f"{name}: {summary}; failures: {len(failures)}", flush=True)
                for line in failures:
                    print("   ", line, flush=True)
                failed |= bool(failures)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
