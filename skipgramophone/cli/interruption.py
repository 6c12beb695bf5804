"""Ctrl-C during training: the run stops after the present round, when its state can be kept."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from skipgramophone.training.trainer import Progress


class Stopping:
    """Defers Ctrl-C from the first to the last round of a run; a second Ctrl-C ends the process immediately."""

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs
        self._former: Any = None  # handler of the signal while it is deferred
        self._is_asked = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._restore()

    def checked(self, progress: Callable[[Progress], None]) -> Callable[[Progress], None]:
        """Return a function that shows the progress, and raises KeyboardInterrupt if Ctrl-C was pressed."""

        def show(at: Progress) -> None:
            progress(at)
            if at.epoch_done and at.epoch == self._epochs:
                self._restore()  # nothing is left to continue
            elif self._is_asked:
                raise KeyboardInterrupt
            elif self._former is None and callable(signal.getsignal(signal.SIGINT)):
                self._former = signal.signal(signal.SIGINT, self._ask)

        return show

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        """Remember the signal."""
        self._is_asked = True
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    def _restore(self) -> None:
        """Let Ctrl-C act at once again."""
        if self._former is not None:
            signal.signal(signal.SIGINT, self._former)
            self._former = None
