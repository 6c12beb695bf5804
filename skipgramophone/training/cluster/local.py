"""A cluster on this machine, for tests: workers and parameter servers as child processes.

The child processes exit when this process ends, because their standard input is a pipe from this process. A worker that
dies is restarted at the same address. If a server dies, its rows are lost, and the run ends with an error.
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

SECONDS = 0.2  # time between two checks of the child processes
PATIENCE = 10.0  # seconds until a child process that ignores SIGTERM is killed


@dataclass(slots=True)
class _Child:
    """A worker or server of the local cluster, and its current process; a worker that dies gets a new process."""

    role: Role
    process: subprocess.Popen[bytes]


@contextmanager
def local_cluster(workers: int, servers: int, experiment: Path, log: Path) -> Iterator[Role]:
    """Start workers and servers, yield the chief's role when all of them listen, and stop them at the end.

    Args:
        workers: number of worker processes.
        servers: number of parameter server processes.
        experiment: directory below which workers find the layout of the run.
        log: file to which the output of the members is appended.

    Raises:
        TrainingError: a member ended before it was listening.
    """
    role = local_role(workers, servers)
    over = Event()
    with log.open("ab") as output:
        children: list[_Child] = []
        watching = Thread(target=_restart_workers, args=(children, experiment, output, over), daemon=True)
        try:
            for job in (WORKER, SERVER):
                for index in range(len(role.cluster[job])):
                    own = replace(role, job=job, index=index)
                    children.append(_Child(own, _start(own, experiment, output)))
            _await(children, log)
            watching.start()
            yield role
        finally:
            over.set()
            if watching.ident is not None:
                watching.join()
            _stop([child.process for child in children])


def _start(role: Role, experiment: Path, output: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a worker or server. It runs in a new session, so that Ctrl-C does not reach it; the chief stops it."""
    variables = {VARIABLE: role.to_json(), member.EXPERIMENT: str(experiment.absolute())}
    environment = os.environ | variables | {"CUDA_VISIBLE_DEVICES": "-1"}
    return subprocess.Popen(
        # The last two arguments only identify the process in `ps`.
        [sys.executable, "-m", member.__name__, role.job, str(role.index)],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        env=environment,
        start_new_session=True,
    )


def _await(children: list[_Child], log: Path) -> None:
    """Wait until all child processes accept connections."""
    waited_for = list(children)
    while waited_for:
        for child in waited_for:
            if (code := child.process.poll()) is not None:
                raise TrainingError(f"{child.role.job} {child.role.index} ended with code {code}:{_last_line(log)}")
        waited_for = [child for child in waited_for if not member.is_listening(child.role.address)]
        time.sleep(SECONDS)


def _last_line(log: Path) -> str:
    """Return the last line of the log, with a space before it, for an error message."""
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((" " + line.strip() for line in reversed(lines) if line.strip()), " without any output")


def _restart_workers(children: list[_Child], experiment: Path, output: IO[bytes], over: Event) -> None:
    """Restart workers that die, until `over` is set."""
    while not over.wait(SECONDS):
        for child in children:
            if child.role.job == WORKER and child.process.poll() is not None:
                _close(child.process)
                child.process = _start(child.role, experiment, output)


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """Terminate processes, and kill those that do not end in time."""
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
    """Close the pipe to a process that has ended."""
    if process.stdin:
        process.stdin.close()
