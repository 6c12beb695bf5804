"""Points of a run at which a fault can be injected: all changes of the file system below a directory.

A Python audit hook sees files that are opened for writing, and calls that rename, create or remove files; `os.fsync`
and the exchange of two directories are wrapped here. A fault is injected before the change at its point; to
test a fault after this change, use the next point. Changes by native code (SQLite, Annoy, Arrow) happen between two
points.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from skipgramophone.experiment import publishing

Fault = Callable[[], None]
DELAY = 0.02  # seconds
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
CHANGES = {"os.rename": 2, "os.mkdir": 1, "os.remove": 1, "os.rmdir": 1, "os.truncate": 1}  # event -> number of paths


def fail_with(number: int) -> Fault:
    """Return a fault that raises an error of the file system."""

    def fault() -> None:
        raise OSError(number, os.strerror(number))

    return fault


def signal_with(number: int) -> Fault:
    """Return a fault that sends a signal to this process."""
    return lambda: os.kill(os.getpid(), number)


def delay() -> None:
    """Delay the change."""
    time.sleep(DELAY)


FAULTS: dict[str, tuple[Fault, ...]] = {  # for a point and those that follow it
    "kill": (signal_with(signal.SIGKILL),),
    "interrupt": (signal_with(signal.SIGINT),),
    "interrupt twice": (signal_with(signal.SIGINT), signal_with(signal.SIGINT)),
    "terminate": (signal_with(signal.SIGTERM),),
    "interrupt, terminate": (signal_with(signal.SIGINT), signal_with(signal.SIGTERM)),
    "full": (fail_with(errno.ENOSPC),),
    "broken": (fail_with(errno.EIO),),
    "read-only": (fail_with(errno.EROFS),),
    "slow": (delay,) * 1000,
}


class Points:
    """Counts the points of this process, and injects faults at one or several consecutive ones."""

    def __init__(self, root: Path, at: int = 0, faults: Sequence[Fault] = ()) -> None:
        """Start counting.

        Args:
            root: directory whose changes are points.
            at: number of the point of the first fault, from 0.
            faults: faults for that point and those that follow it.
        """
        self.names: list[str] = []
        self._root = str(root)
        self._faults = dict(enumerate(faults, at))
        sys.addaudithook(self._audit)
        self._wrap(os, "fsync", lambda handle: str(Path(f"/proc/self/fd/{handle}").readlink()))
        self._wrap(publishing, "_exchange_by_system", lambda _draft, place: str(place))

    def _wrap(self, module: Any, name: str, place: Callable[..., str]) -> None:
        """Make each call of a function a point."""
        real = getattr(module, name)

        def called(*arguments: Any) -> Any:
            self._reached(name, place(*arguments))
            return real(*arguments)

        setattr(module, name, called)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Count an audit event as a point if it is a change."""
        if event == "open":
            path, _mode, flags = arguments
            if isinstance(path, str | bytes) and flags & WRITING:
                self._reached(event, os.fsdecode(path))
        elif event in CHANGES and isinstance(arguments[0], str | bytes | os.PathLike):
            self._reached(event, os.fsdecode(arguments[CHANGES[event] - 1]))

    def _reached(self, event: str, path: str) -> None:
        """Count a point, and inject its fault if it has one."""
        if not path.startswith(self._root):
            return
        self.names.append(f"{event} {path[len(self._root) + 1 :]}")
        if fault := self._faults.get(len(self.names) - 1):
            fault()
