"""Tasks that run in threads."""

from __future__ import annotations

import threading
import time
from functools import partial

import pytest

from skipgramophone.parallel import run_in_order


def test_results_are_in_the_order_of_the_tasks() -> None:
    def task(number: int) -> int:
        time.sleep(0.002 * (number % 3))
        return number

    assert list(run_in_order(partial(task, number) for number in range(20))) == list(range(20))


@pytest.mark.parametrize("number", [0, 1])
def test_a_single_task_runs_without_another_thread(number: int) -> None:
    found = list(run_in_order(threading.current_thread for _ in range(number)))
    assert found == [threading.current_thread()] * number
