"""Commands under a limit of address space (`ulimit -v`): native code that runs out of it ends in one clear line.

Python raises an error if memory is short, but OpenBLAS and TensorFlow abort the process. Under such a limit, a command
therefore runs in a child process, whose parent reports how it ended. What native code prints on standard error is
shown only if the child was not killed.
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
from collections.abc import Callable, Iterator
from typing import IO

from skipgramophone.cli import render
from skipgramophone.cli.streams import STDERR, STDIN
from skipgramophone.errors import MemoryShortageError

LIMITS = {"ulimit -v": resource.RLIMIT_AS, "ulimit -d": resource.RLIMIT_DATA}
SIGNS = ("failed to map segment", "annot allocate memory", "can't start new thread", "bad_alloc", "bad allocation")
WAITED_FOR = {signal.SIGINT, signal.SIGTERM, signal.SIGCHLD}
INTERRUPTED = 128 + signal.SIGINT
_PR_SET_PDEATHSIG = 1


def limits() -> dict[str, int]:
    """Return the limits of this process's address space in bytes, by the shell command that sets them."""
    found = {command: resource.getrlimit(kind)[0] for command, kind in LIMITS.items()}
    return {command: size for command, size in found.items() if size != resource.RLIM_INFINITY}


def memory_shortage(error: BaseException) -> MemoryShortageError | None:
    """Return the error to report if an exception or one of its causes says that memory or threads ran out."""
    if not any(map(_is_shortage, _causes(error))):
        return None
    set_by = " or ".join(f"the limit of {size / 1e6:,.0f} MB ({command})" for command, size in limits().items())
    advice = f"raise {set_by}" if set_by else "close other programs"
    return MemoryShortageError(f"out of memory: {advice}, or use less data")


def run_supervised(command: Callable[[], object]) -> None:
    """Run a command in a child process if address space is limited, and exit as it does; otherwise run it here."""
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
        unasked = code == INTERRUPTED and signal.SIGINT not in received  # OpenBLAS interrupts its process
        if (code < 0 and -code not in received) or unasked or _gave_up(log):
            render.error(memory_shortage(MemoryError()) or MemoryShortageError("out of memory"))
            sys.exit(MemoryShortageError.exit_code)
        if code == 0:
            log.seek(0)
            shutil.copyfileobj(log, sys.stderr.buffer)
            sys.stderr.flush()
    sys.exit(code if code >= 0 else 128 - code)


def _become_child(log: IO[bytes]) -> None:
    """End with the parent, and send what native code prints to a file, but not what Python prints."""
    if not os.isatty(STDIN):  # on a terminal, the command must stay in the foreground to read from it
        os.setpgid(0, 0)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WAITED_FOR)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    shown = os.dup(STDERR)
    os.dup2(log.fileno(), STDERR)
    sys.stderr = open(shown, "w", encoding=sys.stderr.encoding, errors="backslashreplace", buffering=1)  # noqa: PTH123, SIM115


def _wait_for(child: int) -> tuple[int, set[int]]:
    """Forward signals until the child ends; return its exit code, negative for a signal, and the signals received.

    A terminal sends Ctrl-C to the child too, if that is in the same process group.
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
        if info.si_code <= 0 or not os.isatty(STDIN):  # sent by a process, not by the terminal
            os.kill(child, info.si_signo)


def _gave_up(log: IO[bytes]) -> bool:
    """Whether native code has ended the process by itself, as OpenBLAS does."""
    log.seek(0)
    return b"Memory allocation still failed" in log.read()


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and what it was caused by."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


def _is_shortage(error: BaseException) -> bool:
    """Whether an exception says that memory or threads ran out; under a limit, CPython's own failures do so too."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    if isinstance(error, SystemError):
        return bool(limits())
    return isinstance(error, ImportError | RuntimeError | OSError) and any(sign in str(error) for sign in SIGNS)
