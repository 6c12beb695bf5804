"""Publishing a directory: written beside its place, hashed, flushed, and swapped in by one rename.

A published directory is whole or absent. Killed at any line, what a reader finds is what was there before, or nothing;
what the killed writer left has a name of its own (`.<stage>.<pid>.draft`) that no reader looks at, and the next writer
removes it. This is the one place where the project renames and removes what others may be reading.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from skipgramophone.errors import ExperimentError, StorageError, storage_errors

DRAFT_SUFFIX = ".draft"
RETIRED_SUFFIX = ".old"
SCRATCH_SUFFIX = ".scratch"
_SUFFIXES = "|".join(map(re.escape, (DRAFT_SUFFIX, RETIRED_SUFFIX, SCRATCH_SUFFIX)))
_DRAFT = re.compile(rf"\.(?P<name>.+)\.(?P<pid>\d+)(?:{_SUFFIXES})", re.DOTALL)
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@contextmanager
def draft_directory(place: Path) -> Iterator[Path]:
    """Give a new directory beside `place` to write into; it is removed unless `publish` has moved it.

    Raises:
        StorageError: the file system failed, or is full.
    """
    draft = _draft(place)
    with storage_errors(place.parent, "write"):
        remove_leftovers(place.parent, place.name)
        draft.mkdir()
    try:
        with storage_errors(place, "write"):
            yield draft
    finally:
        remove(draft)


@contextmanager
def published_file(place: Path) -> Iterator[Path]:
    """Give a path beside `place` to write a file to; it is flushed and moved in at the end of the block, or removed.

    Raises:
        StorageError: the file system failed, or is full.
    """
    draft = _draft(place)
    try:
        with storage_errors(place, "write"):
            remove_leftovers(place.parent, place.name)
            yield draft
            _flush(draft)
            draft.replace(place)
            _flush(place.parent)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def scratch_directory(draft: Path) -> Iterator[Path]:
    """Give a directory beside a draft, for a library that insists on a name; what it has made there is moved out."""
    scratch = draft.with_suffix(SCRATCH_SUFFIX)
    scratch.mkdir()
    try:
        yield scratch
    finally:
        remove(scratch)


def require_replaceable(place: Path, force: bool) -> None:
    """Refuse a place for a file that has no directory, is something else, or would be overwritten unasked.

    Raises:
        ExperimentError: the place is refused.
    """
    with storage_errors(place, "write"):
        if not place.parent.is_dir():
            raise ExperimentError(f"cannot write {place}: there is no directory {place.parent}")
        if place.is_symlink() or (place.exists() and not place.is_file()):
            raise ExperimentError(f"cannot write {place}: it is not a regular file")
        if place.exists() and not force:
            raise ExperimentError(f"{place} exists; --force replaces it")


def publish(draft: Path, place: Path) -> None:
    """Flush a draft to disk, then put it in its place in one step; what stood there is removed."""
    for path in draft.rglob("*"):
        _flush(path)
    _flush(draft)
    if place.exists():
        _exchange(draft, place)
    else:
        draft.rename(place)
    _flush(place.parent)


def withdraw(place: Path) -> None:
    """Remove a published directory, if it is there: it is absent in one step, and its files go after that.

    Raises:
        StorageError: the file system refused.
    """
    with storage_errors(place, "remove"):
        if place.exists():
            retired = _retired(place)
            place.rename(retired)
            remove(retired)


def remove_leftovers(directory: Path, name: str = "") -> None:
    """Remove what writers of `name` (or of anything) in a directory left when they were killed."""
    for path in leftovers(directory, name):
        remove(path)


def leftovers(directory: Path, name: str = "") -> list[Path]:
    """What writers of `name` (or of anything) in a directory left when they were killed, by name."""
    found = ((path, _DRAFT.fullmatch(path.name)) for path in sorted(directory.iterdir()))
    return [path for path, draft in found if draft and name in ("", draft["name"]) and not _is_alive(int(draft["pid"]))]


def is_draft(name: str) -> bool:
    """Whether a name is one that a writer gives to what is not published."""
    return _DRAFT.fullmatch(name) is not None


def _draft(place: Path) -> Path:
    """Where this process writes what is to stand in a place."""
    return place.with_name(f".{place.name}.{os.getpid()}{DRAFT_SUFFIX}")


def _retired(place: Path) -> Path:
    """The name that this process gives to what it takes out of a place."""
    return place.with_name(f".{place.name}.{os.getpid()}{RETIRED_SUFFIX}")


def _is_alive(pid: int) -> bool:
    """Whether another process has a number; one's own leftovers are always from before."""
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
    """Remove a directory, a file or a link, if it is there and as far as it can be."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file as it is on disk, in hexadecimal."""
    with storage_errors(path, "read"), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    """Have the system write a file or directory through to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _exchange(draft: Path, place: Path) -> None:
    """Swap two directories atomically, or in two renames where the system cannot."""
    if _exchange_by_system(draft, place):
        return
    retired = _retired(place)
    try:
        place.rename(retired)
        draft.rename(place)  # killed before, the stage is absent: the next writer starts anew
    except BaseException:  # an interrupt, too
        if retired.exists() and not place.exists():
            retired.rename(place)
        raise
    remove(retired)


def _exchange_by_system(draft: Path, place: Path) -> bool:
    """Swap two paths by renameat2(2); False where the kernel or the file system does not know how."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if sys.platform == "linux" else None
    if renameat2 is None:
        return False
    failed = renameat2(_AT_FDCWD, os.fsencode(draft), _AT_FDCWD, os.fsencode(place), _RENAME_EXCHANGE)
    if not failed:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL, errno.EPERM):
        return False
    raise StorageError(f"cannot rename {draft} to {place}: {os.strerror(number)}")
