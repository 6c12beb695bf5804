"""A member of a cluster: a worker or a parameter server, which serves until its chief is gone.

TensorFlow's server has no end of its own. A member looks every second whether its chief's port answers; when it has
answered and no longer does, the run is over, well or badly, and the member ends. A child of `--local-cluster` holds
a pipe from its parent besides, and ends with it.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path
from threading import Thread

from skipgramophone.errors import SettingError, TrainingError
from skipgramophone.training.cluster.config import CHIEF, VARIABLE, Role, host_and_port, is_loopback, role_in
from skipgramophone.training.cluster.loopback import close_to_others
from skipgramophone.training.cluster.worker import offer
from skipgramophone.training.tensorflow_runtime import load_tensorflow

EXPERIMENT = "SGP_EXPERIMENT_OF_CHIEF"  # tells a child of `--local-cluster` where its chief writes
SECONDS = 1.0  # between two looks
MISSES = 5  # looks without an answer until a chief is gone


def serve(role: Role, experiment: Path | None) -> None:
    """Do the part of a worker or a parameter server until the chief is gone.

    Args:
        role: which.
        experiment: below it a worker finds what its chief writes for it; a server needs none.

    Raises:
        TrainingError: the port of its address is taken.
    """
    tf = load_tensorflow(Path(os.devnull))
    offered = offer(tf, role, experiment) if experiment else None
    try:
        server = tf.distribute.Server(
            tf.train.ClusterSpec(dict(role.cluster)), job_name=role.job, task_index=role.index, protocol="grpc"
        )
    except tf.errors.OpError as error:
        raise TrainingError(f"cannot listen at {role.address}: {error.message}") from error
    if is_loopback(role.address):
        close_to_others()
    _outlive(role.cluster[CHIEF][0])
    del server, offered  # they serve as long as they are there


def answers(address: str) -> bool:
    """Whether something listens at an address."""
    try:
        with socket.create_connection(host_and_port(address), timeout=SECONDS):
            return True
    except OSError:
        return False


def await_members(role: Role) -> None:
    """Wait until all others of a cluster listen; they may be started later than their chief."""
    missing = role.others()
    while missing := [address for address in missing if not answers(address)]:
        time.sleep(SECONDS)


def _outlive(chief: str) -> None:
    """Wait for a chief to come, and then to go."""
    while not answers(chief):
        time.sleep(SECONDS)
    missed = 0
    while missed < MISSES:
        time.sleep(SECONDS)
        missed = 0 if answers(chief) else missed + 1


def _end_with_parent() -> None:
    """End this process when whoever holds the other end of its standard input is gone."""
    sys.stdin.buffer.read()
    os._exit(0)  # from a thread, and whatever TensorFlow is doing


if __name__ == "__main__":
    own = role_in(os.environ)
    if own is None:
        raise SettingError(f"{VARIABLE} is not set")
    Thread(target=_end_with_parent, daemon=True).start()
    serve(own, Path(os.environ[EXPERIMENT]))
