"""Publish a directory or file atomically: write a draft beside it, flush it to disk, and rename it.

A published directory is complete or absent. If a writer is killed at any point, readers find the previous version or
none. The draft of a killed writer has the name `.<stage>.<token>.draft`, which readers ignore. The next writer removes
it. No other module renames or removes files that other processes may be reading.

The token in the name of a draft is random. A process id and host name would not be unique, because containers that
share a volume may have the same ones. A running writer holds a lock on the file `.<stage>.<token>.writing`, so that
other writers do not remove its draft. Earlier versions of sgp used the process id as the token; their drafts are still
recognized and removed.
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
from collections.abc import Iterable, Iterator
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
LARGE = 1 << 24  # minimum size in bytes of a large file; the disk writes smaller files in a few milliseconds
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@contextmanager
def draft_directory(place: Path) -> Iterator[Path]:
    """Create a draft directory beside `place`.

    After the `with` block, the draft is removed, unless `publish` has already moved it to `place`.

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
    """Yield a path for a draft beside `place`; publish the draft after the `with` block, or remove it after an error.

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
    """Create a temporary directory beside a draft, for libraries that choose the name of the written file themselves.

    The `with` block must move the file to the draft, because the directory is removed after the block.
    """
    scratch = draft.with_suffix(SCRATCH_SUFFIX)
    scratch.mkdir()
    try:
        yield scratch
    finally:
        remove(scratch)


def require_replaceable(place: Path, force: bool) -> None:
    """Verify that a file can be written: its directory exists and, unless `force` is true, the file does not exist yet.

    Raises:
        ExperimentError: the directory is missing, `place` exists but is not a regular file, or `place` exists and
            `force` is false.
    """
    if place == STANDARD_OUTPUT:
        raise ExperimentError("this result cannot be written to standard output (-): give a file")
    with storage_errors(place, "write"):
        if not place.parent.is_dir():
            raise ExperimentError(f"cannot write {place}: the directory {place.parent} does not exist")
        if place.is_symlink() or (place.exists() and not place.is_file()):
            raise ExperimentError(f"cannot write {place}: it is not a regular file")
        if place.exists() and not force:
            raise ExperimentError.naming(
                lambda named: f"{place} already exists: choose another path, or replace it with {named('force', True)}"
            )


def flush_large_files(paths: Iterable[Path]) -> None:
    """Flush those of the files that are large to disk, so that `publish` need not wait for them."""
    for path in paths:
        if path.stat().st_size >= LARGE:
            _flush(path)


def publish(draft: Path, place: Path) -> None:
    """Flush a draft directory to disk, move it to `place` atomically, and remove the previous version."""
    _flush_below(draft)
    if place.exists():
        _exchange(draft, place)
    else:
        draft.rename(place)
    _flush(place.parent)


def publish_new(draft: Path, place: Path) -> None:
    """Flush a draft directory to disk, and move it to `place` atomically. Nothing may exist at `place` yet.

    Raises:
        ExperimentError: something exists at `place`; another process may have published it in the meantime.
    """
    _flush_below(draft)
    try:
        draft.rename(place)  # the rename fails if `place` is a directory that contains files
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise
        raise ExperimentError(f"{place} already exists: choose another name") from error
    _flush(place.parent)


def withdraw(place: Path) -> None:
    """Remove a published directory if it exists.

    It is first renamed and then removed, so that readers never see only a part of it.

    Raises:
        StorageError: the file system failed.
    """
    with storage_errors(place, "remove"), ExitStack() as held:
        if place.exists():
            retired = _claim_draft(place, held).with_suffix(RETIRED_SUFFIX)
            place.rename(retired)
            remove(retired)


def remove_at_once(place: Path) -> None:
    """Remove a directory with everything in it; it is renamed first, so that readers never see a part of it.

    Raises:
        StorageError: the file system failed, or something in the directory cannot be removed.
    """
    with storage_errors(place, "remove"), ExitStack() as held:
        retired = _claim_draft(place, held).with_suffix(RETIRED_SUFFIX)
        place.rename(retired)
        shutil.rmtree(retired)


def remove_leftovers(directory: Path, name: str = "") -> None:
    """Remove the drafts of killed writers from a directory: those of the stage or file `name`, or all if it is ""."""
    for path in leftovers(directory, name):
        remove(path)


def leftovers(directory: Path, name: str = "") -> list[Path]:
    """Return the drafts that `remove_leftovers` removes, sorted by name."""
    found = ((path, _DRAFT.fullmatch(path.name)) for path in sorted(directory.iterdir()))
    return [path for path, draft in found if draft and name in ("", draft["name"]) and not _has_writer(path, draft)]


def place_of_draft(name: str) -> str:
    """Return the name under which a draft would have been published."""
    draft = _DRAFT.fullmatch(name)
    return draft["name"] if draft else name


def is_draft(name: str) -> bool:
    """Whether a name is that of a draft or of another temporary file of a writer (.old, .scratch or .writing)."""
    return _DRAFT.fullmatch(name) is not None


def _claim_draft(place: Path, held: ExitStack) -> Path:
    """Return a new path for a draft of `place`. Its lock file (suffix .writing) is locked until `held` is closed."""
    while True:
        writing = place.with_name(f".{place.name}.t{secrets.token_hex(5)}{WRITING_SUFFIX}")
        # The file is registered for removal before it is opened, because an interrupt may come immediately after
        # opening it.
        held.callback(writing.unlink, missing_ok=True)
        file = held.enter_context(writing.open("xb"))
        with suppress(OSError):  # on a file system without locks, `_has_writer` always returns true
            fcntl.flock(file, fcntl.LOCK_EX)
        if writing.exists():  # Another process may have removed the file before it was locked. In this case, try again.
            return writing.with_suffix(DRAFT_SUFFIX)


def _has_writer(path: Path, draft: re.Match[str]) -> bool:
    """Whether the writer of a draft is still running.

    A running writer holds a lock. A draft of an earlier version of sgp has no lock file: its writer counts as running
    if a process with the id in the draft's name exists.
    """
    if draft["pid"]:
        return _is_alive(int(draft["pid"]))
    try:
        with path.with_suffix(WRITING_SUFFIX).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:  # a writer has locked the file, or the file system has no locks
        return True
    return False


def _is_alive(pid: int) -> bool:
    """Whether another process with this id exists.

    The id of this process itself does not count: a draft with this id is from an earlier process, which has ended.
    """
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
    """Remove a directory, a file or a link if it exists; errors for files in a directory are ignored."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 hash of a file in hexadecimal."""
    with storage_errors(path, "read"), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush_below(draft: Path) -> None:
    """Flush a directory and everything below it to disk."""
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
    """Replace a published directory by a draft: in one step if the system can swap directories, otherwise in two."""
    if _exchange_by_system(draft, place):
        return
    retired = draft.with_suffix(RETIRED_SUFFIX)
    try:
        place.rename(retired)
        draft.rename(place)  # If the process is killed between the two renames, the stage is missing.
    except BaseException:  # including an interrupt
        if retired.exists() and not place.exists():
            retired.rename(place)
        raise
    remove(retired)


def _exchange_by_system(draft: Path, place: Path) -> bool:
    """Swap two paths with renameat2(2); return False if the kernel or the file system cannot do this."""
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
