"""Work done ahead of who waits for it: tasks in threads, their results in order.

Arrow and numpy let go of the interpreter while they work, so that all cores are used. What comes out does not depend on
how many threads there are.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Result = TypeVar("Result")


@contextmanager
def beside() -> Iterator[ThreadPoolExecutor]:
    """A thread that works beside this one until the block is left.

    It starts with nothing to do: nobody waits for a thread in whose start an interrupt falls, and it must not write on
    into a draft that has been removed.
    """
    with ThreadPoolExecutor(1) as thread:
        thread.submit(int).result()
        try:
            yield thread
        except BaseException:  # an interrupt, too
            thread.shutdown(wait=False, cancel_futures=True)  # but for what it is at
            raise


def in_order(tasks: Iterable[Callable[[], Result]]) -> Iterator[Result]:
    """Carry out tasks, as many at once as there are cores; deliver their results in the tasks' order."""
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    under_way: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for task in tasks:
                under_way.append(pool.submit(task))
                if len(under_way) > threads:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            for left in under_way:
                left.cancel()
