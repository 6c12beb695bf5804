"""The training engine for one machine: threads of this process run the tasks, and its memory contains the tables.

All tasks of a round read their rows before any of them adds its updates, and the updates are added in the order of
the tasks. The result is therefore byte-identical with any number of threads.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, TypeVar

import numpy as np

from skipgramophone.settings import Context, RunSettings
from skipgramophone.training.batches import BatchShape, MacroBatch
from skipgramophone.training.engine import Plan
from skipgramophone.training.layout import Assignment
from skipgramophone.training.step import Pulled, compile_macro_batch
from skipgramophone.training.tables import PROGRAMS, compile_push, new_tables
from skipgramophone.training.tasks import Outcome, TrackIds
from skipgramophone.training.tensorflow_runtime import device_for
from skipgramophone.training.threads import Workers

Prepared = tuple[Assignment, MacroBatch]
Result = TypeVar("Result")
RunAll = Callable[[Sequence[Callable[[], Any]]], list[Any]]  # runs calls; returns their results in the same order


@dataclass(frozen=True, slots=True)
class _Difference:
    """The updates of one task: for each table, padded row numbers and the values to add to rows and accumulators."""

    centre: tuple[Any, Any, Any]
    context: tuple[Any, Any, Any]
    outcome: Outcome


class LocalEngine:
    """Runs training tasks on this machine."""

    # None: wait for all tasks, because they end soon and use the tables of this process.
    patience: float | None = None

    def __init__(self, run: RunSettings, tf: Any, plan: Plan) -> None:
        """Create the tables and choose the device.

        Raises:
            SettingError: the device is a GPU, and TensorFlow finds none.
        """
        self._layout = plan.layout
        shape = plan.layout.shape
        self.turn, self._negatives = shape.round, shape.negatives
        self._scratch = [np.full(plan.tracks, -1, np.int32) for _ in range(shape.round)]
        self._on_device = device_for(tf, run.device)
        with self._on_device():
            self.tables = new_tables(tf, plan.tracks, plan.dim, plan.seed)
        self._variables = [array.variable for array in self.tables.arrays()]
        table, before = (plan.tracks, plan.dim), compile_local_program.cache_info().misses
        self._program = compile_local_program(tf, shape, plan.layout.context, table)
        self._is_new = compile_local_program.cache_info().misses > before
        self._negative_weight = tf.constant(plan.negatives / shape.shared, tf.float32)
        self._push = compile_push(tf, table)
        self._is_traced = False
        self.threads = run.threads or os.cpu_count() or 1
        device = "gpu" if "GPU" in self.tables.centre.rows.variable.device else "cpu"
        self.conditions = {"threads": self.threads, "device": device}

    def prepare(self, tasks: Sequence[Assignment]) -> list[Prepared]:
        """Make the macro-batches of tasks."""
        return [(task, self._layout.macro_batch(task)) for task in tasks]

    def train(self, pool: Workers, prepared: Sequence[Prepared]) -> list[Outcome]:
        """Run the tasks of a round, add their updates to the tables, and return the outcomes."""
        outcomes = self._on(pool, partial(self._train, prepared))
        self._is_traced = True
        return outcomes

    def measure(self, pool: Workers, prepared: Sequence[Prepared]) -> list[Outcome]:
        """Run the tasks of a round without changing the tables, and return the outcomes."""
        return [difference.outcome for difference in self._on(pool, partial(self._differences, prepared))]

    def pop_counts(self) -> dict[str, Any]:
        """Return an empty dictionary, because only a cluster has counters."""
        return {}

    def close(self) -> None:
        """Free the memory of programs that are no longer cached, but that reference cycles of TensorFlow keep alive."""
        # If at most `PROGRAMS` programs were compiled, all of them are still cached.
        if self._is_new and compile_local_program.cache_info().misses > PROGRAMS:
            gc.collect()

    def _on(self, pool: Workers, work: Callable[[RunAll], Result]) -> Result:
        """Do work that consists of several calls: in parallel or, in the first round, one after another in one thread.

        TensorFlow names each program when it is used for the first time. The name contains a number that TensorFlow
        increases with each object that it makes, and each thread makes some objects of its own. The name would
        therefore vary between runs if several threads used TensorFlow. A kept program (`program_cache`) is found only
        by its name.
        """
        return work(pool.all) if self._is_traced else pool.start(partial(work, _run_in_order)).result()

    def _train(self, prepared: Sequence[Prepared], run_all: RunAll) -> list[Outcome]:
        """Run the tasks of a round, and add their updates to the tables."""
        differences = self._differences(prepared, run_all)
        run_all([partial(self._push_all, which, differences) for which in ("centre", "context")])
        return [difference.outcome for difference in differences]

    def _differences(self, prepared: Sequence[Prepared], run_all: RunAll) -> list[_Difference]:
        """Run the tasks of a round, and return their updates in the order of the tasks."""
        calls = [partial(self._pull_and_train, *of) for of in zip(prepared, self._scratch, strict=False)]
        return run_all(calls)

    def _pull_and_train(self, prepared: Prepared, scratch: TrackIds) -> _Difference:
        """Copy the rows that a macro-batch needs, train the copies, and return how much they have changed."""
        task = self._layout.task(*prepared, scratch)
        rows_h = _pad(task.rows[: task.of_tokens], task.places)
        rows_o = _pad(task.rows, task.places + self._negatives)
        with self._on_device():
            *changed, loss, pairs = self._program(*self._variables, rows_h, rows_o, *task.work, self._negative_weight)
        h, o, h_seen, o_seen = changed
        return _Difference((rows_h, h, h_seen), (rows_o, o, o_seen), Outcome(float(loss), float(pairs)))

    def _push_all(self, which: str, differences: list[_Difference]) -> None:
        """Add the updates of a round to the table `which` ("centre" or "context"), in the order of the tasks."""
        table = getattr(self.tables, which)
        with self._on_device():
            for difference in differences:
                self._push(table.rows.variable, table.accumulator.variable, *getattr(difference, which))


@lru_cache(PROGRAMS)
def compile_local_program(tf: Any, shape: BatchShape, context: Context, _table: tuple[int, int]) -> Callable[..., Any]:
    """Compile the program that trains one macro-batch on tables in the memory of this process.

    TensorFlow compiles a program once per shape of its arguments, and keeps it as long as the returned function exists.
    There is one function for each shape of the tables (tracks, embedding_dim); runs with this shape share it.
    """

    def pull(centre: Any, context: Any, centre_seen: Any, context_seen: Any, rows_h: Any, rows_o: Any) -> Pulled:
        return Pulled(
            tf.gather(centre, rows_h),
            tf.gather(context, rows_o),
            tf.gather(centre_seen, rows_h),
            tf.gather(context_seen, rows_o),
        )

    return compile_macro_batch(tf, shape, context, pull=pull)


def _run_in_order(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run calls one after the other in this thread, and return their results."""
    return [call() for call in calls]


def _pad(rows: TrackIds, places: int) -> TrackIds:
    """Return rows padded with zeros at the end, int32 (places,)."""
    padded = np.zeros(places, np.int32)
    padded[: len(rows)] = rows
    return padded
