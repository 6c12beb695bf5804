"""Publish a directory or file atomically: write a draft beside it, flush it to disk, and rename it.

A published directory is complete or absent. If a writer is killed at any point, readers find the previous version or
none. Its draft keeps a name that readers ignore (`.<stage>.<token>.draft`), and the next writer removes it. Only this
module renames and removes files that others may be reading.

The token is random, because containers that share a volume may have the same process ids and host names. While a writer
lives, it locks the file `.<stage>.<token>.writing`, so that others do not take its draft for a leftover. Earlier
versions used the process id as the token.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from skipgramophone.errors import ExperimentError, StorageError, storage_errors

DRAFT_SUFFIX = ".draft"
RETIRED_SUFFIX = ".old"
SCRATCH_SUFFIX = ".scratch"
WRITING_SUFFIX = ".writing"
_SUFFIXES = "|".join(map(re.escape, (DRAFT_SUFFIX, RETIRED_SUFFIX, SCRATCH_SUFFIX, WRITING_SUFFIX)))
_DRAFT = re.compile(rf"\.(?P<name>.+)\.(?:(?P<pid>\d+)|(?P<token>t[0-9a-f]{{10}}))(?:{_SUFFIXES})", re.DOTALL)
STANDARD_OUTPUT = Path("-")
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@contextmanager
def draft_directory(place: Path) -> Iterator[Path]:
    """Create a draft directory beside `place`; it is removed after the block unless `publish` has moved it.

    Raises:
        StorageError: the file system failed, or is full.
    """
    with ExitStack() as held:
        with storage_errors(place.parent, "write"):
            remove_leftovers(place.parent, place.name)
            draft = _claim_draft(place, held)
            held.callback(remove, draft)
            draft.mkdir()
        with storage_errors(place, "write"):
            yield draft


@contextmanager
def published_file(place: Path) -> Iterator[Path]:
    """Yield a path for a draft beside `place`, which is published after the block, or removed if the block raises.

    Raises:
        StorageError: the file system failed, or is full.
    """
    with storage_errors(place, "write"), ExitStack() as held:
        remove_leftovers(place.parent, place.name)
        draft = _claim_draft(place, held)
        held.callback(draft.unlink, missing_ok=True)
        yield draft
        _flush(draft)
        draft.replace(place)
        _flush(place.parent)


@contextmanager
def scratch_directory(draft: Path) -> Iterator[Path]:
    """Create a directory beside a draft, for a library that chooses the file name; move the file out in the block."""
    scratch = draft.with_suffix(SCRATCH_SUFFIX)
    scratch.mkdir()
    try:
        yield scratch
    finally:
        remove(scratch)


def require_replaceable(place: Path, force: bool) -> None:
    """Raise if a file cannot be written: no directory, not a regular file, or it exists and `force` is false.

    Raises:
        ExperimentError: the file cannot be written.
    """
    if place == STANDARD_OUTPUT:
        raise ExperimentError("this result cannot be written to standard output (-): name a file")
    with storage_errors(place, "write"):
        if not place.parent.is_dir():
            raise ExperimentError(f"cannot write {place}: there is no directory {place.parent}")
        if place.is_symlink() or (place.exists() and not place.is_file()):
            raise ExperimentError(f"cannot write {place}: it is not a regular file")
        if place.exists() and not force:
            raise ExperimentError(f"{place} already exists: choose another path, or replace it with --force")


def publish(draft: Path, place: Path) -> None:
    """Flush a draft directory to disk, then move it to its place in one step; the previous version is removed."""
    _flush_below(draft)
    if place.exists():
        _exchange(draft, place)
    else:
        draft.rename(place)
    _flush(place.parent)


def publish_new(draft: Path, place: Path) -> None:
    """Flush a draft directory to disk, then move it to its place in one step, if there is nothing yet.

    Raises:
        ExperimentError: another process has published something there in the meantime.
    """
    _flush_below(draft)
    try:
        draft.rename(place)  # fails if there is a directory with files
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise
        raise ExperimentError(f"{place} already exists: choose another name") from error
    _flush(place.parent)


def withdraw(place: Path) -> None:
    """Remove a published directory if it exists: rename it in one step, then remove its files.

    Raises:
        StorageError: the file system failed.
    """
    with storage_errors(place, "remove"), ExitStack() as held:
        if place.exists():
            retired = _claim_draft(place, held).with_suffix(RETIRED_SUFFIX)
            place.rename(retired)
            remove(retired)


def remove_leftovers(directory: Path, name: str = "") -> None:
    """Remove the drafts that killed writers of `name` (default: of any name) left in a directory."""
    for path in leftovers(directory, name):
        remove(path)


def leftovers(directory: Path, name: str = "") -> list[Path]:
    """Return the drafts that killed writers of `name` (default: of any name) left in a directory, sorted by name."""
    found = ((path, _DRAFT.fullmatch(path.name)) for path in sorted(directory.iterdir()))
    return [path for path, draft in found if draft and name in ("", draft["name"]) and not _has_writer(path, draft)]


def is_draft(name: str) -> bool:
    """Whether a name is that of a draft, or of another file that is not published."""
    return _DRAFT.fullmatch(name) is not None


def _claim_draft(place: Path, held: ExitStack) -> Path:
    """Return a new path for a draft of a place, and lock its file `.writing` until `held` is closed."""
    while True:
        writing = place.with_name(f".{place.name}.t{secrets.token_hex(5)}{WRITING_SUFFIX}")
        held.callback(writing.unlink, missing_ok=True)  # before it is made: an interrupt may come right after
        file = held.enter_context(writing.open("xb"))
        with suppress(OSError):  # a file system without locks; then nobody can take the lock either
            fcntl.flock(file, fcntl.LOCK_EX)
        if writing.exists():  # otherwise another process removed it as a leftover before it was locked
            return writing.with_suffix(DRAFT_SUFFIX)


def _has_writer(path: Path, draft: re.Match[str]) -> bool:
    """Whether the writer of a draft is alive: it holds a lock or, if it is an earlier version, its process runs."""
    if draft["pid"]:
        return _is_alive(int(draft["pid"]))
    try:
        with path.with_suffix(WRITING_SUFFIX).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:  # it is locked, or that cannot be found out
        return True
    return False


def _is_alive(pid: int) -> bool:
    """Whether a process other than this one is running; drafts with this process's id are from an earlier process."""
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def remove(path: Path) -> None:
    """Remove a directory, a file or a link if it exists, as far as possible."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with storage_errors(path, "read"), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush_below(draft: Path) -> None:
    """Flush a directory and everything in it to disk."""
    for path in draft.rglob("*"):
        _flush(path)
    _flush(draft)


def _flush(path: Path) -> None:
    """Flush a file or directory to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _exchange(draft: Path, place: Path) -> None:
    """Swap two directories atomically, or by two renames if the system cannot."""
    if _exchange_by_system(draft, place):
        return
    retired = draft.with_suffix(RETIRED_SUFFIX)
    try:
        place.rename(retired)
        draft.rename(place)  # if killed before this, the stage is absent and must be made again
    except BaseException:  # including an interrupt
        if retired.exists() and not place.exists():
            retired.rename(place)
        raise
    remove(retired)


def _exchange_by_system(draft: Path, place: Path) -> bool:
    """Swap two paths with renameat2(2); return False if the kernel or the file system does not support it."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if sys.platform == "linux" else None
    if renameat2 is None:
        return False
    paths = (_AT_FDCWD, os.fsencode(draft), _AT_FDCWD, os.fsencode(place))
    if not renameat2(*paths, _RENAME_EXCHANGE):
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL, errno.EPERM):
        return False
    raise StorageError(f"cannot rename {draft} to {place}: {os.strerror(number)}")
