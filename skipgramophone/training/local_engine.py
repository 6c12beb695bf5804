"""The training engine for one machine: threads of this process run the tasks, and its memory contains the tables.

The last task of a round is trained on the tables themselves. The other tasks are trained on copies of their rows. The
copies are made before the last task begins. After all tasks have ended, the updates of the copies are added to the
tables, in the order of the tasks. The result is therefore byte-identical with any number of threads. Even with one
thread, this is faster than training all tasks on copies.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeVar

import numpy as np

from skipgramophone.settings import Context, RunSettings
from skipgramophone.training.batches import HELD_OUT, BatchShape
from skipgramophone.training.engine import Plan
from skipgramophone.training.layout import Assignment
from skipgramophone.training.step import Parameters, Work, compile_on_copies, compile_on_tables
from skipgramophone.training.tables import PROGRAMS, compile_pull, compile_push, new_tables
from skipgramophone.training.tasks import Outcome, TrackIds
from skipgramophone.training.tensorflow_runtime import device_for
from skipgramophone.training.threads import Workers

Result = TypeVar("Result")
RunAll = Callable[[Sequence[Callable[[], Any]]], list[Any]]  # runs calls; returns their results in the same order


class _OnCopies(NamedTuple):
    """A task that is trained on copies of rows."""

    rows_h: TrackIds  # rows of the centre table, padded
    rows_o: TrackIds  # rows of the context table, padded
    work: Work  # the tracks are positions among these rows


class Prepared(NamedTuple):
    """The tasks of a round."""

    on_copies: list[_OnCopies]
    on_tables: Work | None  # None for held-out playlists, which do not change the tables


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
        self._scratch = np.full(plan.tracks, -1, np.int32)
        self._on_device = device_for(tf, run.device)
        with self._on_device():
            self.tables = new_tables(tf, plan.tracks, plan.dim, plan.seed)
        self._variables = [array.variable for array in self.tables.arrays()]
        table, before = (plan.tracks, plan.dim), compile_local_programs.cache_info().misses
        self._programs = compile_local_programs(tf, shape, plan.layout.context, table)
        self._is_new = compile_local_programs.cache_info().misses > before
        self._negative_weight = tf.constant(plan.negatives / shape.shared, tf.float32)
        self._pull, self._push = compile_pull(tf, table), compile_push(tf, table)
        self._is_traced = False
        self.threads = run.threads or os.cpu_count() or 1
        device = "gpu" if "GPU" in self.tables.centre.rows.variable.device else "cpu"
        self.conditions = {"threads": self.threads, "device": device}

    def prepare(self, tasks: Sequence[Assignment]) -> Prepared:
        """Make the macro-batches of a round."""
        is_held_out = any(task.purpose == HELD_OUT for task in tasks)
        on_copies, on_tables = (tasks, None) if is_held_out or not tasks else (tasks[:-1], tasks[-1])
        work = on_tables and self._layout.work_on_tables(on_tables, self._layout.macro_batch(on_tables))
        return Prepared([self._copied(task) for task in on_copies], work)

    def train(self, pool: Workers, prepared: Prepared) -> list[Outcome]:
        """Run the tasks of a round, add their updates to the tables, and return the outcomes."""
        outcomes = self._on(pool, partial(self._train, prepared))
        self._is_traced = True
        return outcomes

    def measure(self, pool: Workers, prepared: Prepared) -> list[Outcome]:
        """Run tasks of held-out playlists without changing the tables, and return the outcomes."""
        return [difference.outcome for difference in self._on(pool, partial(self._run, prepared))]

    def pop_counts(self) -> dict[str, Any]:
        """Return an empty dictionary, because only a cluster has counters."""
        return {}

    def close(self) -> None:
        """Free the memory of programs that are no longer cached, but that reference cycles of TensorFlow keep alive."""
        # If at most `PROGRAMS` programs were compiled, all of them are still cached.
        if self._is_new and compile_local_programs.cache_info().misses > PROGRAMS:
            gc.collect()

    def _on(self, pool: Workers, work: Callable[[RunAll], Result]) -> Result:
        """Do work that consists of several calls: in parallel or, in the first round, one after another in one thread.

        TensorFlow names each program when it is used for the first time. The name contains a number that TensorFlow
        increases with each object that it makes, and each thread makes some objects of its own. The name would
        therefore vary between runs if several threads used TensorFlow. A kept program (`program_cache`) is found only
        by its name.
        """
        return work(pool.all) if self._is_traced else pool.start(partial(work, _run_in_order)).result()

    def _copied(self, what: Assignment) -> _OnCopies:
        """Make a task that is trained on copies of rows."""
        task = self._layout.task(what, self._layout.macro_batch(what), self._scratch)
        rows_h = _pad(task.rows[: task.of_tokens], task.places)
        return _OnCopies(rows_h, _pad(task.rows, task.places + self._negatives), task.work)

    def _train(self, prepared: Prepared, run_all: RunAll) -> list[Outcome]:
        """Run the tasks of a round, and add the updates of those on copies to the tables."""
        *differences, outcome = self._run(prepared, run_all)
        run_all([partial(self._push_all, which, differences) for which in ("centre", "context")])
        return [*(difference.outcome for difference in differences), outcome]

    def _run(self, prepared: Prepared, run_all: RunAll) -> list[Any]:
        """Run the tasks of a round; return the updates of those on copies, then the outcome of that on the tables."""
        pulled = run_all([partial(self._pull_rows, task) for task in prepared.on_copies])
        calls: list[Callable[[], Any]] = [
            partial(self._train_copies, *of) for of in zip(prepared.on_copies, pulled, strict=True)
        ]
        if prepared.on_tables:
            calls.append(partial(self._train_tables, prepared.on_tables))
        return run_all(calls)

    def _pull_rows(self, task: _OnCopies) -> Parameters:
        """Copy the rows that a task needs."""
        with self._on_device():
            return self._pull(*self._variables, task.rows_h, task.rows_o)

    def _train_copies(self, task: _OnCopies, rows: Parameters) -> _Difference:
        """Run a task on copies of its rows, and return how much they have changed."""
        with self._on_device():
            *changed, loss, pairs = self._programs.on_copies(*rows, *task.work, self._negative_weight)
        h, o, h_seen, o_seen = changed
        return _Difference((task.rows_h, h, h_seen), (task.rows_o, o, o_seen), Outcome(float(loss), float(pairs)))

    def _train_tables(self, work: Work) -> Outcome:
        """Run a task on the tables themselves."""
        with self._on_device():
            loss, pairs = self._programs.on_tables(*self._variables, *work, self._negative_weight)
        return Outcome(float(loss), float(pairs))

    def _push_all(self, which: str, differences: list[_Difference]) -> None:
        """Add the updates of a round to the table `which` ("centre" or "context"), in the order of the tasks."""
        table = getattr(self.tables, which)
        with self._on_device():
            for difference in differences:
                self._push(table.rows.variable, table.accumulator.variable, *getattr(difference, which))


class Programs(NamedTuple):
    """The compiled programs that train one macro-batch."""

    on_copies: Callable[..., Any]
    on_tables: Callable[..., Any]


@lru_cache(PROGRAMS)
def compile_local_programs(tf: Any, shape: BatchShape, context: Context, _table: tuple[int, int]) -> Programs:
    """Compile the programs that train one macro-batch with tables in the memory of this process.

    TensorFlow compiles a program once per shape of its arguments, and keeps it as long as the returned function exists.
    There is one function for each shape of the tables (tracks, embedding_dim); runs with this shape share it.
    """
    return Programs(
        on_copies=compile_on_copies(tf, shape, context, pull=Parameters),
        on_tables=compile_on_tables(tf, shape, context),
    )


def _run_in_order(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run calls one after the other in this thread, and return their results."""
    return [call() for call in calls]


def _pad(rows: TrackIds, places: int) -> TrackIds:
    """Return rows padded with zeros at the end, int32 (places,)."""
    padded = np.zeros(places, np.int32)
    padded[: len(rows)] = rows
    return padded
