"""A member of a cluster: a worker or a parameter server, which runs until its chief ends.

TensorFlow's server never exits. A member therefore checks every second whether its chief accepts connections. If the
chief accepted connections before and no longer does, the run is over, and the member exits. A child process of
`--local-cluster` also exits when the pipe from its parent is closed.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

from skipgramophone.errors import SettingError, TrainingError
from skipgramophone.training.cluster.config import CHIEF, VARIABLE, Role, host_and_port, is_loopback, role_in
from skipgramophone.training.cluster.loopback import block_other_machines
from skipgramophone.training.cluster.worker import register_task_maker
from skipgramophone.training.tensorflow_runtime import load_tensorflow

EXPERIMENT = "SGP_EXPERIMENT_OF_CHIEF"  # environment variable of child processes: the directory of the experiment
SECONDS = 1.0  # time between two checks
SECONDS_TO_ANSWER = 5.0  # maximum time to wait for the first answer of a member
FRAME_HEAD, FRAME_TYPE, SETTINGS = 9, 3, 4  # HTTP/2: size of a frame header, index of its type byte, type SETTINGS
MOST_NAMED = 3  # maximum number of members that a message names while the chief waits for them
MISSES = 5  # number of failed checks in a row after which the chief counts as ended


def serve(role: Role, experiment: Path | None) -> None:
    """Run a worker or a parameter server until the chief ends.

    Args:
        role: role of this process.
        experiment: experiment in which a worker finds the files of its chief; None for a server.

    Raises:
        TrainingError: another program uses the port of this process.
    """
    tf = load_tensorflow(Path(os.devnull))
    task_maker = register_task_maker(tf, role, experiment) if experiment else None
    try:
        server = tf.distribute.Server(
            tf.train.ClusterSpec(dict(role.cluster)), job_name=role.job, task_index=role.index, protocol="grpc"
        )
    except tf.errors.OpError as error:
        raise TrainingError(
            f"cannot listen at {role.address}: {error.message}; another program may use the port, or {role.job} "
            f"{role.index} was started twice"
        ) from error
    if is_loopback(role.address):
        block_other_machines()
    _wait_for_end_of(role.cluster[CHIEF][0])
    del server, task_maker  # kept until here, because the server and the function end with these objects


def is_listening(address: str) -> bool:
    """Return whether a process accepts connections at an address."""
    try:
        with socket.create_connection(host_and_port(address), timeout=SECONDS):
            return True
    except OSError:
        return False


def is_serving(address: str) -> bool:
    """Return whether a server of gRPC answers at an address: it sends a SETTINGS frame of HTTP/2 to new connections.

    Another program may use the port of a member. TensorFlow would then wait forever for an answer of that program.
    """
    try:
        with socket.create_connection(host_and_port(address), timeout=SECONDS) as connection:
            connection.settimeout(SECONDS_TO_ANSWER)
            head = connection.recv(FRAME_HEAD, socket.MSG_WAITALL)
    except OSError:
        return False
    return len(head) == FRAME_HEAD and head[FRAME_TYPE] == SETTINGS


def await_members(role: Role, waiting_for: Callable[[str], object] = lambda _: None) -> None:
    """Wait until all other members of a cluster answer; they may start later than the chief.

    Args:
        role: role of this process.
        waiting_for: called repeatedly with a text that names the members that do not answer yet.
    """
    missing = {
        f"{job} {index} at {address}": address
        for job, addresses in role.cluster.items()
        for index, address in enumerate(addresses)
        if address != role.address
    }
    while missing:
        for member, address in list(missing.items()):
            more = f" and {len(missing) - MOST_NAMED:,} more" if len(missing) > MOST_NAMED else ""
            named = ", ".join(list(missing)[:MOST_NAMED])
            # Report the missing members before the check, because the check takes long if a machine does not answer.
            waiting_for(f"{named}{more}")
            if is_serving(address):
                del missing[member]
        if missing:
            time.sleep(SECONDS)


def _wait_for_end_of(chief: str) -> None:
    """Wait until the chief has started, and then until it has ended."""
    while not is_listening(chief):
        time.sleep(SECONDS)
    missed = 0
    while missed < MISSES:
        time.sleep(SECONDS)
        missed = 0 if is_listening(chief) else missed + 1


def _exit_with_parent() -> None:
    """Exit when the process at the other end of standard input ends."""
    sys.stdin.buffer.read()
    os._exit(0)  # This call works from any thread, and even while TensorFlow is busy.


if __name__ == "__main__":
    own = role_in(os.environ)
    if own is None:
        raise SettingError(f"{VARIABLE} is not set")
    Thread(target=_exit_with_parent, daemon=True).start()
    serve(own, Path(os.environ[EXPERIMENT]))
