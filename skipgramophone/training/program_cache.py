"""Keeps compiled training programs between runs, because compiling takes longer than a short training run.

TensorFlow writes its compiled programs to `$XDG_CACHE_HOME/skipgramophone/programs` (default: `~/.cache`), in one
directory per version and processor. The programs contain machine code, and TensorFlow would run a damaged program. The
checksums of the programs are therefore kept in a state file of the user. A program whose checksum is not in this file
is deleted.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryFile

from skipgramophone import __version__
from skipgramophone.experiment.user_state import KeptLines, cache_directory, state_file

FLAGS, OPTION = "TF_XLA_FLAGS", "--tf_xla_persistent_cache_directory"
MOST_PROGRAMS = 64  # maximum number of programs that are kept per version and processor; each has about 300 kB
CHECKSUMS = 1000  # maximum number of checksums that are kept
# Suffix of programs that TensorFlow is writing, and maximum age of such a file in seconds. An older file is left over
# from a failure.
UNFINISHED, WRITING = ".tmp", 3600.0
NEEDED_BYTES = 4 << 20  # free space in bytes that the programs of a run may need
CPU_INFO, NVIDIA = Path("/proc/cpuinfo"), Path("/proc/driver/nvidia")


@contextlib.contextmanager
def kept_programs() -> Iterator[None]:
    """Context manager: inside the `with` block, TensorFlow reads and writes compiled programs.

    No programs are kept if other code has loaded TensorFlow before the first such block of the process, or has set
    another directory for compiled programs. No programs are kept either if the user has no private cache directory, or
    if the machine has a GPU.
    """
    directory = _directory()
    if directory is None or NVIDIA.exists() or not _can_be_used(directory) or not _is_clean(directory):
        yield
        return
    os.environ[FLAGS] = f"{os.environ.get(FLAGS, '')} {_option(directory)}".strip()
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            _remember(directory)


def _directory() -> Path | None:
    """Return the directory for programs of this version and processor; create it so that only the user can use it."""
    place = cache_directory()
    processor = _processor()
    if place is None or processor is None:
        return None
    key = (__version__, version("tensorflow"), sys.platform, platform.machine(), processor)
    directory = place / "programs" / hashlib.sha256(repr(key).encode()).hexdigest()[:16]
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = directory.lstat()
    except OSError:
        return None
    is_private = status.st_uid == os.getuid() and not status.st_mode & 0o022 and not directory.is_symlink()
    return directory if is_private else None


def _processor() -> str | None:
    """Return the model and the features of the processor, for which the machine code is made; None if unknown."""
    try:
        lines = CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    known = [line for line in lines if re.match(r"(vendor_id|cpu family|model|stepping|flags|features)\b", line, re.I)]
    return "\n".join(sorted(set(known))) or None


def _can_be_used(directory: Path) -> bool:
    """Whether the environment variable `TF_XLA_FLAGS` can make TensorFlow keep its compiled programs in a directory.

    The variable has no effect after TensorFlow is loaded, and the path cannot have spaces or quotes.
    """
    given = os.environ.get(FLAGS, "")
    if _option(directory) in given.split():
        return True
    return "tensorflow" not in sys.modules and OPTION not in given and not re.search(r"[\s'\"\\]", str(directory))


def _option(directory: Path) -> str:
    """Return the option of TensorFlow that names its directory of compiled programs."""
    return f"{OPTION}={directory}"


def _is_clean(directory: Path) -> bool:
    """Delete programs with unknown checksums, and the oldest programs if there are too many.

    Return whether the directory can be used: the programs were deleted, and there is space for new programs. TensorFlow
    would end the training if it could not write a program.
    """
    known = set(_checksums().read())
    try:
        programs = sorted(directory.iterdir(), key=lambda path: path.lstat().st_mtime_ns, reverse=True)
        for number, path in enumerate(programs):
            # If another training run is still writing a file, it would fail if the file were deleted.
            if _is_being_written(path):
                continue
            if number >= MOST_PROGRAMS or path.is_symlink() or _checksum(path) not in known:
                path.unlink(missing_ok=True)
        with TemporaryFile(dir=directory) as file:
            file.write(bytes(NEEDED_BYTES))
    except OSError:
        return False
    return True


def _is_being_written(path: Path) -> bool:
    """Whether another process is probably still writing a program to this file: its name says so, and it is not old."""
    return path.suffix == UNFINISHED and time.time() - path.lstat().st_mtime < WRITING


def _remember(directory: Path) -> None:
    """Remember the checksums of new programs."""
    checksums = _checksums()
    known = set(checksums.read())
    for path in sorted(directory.glob("*.pb")):
        checksum = _checksum(path)
        if checksum not in known:
            checksums.add(checksum)


def _checksum(path: Path) -> str:
    """Return the SHA-256 of the path and the content of a file."""
    return hashlib.sha256(os.fsencode(path) + b"\0" + path.read_bytes()).hexdigest()


def _checksums() -> KeptLines:
    """Return the file that contains the checksums."""
    return KeptLines(state_file("programs"), CHECKSUMS)
