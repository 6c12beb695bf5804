"""A child dies in the process's place."""

from __future__ import annotations

import os
import signal
import time

import pytest

from skipgramophone import crash_guard as survival
from skipgramophone.crash_guard import cause_of_death


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGILL, signal.SIGABRT])
def test_the_signal_that_killed_it_is_told(number: signal.Signals) -> None:
    assert cause_of_death(lambda: os.kill(os.getpid(), number)) == number.name


def test_what_lives_raises_or_hangs_has_not_died(monkeypatch: pytest.MonkeyPatch) -> None:
    changed: list[int] = []
    assert cause_of_death(lambda: changed.append(1)) is None
    assert changed == []
    assert cause_of_death(lambda: 1 // 0) is None
    monkeypatch.setattr(survival, "PATIENCE", 0.01)
    assert cause_of_death(lambda: time.sleep(60)) is None
    with pytest.raises(ChildProcessError):  # nothing is left behind
        os.waitpid(-1, os.WNOHANG)
