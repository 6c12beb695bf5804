"""Tasks that run in threads."""

from __future__ import annotations

import threading
import time
from concurrent.futures import CancelledError
from functools import partial

import pytest

from skipgramophone import parallel
from skipgramophone.parallel import background_thread, cancel_tasks, run_in_order, start_task, stop_if_cancelled


def test_results_are_in_the_order_of_the_tasks() -> None:
    def task(number: int) -> int:
        time.sleep(0.002 * (number % 3))
        return number

    assert list(run_in_order(partial(task, number) for number in range(20))) == list(range(20))


@pytest.mark.parametrize("number", [0, 1])
def test_a_single_task_runs_without_another_thread(number: int) -> None:
    found = list(run_in_order(threading.current_thread for _ in range(number)))
    assert found == [threading.current_thread()] * number


def test_a_started_task_runs_while_the_caller_continues() -> None:
    may_end = threading.Event()
    task = start_task(partial(may_end.wait, 60))
    assert not task.done()
    may_end.set()
    assert task.result()


def test_the_error_of_a_started_task_is_raised_where_its_result_is_needed() -> None:
    task = start_task(partial(int, "twelve"))
    with pytest.raises(ValueError, match="twelve"):
        task.result()


def endless(begun: threading.Event) -> None:
    """Run until the task is cancelled."""
    begun.set()
    while True:
        stop_if_cancelled()
        time.sleep(0.001)


def test_a_background_task_ends_after_an_interrupt() -> None:
    begun = threading.Event()
    with pytest.raises(KeyboardInterrupt), background_thread() as thread:  # leaving the block waits for the thread
        task = thread.submit(endless, begun)
        begun.wait(60)
        raise KeyboardInterrupt
    with pytest.raises(CancelledError):
        task.result()


def test_tasks_of_tasks_end_too() -> None:
    begun = threading.Event()
    with pytest.raises(KeyboardInterrupt), background_thread() as thread:
        task = thread.submit(lambda: list(run_in_order(partial(endless, begun) for _ in range(2))))
        begun.wait(60)
        raise KeyboardInterrupt
    with pytest.raises(CancelledError):
        task.result()


def test_started_tasks_end_with_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_OF_PROCESS", parallel._Cancellation())
    begun = threading.Event()
    task = start_task(partial(endless, begun))
    begun.wait(60)
    cancel_tasks()
    with pytest.raises(CancelledError):
        task.result()


def test_the_main_thread_is_never_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_OF_PROCESS", parallel._Cancellation())
    cancel_tasks()
    stop_if_cancelled()
    assert list(run_in_order([partial(int, "12")])) == [12]
