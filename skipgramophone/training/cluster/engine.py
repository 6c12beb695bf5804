"""The training engine for a cluster: workers run the tasks, and TensorFlow parameter servers store the rows.

The chief (this process) assigns parts of the stream to workers through a `ClusterCoordinator`. A worker reads the
corpus itself and makes its task. It pulls the unique rows of the task from the servers, and trains them with the same
compiled program as a single machine. It pushes the changes of the rows (the differences) to the servers, which add
them. All tasks of a round pull before any of them pushes, so that the rows of one task are transferred while another
task trains. Workers do not wait for each other: differences are added in the order of their arrival, so the bytes of
the result differ from run to run.

Row r is on server r modulo the number of servers. Tracks are numbered by count, so the frequent tracks are spread over
all servers.

If a worker is lost, the coordinator assigns its task again. Every task has a serial number. Each server stores the
serial numbers of the tasks whose differences it has added in the last few rounds. Therefore, it adds no difference
twice. Each server also counts three things: the pushes that have arrived, those that it has begun to add, and those
that it has finished adding. For the finished ones, it sums the loss and the weights of the pairs.
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
from skipgramophone.training.cluster.loopback import block_other_machines
from skipgramophone.training.cluster.shards import Shards, server_errors
from skipgramophone.training.cluster.worker import NUMBERS, numbers_of, task_program
from skipgramophone.training.engine import Plan
from skipgramophone.training.layout import Assignment
from skipgramophone.training.step import Parameters, compile_on_copies
from skipgramophone.training.tables import Table, Tables
from skipgramophone.training.tasks import Outcome
from skipgramophone.training.threads import Workers

Tensor = Any
ROUNDS_PER_TURN = 4  # rounds per worker and turn; at the end of a turn, all workers wait for the slowest one
SECONDS_TO_STOP = 5.0
ARRIVED, BEGAN, FINISHED, LOSS, PAIRS = range(5)  # indices of the counts and sums of a server
WIRE = "bfloat16"  # type of rows and differences during transfer; half the size of float32
HEAD = 3  # number of values before the task in a message: serial number, whether to add the differences, learning rate


class WorkerTask(NamedTuple):
    """A training task as tensors, in the form in which a worker runs it."""

    head: Tensor  # float64 (2,): serial number, whether to add the differences
    # For each server: the number of rows of tokens, then the row numbers of the tokens, then the row numbers that occur
    # only as negatives.
    at: list[Tensor]
    counts: list[Tensor]  # number of rows of tokens on each server, then number of rows of negatives on each server
    places: Tensor  # length to which the rows of tokens are padded
    work: list[Tensor]


class ClusterEngine:
    """Runs training tasks on the workers of a cluster whose chief is this process."""

    threads = 2  # one thread waits for the workers, the other prepares the next tasks
    patience: float | None = SECONDS_TO_STOP  # limited, because a worker that is stopped or unreachable never answers

    def __init__(self, role: Role, place: Path, tf: Any, plan: Plan) -> None:
        """Connect to all workers and servers, which must be running; create the tables; write the layout for workers.

        Args:
            role: role of this process.
            place: directory that this function creates for the layout (the files from which workers make their tasks).
                It is two levels below the directory that the workers know.
            tf: the TensorFlow module.
            plan: parameters of the run.

        Raises:
            TrainingError: this process cannot be the chief of the cluster.
        """
        self.tf, shape = tf, plan.layout.shape
        # TensorFlow's log messages are not needed, because a lost worker is counted and a lost server raises a
        # TrainingError.
        tf.get_logger().setLevel("CRITICAL")
        workers, servers = len(role.cluster[WORKER]), len(role.cluster[SERVER])
        self._round = shape.round
        self.turn = self._round * workers * ROUNDS_PER_TURN
        self.conditions = {"workers": workers, "servers": servers, "device": "cpu"}
        resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
            tf.train.ClusterSpec(dict(role.cluster)), task_type=CHIEF, task_id=0, rpc_layer="grpc"
        )
        by_server = tf.distribute.experimental.partitioners.FixedShardsPartitioner(servers)
        try:
            self._strategy = tf.distribute.ParameterServerStrategy(resolver, variable_partitioner=by_server)
        except tf.errors.OpError as error:
            raise TrainingError(
                f"cannot connect to the cluster from {role.address}: {error.message}; another program may use the port"
            ) from error
        if is_loopback(role.address):
            block_other_machines()
        self.coordinator = _coordinator(tf, self._strategy)
        self._dim = plan.dim
        # The accumulator is the last column of a row, so that both are transferred together.
        self._centre, self._context = (
            self._shards((plan.tracks, plan.dim + 1)),
            self._shards((plan.tracks, plan.dim + 1)),
        )
        self.tables = Tables(self._table(self._centre), self._table(self._context))
        self.tables.initialize(plan.dim, plan.seed)
        # For each slot, the serial number of the last task whose differences were added. The slot of a task is its
        # serial number modulo the number of tasks per turn.
        self._added = self._shards((servers * self.turn,), "int64")
        self._counts = self._shards((servers * (PAIRS + 1),), "float64")
        self.serials = count(1)
        self._tracks, self._done_again, self._partly_twice = [0] * workers, 0, 0  # counts of an epoch
        plan.layout.write(place)
        self._make = task_program(
            tf, shape, tracks=plan.tracks, servers=servers, place=f"{place.parent.name}/{place.name}"
        )
        self._steps, self._negatives = shape.steps, shape.negatives
        self.program = self._compile_program(plan)
        self._rounds = {size: self._compile_round(size) for size in range(1, self._round + 1)}

    def prepare(self, tasks: Sequence[Assignment]) -> Sequence[Assignment]:
        """Return the tasks unchanged: workers prepare them."""
        return tasks

    def train(self, pool: Workers, prepared: Sequence[Assignment]) -> list[Outcome]:
        """Run the tasks of a turn, add their updates to the tables, and return one outcome that sums up all tasks."""
        return self._run_in_thread(pool, prepared, keep=True)

    def measure(self, pool: Workers, prepared: Sequence[Assignment]) -> list[Outcome]:
        """Run the tasks of a turn without changing the tables, and return one outcome that sums up all tasks."""
        return self._run_in_thread(pool, prepared, keep=False)

    def _run_in_thread(self, pool: Workers, prepared: Sequence[Assignment], keep: bool) -> list[Outcome]:
        """Run the tasks of a turn in a thread other than the main thread.

        Signals raise exceptions in the main thread. If the main thread is inside a call of TensorFlow, the exception
        may be lost, or replaced by another one.
        """
        return pool.start(partial(self._carry_out, prepared, keep)).result()

    def close(self) -> None:
        """Wait up to `SECONDS_TO_STOP` for the workers to finish their tasks, then stop the coordinator."""
        deadline = time.monotonic() + SECONDS_TO_STOP
        with contextlib.suppress(self.tf.errors.OpError):  # raised for tasks that failed because a server was lost
            while not self.coordinator.done() and time.monotonic() < deadline:
                time.sleep(0.05)
        self.coordinator.stop()

    def pop_counts(self) -> dict[str, Any]:
        """Return and reset three counters: tracks per worker, repeated tasks, tasks whose updates may count twice."""
        counts = {
            "tracks_by_worker": self._tracks,
            "done_again": self._done_again,
            "partly_twice": self._partly_twice,
        }
        self._tracks, self._done_again, self._partly_twice = [0] * len(self._tracks), 0, 0
        return counts

    def _carry_out(self, tasks: Sequence[Assignment], keep: bool) -> list[Outcome]:
        """Assign the tasks to workers, wait for them, and check that each server has added each task once."""
        rounds = []
        with server_errors(self.tf):
            before = self._read_counts()
            for first in range(0, len(tasks), self._round):
                some = tasks[first : first + self._round]
                sent = np.array([message_of(task, next(self.serials), keep) for task in some])
                done = self.coordinator.schedule(self._rounds[len(some)], args=(sent,))
                rounds.append((done, sum(task.stretch.real for task in some)))
            self.coordinator.join()
            counted = self._read_counts() - before
        if (counted[:, FINISHED] != len(tasks)).any():
            problem = (
                f"the parameter servers lost updates: {len(tasks)} macro-batches were trained, but the numbers of "
                f"macro-batches that each server has added are {counted[:, FINISHED].tolist()}"
            )
            raise TrainingError.naming(
                lambda named: f"{problem}; add {named('resume', True)} to continue from the last checkpoint"
            )
        if keep:
            self._done_again += int(counted[:, ARRIVED].max()) - len(tasks)
            self._partly_twice += int(counted[:, BEGAN].max()) - len(tasks)
            for done, tracks in rounds:
                self._tracks[_worker_of(done)] += tracks
        return [Outcome(float(counted[0, LOSS]), float(counted[0, PAIRS]))]

    def _read_counts(self) -> npt.NDArray[np.float64]:
        """Return the counts and sums of the servers, float64 (servers, 5), with columns from `ARRIVED` to `PAIRS`."""
        return np.stack([variable.numpy() for variable in self._counts])

    def signature(self, size: int) -> Any:
        """Return the TensorSpec of a message with `size` tasks; each row is the result of `message_of` for one task."""
        return self.tf.TensorSpec([size, HEAD + NUMBERS], self.tf.float64)

    def _compile_round(self, size: int) -> Any:
        """Compile a worker's program for a round: make tasks, pull their rows, train them, push the differences."""
        tf = self.tf

        def carry_out(sent: Tensor) -> Tensor:
            tasks = [self.make(message) for message in tf.unstack(sent)]
            pulled = [self.pull(task) for task in tasks]
            trained = [self.program(*rows, *task.work) for rows, task in zip(pulled, tasks, strict=True)]
            for task, changes in zip(tasks, trained, strict=True):
                self.push(task, *changes)
            return tf.constant(size)

        # All tasks are one argument, because processing arguments is the main cost of a round on the chief.
        return tf.function(carry_out, autograph=False).get_concrete_function(self.signature(size))

    def _compile_program(self, plan: Plan) -> Any:
        """Compile the program that trains one macro-batch on transferred rows; their last column is the accumulator."""
        tf, dim = self.tf, plan.dim

        def unpack(h: Tensor, o: Tensor) -> Parameters:
            h, o = tf.cast(h, tf.float32), tf.cast(o, tf.float32)
            return Parameters(h[:, :dim], o[:, :dim], h[:, dim], o[:, dim])

        def pack(rows: Tensor, accumulators: Tensor) -> Tensor:
            return tf.cast(tf.concat([rows, accumulators[:, None]], 1), WIRE)

        train = compile_on_copies(tf, plan.layout.shape, plan.layout.context, pull=unpack)
        negative_weight = tf.constant(plan.negatives / plan.layout.shape.shared, tf.float32)

        def program(*given: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
            h, o, h_seen, o_seen, loss, pairs = train(*given, negative_weight)
            return pack(h, h_seen), pack(o, o_seen), loss, pairs

        return tf.function(program, jit_compile=True, autograph=False)

    def make(self, sent: Tensor) -> WorkerTask:
        """Make a task from a message of the chief; this runs on a worker."""
        tf, servers = self.tf, len(self._counts)
        rows, sizes, *work = self._make(tf.cast(sent[HEAD:], tf.int64))
        counts = tf.unstack(sizes[1:])
        parts = tf.split(rows, counts)
        by_server = zip(counts[:servers], parts[:servers], parts[servers:], strict=True)
        at = [tf.concat([[own], of_tokens, of_noise], 0) for own, of_tokens, of_noise in by_server]
        rates = tf.fill([self._steps], tf.cast(sent[HEAD - 1], tf.float32))
        return WorkerTask(head=sent[: HEAD - 1], at=at, counts=counts, places=sizes[0], work=[*work, rates])

    def pull(self, task: WorkerTask) -> tuple[Tensor, Tensor]:
        """Pull padded rows with accumulators: rows of tokens from the centre table, all rows from the context table."""
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

    def push(self, task: WorkerTask, h: Tensor, o: Tensor, loss: Tensor, pairs: Tensor) -> None:
        """Let each server add its part of the differences after the whole part has arrived; no part is added twice."""
        tf, raw, servers = self.tf, self.tf.raw_ops, len(self._counts)
        head = tf.concat([task.head, tf.cast([loss, pairs], tf.float64)], 0)

        def split(differences: Tensor, counts: list[Tensor]) -> list[Tensor]:
            parts: list[Tensor] = tf.split(differences[: tf.add_n(counts)], counts)
            return parts

        h_parts, o_parts = split(h, task.counts[:servers]), split(o, task.counts)
        for server, (counts, added) in enumerate(zip(self._counts, self._added, strict=True)):
            o_part = tf.concat(o_parts[server::servers], 0)
            with tf.device(counts.device):
                here = [tf.identity(part) for part in (task.at[server], h_parts[server], o_part, head)]
                with tf.control_dependencies(here):  # a push takes the lock only after all of its data has arrived
                    lock = raw.MutexLock(mutex=raw.MutexV2(shared_name="push"))
                with tf.control_dependencies([lock]):
                    at, dh, do, own_head = here
                    number, wanted, summed_loss, weight = tf.unstack(own_head)
                    number = tf.cast(number, tf.int64)
                    slot = number % self.turn
                    is_new = number > added.sparse_read(slot)
                    new = tf.cast(is_new, tf.float64)
                    began = raw.AssignAddVariableOp(resource=counts.handle, value=tf.stack([1.0, new, 0.0, 0.0, 0.0]))
                adds = is_new & (wanted > 0)
                with tf.control_dependencies([began]):
                    adding = []
                    for variable, rows, difference in (
                        (self._centre[server], at[1 : at[0] + 1], dh),
                        (self._context[server], at[1:], do),
                    ):
                        rows = rows[: tf.where(adds, tf.size(rows), 0)]
                        # Rows are unique and the lock is held, so reading and setting is safe. It takes a third of the
                        # time of ResourceScatterAdd.
                        sums = variable.sparse_read(rows) + tf.cast(difference[: tf.size(rows)], tf.float32)
                        adding.append(raw.ResourceScatterUpdate(resource=variable.handle, indices=rows, updates=sums))
                with tf.control_dependencies(adding):
                    sums = [summed_loss * new, weight * new]
                    done = [
                        raw.ResourceScatterMax(resource=added.handle, indices=slot, updates=number),
                        raw.AssignAddVariableOp(resource=counts.handle, value=tf.stack([0.0, 0.0, new, *sums])),
                    ]
                with tf.control_dependencies(done):
                    raw.ConsumeMutexLock(mutex_lock=lock)

    def _table(self, variables: Sequence[Any]) -> Table[Shards]:
        """Return the rows and the accumulators of a table; each variable holds both in separate columns."""
        rows, accumulators = slice(0, self._dim), slice(self._dim, self._dim + 1)
        return Table(Shards(self.tf, variables, rows), Shards(self.tf, variables, accumulators, is_flat=True))

    def _shards(self, shape: tuple[int, ...], dtype: str = "float32") -> list[Any]:
        """Create an array of zeros that is split over the servers, and return the variable of each server."""
        tf = self.tf

        def zeros(partition_shape: Any = shape, **_offset: Any) -> Any:
            return tf.zeros(partition_shape, dtype)

        with self._strategy.scope():
            made = tf.Variable(zeros, shape=shape, dtype=dtype)
        return list(getattr(made, "variables", [made]))


def _coordinator(tf: Any, strategy: Any) -> Any:
    """Return TensorFlow's coordinator with an explicit `stop`, and without its destructor.

    TensorFlow's `__del__` waits for a thread that itself waits for a lost member, so the program would never end.
    Without `__del__`, the thread ends with the process.
    """

    class Coordinator(tf.distribute.coordinator.ClusterCoordinator):  # type: ignore[misc]
        """Assigns tasks to workers."""

        def stop(self) -> None:
            """Release the workers, and clear the errors of lost workers, which would otherwise be raised again."""
            for worker in self._cluster.workers:
                worker.stop()
            self._cluster.closure_queue.stop()
            for worker in self._cluster.workers:
                worker.executor.clear_error()

        def __del__(self) -> None:
            pass

    return Coordinator(strategy)


def message_of(task: Assignment, serial: int, keep: bool) -> list[float]:
    """Return the message that assigns a task to a worker.

    The numbers in the message are sent as float64, which represents each of them exactly.
    """
    return [serial, keep, task.rate, *numbers_of(task)]


def _worker_of(done: Any) -> int:
    """Return the index of the worker that ran a function, even if that worker has been lost since."""
    device: str = done._get_values().backing_device
    return int(device.partition("/task:")[2].partition("/")[0])
