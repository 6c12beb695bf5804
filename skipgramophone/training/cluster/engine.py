"""The cluster: workers carry out tasks, and the rows lie on parameter servers, as TensorFlow's own engine has it.

The chief (this process) says where tasks lie in the stream of an epoch, and hands them to a `ClusterCoordinator`; a
worker lays a task out from the corpus, which it reads itself, pulls its unique rows from the servers, trains on them
with the same compiled program as one machine does, and pushes the differences. The tasks of a round all pull before any
pushes, so that the rows of one are on their way while another trains. Workers do not wait for each other: the order in
which differences are added is that of their arrival, and the bytes of the result differ from run to run.

Row r lies on server r modulo servers: tracks are numbered by count, and the frequent ones are to be spread.

The coordinator has a task done again if its worker is lost. Each server keeps, for each task of a turn, the serial
number that it last added, so that what has been added is not added twice, and counts pushes that came, began and
finished.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import TrainingError
from skipgramophone.training.cluster.config import CHIEF, SERVER, WORKER, Role, is_loopback
from skipgramophone.training.cluster.loopback import close_to_others
from skipgramophone.training.cluster.shards import Shards, server_errors
from skipgramophone.training.cluster.worker import NUMBERS, made_task, numbers_of
from skipgramophone.training.engine import Plan
from skipgramophone.training.layout import Assignment
from skipgramophone.training.step import Pulled, compile_macro_batch
from skipgramophone.training.tables import Table, Tables
from skipgramophone.training.tasks import Outcome
from skipgramophone.training.threads import Workers

Tensor = Any
ROUNDS_A_TURN = 4  # for each worker; between two turns all wait for the last
SECONDS_TO_STOP = 5.0
CAME, BEGAN, FINISHED, LOSS, PAIRS = range(5)  # what a server counts
WIRE = "bfloat16"  # what rows and differences are on their way; half of what they are at both ends
HEAD = 3  # serial number, whether to keep and rate, before the numbers of a task


class Made(NamedTuple):
    """A task on a worker."""

    head: Tensor  # float64 (2,): serial number, whether to keep
    at: list[Tensor]  # a server: how many rows of tokens it has, these, and those that only negatives name
    counts: list[Tensor]  # rows of tokens of each server, then of each the others
    places: Tensor  # what rows of tokens are padded to
    work: list[Tensor]


class Cluster:
    """Carries out tasks on the workers of a cluster whose chief is this process."""

    threads = 2  # one waits for the workers, one says what comes next

    def __init__(self, role: Role, place: Path, tf: Any, plan: Plan) -> None:
        """Connect to all members, which must be there, make the tables on servers, and write the layout for workers.

        Args:
            role: of this process.
            place: a directory to be made for what workers read; they know the directory above the one that holds it.
            tf: the TensorFlow module.
            plan: what is to be trained.

        Raises:
            TrainingError: this process cannot be their chief.
        """
        self.tf, shape = tf, plan.layout.shape
        tf.get_logger().setLevel("CRITICAL")  # a lost worker is counted, a lost server is an error of ours
        workers, servers = len(role.cluster[WORKER]), len(role.cluster[SERVER])
        self._round = shape.round
        self.turn = self._round * workers * ROUNDS_A_TURN
        self.conditions = {"workers": workers, "servers": servers, "device": "cpu"}
        resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
            tf.train.ClusterSpec(dict(role.cluster)), task_type=CHIEF, task_id=0, rpc_layer="grpc"
        )
        by_server = tf.distribute.experimental.partitioners.FixedShardsPartitioner(servers)
        try:
            self._strategy = tf.distribute.ParameterServerStrategy(resolver, variable_partitioner=by_server)
        except tf.errors.OpError as error:
            raise TrainingError(f"cannot make a cluster from {role.address}: {error.message}") from error
        if is_loopback(role.address):
            close_to_others()
        self.coordinator = _coordinator(tf, self._strategy)
        self._dim = plan.dim
        # An accumulator stands behind its row, so that both are moved at once.
        self._centre, self._context = (
            self._shards((plan.tracks, plan.dim + 1)),
            self._shards((plan.tracks, plan.dim + 1)),
        )
        self.tables = Tables(self._table(self._centre), self._table(self._context))
        self.tables.begin(plan.layout.seed)
        self._added = self._shards((servers * self.turn,), "int64")  # serial number by task of a turn
        self._counts = self._shards((servers * (PAIRS + 1),), "float64")
        self.serials = count(1)
        self._tracks, self._done_again, self._partly_twice = [0] * workers, 0, 0  # of an epoch
        plan.layout.write(place)
        self._make = made_task(tf, shape, plan.tracks, servers, f"{place.parent.name}/{place.name}")
        self._steps, self._negatives = shape.steps, shape.negatives
        self.program = self._compile_program(plan)
        self._rounds = {size: self._compile_round(size) for size in range(1, self._round + 1)}

    def ready(self, what: Sequence[Assignment]) -> Sequence[Assignment]:
        """Nothing is to be done: workers lay out what they train."""
        return what

    def train(self, pool: Workers, ready: Sequence[Assignment]) -> list[Outcome]:
        """Carry out the tasks of a turn, and add what they change."""
        return self._apart(pool, ready, keep=True)

    def measure(self, pool: Workers, ready: Sequence[Assignment]) -> list[Outcome]:
        """Carry out the tasks of a turn, and add nothing."""
        return self._apart(pool, ready, keep=False)

    def _apart(self, pool: Workers, ready: Sequence[Assignment], keep: bool) -> list[Outcome]:
        """Carry out the tasks of a turn in another thread than the one in which signals are raised.

        In the midst of TensorFlow's calls what a signal raises may be taken for something else, or lost.
        """
        return pool.start(partial(self._carry_out, ready, keep)).result()

    def close(self) -> None:
        """Let workers end what they have begun, and stop handing out tasks while they are still there."""
        deadline = time.monotonic() + SECONDS_TO_STOP
        with contextlib.suppress(self.tf.errors.OpError):  # what a lost server leaves undone
            while not self.coordinator.done() and time.monotonic() < deadline:
                time.sleep(0.05)
        self.coordinator.stop()

    def account(self) -> dict[str, Any]:
        """Tracks by worker, tasks that were done again, and those of which a part may have been added twice."""
        told = {
            "tracks_by_worker": self._tracks,
            "done_again": self._done_again,
            "partly_twice": self._partly_twice,
        }
        self._tracks, self._done_again, self._partly_twice = [0] * len(self._tracks), 0, 0
        return told

    def _carry_out(self, tasks: Sequence[Assignment], keep: bool) -> list[Outcome]:
        """Hand out rounds of tasks, wait for all of them, and see that each server has added each of them once."""
        rounds = []
        with server_errors(self.tf):
            before = self._counted()
            for first in range(0, len(tasks), self._round):
                some = tasks[first : first + self._round]
                sent = np.array([sent_of(task, next(self.serials), keep) for task in some])
                done = self.coordinator.schedule(self._rounds[len(some)], args=(sent,))
                rounds.append((done, sum(task.stretch.real for task in some)))
            self.coordinator.join()
            counted = self._counted() - before
        if (counted[:, FINISHED] != len(tasks)).any():
            raise TrainingError(
                f"{len(tasks)} macro-batches were trained, and the servers have added {counted[:, FINISHED].tolist()}: "
                "--resume goes on from the last checkpoint"
            )
        if keep:
            self._done_again += int(counted[:, CAME].max()) - len(tasks)
            self._partly_twice += int(counted[:, BEGAN].max()) - len(tasks)
            for done, tracks in rounds:
                self._tracks[_worker_of(done)] += tracks
        return [Outcome(float(counted[0, LOSS]), float(counted[0, PAIRS]))]

    def _counted(self) -> npt.NDArray[np.float64]:
        """What the servers have counted, float64 (servers, 5)."""
        return np.stack([variable.numpy() for variable in self._counts])

    def signature(self, size: int) -> Any:
        """What a worker is sent of some tasks, as TensorFlow describes it: a row each, `sent_of`."""
        return self.tf.TensorSpec([size, HEAD + NUMBERS], self.tf.float64)

    def _compile_round(self, size: int) -> Any:
        """Compile what a worker does: make some tasks, pull their rows, train on them, push the differences."""
        tf = self.tf

        def carry_out(sent: Tensor) -> Tensor:
            made = [self.made(one) for one in tf.unstack(sent)]
            pulled = [self.pull(task) for task in made]
            trained = [self.program(*rows, *task.work) for rows, task in zip(pulled, made, strict=True)]
            for task, changes in zip(made, trained, strict=True):
                self.push(task, *changes)
            return tf.constant(size)

        # What the chief spends on a round is spent on looking at its arguments: there is one.
        return tf.function(carry_out, autograph=False).get_concrete_function(self.signature(size))

    def _compile_program(self, plan: Plan) -> Any:
        """Compile the unit of work over rows as they are on the wire, each with its accumulator behind it."""
        tf, dim = self.tf, plan.dim

        def unpacked(h: Tensor, o: Tensor) -> Pulled:
            h, o = tf.cast(h, tf.float32), tf.cast(o, tf.float32)
            return Pulled(h[:, :dim], o[:, :dim], h[:, dim], o[:, dim])

        def packed(rows: Tensor, accumulators: Tensor) -> Tensor:
            return tf.cast(tf.concat([rows, accumulators[:, None]], 1), WIRE)

        train = compile_macro_batch(tf, plan.layout.shape, plan.layout.context, plan.negatives, unpacked)

        def program(*given: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
            h, o, h_seen, o_seen, loss, pairs = train(*given)
            return packed(h, h_seen), packed(o, o_seen), loss, pairs

        return tf.function(program, jit_compile=True, autograph=False)

    def made(self, sent: Tensor) -> Made:
        """Make a task on a worker."""
        tf, servers = self.tf, len(self._counts)
        rows, sizes, *work = self._make(tf.cast(sent[HEAD:], tf.int64))
        counts = tf.unstack(sizes[1:])
        parts = tf.split(rows, counts)
        by_server = zip(counts[:servers], parts[:servers], parts[servers:], strict=True)
        at = [tf.concat([[own], of_tokens, of_noise], 0) for own, of_tokens, of_noise in by_server]
        rates = tf.fill([self._steps], tf.cast(sent[HEAD - 1], tf.float32))
        return Made(sent[: HEAD - 1], at, counts, sizes[0], [*work, rates])

    def pull(self, task: Made) -> tuple[Tensor, Tensor]:
        """Pull rows with their accumulators: those of tokens from centre, padded, and all from context, padded."""
        tf, servers = self.tf, len(self._counts)
        h, o, o_more = [], [], []
        for at, own, centre, context in zip(task.at, task.counts, self._centre, self._context, strict=False):
            with tf.device(centre.device):
                here = tf.identity(at)
                of_tokens = tf.cast(centre.sparse_read(here[1 : 1 + here[0]]), WIRE)
                of_all = tf.cast(context.sparse_read(here[1:]), WIRE)
            h.append(of_tokens)
            o.append(of_all[:own])
            o_more.append(of_all[own:])

        def padding(rows: list[Tensor], places: Tensor) -> Tensor:
            return tf.zeros([places - tf.add_n(rows), self._dim + 1], WIRE)

        h.append(padding(task.counts[:servers], task.places))
        o_more.append(padding(task.counts, task.places + self._negatives))
        return tf.concat(h, 0), tf.concat([*o, *o_more], 0)

    def push(self, task: Made, h: Tensor, o: Tensor, loss: Tensor, pairs: Tensor) -> None:
        """Have each server add its part of the differences, once it has all of that part, and unless it has before."""
        tf, raw, servers = self.tf, self.tf.raw_ops, len(self._counts)
        head = tf.concat([task.head, tf.cast([loss, pairs], tf.float64)], 0)

        def parted(differences: Tensor, counts: list[Tensor]) -> list[Tensor]:
            parts: list[Tensor] = tf.split(differences[: tf.add_n(counts)], counts)
            return parts

        h_parts, o_parts = parted(h, task.counts[:servers]), parted(o, task.counts)
        for server, (counts, added) in enumerate(zip(self._counts, self._added, strict=True)):
            o_part = tf.concat(o_parts[server::servers], 0)
            with tf.device(counts.device):
                here = [tf.identity(part) for part in (task.at[server], h_parts[server], o_part, head)]
                with tf.control_dependencies(here):  # what has begun has all that it needs
                    lock = raw.MutexLock(mutex=raw.MutexV2(shared_name="push"))
                with tf.control_dependencies([lock]):
                    at, dh, do, told = here
                    number, wanted, lost, weighed = tf.unstack(told)
                    number = tf.cast(number, tf.int64)
                    slot = number % self.turn
                    is_new = number > added.sparse_read(slot)
                    new = tf.cast(is_new, tf.float64)
                    began = raw.AssignAddVariableOp(resource=counts.handle, value=tf.stack([1.0, new, 0.0, 0.0, 0.0]))
                much = is_new & (wanted > 0)
                with tf.control_dependencies([began]):
                    adding = []
                    for variable, rows, difference in (
                        (self._centre[server], at[1 : at[0] + 1], dh),
                        (self._context[server], at[1:], do),
                    ):
                        rows = rows[: tf.where(much, tf.size(rows), 0)]
                        # Each row is named once, and nobody else adds: ResourceScatterAdd does no more, in thrice the
                        # time.
                        sums = variable.sparse_read(rows) + tf.cast(difference[: tf.size(rows)], tf.float32)
                        adding.append(raw.ResourceScatterUpdate(resource=variable.handle, indices=rows, updates=sums))
                with tf.control_dependencies(adding):
                    sums = [lost * new, weighed * new]
                    done = [
                        raw.ResourceScatterMax(resource=added.handle, indices=slot, updates=number),
                        raw.AssignAddVariableOp(resource=counts.handle, value=tf.stack([0.0, 0.0, new, *sums])),
                    ]
                with tf.control_dependencies(done):
                    raw.ConsumeMutexLock(mutex_lock=lock)

    def _table(self, variables: Sequence[Any]) -> Table[Shards]:
        """Rows and accumulators of a table, as they lie side by side."""
        rows, accumulators = slice(0, self._dim), slice(self._dim, self._dim + 1)
        return Table(Shards(self.tf, variables, rows), Shards(self.tf, variables, accumulators, is_flat=True))

    def _shards(self, shape: tuple[int, ...], dtype: str = "float32") -> list[Any]:
        """Zeros on the servers, a variable on each."""
        tf = self.tf

        def zeros(partition_shape: Any = shape, **_offset: Any) -> Any:
            return tf.zeros(partition_shape, dtype)

        with self._strategy.scope():
            made = tf.Variable(zeros, shape=shape, dtype=dtype)
        return list(getattr(made, "variables", [made]))


def _coordinator(tf: Any, strategy: Any) -> Any:
    """TensorFlow's coordinator, stopped when it is told to be and not when it is forgotten.

    Its own `__del__` waits for the thread that waits for a member that is gone: a program would never end. That thread
    is left alone here: it ends with the process.
    """

    class Coordinator(tf.distribute.coordinator.ClusterCoordinator):  # type: ignore[misc]
        """Hands out tasks."""

        def stop(self) -> None:
            """Let go of the workers, and of errors of those that are gone, of which their executors would complain."""
            for worker in self._cluster.workers:
                worker.stop()
            self._cluster.closure_queue.stop()
            for worker in self._cluster.workers:
                worker.executor.clear_error()

        def __del__(self) -> None:
            pass

    return Coordinator(strategy)


def sent_of(task: Assignment, serial: int, keep: bool) -> list[float]:
    """What a worker is sent of a task; none of the numbers is too large for a float."""
    return [serial, keep, task.rate, *numbers_of(task)]


def _worker_of(done: Any) -> int:
    """Which worker carried out a function; asked of the handle of its result, which is there when the worker is not."""
    device: str = done._get_values().backing_device
    return int(device.partition("/task:")[2].partition("/")[0])
