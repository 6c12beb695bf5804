"""The clock of a search for settings: when it stops, and the budget that it advises."""

from __future__ import annotations

import pytest

from skipgramophone.evaluation import search_time
from skipgramophone.evaluation.search_time import SearchClock, SearchTime


class Time:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    moved = Time()
    monkeypatch.setattr(search_time, "time", moved)
    return moved


def run_trials(clock: SearchClock, time: Time, seconds: list[float]) -> int:
    """Run trials of these durations for as long as the clock allows it, and return how many were run."""
    for number, duration in enumerate(seconds):
        if not clock.allows_trial():
            return number
        time.now += duration
        clock.end_trial()
    return len(seconds)


def test_a_search_reserves_time_for_four_trainings(time: Time) -> None:
    clock = SearchClock(60.0)
    time.now += 2.0
    # After n trials of 8 s, 2 + 8 n seconds are over. Another trial and four trainings take 40 s: 58 s for n = 2.
    assert run_trials(clock, time, [8.0] * 9) == 3
    # Ten trials, four trainings and the 2 s before them take 114 s.
    assert clock.report(is_full=False) == SearchTime("budget", trial=8.0, reserved=32.0, advised_budget=114.0)


def test_the_advised_budget_allows_ten_trials(time: Time) -> None:
    short = SearchClock(1.0)
    time.now += 3.0
    assert run_trials(short, time, [12.0] * 20) == 1
    advised = short.report(is_full=False).advised_budget
    longer = SearchClock(advised)
    time.now += 3.0
    assert run_trials(longer, time, [12.0] * 20) == 10


def test_the_slowest_trial_decides(time: Time) -> None:
    clock = SearchClock(100.0)
    assert run_trials(clock, time, [5.0, 15.0, 5.0, 5.0, 5.0]) == 4  # 25 s and 5 * 15 s fit exactly
    assert clock.report(is_full=True) == SearchTime("trials", trial=15.0, reserved=60.0, advised_budget=210.0)


def test_a_run_without_new_trials_has_no_times(time: Time) -> None:
    assert SearchClock(60.0).report(is_full=True) == SearchTime("trials", trial=0.0, reserved=0.0, advised_budget=0.0)
