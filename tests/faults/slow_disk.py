"""Slow disks: commands on a file system that answers late, as one on a network does, to native code as to Python.

    python -m tests.faults.slow_disk [--delay 0.01] [--every 9] [--of index train ...]

A directory is mounted through FUSE, in a name space of its own, and each operation on it takes up to `--delay` seconds.
Like NFS it cannot swap two directories in one step. Each command must make the same stages as on a quick disk, a reader
who looks up meanwhile must be answered from the old or the new, and whatever strikes (see `drill`) must leave what it
leaves on a quick disk. It needs Linux, `pip install mfusepy`, and libfuse (where it lies: FUSE_LIBRARY_PATH).
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
from tests.faults.drill import COMMANDS, NEEDS_TENSORFLOW, Drill, make_stock, run
from tests.faults.full_disk import NAMESPACE, can_mount
from tests.faults.test_concurrent_readers import answered, look_up

INSIDE = "SGP_SLOW_DISK_INSIDE"
KINDS = ("kill", "interrupt", "terminate", "broken")
KILLED_BETWEEN = re.compile(r"kill at point \d+ \(os\.rename .*: lost: ")  # two renamings: docs/reliability.md says so
LOOKED_UP_BY = {"index", "import --force", "train --force"}  # commands that leave look-ups something to find
LOOKED_UP_FOR = 10.0  # seconds, in which the command is run again and again
PATIENCE = 10.0  # seconds until it is mounted


def can_serve() -> bool:
    """Whether a file system can be served here."""
    if not can_mount() or not Path("/dev/fuse").exists() or not find_spec("mfusepy"):
        return False
    try:
        import_module("mfusepy")
    except (OSError, AttributeError):  # there is no libfuse
        return False
    return True


def serve(under: Path, over: Path, delay: float) -> None:
    """Serve a directory at another place, late to all but who has asked for it, until it is unmounted."""
    fuse: Any = import_module("mfusepy")
    rng, host = random.Random(1), os.getppid()

    def late(answer: Callable[..., Any]) -> Callable[..., Any]:
        """An operation that takes its time; paths are those below the directory."""

        def answered(_self: object, path: str, *others: Any) -> Any:
            if fuse.fuse_get_context()[2] != host:
                time.sleep(rng.uniform(0, delay))
            return answer(f"{under}{path}", *others)

        return answered

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
    slow = type("Slow", (fuse.Operations,), {"use_ns": True} | {name: late(do) for name, do in operations.items()})

    class Served(fuse.FUSE):  # type: ignore[misc]
        """One that says that it does not know the flags of a renaming, instead of passing over them."""

        def rename_fuse_3(self, old: bytes, new: bytes, flags: int) -> int:
            """Rename."""
            if flags:
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
            return int(super().rename_fuse_3(old, new, flags))

    Served(slow(), str(over), foreground=True, default_permissions=True)


@contextmanager
def slow_disk(place: Path, delay: float) -> Iterator[Path]:
    """A slow file system at a place, for the time of the block."""
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
            raise RuntimeError("it cannot be mounted")
        time.sleep(0.05)
    try:
        yield over
    finally:
        subprocess.run(["umount", "--lazy", str(over)], check=True)
        os.kill(server, signal.SIGTERM)
        os.waitpid(server, 0)


def tried(name: str, stock: Path, places: tuple[Path, Path], every: int, rng: random.Random) -> tuple[str, list[str]]:
    """Run and strike a command on a quick and a slow disk: what was done, and what is wrong."""
    quick, slow = (Drill(name, stock, place) for place in places)
    wrong = looked_up_beside(slow) if name in LOOKED_UP_BY else []
    if slow.after != quick.after:
        wrong.append(f"not what a quick disk holds: {sorted(set(slow.after.items()) ^ set(quick.after.items()))}")
    for kind in KINDS:
        for at in range(rng.randrange(every), len(slow.points), every):
            slow.strike(kind, at)
    told = f"{slow.seconds:.1f} s instead of {quick.seconds:.1f}, struck {slow.tally.struck.total()} times"
    return told, [*wrong, *(line for line in slow.tally.bad if not KILLED_BETWEEN.search(line))]


def looked_up_beside(drill: Drill) -> list[str]:
    """Run the command of a drill while a reader looks up; what is wrong with the answers."""
    processes = multiprocessing.get_context("spawn")
    done, told = processes.Event(), processes.Queue()
    drill.lay_out()
    with package.open("made", drill.root) as experiment:
        right = {answered(experiment)}
    reader = processes.Process(target=look_up, args=(drill.root, done, told))
    reader.start()
    end = time.monotonic() + LOOKED_UP_FOR
    while not (code := run(drill.root, drill.command.arguments)) and time.monotonic() < end:
        pass
    done.set()
    asked, answers, errors = told.get(timeout=120)
    reader.join()
    with package.open("made", drill.root) as experiment:
        right.add(answered(experiment))
    wrong = [f"ends with {code}"] if code else []
    if asked < 2:
        wrong.append("nobody has looked up beside it")
    if answers - right:
        wrong.append("an answer is neither of the old model nor of the new")
    absent = ("has no model yet", "No such file")  # for the moment between two renamings
    return wrong + [f"a reader is told: {error}" for error in errors if not any(moment in error for moment in absent)]


def main() -> int:
    """Try the commands, and say what was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--of", nargs="*", default=list(COMMANDS), choices=list(COMMANDS))
    parser.add_argument("--every", type=int, default=9, help="strike at every so many points")
    parser.add_argument("--delay", type=float, default=0.01, help="seconds that an operation takes at most")
    asked = parser.parse_args()
    if not can_serve():
        print("no file system can be served here: it takes Linux, leave to make a name space, mfusepy and libfuse")
        return 0
    if INSIDE not in os.environ:
        again = [*NAMESPACE, sys.executable, "-m", "tests.faults.slow_disk", *sys.argv[1:]]
        return subprocess.run(again, env=os.environ | {INSIDE: "1"}, check=False).returncode
    if not NEEDS_TENSORFLOW.isdisjoint(asked.of):
        import_module("tensorflow")
    bad, rng = 0, random.Random(1)
    with tempfile.TemporaryDirectory() as directory:
        quick = Path(directory)
        make_stock(quick / "stock")
        with slow_disk(quick, asked.delay) as slow:
            for name in asked.of:
                told, wrong = tried(name, quick / "stock", (quick, slow), asked.every, rng)
                print(f"{name}: {told}; bad: {len(wrong)}", flush=True)
                for line in wrong:
                    print("   ", line, flush=True)
                bad += len(wrong)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
