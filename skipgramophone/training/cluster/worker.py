"""The Python function of a worker, which makes training tasks from the corpus.

The chief sends workers a TensorFlow graph. The PyFunc operation in this graph calls a Python function that the worker
process has registered. TensorFlow names such functions by a running number. A worker registers this function first, so
the chief knows its name. The arguments of the function are the numbers that locate a task in the stream of its epoch.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import SgpError, TrainingError
from skipgramophone.training.batches import BatchShape
from skipgramophone.training.cluster.config import Role
from skipgramophone.training.layout import Assignment, Layout, OtherVersionError, read_layout
from skipgramophone.training.stream import Stretch
from skipgramophone.training.tasks import TrackIds

Tensor = Any
Numbers = npt.NDArray[np.int64]
FIRST_NAME = b"pyfunc_0"  # TensorFlow's name of the first function that a process registers
NUMBERS = 7  # how many numbers identify a task
CANNOT = "cannot read the files of the chief"


class TaskMaker:
    """Makes tasks in the process of a worker."""

    def __init__(self, role: Role, experiment: Path) -> None:
        """Remember where to find the layouts of training runs.

        Args:
            role: role of this worker, for error messages.
            experiment: directory below which chiefs write the layouts of their runs.
        """
        self._role, self._experiment = role, experiment
        self._lock = Lock()  # makes sure that the tasks of a round are made one after the other
        self._runs: dict[tuple[bytes, int], tuple[Layout, TrackIds]] = {}  # layout and work array of the last run

    def make(self, place: bytes, tracks: np.int32, servers: np.int32, numbers: Numbers) -> tuple[npt.NDArray[Any], ...]:
        """Make a task.

        Args:
            place: path of the layout, relative to the experiment.
            tracks: number of tracks.
            servers: number of parameter servers.
            numbers: int64 (NUMBERS,), result of `numbers_of`.

        Returns:
            First, row numbers within the shards, int32: the rows of tokens for each server, then the rows of negatives
            for each server. Second, int32 (1 + 2 * servers,): the length to which the rows of tokens are padded, then
            how many rows of tokens and how many rows of negatives each server has. Then the fields of `Work`, except
            the learning rates.

        Raises:
            TrainingError: this worker cannot read the layout or the corpus.
        """
        with self._lock:
            layout, scratch = self._run(place, int(tracks))
            purpose, epoch, *stretch = numbers.tolist()
            what = Assignment(purpose, epoch, Stretch(*stretch), 0.0)
            task = layout.task(what, layout.macro_batch(what), scratch, int(servers))
            server = task.rows % servers
            parts = (server[: task.of_tokens], server[task.of_tokens :])
            counts = [np.bincount(part, minlength=servers) for part in parts]
            return task.rows // servers, np.concatenate([[task.places], *counts]).astype(np.int32), *task.work[:-1]

    def _run(self, place: bytes, tracks: int) -> tuple[Layout, TrackIds]:
        """Return the layout and the work array of a training run."""
        key = (place, tracks)
        if key not in self._runs:
            try:
                layout = read_layout(self._experiment / place.decode())
            except OtherVersionError as error:
                raise TrainingError(
                    f"worker {self._role.index} at {self._role.address} {CANNOT}: {error}: install the same version "
                    "of skipgramophone on all machines"
                ) from error
            except SgpError as error:
                raise TrainingError(
                    f"worker {self._role.index} at {self._role.address} {CANNOT}: {error}: every worker needs access "
                    "to the experiments directory of its chief"
                ) from error
            self._runs = {key: (layout, np.full(tracks, -1, np.int32))}
        return self._runs[key]


def register_task_maker(tf: Any, role: Role, experiment: Path) -> Any:
    """Register the function that makes tasks. It stays registered as long as the returned object exists.

    Raises:
        TrainingError: TensorFlow gives the function another name than the chief expects.
    """
    number = tf.TensorSpec([], tf.int32)
    signature = [tf.TensorSpec([], tf.string), number, number, tf.TensorSpec([None], tf.int64)]
    types = _result_types(tf)
    function = tf.function(
        lambda *given: tf.numpy_function(TaskMaker(role, experiment).make, given, types), autograph=False
    ).get_concrete_function(*signature)
    names = [op.get_attr("token") for op in function.graph.get_operations() if op.type == "PyFunc"]
    if names != [FIRST_NAME]:
        raise TrainingError(
            f"this version of TensorFlow calls a function {names} instead of {[FIRST_NAME]}: please report this bug"
        )
    return function


def task_program(
    tf: Any, shape: BatchShape, *, tracks: int, servers: int, place: str
) -> Callable[[Tensor], tuple[Tensor, ...]]:
    """Return the part of the chief's program that calls `TaskMaker.make` on a worker."""
    blocks = (shape.steps, shape.step_blocks, shape.block)
    noise = (shape.steps, shape.step_blocks // shape.group, shape.shared)
    shapes = ((None,), (1 + 2 * servers,), blocks, blocks, blocks, noise)

    def make(numbers: Tensor) -> tuple[Tensor, ...]:
        given = [tf.constant(place), tf.constant(tracks), tf.constant(servers), numbers]
        made = tf.raw_ops.PyFunc(input=given, token=FIRST_NAME.decode(), Tout=_result_types(tf))
        for tensor, known in zip(made, shapes, strict=True):
            tensor.set_shape(known)
        return tuple(made)

    return make


def numbers_of(what: Assignment) -> list[int]:
    """Return the numbers that identify a task, without its learning rate."""
    stretch = what.stretch
    return [what.purpose, what.epoch, stretch.number, stretch.first, stretch.skipped, stretch.last, stretch.real]


def _result_types(tf: Any) -> list[Any]:
    """Return the types of the results of `TaskMaker.make`."""
    return [tf.int32, tf.int32, tf.int32, tf.float32, tf.float32, tf.int32]
