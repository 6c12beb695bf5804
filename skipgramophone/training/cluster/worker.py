"""What a worker does in Python: it makes its tasks itself, from the corpus where it lies.

The program of a task comes from the chief as a graph. TensorFlow's PyFunc in it calls the Python function that the
process which carries it out has registered under a name; names are numbers, and the function here is the first that a
worker registers. A task is sent as where it lies in the stream of its epoch, some numbers, and the worker lays it out.
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
from skipgramophone.training.layout import Assignment, Layout, read_layout
from skipgramophone.training.stream import Stretch
from skipgramophone.training.tasks import Rows

Tensor = Any
Numbers = npt.NDArray[np.int64]
FIRST_NAME = b"pyfunc_0"  # what TensorFlow calls the first function that a process registers
NUMBERS = 7  # that say what a task is
CANNOT = "cannot read what the chief has written"


class TaskMaker:
    """Makes the tasks of whatever chief asks, in a worker's process."""

    def __init__(self, role: Role, experiment: Path) -> None:
        """Make ready.

        Args:
            role: of this worker, for error messages.
            experiment: below it chiefs write the layouts of their runs.
        """
        self._role, self._experiment = role, experiment
        self._lock = Lock()  # tasks of a round are made one after the other
        self._made: dict[tuple[bytes, int], tuple[Layout, Rows]] = {}  # by place, with scratch; of one run

    def make(self, place: bytes, tracks: np.int32, servers: np.int32, numbers: Numbers) -> tuple[npt.NDArray[Any], ...]:
        """Make a task; `numbers` are those of `numbers_of`.

        Returns int32 rows of the shards, those of tokens by server and then those of negatives by server; what those of
        tokens are padded to and how many there are of each kind by server, int32 (1 + 2 * servers,); and the work but
        for the rates.

        Raises:
            TrainingError: the layout or the corpus cannot be read here.
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

    def _run(self, place: bytes, tracks: int) -> tuple[Layout, Rows]:
        """The layout of a run, and scratch for it."""
        key = (place, tracks)
        if key not in self._made:
            try:
                layout = read_layout(self._experiment / place.decode())
            except SgpError as error:
                raise TrainingError(
                    f"worker {self._role.index} at {self._role.address} {CANNOT}: {error}: every worker must see the "
                    "experiments directory of its chief"
                ) from error
            self._made = {key: (layout, np.full(tracks, -1, np.int32))}
        return self._made[key]


def offer(tf: Any, role: Role, experiment: Path) -> Any:
    """Register the function that makes tasks; what is given must live as long as it is to be found.

    Raises:
        TrainingError: TensorFlow has given it another name than the chief will ask for.
    """
    number = tf.TensorSpec([], tf.int32)
    made_of = [tf.TensorSpec([], tf.string), number, number, tf.TensorSpec([None], tf.int64)]
    makes = _makes(tf)
    function = tf.function(
        lambda *given: tf.numpy_function(TaskMaker(role, experiment).make, given, makes), autograph=False
    ).get_concrete_function(*made_of)
    names = [op.get_attr("token") for op in function.graph.get_operations() if op.type == "PyFunc"]
    if names != [FIRST_NAME]:
        raise TrainingError(f"this TensorFlow calls functions {names} and not {[FIRST_NAME]}: report this")
    return function


def made_task(
    tf: Any, shape: BatchShape, tracks: int, servers: int, place: str
) -> Callable[[Tensor], tuple[Tensor, ...]]:
    """The part of the chief's program that has a worker make a task: of its numbers rows, sizes, and work."""
    blocks = (shape.steps, shape.step_blocks, shape.block)
    noise = (shape.steps, shape.step_blocks // shape.group, shape.shared)
    shapes = ((None,), (1 + 2 * servers,), blocks, blocks, blocks, noise)

    def make(numbers: Tensor) -> tuple[Tensor, ...]:
        given = [tf.constant(place), tf.constant(tracks), tf.constant(servers), numbers]
        made = tf.raw_ops.PyFunc(input=given, token=FIRST_NAME.decode(), Tout=_makes(tf))
        for tensor, known in zip(made, shapes, strict=True):
            tensor.set_shape(known)
        return tuple(made)

    return make


def numbers_of(what: Assignment) -> list[int]:
    """A task but for its rate, in numbers."""
    stretch = what.stretch
    return [what.purpose, what.epoch, stretch.number, stretch.first, stretch.skipped, stretch.last, stretch.real]


def _makes(tf: Any) -> list[Any]:
    """Types of what makes a task."""
    return [tf.int32, tf.int32, tf.int32, tf.float32, tf.float32, tf.int32]
