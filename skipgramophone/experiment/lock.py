"""Lock an experiment for one writer; the lock file contains the writer's process id, command and host."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from skipgramophone.errors import ExperimentError, StorageError, reason_of, storage_errors
from skipgramophone.experiment.new_files import open_without_following
from skipgramophone.experiment.publishing import remove_leftovers
from skipgramophone.wording import shell_command, shell_word

LOCK = ".lock"
HOLDER = b'{"pid"'  # a lock file begins with this text, or is empty if no process holds the lock
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)  # errors of file systems without `flock`
READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)  # the user has no permission to write, or the volume is read-only


@contextmanager
def writer_lock(directory: Path, name: str, command: str) -> Iterator[None]:
    """Hold the lock of the experiment `name` in the `with` block; if the process dies, the system releases it.

    Raises:
        ExperimentError: another process is writing this experiment.
        StorageError: the user has no permission to write to the directory, or its file system failed or has no locks.
    """
    with _locked(directory / LOCK, name) as lock:
        holder = {"pid": os.getpid(), "command": shell_command(command, name), "host": socket.gethostname()}
        with storage_errors(directory / LOCK, "write"):
            if not HOLDER.startswith(os.pread(lock.fileno(), len(HOLDER), 0)):
                raise ExperimentError(f"{directory / LOCK} is not a lock file of sgp: move it to another directory")
            lock.truncate(0)
            # The file is unbuffered, so on a full disk only this write fails. With a buffer, `close` would write again
            # and fail as well.
            os.write(lock.fileno(), json.dumps(holder).encode())
            remove_leftovers(directory)
        try:
            yield
        finally:
            lock.truncate(0)


@contextmanager
def _locked(path: Path, name: str) -> Iterator[IO[str]]:
    """Open the lock file and lock it. If another process removes the file before it is locked, try again."""
    while True:
        with storage_errors(path, "write"):
            try:
                lock = open(path, "a+", encoding="utf-8", opener=_open_own_file)  # noqa: SIM115 (closed below)
            except OSError as error:
                if error.errno not in READ_ONLY:
                    raise
                raise _is_read_only(path, name, error) from error
        with lock:
            with storage_errors(path, "lock"):
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    raise ExperimentError(f"experiment '{name}' is being written by {_holder(path)}") from error
                except OSError as error:
                    if error.errno not in NO_LOCKS:
                        raise
                    raise _has_no_locks(path, error) from error
                is_current = path.exists() and os.path.samestat(os.fstat(lock.fileno()), path.stat())
            if is_current:
                yield lock
                return


def _has_no_locks(lock: Path, error: OSError) -> StorageError:
    """Return the error for a file system without file locks."""
    return StorageError.naming(
        lambda named: (
            f"cannot lock {lock}: its file system has no file locks ({reason_of(error)}), so two processes could write "
            f"the experiment at the same time; choose another {named('experiments_dir')}"
        )
    )


def _is_read_only(lock: Path, name: str, error: OSError) -> StorageError:
    """Return the error for an experiment that the user may read, but not change: how to work on a copy of it."""
    # `cp` also copies the modes of directories, so `chmod` must make the copy of a read-only directory writable.
    copy = f"mkdir -p DIR && cp -r {shell_word(str(lock.parent.absolute()))} DIR && chmod -R u+w DIR"
    problem = f"experiment '{name}' is read-only (cannot write {lock}: {reason_of(error)})"
    return StorageError.naming(
        lambda named: (
            f"{problem}: to work on a copy in a directory of your own, run `{copy}`, and "
            + named.either("give this DIR as experiments_dir", "add --experiments-dir DIR to this command")
        )
    )


def _open_own_file(path: str, flags: int) -> int:
    """Open the lock file. A link is refused, because locking would truncate the file to which the link points.

    Raises:
        ExperimentError: the path is a link.
    """
    try:
        return open_without_following(Path(path), flags)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        problem = f"{path} is a link, but the lock file of an experiment must be a regular file: remove the link"
        raise ExperimentError(problem) from error


def _holder(path: Path) -> str:
    """Return what the lock file says about the process that holds the lock, for an error message."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return f"process {held['pid']} on {held['host']} ({held['command']}): wait for it or stop it"
    except (ValueError, KeyError, TypeError, OSError):
        return "another process: wait for it or stop it"
