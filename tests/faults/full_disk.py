"""Run commands on disks that are too small for them, to test Python code and native code (SQLite, Annoy, Arrow).

    python -m tests.faults.full_disk [--sizes 12] [--of extract train ...]

A file system in memory is mounted in a separate mount namespace. It has room for the existing files, and for a part of
what the command writes, temporary files included. The command must end with exit code 0, or with 1 and one line that
names the file it could not write. All stages must be unchanged, no temporary files may be left, and with more room the
same command must succeed. The test needs Linux and permission to create a namespace (`unshare --map-root-user
--mount`).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from skipgramophone.experiment.checkpoint import DIRECTORY as CHECKPOINT
from skipgramophone.experiment.split_models import MODELS
from tests.faults.drill import COMMANDS, make_stock, run, state, temporary_files

INSIDE = "SGP_FULL_DISK_INSIDE"
NAMESPACE = ["unshare", "--map-root-user", "--mount"]
PAGE = 4096
ROOM = 256 << 20
TOLERANCE = 1 << 14  # bytes that directories and lock files may take after a failed run


def can_mount() -> bool:
    """Whether a file system can be mounted in a separate mount namespace."""
    if not shutil.which(NAMESPACE[0]):
        return False
    command = [*NAMESPACE, "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def used_bytes(place: Path) -> int:
    """Return the number of used bytes of a file system."""
    status = os.statvfs(place)
    return (status.f_blocks - status.f_bfree) * status.f_frsize


class Disk:
    """A file system in memory whose size can be changed."""

    def __init__(self, place: Path) -> None:
        self.place = place
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "none", str(place)], check=True)

    def resize(self, size: int) -> None:
        """Change the size, rounded up to whole pages."""
        size = -(-size // PAGE) * PAGE
        subprocess.run(["mount", "-o", f"remount,size={size}", str(self.place)], check=True)


@contextmanager
def temporary_files_in(place: Path) -> Iterator[None]:
    """Have child processes write their temporary files to a directory."""
    os.environ["TMPDIR"], tempfile.tempdir, own = str(place), None, tempfile.tempdir
    yield
    del os.environ["TMPDIR"]
    tempfile.tempdir = own


def check_command(disk: Disk, stock: Path, name: str, sizes: int) -> tuple[int, list[str]]:
    """Run a command on disks of several sizes, and return how often the disk was full, and the failures."""
    root, command, err_file = disk.place, COMMANDS[name], disk.place.parent / "err"
    again = command.again or command.arguments

    def fresh(room: int = ROOM // 2) -> dict[str, str]:
        disk.resize(ROOM)
        for path in root.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(stock, root, dirs_exist_ok=True)
        (root / "tmp").mkdir()
        before = state(root)
        disk.resize(used_bytes(root) + room)
        return before

    before = fresh()
    used_before = used_bytes(root)
    if code := run(root, command.arguments):
        raise RuntimeError(f"{name} fails with enough room: {code}")
    # The maximum is larger than the difference: old and new stage exist side by side, and there are temporary files.
    after, most = state(root), used_bytes(root) - used_before + (1 << 19)
    full, failures = 0, []
    for room in [0, *np.geomspace(PAGE, most, sizes - 1).astype(int).tolist()]:
        fresh(room)
        used_before = used_bytes(root)
        with temporary_files_in(root / "tmp"):
            code = run(root, command.arguments)
        err = err_file.read_text()
        case = f"{name} with {room:,} bytes of room"
        now, left = state(root), temporary_files(root)
        if code:
            full += 1
            if code != 1 or "Traceback" in err or len(err.strip().splitlines()) != 1 or str(root) not in err:
                failures.append(f"{case}: exit code {code}: {err[-400:]!r}")
            if mixed := {stage for stage, digest in now.items() if digest not in (before.get(stage), after.get(stage))}:
                failures.append(f"{case}: neither old nor new: {sorted(mixed)}")
            if lost := (before.keys() & after.keys()) - now.keys():
                failures.append(f"{case}: lost: {sorted(lost)}")
            # The checkpoint of a failed training run and the models of an evaluation are kept for the next run.
            kept = any(root.glob(f"*/{CHECKPOINT}")) or any(root.glob(f"*/*/{MODELS}/*"))
            if now == before and not kept and used_bytes(root) > used_before + TOLERANCE:
                failures.append(f"{case}: {used_bytes(root) - used_before:,} bytes were not freed")
        elif now != after:
            failures.append(f"{case}: ends with 0, and these differ: {sorted(set(now.items()) ^ set(after.items()))}")
        if left:
            failures.append(f"{case}: left behind: {left}")
        disk.resize(ROOM)
        if code and (code := run(root, again)):
            failures.append(f"{case}: with room the next run ends with {code}: {err_file.read_text()[-300:]!r}")
        elif state(root) != after:
            failures.append(
                f"{case}: after the next run these differ: {sorted(set(state(root).items()) ^ set(after.items()))}"
            )
    return full, failures


def main() -> int:
    """Test the commands, and print the failures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--of", nargs="*", default=list(COMMANDS), choices=list(COMMANDS))
    parser.add_argument("--sizes", type=int, default=12)
    arguments = parser.parse_args()
    if INSIDE not in os.environ:
        if not can_mount():
            print("cannot mount a file system: this needs Linux and permission to create a namespace")
            return 0
        again = [*NAMESPACE, sys.executable, "-m", "tests.faults.full_disk", *sys.argv[1:]]
        return subprocess.run(again, env=os.environ | {INSIDE: "1"}, check=False).returncode
    failed = False
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory) / "disk"
        place.mkdir()
        (Path(directory) / "files").mkdir()
        make_stock(Path(directory) / "files" / "stock")
        disk = Disk(place)
        try:
            for name in arguments.of:
                full, failures = check_command(disk, Path(directory) / "files" / "stock", name, arguments.sizes)
                counts = f"{full} of {arguments.sizes} sizes were too small; failures: {len(failures)}"
                print(f"{name}: {counts}", flush=True)
                for line in failures:
                    print("   ", line, flush=True)
                failed |= bool(failures)
        finally:
            subprocess.run(["umount", str(place)], check=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
