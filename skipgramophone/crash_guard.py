"""Native code: whether it survives, in a child process that may die in this one's place; and where its words go."""

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

PATIENCE = 30.0  # seconds; a child that takes longer has not died of what was asked of it
LOOKS = 0.0005  # seconds between two looks at the child, at first


def cause_of_death(task: Callable[[], object]) -> str | None:
    """Run a task in a child process, and say which signal has killed it; None where it has lived, or raised an error.

    The child shares nothing that it changes with this process, and leaves nothing behind.
    """
    with warnings.catch_warnings():
        # Where this process has threads Python warns of locks that they hold; the task takes none of theirs.
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
    """How a child ended; None where it has had to be stopped."""
    end, pause = time.monotonic() + PATIENCE, LOOKS
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
    """Append what any library writes to the process's stderr to a file, for the time of the block."""
    sys.stderr.flush()
    saved = os.dup(2)
    try:
        with log.open("ab") as file:
            os.dup2(file.fileno(), 2)
            yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
