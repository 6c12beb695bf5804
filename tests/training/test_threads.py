"""Tests of the thread pool: results, errors, and interrupts while waiting."""

from __future__ import annotations

import signal
import threading
import time
from functools import partial

import pytest

from skipgramophone.training.threads import Workers


def test_results_are_in_the_order_of_the_calls() -> None:
    def slow(number: int) -> int:
        time.sleep(0.02 * (4 - number))
        return number

    with Workers(3) as workers:
        assert workers.all([partial(slow, number) for number in range(4)]) == [0, 1, 2, 3]


def test_the_error_of_a_call_is_raised_and_the_threads_end() -> None:
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError), Workers(2) as workers:
        workers.all([lambda: 1, lambda: 1 // 0])
    assert threading.active_count() == before


def test_an_error_does_not_wait_longer_than_the_patience() -> None:
    before, stuck = threading.active_count(), threading.Event()
    with pytest.raises(ZeroDivisionError), Workers(2, patience=0.05) as workers:
        workers.start(stuck.wait)
        workers.all([lambda: 1 // 0])
    assert threading.active_count() == before + 1  # this test would wait for ever without the limit
    stuck.set()
    with Workers(2, patience=0.0) as workers:  # without an error, all calls end
        done = workers.start(partial(time.sleep, 0.05))
    assert done.result() is None


def test_an_interrupt_at_any_moment_leaves_no_thread_waiting() -> None:
    before = threading.active_count()

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    kept = signal.signal(signal.SIGALRM, interrupt)
    try:
        for at in range(200):
            with pytest.raises(KeyboardInterrupt), Workers(2) as workers:
                signal.setitimer(signal.ITIMER_REAL, 0.001 + at % 10 * 0.0001)
                while True:
                    workers.all([partial(pow, 3, 50)] * 4)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, kept)
    assert threading.active_count() == before
