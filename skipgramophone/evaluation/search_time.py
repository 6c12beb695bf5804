"""The time that a search for settings takes: when it stops, and which budget would be long enough."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

# After the search, four more models are trained: two for the comparison on the validation playlists, and two for the
# test. Time for these models is reserved.
FINAL_TRAININGS = 4
USEFUL_TRIALS = 10  # the present settings, the default settings and eight random ones; later trials learn from these


@dataclass(frozen=True, slots=True)
class SearchTime:
    """Why a search stopped, and the times that decided it.

    Attributes:
        stopped_by: "budget" if there was no time for another trial, "trials" if the maximum number of trials was
            reached.
        trial: duration of the slowest trial of this run in seconds; 0 if this run added no trial.
        reserved: time that was reserved for the final comparison, in seconds.
        advised_budget: estimated budget for ten new trials, in seconds; 0 if this run added no trial.
    """

    stopped_by: Literal["budget", "trials"]
    trial: float
    reserved: float
    advised_budget: float


class SearchClock:
    """Measures the trials of a search, and decides whether there is time for another one."""

    def __init__(self, budget: float) -> None:
        """Start the clock; `budget` is the time limit in seconds, including the final comparison."""
        self._budget, self._started = budget, time.monotonic()
        self._before: float | None = None  # seconds before the first trial
        self._begun, self._slowest = self._started, 0.0

    def allows_trial(self) -> bool:
        """Return whether there is time for another trial; if there is, its time begins.

        The first trial of a run is always allowed.
        """
        self._begun = time.monotonic()
        if self._before is None:
            self._before = self._begun - self._started
            return True
        return self._begun - self._started + (1 + FINAL_TRAININGS) * self._slowest <= self._budget

    def end_trial(self) -> None:
        """Record that the trial has ended."""
        self._slowest = max(self._slowest, time.monotonic() - self._begun)

    def report(self, is_full: bool) -> SearchTime:
        """Return the times of the search; `is_full` tells whether the maximum number of trials was reached."""
        reserved = FINAL_TRAININGS * self._slowest
        advised = (self._before or 0.0) + USEFUL_TRIALS * self._slowest + reserved if self._slowest else 0.0
        return SearchTime("trials" if is_full else "budget", self._slowest, reserved, advised)
