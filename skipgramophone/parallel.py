"""Background threads, and an ordered parallel map over threads.

Arrow and NumPy release the interpreter lock while they work, so threads can use all cores. Results do not depend on
the number of threads.

Python waits for its threads before a process ends. A long task therefore calls `end_if_unwanted` between its steps, so
that it ends soon after an interrupt.
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


class _Wish:
    """Whether the results of some tasks are still wanted. They are not if those of the task that began them are not."""

    def __init__(self, of_caller: _Wish | None = None) -> None:
        self._of_caller = of_caller
        self._is_over = False

    def end(self) -> None:
        """Note that the results are not wanted anymore."""
        self._is_over = True

    @property
    def is_over(self) -> bool:
        """Whether the results are not wanted anymore."""
        return self._is_over or (self._of_caller is not None and self._of_caller.is_over)


_OF_PROCESS = _Wish()
_of_thread = threading.local()  # its attribute `wish` exists only in threads of this module


def end_tasks() -> None:
    """Let all tasks in threads end soon, because the process will end."""
    _OF_PROCESS.end()


def end_if_unwanted() -> None:
    """End the task that calls this function if its result is not wanted anymore; in the main thread, do nothing.

    Raises:
        CancelledError: the result is not wanted.
    """
    wish: _Wish | None = getattr(_of_thread, "wish", None)
    if wish and wish.is_over:
        raise CancelledError


def _pool(threads: int) -> tuple[ThreadPoolExecutor, _Wish]:
    """Return an executor, and the wish of its tasks."""
    wish = _Wish(getattr(_of_thread, "wish", _OF_PROCESS))
    return ThreadPoolExecutor(threads, initializer=_set_wish, initargs=(wish,)), wish


def _set_wish(wish: _Wish) -> None:
    """Set the wish of the current thread."""
    _of_thread.wish = wish


@contextmanager
def background_thread() -> Iterator[ThreadPoolExecutor]:
    """Provide an executor with one background thread inside the `with` block.

    An empty task starts the thread before the block runs. Without this task, an interrupt could arrive while the thread
    is starting. Python would then not wait for the thread, and the thread could write into a draft that has already
    been removed.
    """
    thread, wish = _pool(1)
    with thread:
        thread.submit(int).result()
        try:
            yield thread
        except BaseException:  # includes KeyboardInterrupt
            wish.end()
            thread.shutdown(wait=False, cancel_futures=True)  # a running task ends when it calls `end_if_unwanted`
            raise


def start_task(task: Callable[[], Result]) -> Future[Result]:
    """Run a task in a thread of its own, and return at once.

    After an interrupt, the task may run to its end. It must therefore not write to files that others can see.
    """
    thread, _ = _pool(1)
    future = thread.submit(task)
    thread.shutdown(wait=False)
    return future


def run_in_order(tasks: Iterable[Callable[[], Result]]) -> Iterator[Result]:
    """Run tasks in one thread per core, and yield their results in the order of the tasks.

    A single task is run in the calling thread: for a small file, starting a thread would take longer than the task
    itself.
    """
    tasks = iter(tasks)
    begun = list(islice(tasks, 2))
    if len(begun) < 2:
        yield from (task() for task in begun)
        return
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    pending: deque[Future[Result]] = deque()
    pool, wish = _pool(threads)
    with pool:
        try:
            for task in chain(begun, tasks):
                end_if_unwanted()
                pending.append(pool.submit(task))
                if len(pending) > threads:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            wish.end()
            for future in pending:
                future.cancel()
