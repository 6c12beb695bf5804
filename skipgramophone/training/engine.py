"""The interface of engines, which carry out the tasks of a run on this machine or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from skipgramophone.training.layout import Assignment, Layout
from skipgramophone.training.tables import Tables
from skipgramophone.training.tasks import Outcome
from skipgramophone.training.threads import Workers


@dataclass(frozen=True, slots=True)
class Plan:
    """The facts of a run that an engine must know."""

    tracks: int
    dim: int
    negatives: int  # per pair
    layout: Layout


class Engine(Protocol):
    """Owns the tables and carries out tasks on them.

    Attributes:
        tables: the tables; valid between two calls.
        threads: number of threads of this process that it can use.
        turn: number of macro-batches per call; a multiple of the number per round.
        conditions: facts for the manifest of the model.
    """

    tables: Tables[Any]
    threads: int
    turn: int
    conditions: dict[str, Any]

    def prepare(self, tasks: Sequence[Assignment], /) -> Any:
        """Prepare tasks while others are being trained; returns the argument of `train` or `measure`."""

    def train(self, pool: Workers, prepared: Any, /) -> list[Outcome]:
        """Carry out tasks and add their changes to the tables."""

    def measure(self, pool: Workers, prepared: Any, /) -> list[Outcome]:
        """Carry out tasks without changing the tables."""

    def pop_counts(self) -> dict[str, Any]:
        """Return counts of the last epoch for the history, and set them to zero."""

    def close(self) -> None:
        """Release helper processes."""


MakeEngine = Callable[[Any, Plan], Engine]  # takes the TensorFlow module and the plan
