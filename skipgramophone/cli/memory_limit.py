"""Runs commands under a memory limit (`ulimit -v`), and reports a lack of memory in one clear line.

If memory runs out, Python raises an error, but OpenBLAS and TensorFlow abort the process. Under a memory limit, a
command therefore runs in a child process. The parent process reports how the child ended, even if it was aborted.
Messages that native code writes to standard error are printed only if the child succeeded, because a failure is
reported in one clear line instead.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from typing import IO

from skipgramophone.cli import render
from skipgramophone.cli.streams import STDERR, STDIN
from skipgramophone.errors import MemoryShortageError, causes

LIMITS = {"ulimit -v": resource.RLIMIT_AS, "ulimit -d": resource.RLIMIT_DATA}
SIGNS = (
    "failed to map segment",
    "annot allocate memory",
    "can't start new thread",
    "Failed to launch worker thread",
    "bad_alloc",
    "bad allocation",
)
# Messages of libraries that then end the process: of OpenBLAS, and of glibc if a new thread gets no memory for its
# variables.
GAVE_UP = (b"Memory allocation still failed", b"cannot allocate memory for thread-local data")
WAITED_FOR = {signal.SIGINT, signal.SIGTERM, signal.SIGCHLD}
INTERRUPTED = 128 + signal.SIGINT
_PR_SET_PDEATHSIG = 1


def limits() -> dict[str, int]:
    """Return the memory limits of this process: shell command that sets the limit, such as "ulimit -v" -> bytes."""
    found = {command: resource.getrlimit(kind)[0] for command, kind in LIMITS.items()}
    return {command: size for command, size in found.items() if size != resource.RLIM_INFINITY}


def memory_shortage(error: BaseException) -> MemoryShortageError | None:
    """Return a `MemoryShortageError` if `error` or one of its causes reports too little memory or too few threads.

    Otherwise, return None.
    """
    if not any(map(_is_shortage, causes(error))):
        return None
    set_by = " or ".join(f"the limit of {size / 1e6:,.0f} MB ({command})" for command, size in limits().items())
    advice = f"raise {set_by}" if set_by else "close other programs"
    return MemoryShortageError(f"out of memory: {advice}, or use less data")


def run_supervised(command: Callable[[], object]) -> None:
    """Run a command. If memory is limited, run the command in a child process and exit with the child's exit code."""
    if not limits():
        command()
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, WAITED_FOR)
    with tempfile.TemporaryFile() as log:
        child = os.fork()
        if not child:
            _become_child(log)
            command()
            sys.exit(0)
        code, received = _wait_for(child)
        # If OpenBLAS cannot start its threads, it sends SIGINT to its own process.
        unasked = code == INTERRUPTED and signal.SIGINT not in received
        if (code < 0 and -code not in received) or unasked or _gave_up(log):
            render.error(memory_shortage(MemoryError()) or MemoryShortageError("out of memory"))
            sys.exit(MemoryShortageError.exit_code)
        if code == 0:
            log.seek(0)
            shutil.copyfileobj(log, sys.stderr.buffer)
            sys.stderr.flush()
    sys.exit(code if code >= 0 else 128 - code)


def _become_child(log: IO[bytes]) -> None:
    """Make the child end when its parent ends, and redirect the error output of native code to a file.

    Python itself still prints its errors on standard error.
    """
    if not os.isatty(STDIN):  # on a terminal, the command must stay in the foreground to read from it
        os.setpgid(0, 0)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WAITED_FOR)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    shown = os.dup(STDERR)
    os.dup2(log.fileno(), STDERR)
    sys.stderr = open(shown, "w", encoding=sys.stderr.encoding, errors="backslashreplace", buffering=1)  # noqa: PTH123, SIM115


def _wait_for(child: int) -> tuple[int, set[int]]:
    """Forward signals until the child ends. Return its exit code (negative for a signal) and the signals received.

    Ctrl-C on a terminal is not forwarded, because the terminal sends it to the child too.
    """
    received: set[int] = set()
    while True:
        info = signal.sigwaitinfo(WAITED_FOR)
        if info.si_signo == signal.SIGCHLD:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status), received
            continue
        received.add(info.si_signo)
        # If a terminal sent the signal, the child has received it too.
        if info.si_code <= 0 or not os.isatty(STDIN):
            os.kill(child, info.si_signo)


def _gave_up(log: IO[bytes]) -> bool:
    """Return whether OpenBLAS or the dynamic loader of the system has ended the process because it got no memory."""
    log.seek(0)
    written = log.read()
    return any(message in written for message in GAVE_UP)


def _is_shortage(error: BaseException) -> bool:
    """Return whether an exception means a lack of memory or threads.

    Python may raise a SystemError if memory runs out, so under a memory limit (`ulimit`) a SystemError counts too.
    """
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    if isinstance(error, SystemError):
        return bool(limits())
    # Most exceptions of Arrow belong to none of these classes.
    is_from_outside = isinstance(error, ImportError | RuntimeError | OSError) or type(error).__module__ == "pyarrow.lib"
    return is_from_outside and any(sign in str(error) for sign in SIGNS)
