"""Protect the program from native code: detect crashes in a child process, and redirect stderr to a file."""

from __future__ import annotations

import faulthandler
import os
import resource
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

TIMEOUT = 30.0  # seconds after which the child is stopped; this does not count as a crash
FIRST_PAUSE = 0.0005  # seconds between the first two checks of the child


def cause_of_death(task: Callable[[], object]) -> str | None:
    """Run a task in a child process; return the name of the signal that killed the child, or None.

    None means that the task returned, raised an exception, or was stopped after `TIMEOUT`. Changes that the task makes
    in memory stay in the child.
    """
    with warnings.catch_warnings():
        # Python warns that other threads may hold locks; the task does not need these locks.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        try:
            faulthandler.disable()
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            task()
        finally:
            os._exit(0)
    status = _status(child)
    return signal.Signals(os.WTERMSIG(status)).name if status is not None and os.WIFSIGNALED(status) else None


def _status(child: int) -> int | None:
    """Wait for a child and return its exit status, or stop it after `TIMEOUT` and return None."""
    end, pause = time.monotonic() + TIMEOUT, FIRST_PAUSE
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        time.sleep(pause)
        pause = min(2 * pause, 0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


@contextmanager
def stderr_to(log: Path) -> Iterator[None]:
    """Append all stderr output inside the block to a file, including the output of native code."""
    sys.stderr.flush()
    saved = os.dup(2)
    try:
        with log.open("ab") as file:
            os.dup2(file.fileno(), 2)
            yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
