"""Background threads, and an ordered parallel map over threads.

Arrow and NumPy release the interpreter lock while they work, so threads can use all cores. Results do not depend on
the number of threads.

Before a process ends, Python waits for its threads. A long task therefore calls `stop_if_cancelled` between its steps,
so that it stops soon after an interrupt.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, islice
from typing import TypeVar

Result = TypeVar("Result")


class _Cancellation:
    """Whether some tasks are cancelled. They are also cancelled if the task that started them is."""

    def __init__(self, of_caller: _Cancellation | None = None) -> None:
        self._of_caller = of_caller
        self._is_requested = False

    def request(self) -> None:
        """Cancel the tasks."""
        self._is_requested = True

    @property
    def is_requested(self) -> bool:
        """Whether the tasks are cancelled."""
        return self._is_requested or (self._of_caller is not None and self._of_caller.is_requested)


_OF_PROCESS = _Cancellation()
_of_thread = threading.local()  # its attribute `cancellation` exists only in threads of this module


def cancel_tasks() -> None:
    """Cancel all tasks in threads, because the process is about to end."""
    _OF_PROCESS.request()


def stop_if_cancelled() -> None:
    """Stop the task that calls this function if the task is cancelled.

    In a thread that this module did not start, such as the main thread, do nothing.

    Raises:
        CancelledError: the task is cancelled.
    """
    cancellation: _Cancellation | None = getattr(_of_thread, "cancellation", None)
    if cancellation and cancellation.is_requested:
        raise CancelledError


def _cancellable_pool(threads: int) -> tuple[ThreadPoolExecutor, _Cancellation]:
    """Return an executor, and the object that cancels its tasks."""
    cancellation = _Cancellation(getattr(_of_thread, "cancellation", _OF_PROCESS))
    return ThreadPoolExecutor(threads, initializer=_set_cancellation, initargs=(cancellation,)), cancellation


def _set_cancellation(cancellation: _Cancellation) -> None:
    """Let the tasks in the current thread be cancelled by `cancellation`."""
    _of_thread.cancellation = cancellation


@contextmanager
def background_thread() -> Iterator[ThreadPoolExecutor]:
    """Provide an executor with one background thread inside the `with` block.

    An empty task starts the thread before the block runs. Without this task, an interrupt could arrive while the thread
    is starting. Python would then not wait for the thread, and the thread could write into a draft that has already
    been removed.
    """
    thread, cancellation = _cancellable_pool(1)
    with thread:
        thread.submit(int).result()
        try:
            yield thread
        except BaseException:  # includes KeyboardInterrupt
            cancellation.request()
            thread.shutdown(wait=False, cancel_futures=True)  # a running task stops at `stop_if_cancelled`
            raise


def start_task(task: Callable[[], Result]) -> Future[Result]:
    """Run a task in a thread of its own, and return at once.

    After an interrupt, the task may run to its end. It must therefore not write to files that others can see.
    """
    thread, _ = _cancellable_pool(1)
    future = thread.submit(task)
    thread.shutdown(wait=False)
    return future


def run_in_order(tasks: Iterable[Callable[[], Result]]) -> Iterator[Result]:
    """Run tasks in one thread per core, and yield their results in the order of the tasks.

    A single task is run in the calling thread: for a small file, starting a thread would take longer than the task
    itself.
    """
    tasks = iter(tasks)
    first_two = list(islice(tasks, 2))
    if len(first_two) < 2:
        yield from (task() for task in first_two)
        return
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    pending: deque[Future[Result]] = deque()
    pool, cancellation = _cancellable_pool(threads)
    with pool:
        try:
            for task in chain(first_two, tasks):
                stop_if_cancelled()
                pending.append(pool.submit(task))
                if len(pending) > threads:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            cancellation.request()
            for future in pending:
                future.cancel()
