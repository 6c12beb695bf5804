"""Workers: threads that carry out calls, and that a signal cannot leave waiting for each other.

`concurrent.futures` waits on conditions written in Python: an interrupt that is raised in the midst of one leaves its
lock taken, and the worker that needs it, and the exit that waits for the worker, wait forever. Here both sides wait on
`SimpleQueue`, whose waiting is one step that an interrupt comes before or after.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Thread
from typing import Any, Generic, Self, TypeVar

Result = TypeVar("Result")


class Pending(Generic[Result]):
    """The result of a call that is being carried out."""

    def __init__(self) -> None:
        self._done: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()

    def carry_out(self, call: Callable[[], Result]) -> None:
        """Keep what a call returns, or raises."""
        try:
            self._done.put((call(), None))
        except BaseException as error:  # noqa: BLE001 - it is raised again where the result is asked for
            self._done.put((None, error))

    def result(self) -> Result:
        """Wait for the result; may be asked for once."""
        result, error = self._done.get()
        if error is not None:
            raise error
        found: Result = result
        return found


class Workers:
    """Some threads, for the time of a block."""

    def __init__(self, threads: int) -> None:
        self._calls: SimpleQueue[tuple[Pending[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._threads = [Thread(target=self._work, daemon=True) for _ in range(threads)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        for _ in self._threads:
            self._calls.put(None)
        for thread in self._threads:
            thread.join()

    def start(self, call: Callable[[], Result]) -> Pending[Result]:
        """Have a call carried out."""
        pending: Pending[Result] = Pending()
        self._calls.put((pending, call))
        return pending

    def all(self, calls: Sequence[Callable[[], Result]]) -> list[Result]:
        """Carry out calls side by side; their results in order."""
        return [pending.result() for pending in [self.start(call) for call in calls]]

    def _work(self) -> None:
        """Carry out calls until there are no more."""
        while (task := self._calls.get()) is not None:
            pending, call = task
            pending.carry_out(call)
