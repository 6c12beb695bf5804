"""A cluster on this machine: workers and parameter servers as child processes, for a try.

They end with this process, whatever ends it: their standard input is a pipe that nobody else holds. A worker that dies
is started again at its address; a server that dies takes the rows with it, and ends the run.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread
from typing import IO

from skipgramophone.errors import TrainingError
from skipgramophone.training.cluster import member
from skipgramophone.training.cluster.config import SERVER, VARIABLE, WORKER, Role, local_role

SECONDS = 0.2  # between two looks at the children
PATIENCE = 10.0  # seconds that a child has to end when it is asked to


@dataclass(slots=True)
class _Child:
    """A member and the process that is it now."""

    role: Role
    process: subprocess.Popen[bytes]


@contextmanager
def local_cluster(workers: int, servers: int, experiment: Path, log: Path) -> Iterator[Role]:
    """Start members, and give the chief's role once all of them listen; they are stopped at the end of the block.

    Args:
        workers: how many processes train.
        servers: how many processes hold the rows.
        experiment: below it workers find the layout of the run.
        log: what members say is added to it.

    Raises:
        TrainingError: a member ended before it was ready.
    """
    role = local_role(workers, servers)
    over = Event()
    with log.open("ab") as said:
        children: list[_Child] = []
        watching = Thread(target=_start_again, args=(children, experiment, said, over), daemon=True)
        try:
            for job in (WORKER, SERVER):
                for index in range(len(role.cluster[job])):
                    own = replace(role, job=job, index=index)
                    children.append(_Child(own, _start(own, experiment, said)))
            _await(children, log)
            watching.start()
            yield role
        finally:
            over.set()
            if watching.ident is not None:
                watching.join()
            _stop([child.process for child in children])


def _start(role: Role, experiment: Path, said: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a member, out of the reach of the terminal's Ctrl-C: this process is the one to stop it."""
    told = {VARIABLE: role.to_json(), member.EXPERIMENT: str(experiment.absolute())}
    environment = os.environ | told | {"CUDA_VISIBLE_DEVICES": "-1"}
    return subprocess.Popen(
        [sys.executable, "-m", member.__name__, role.job, str(role.index)],  # the last two are for who lists processes
        stdin=subprocess.PIPE,
        stdout=said,
        stderr=said,
        env=environment,
        start_new_session=True,
    )


def _await(children: list[_Child], log: Path) -> None:
    """Wait until all members listen."""
    waited_for = list(children)
    while waited_for:
        for child in waited_for:
            if (code := child.process.poll()) is not None:
                raise TrainingError(f"{child.role.job} {child.role.index} ended with code {code}:{_last_line(log)}")
        waited_for = [child for child in waited_for if not member.answers(child.role.address)]
        time.sleep(SECONDS)


def _last_line(log: Path) -> str:
    """What was said last, for an error message."""
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((" " + line.strip() for line in reversed(lines) if line.strip()), " it said nothing")


def _start_again(children: list[_Child], experiment: Path, said: IO[bytes], over: Event) -> None:
    """Put a new worker in the place of one that died, until all is over."""
    while not over.wait(SECONDS):
        for child in children:
            if child.role.job == WORKER and child.process.poll() is not None:
                _close(child.process)
                child.process = _start(child.role, experiment, said)


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """Ask processes to end, and see to it that they do."""
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + PATIENCE
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _close(process)


def _close(process: subprocess.Popen[bytes]) -> None:
    """Let go of the pipe to a process that has ended."""
    if process.stdin:
        process.stdin.close()
