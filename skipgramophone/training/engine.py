"""The interface of training engines, which run training tasks on this machine or on a cluster."""

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
    """The parameters of a training run that an engine needs."""

    tracks: int
    dim: int
    negatives: int  # negative samples per pair
    layout: Layout
    seed: int  # of the random numbers with which the tables are filled


class Engine(Protocol):
    """Owns the tables of a model and runs training tasks on them.

    Attributes:
        tables: the tables of the model. Read them only between two calls of `train` or `measure`.
        threads: number of threads of this process that the engine can use.
        patience: maximum seconds to wait for running tasks after an error or an interrupt, see `Workers`.
        turn: number of macro-batches per call of `train` or `measure`, a multiple of `BatchShape.round`.
        conditions: information about the run, such as the device, for the manifest of the model.
    """

    tables: Tables[Any]
    threads: int
    patience: float | None
    turn: int
    conditions: dict[str, Any]

    def prepare(self, tasks: Sequence[Assignment], /) -> Any:
        """Prepare tasks, possibly while other tasks are trained; return the argument for `train` or `measure`."""

    def train(self, pool: Workers, prepared: Any, /) -> list[Outcome]:
        """Run prepared tasks, add their updates to the tables, and return the outcomes."""

    def measure(self, pool: Workers, prepared: Any, /) -> list[Outcome]:
        """Run prepared tasks without changing the tables, and return the outcomes."""

    def pop_counts(self) -> dict[str, Any]:
        """Return the counters of the last epoch for the training history, and reset them to zero."""

    def close(self) -> None:
        """Release the resources of the engine, such as connections to workers."""


MakeEngine = Callable[[Any, Plan], Engine]  # takes the TensorFlow module and the plan
