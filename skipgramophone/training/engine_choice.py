"""Chooses the engine of a training run: a cluster, a cluster of processes on this machine, or this process."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from shutil import rmtree
from threading import current_thread, main_thread
from typing import Any

from skipgramophone.settings import RunSettings
from skipgramophone.training.cluster.engine import ClusterEngine
from skipgramophone.training.cluster.local import local_cluster
from skipgramophone.training.cluster.member import await_members
from skipgramophone.training.engine import Engine, MakeEngine, Plan
from skipgramophone.training.local_engine import LocalEngine

FOR_WORKERS = "for_workers"


@contextmanager
def engine_for(
    run: RunSettings, directory: Path, log: Path, stage: Callable[[str], object] = lambda _: None
) -> Iterator[MakeEngine]:
    """Yield a function that makes the engine of a training run.

    Args:
        run: settings that choose the engine.
        directory: working directory of the run. Until the context manager exits, it contains files for workers.
            Workers know its parent directory.
        log: file to which the processes of a local cluster append their output.
        stage: called with the name of the step while the chief of a cluster waits for members.

    Raises:
        TrainingError: a process of a local cluster cannot be started.
    """
    if run.role is None and run.local_cluster is None:
        yield partial(LocalEngine, run)
        return
    with ExitStack() as until_done:
        if run.role is not None:
            chief = run.role
            await_members(chief, lambda members: stage(f"waiting for {members}"))
        else:
            chief = until_done.enter_context(local_cluster(*run.workers_and_servers, directory.parent, log))
        until_done.callback(rmtree, directory / FOR_WORKERS, ignore_errors=True)
        make = partial(ClusterEngine, chief, directory / FOR_WORKERS)
        yield make if run.role is None else partial(_made_while_signals_end_the_process, make)


def _made_while_signals_end_the_process(make: MakeEngine, tf: Any, plan: Plan) -> Engine:
    """Make an engine; meanwhile, SIGINT and SIGTERM end the process immediately.

    While TensorFlow connects to a machine that does not answer, no Python code runs, so Python's signal handlers would
    not run either. If a signal ends the process, a temporary directory is left behind, which the next run removes.
    """
    kept = {}
    if current_thread() is main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            handler = signal.getsignal(number)
            # In a notebook, SIGINT has Python's default handler, which this function must not replace.
            if callable(handler) and handler is not signal.default_int_handler:
                kept[number] = signal.signal(number, signal.SIG_DFL)
    try:
        return make(tf, plan)
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
