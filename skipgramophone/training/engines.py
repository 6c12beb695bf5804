"""Engines: which one carries out a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from skipgramophone.settings import RunSettings
from skipgramophone.training.cluster import Cluster
from skipgramophone.training.local import local_cluster
from skipgramophone.training.machine import Machine
from skipgramophone.training.member import await_members
from skipgramophone.training.plan import MakeEngine


@contextmanager
def engine_for(run: RunSettings, log: Path) -> Iterator[MakeEngine]:
    """Give what makes the engine of a run: of a cluster whose chief this is, of a local one, or of this machine.

    Raises:
        TrainingError: a member of a local cluster cannot be started.
    """
    if run.role is not None:
        await_members(run.role)
        yield partial(Cluster, run.role)
    elif run.local_cluster is not None:
        with local_cluster(*run.workers_and_servers, log) as chief:
            yield partial(Cluster, chief)
    else:
        yield partial(Machine, run)
