"""Background threads, and an ordered parallel map over threads.

Arrow and NumPy release the interpreter lock while they work, so threads can use all cores. Results do not depend on
the number of threads.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, islice
from typing import TypeVar

Result = TypeVar("Result")


@contextmanager
def background_thread() -> Iterator[ThreadPoolExecutor]:
    """Provide an executor with one background thread inside the `with` block.

    An empty task starts the thread before the block runs. Without this task, an interrupt could arrive while the thread
    is starting. Python would then not wait for the thread, and the thread could write into a draft that has already
    been removed.
    """
    with ThreadPoolExecutor(1) as thread:
        thread.submit(int).result()
        try:
            yield thread
        except BaseException:  # includes KeyboardInterrupt
            thread.shutdown(wait=False, cancel_futures=True)  # a task that is already running is not stopped
            raise


def start_task(task: Callable[[], Result]) -> Future[Result]:
    """Run a task in a thread of its own, and return at once.

    After an interrupt, the task runs to its end. It must therefore not write to files that others can see.
    """
    thread = ThreadPoolExecutor(1)
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
    with ThreadPoolExecutor(threads) as pool:
        try:
            for task in chain(begun, tasks):
                pending.append(pool.submit(task))
                if len(pending) > threads:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()
