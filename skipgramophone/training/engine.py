"""The plan of a run, and what carries it out: this machine, or a cluster of them."""

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
    """What is to be trained, as far as whoever carries out tasks must know."""

    tracks: int
    dim: int
    negatives: int  # a pair
    layout: Layout


class Engine(Protocol):
    """Holds the tables, and carries out tasks on them.

    Attributes:
        tables: as they are between two calls.
        threads: of this process that it can use.
        turn: macro-batches that it wants at once; a multiple of those of a round.
        conditions: what the model's manifest says of it.
    """

    tables: Tables[Any]
    threads: int
    turn: int
    conditions: dict[str, Any]

    def ready(self, what: Sequence[Assignment], /) -> Any:
        """Do what can be done beforehand, while others train: what it gives is for `train` or `measure`."""

    def train(self, pool: Workers, ready: Any, /) -> list[Outcome]:
        """Carry out tasks, and keep what they change."""

    def measure(self, pool: Workers, ready: Any, /) -> list[Outcome]:
        """Carry out tasks, and keep nothing."""

    def account(self) -> dict[str, Any]:
        """What the history is told of an epoch that is done, and begin to count anew."""

    def close(self) -> None:
        """Let go of whoever helps."""


MakeEngine = Callable[[Any, Plan], Engine]  # takes the TensorFlow module
