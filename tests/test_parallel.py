"""Tasks that run in threads."""

from __future__ import annotations

import threading
import time
from functools import partial

import pytest

from skipgramophone.parallel import run_in_order, start_task


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
