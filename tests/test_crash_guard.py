"""Crashes of native code are detected in a child process."""

from __future__ import annotations

import os
import signal
import time

import pytest

from skipgramophone import crash_guard
from skipgramophone.crash_guard import cause_of_death


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGILL, signal.SIGABRT])
def test_signal_that_killed_the_child_is_returned(number: signal.Signals) -> None:
    assert cause_of_death(lambda: os.kill(os.getpid(), number)) == number.name


def test_task_that_ends_raises_or_hangs_has_no_cause_of_death(monkeypatch: pytest.MonkeyPatch) -> None:
    changed: list[int] = []
    assert cause_of_death(lambda: changed.append(1)) is None
    assert changed == []
    assert cause_of_death(lambda: 1 // 0) is None
    monkeypatch.setattr(crash_guard, "TIMEOUT", 0.01)
    assert cause_of_death(lambda: time.sleep(60)) is None
    with pytest.raises(ChildProcessError):  # no child is left
        os.waitpid(-1, os.WNOHANG)
