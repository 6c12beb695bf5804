"""Protect the program from crashes and messages of native code.

A task can run in a child process, so that a crash is detected. Messages on stderr can be redirected to a file.
"""

from __future__ import annotations

import faulthandler
import os
import resource
import select
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

TIMEOUT = 30.0  # seconds after which the child is stopped; this does not count as a crash


def cause_of_death(task: Callable[[], object]) -> str | None:
    """Run a task in a child process; return the name of the signal that killed the child, or None.

    None means that the task returned, raised an exception, or was stopped after `TIMEOUT`. Changes that the task makes
    in memory stay in the child.
    """
    reading, writing = os.pipe()  # when the child ends, the system closes its end of the pipe
    with warnings.catch_warnings():
        # Python warns that other threads may hold locks, which are never released in the child. The task needs none of
        # these locks.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        try:
            faulthandler.disable()
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            task()
        finally:
            os._exit(0)
    os.close(writing)
    try:
        status = _status(child, reading)
    finally:
        os.close(reading)
    return signal.Signals(os.WTERMSIG(status)).name if status is not None and os.WIFSIGNALED(status) else None


def _status(child: int, reading: int) -> int | None:
    """Wait until a child ends, and return its exit status; stop it after `TIMEOUT`, and return None.

    `reading` is a pipe whose other end is open only in the child.
    """
    waiting = select.poll()
    waiting.register(reading, select.POLLHUP)
    has_ended = bool(waiting.poll(TIMEOUT * 1000))
    if not has_ended:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return status if has_ended else None


@contextmanager
def stderr_to(log: Path) -> Iterator[None]:
    """Append everything that Python and native code write to stderr inside the `with` block to the file `log`."""
    sys.stderr.flush()
    saved = os.dup(2)
    try:
        with log.open("ab") as file:
            os.dup2(file.fileno(), 2)
            yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
