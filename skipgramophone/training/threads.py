"""A thread pool that cannot deadlock when a signal interrupts the main thread.

`concurrent.futures` waits on condition variables, which are written in Python. If an interrupt is raised inside their
code, a lock may stay locked. The worker that needs the lock then waits forever, and the main thread waits forever for
the worker. Here, both sides wait on a `SimpleQueue`. It is written in C, and an interrupt leaves it in a valid state.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Thread
from typing import Any, Generic, Self, TypeVar

Result = TypeVar("Result")


class Pending(Generic[Result]):
    """The result of a call that runs in a thread of the pool."""

    def __init__(self) -> None:
        self._done: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()

    def run(self, call: Callable[[], Result]) -> None:
        """Run a call and store what it returns or raises."""
        try:
            self._done.put((call(), None))
        except BaseException as error:  # noqa: BLE001 - raised again by `result`
            self._done.put((None, error))

    def result(self) -> Result:
        """Wait for the result and return it, or raise the error of the call. This method can be called only once."""
        result, error = self._done.get()
        if error is not None:
            raise error
        found: Result = result
        return found


class Workers:
    """A thread pool, used as a context manager."""

    def __init__(self, threads: int, patience: float | None = None) -> None:
        """Make the threads.

        Args:
            threads: number of threads.
            patience: maximum number of seconds to wait for running calls after an error or an interrupt; a call may
                be waiting for another machine. None waits for all calls.
        """
        self._patience = patience
        self._calls: SimpleQueue[tuple[Pending[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._threads = [Thread(target=self._work, daemon=True) for _ in range(threads)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        for _ in self._threads:
            self._calls.put(None)
        limited = self._patience is not None and kind is not None
        deadline = time.monotonic() + (self._patience or 0.0)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()) if limited else None)

    def start(self, call: Callable[[], Result]) -> Pending[Result]:
        """Start a call in a thread of the pool, and return a `Pending` object for its result."""
        pending: Pending[Result] = Pending()
        self._calls.put((pending, call))
        return pending

    def all(self, calls: Sequence[Callable[[], Result]]) -> list[Result]:
        """Run calls in parallel, wait for all of them, and return their results in order."""
        return [pending.result() for pending in [self.start(call) for call in calls]]

    def _work(self) -> None:
        """Run calls until the pool is closed."""
        while (task := self._calls.get()) is not None:
            pending, call = task
            pending.run(call)
