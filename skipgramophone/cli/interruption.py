"""Handles Ctrl-C: the message at the end of a command, and the checkpoint of a training run.

Training processes batches in rounds. A run stops only after a round, because its state can be saved only then.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from skipgramophone.training.trainer import Progress

UNCHANGED = "interrupted: nothing was changed"


@contextmanager
def interrupted_as(message: str) -> Iterator[None]:
    """If Ctrl-C is pressed inside the `with` block, the command ends and prints `message`."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt(message) from interrupt


class Stopping:
    """Delays Ctrl-C until the end of the current training round. A second Ctrl-C ends the process immediately."""

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs
        self._former: Any = None  # the previous handler of SIGINT, stored while `_ask` replaces it
        self._is_asked = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._restore()

    def checked(self, progress: Callable[[Progress], None]) -> Callable[[Progress], None]:
        """Return a function that calls `progress`, and then raises KeyboardInterrupt if Ctrl-C was pressed."""

        def show(at: Progress) -> None:
            progress(at)
            if at.epoch_done and at.epoch == self._epochs:
                self._restore()  # the run is complete, so there is nothing to resume
            elif self._is_asked:
                raise KeyboardInterrupt
            elif self._former is None and callable(signal.getsignal(signal.SIGINT)):
                self._former = signal.signal(signal.SIGINT, self._ask)

        return show

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        """Remember that Ctrl-C was pressed, and let a second Ctrl-C end the process immediately."""
        self._is_asked = True
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    def _restore(self) -> None:
        """Restore the handler of Ctrl-C that `_ask` has replaced."""
        if self._former is not None:
            signal.signal(signal.SIGINT, self._former)
            self._former = None
