"""The points of a run at which a fault can strike: each change of the file system below a directory.

Python tells an audit hook of a file that is opened to write, of renaming, making and removing; `os.fsync` and the swap
of two directories are wrapped here. A point is struck before what it names is done, so that the next one is after it.
What native code does by itself (SQLite, Annoy, Arrow) lies between two points.
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

Strike = Callable[[], None]
LATE = 0.02  # seconds
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
CHANGES = {"os.rename": 2, "os.mkdir": 1, "os.remove": 1, "os.rmdir": 1, "os.truncate": 1}  # event: paths it names


def fail_with(number: int) -> Strike:
    """A strike that is an error of the file system."""

    def strike() -> None:
        raise OSError(number, os.strerror(number))

    return strike


def signal_with(number: int) -> Strike:
    """A strike that is a signal to oneself."""
    return lambda: os.kill(os.getpid(), number)


def late() -> None:
    """A strike that lets go on, after a while."""
    time.sleep(LATE)


STRIKES: dict[str, tuple[Strike, ...]] = {  # at a point, and at those that follow
    "kill": (signal_with(signal.SIGKILL),),
    "interrupt": (signal_with(signal.SIGINT),),
    "interrupt twice": (signal_with(signal.SIGINT), signal_with(signal.SIGINT)),
    "terminate": (signal_with(signal.SIGTERM),),
    "interrupt, terminate": (signal_with(signal.SIGINT), signal_with(signal.SIGTERM)),
    "full": (fail_with(errno.ENOSPC),),
    "broken": (fail_with(errno.EIO),),
    "read-only": (fail_with(errno.EROFS),),
    "slow": (late,) * 1000,
}


class Points:
    """Counts the points of this process from now on, and strikes at one of them, or at some in a row."""

    def __init__(self, root: Path, at: int = 0, strikes: Sequence[Strike] = ()) -> None:
        """Begin.

        Args:
            root: changes below it are points.
            at: the number of the point to strike at first, from 0.
            strikes: what happens there, and at the points that follow.
        """
        self.names: list[str] = []
        self._root = str(root)
        self._strikes = dict(enumerate(strikes, at))
        sys.addaudithook(self._heard)
        self._wrap(os, "fsync", lambda handle: str(Path(f"/proc/self/fd/{handle}").readlink()))
        self._wrap(publishing, "_exchange_by_system", lambda _draft, place: str(place))

    def _wrap(self, module: Any, name: str, place: Callable[..., str]) -> None:
        """Make each call of a function a point."""
        real = getattr(module, name)

        def called(*arguments: Any) -> Any:
            self._reached(name, place(*arguments))
            return real(*arguments)

        setattr(module, name, called)

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take an audit event for a point if it is a change."""
        if event == "open":
            path, _mode, flags = arguments
            if isinstance(path, str | bytes) and flags & WRITING:
                self._reached(event, os.fsdecode(path))
        elif event in CHANGES and isinstance(arguments[0], str | bytes | os.PathLike):
            self._reached(event, os.fsdecode(arguments[CHANGES[event] - 1]))

    def _reached(self, event: str, path: str) -> None:
        """Count a point, and strike if it is the one."""
        if not path.startswith(self._root):
            return
        self.names.append(f"{event} {path[len(self._root) + 1 :]}")
        if strike := self._strikes.get(len(self.names) - 1):
            strike()
