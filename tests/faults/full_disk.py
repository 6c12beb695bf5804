"""Full disks: commands on a file system that is too small for them, in native code (SQLite, Annoy, Arrow) as in Python.

    python -m tests.faults.full_disk [--sizes 12] [--of extract train ...]

A file system in memory is mounted, in a name space of its own, with room for what is there and a share of what the
command takes at most; its temporary files lie there too. The command must end with 0, or with 1 and one line that names
what could not be written; all stages must be as they were, nothing may be left behind, and with more room the same
command must succeed. It needs Linux, and leave to make a name space (`unshare --map-root-user --mount`).
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
from tests.faults.drill import COMMANDS, make_stock, run, state

INSIDE = "SGP_FULL_DISK_INSIDE"
NAMESPACE = ["unshare", "--map-root-user", "--mount"]
PAGE = 4096
ROOM = 256 << 20
GIVEN_BACK = 1 << 14  # of which directories and lock files may stay


def can_mount() -> bool:
    """Whether a file system can be mounted here in a name space of its own."""
    if not shutil.which(NAMESPACE[0]):
        return False
    tried = [*NAMESPACE, "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


def used(place: Path) -> int:
    """Bytes that are taken on a file system."""
    status = os.statvfs(place)
    return (status.f_blocks - status.f_bfree) * status.f_frsize


class Disk:
    """A file system in memory, of a size that can be changed."""

    def __init__(self, place: Path) -> None:
        self.place = place
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "none", str(place)], check=True)

    def resize(self, size: int) -> None:
        """Give it another size, in whole pages."""
        size = -(-size // PAGE) * PAGE
        subprocess.run(["mount", "-o", f"remount,size={size}", str(self.place)], check=True)


@contextmanager
def temporary_files_in(place: Path) -> Iterator[None]:
    """Have child processes write their temporary files to a place."""
    os.environ["TMPDIR"], tempfile.tempdir, own = str(place), None, tempfile.tempdir
    yield
    del os.environ["TMPDIR"]
    tempfile.tempdir = own


def tried(disk: Disk, stock: Path, name: str, sizes: int) -> tuple[int, list[str]]:
    """Run a command on disks of so many sizes: how often it failed for want of room, and what was wrong then."""
    root, command, said_in = disk.place, COMMANDS[name], disk.place.parent / "err"
    again = command.again or command.arguments

    def fresh(room: int = ROOM // 2) -> dict[str, str]:
        disk.resize(ROOM)
        for path in root.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(stock, root, dirs_exist_ok=True)
        (root / "tmp").mkdir()
        before = state(root)
        disk.resize(used(root) + room)
        return before

    before = fresh()
    taken = used(root)
    if code := run(root, command.arguments):
        raise RuntimeError(f"{name} fails with room enough: {code}")
    # Old and new stand side by side while a stage is replaced, and temporary files lie here too.
    after, most = state(root), used(root) - taken + (1 << 19)
    failed, wrong = 0, []
    for room in [0, *np.geomspace(PAGE, most, sizes - 1).astype(int).tolist()]:
        fresh(room)
        full = used(root)
        with temporary_files_in(root / "tmp"):
            code = run(root, command.arguments)
        said = said_in.read_text()
        what = f"{name} with {room:,} bytes of room"
        now, left = state(root), [path.name for path in root.rglob("*") if path.name.endswith((".draft", ".old"))]
        if code:
            failed += 1
            if code != 1 or "Traceback" in said or len(said.strip().splitlines()) != 1 or str(root) not in said:
                wrong.append(f"{what}: exit code {code}: {said[-400:]!r}")
            if mixed := {stage for stage, digest in now.items() if digest not in (before.get(stage), after.get(stage))}:
                wrong.append(f"{what}: neither old nor new: {sorted(mixed)}")
            if lost := (before.keys() & after.keys()) - now.keys():
                wrong.append(f"{what}: lost: {sorted(lost)}")
            # A training run that ended with an error can go on; what an evaluation has trained is kept for the next.
            kept = any(root.glob(f"*/{CHECKPOINT}")) or any(root.glob(f"*/*/{MODELS}/*"))
            if now == before and not kept and used(root) > full + GIVEN_BACK:
                wrong.append(f"{what}: {used(root) - full:,} bytes were not given back")
        elif now != after:
            wrong.append(f"{what}: ends with 0, and these differ: {sorted(set(now.items()) ^ set(after.items()))}")
        if left:
            wrong.append(f"{what}: left behind: {left}")
        disk.resize(ROOM)
        if code and (code := run(root, again)):
            wrong.append(f"{what}: with room the next run ends with {code}: {said_in.read_text()[-300:]!r}")
        elif state(root) != after:
            wrong.append(
                f"{what}: after the next run these differ: {sorted(set(state(root).items()) ^ set(after.items()))}"
            )
    return failed, wrong


def main() -> int:
    """Try all commands, and say what was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--of", nargs="*", default=list(COMMANDS), choices=list(COMMANDS))
    parser.add_argument("--sizes", type=int, default=12)
    asked = parser.parse_args()
    if INSIDE not in os.environ:
        if not can_mount():
            print("no file system can be mounted here: it takes Linux, and leave to make a name space")
            return 0
        again = [*NAMESPACE, sys.executable, "-m", "tests.faults.full_disk", *sys.argv[1:]]
        return subprocess.run(again, env=os.environ | {INSIDE: "1"}, check=False).returncode
    bad = 0
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory) / "disk"
        place.mkdir()
        (Path(directory) / "given").mkdir()
        make_stock(Path(directory) / "given" / "stock")
        disk = Disk(place)
        try:
            for name in asked.of:
                failed, wrong = tried(disk, Path(directory) / "given" / "stock", name, asked.sizes)
                print(f"{name}: {failed} of {asked.sizes} sizes were too small; bad: {len(wrong)}", flush=True)
                for line in wrong:
                    print("   ", line, flush=True)
                bad += len(wrong)
        finally:
            subprocess.run(["umount", str(place)], check=True)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
