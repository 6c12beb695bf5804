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
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.embeddings import Matrix
from skipgramophone.errors import TrainingError
from skipgramophone.roles import CHIEF, SERVER, WORKER, Role, is_loopback
from skipgramophone.training.layout import Assignment
from skipgramophone.training.loopback import close_to_others
from skipgramophone.training.on_worker import CANNOT, NUMBERS, made_task, numbers_of
from skipgramophone.training.plan import Plan
from skipgramophone.training.step import Pulled, compile_macro_batch
from skipgramophone.training.tables import Table, Tables
from skipgramophone.training.tasks import Outcome
from skipgramophone.training.workers import Workers

Tensor = Any
ROUNDS_A_TURN = 4  # for each worker; between two turns all wait for the last
SECONDS_TO_STOP = 5.0
CAME, BEGAN, FINISHED, LOSS, PAIRS = range(5)  # what a server counts
HEAD = 2  # serial number and whether to keep, before the numbers of a task


@dataclass(frozen=True, slots=True)
class Shards:
    """Rows on servers: row r is row r // servers of shard r % servers.

    Attributes:
        tf: the TensorFlow module.
        variables: a float32 variable a server.
    """

    tf: Any
    variables: Sequence[Any]

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole."""
        first = self.variables[0].shape
        return (sum(int(variable.shape[0]) for variable in self.variables), *first[1:])

    def __getitem__(self, rows: slice) -> Matrix:
        """A copy of some neighbouring rows."""
        values = np.empty((rows.stop - rows.start, *self.shape[1:]), np.float32)
        with _servers(self.tf):
            for variable, here, there in self._parts(rows):
                values[here] = variable.sparse_read(there).numpy()
        return values

    def __setitem__(self, rows: slice, values: Matrix) -> None:
        """Set some neighbouring rows."""
        with _servers(self.tf):
            for variable, here, there in self._parts(rows):
                variable.scatter_update(self.tf.IndexedSlices(values[here], there))

    def _parts(self, rows: slice) -> list[tuple[Any, slice, Any]]:
        """Each shard that holds some rows, which of them, and where they lie in it."""
        servers = len(self.variables)
        parts = []
        for shard, variable in enumerate(self.variables):
            first = (shard - rows.start) % servers
            there = np.arange(rows.start + first, rows.stop, servers) // servers
            if len(there):
                parts.append((variable, slice(first, None, servers), there))
        return parts

    def gather(self, rows: Tensor, places: Tensor) -> Tensor:
        """Pull rows in their order, followed by as many as make up the places, whatever they hold; to be compiled."""
        tf, servers = self.tf, len(self.variables)
        shard = rows % servers
        local = tf.dynamic_partition(rows // servers, shard, servers)
        order = tf.dynamic_partition(tf.range(tf.size(rows)), shard, servers)
        found = [variable.sparse_read(at) for variable, at in zip(self.variables, local, strict=True)]
        # A row for the last place makes room for all before it; where rows fill every place, the later one holds.
        return tf.dynamic_stitch([[places - 1], *order], [tf.zeros([1, *self.shape[1:]]), *found])


class Cluster:
    """Carries out tasks on the workers of a cluster whose chief is this process."""

    threads = 1  # that is left to this process is to say what lies where

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
        tracks, dim = plan.tracks, plan.dim
        self.tables = Tables(
            Table(self._shards(tracks, dim), self._shards(tracks)),
            Table(self._shards(tracks, dim), self._shards(tracks)),
        )
        self.tables.begin(plan.layout.seed)
        self._added = self._shards(servers * self.turn, dtype="int64").variables  # serial number by task of a turn
        self._counts = self._shards(servers * (PAIRS + 1), dtype="float64").variables
        self.serials = count(1)
        self._tracks, self._done_again, self._partly_twice = [0] * workers, 0, 0  # of an epoch
        plan.layout.write(place)
        self._make = made_task(tf, shape, tracks, f"{place.parent.name}/{place.name}")
        self._steps, self._negatives = shape.steps, shape.negatives
        self.program = compile_macro_batch(tf, shape, plan.layout.context, plan.negatives, Pulled)
        self._rounds = {size: self._compile_round(size) for size in range(1, self._round + 1)}

    def ready(self, what: Sequence[Assignment]) -> Sequence[Assignment]:
        """Nothing is to be done: workers lay out what they train."""
        return what

    def train(self, _pool: Workers, ready: Sequence[Assignment]) -> list[Outcome]:
        """Carry out the tasks of a turn, and add what they change."""
        return self._carry_out(ready, keep=True)

    def measure(self, _pool: Workers, ready: Sequence[Assignment]) -> list[Outcome]:
        """Carry out the tasks of a turn, and add nothing."""
        return self._carry_out(ready, keep=False)

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
        with _servers(self.tf):
            before = self._counted()
            for first in range(0, len(tasks), self._round):
                some = tasks[first : first + self._round]
                sent = [part for task in some for part in sent_of(task, next(self.serials), keep)]
                done = self.coordinator.schedule(self._rounds[len(some)], args=sent)
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

    def signature(self) -> list[Any]:
        """What a worker is sent of a task, as TensorFlow describes it."""
        return [self.tf.TensorSpec([HEAD + NUMBERS], self.tf.int64), self.tf.TensorSpec([], self.tf.float32)]

    def _compile_round(self, size: int) -> Any:
        """Compile what a worker does: make some tasks, pull their rows, train on them, push the differences."""
        tf = self.tf

        def carry_out(*sent: Tensor) -> Tensor:
            made = [
                (numbers[:HEAD], *self.made(numbers, rate)) for numbers, rate in zip(sent[::2], sent[1::2], strict=True)
            ]
            pulled = [self.pull(rows, sizes) for _, rows, sizes, _ in made]
            trained = [self.program(*rows, *work) for rows, (*_, work) in zip(pulled, made, strict=True)]
            for (head, rows, sizes, _), changes in zip(made, trained, strict=True):
                self.push(head, rows, sizes, *changes)
            return tf.constant(size)

        return tf.function(carry_out, input_signature=self.signature() * size, autograph=False)

    def made(self, numbers: Tensor, rate: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Make a task on a worker: its rows, how many are of tokens and what they are padded to, and its work."""
        rows, sizes, *work = self._make(numbers[HEAD:])
        return rows, sizes, [*work, self.tf.fill([self._steps], rate)]

    def pull(self, rows: Tensor, sizes: Tensor) -> Pulled:
        """Pull the rows of a task, padded to its places."""
        of_tokens, places = self.tf.unstack(sizes)
        h, o, h_seen, o_seen = self.tables.held()
        own, more = rows[:of_tokens], places + self._negatives
        return Pulled(
            h.gather(own, places), o.gather(rows, more), h_seen.gather(own, places), o_seen.gather(rows, more)
        )

    def push(
        self,
        head: Tensor,
        rows: Tensor,
        sizes: Tensor,
        h: Tensor,
        o: Tensor,
        h_seen: Tensor,
        o_seen: Tensor,
        loss: Tensor,
        pairs: Tensor,
    ) -> None:
        """Have each server add its part of the differences, once it has all of that part, and unless it has before."""
        tf, servers = self.tf, len(self._counts)
        serial, keep = tf.unstack(head)
        own = rows[: sizes[0]]

        def parted(values: Tensor, among: Tensor) -> list[Tensor]:
            found: list[Tensor] = tf.dynamic_partition(values[: tf.size(among)], among % servers, servers)
            return found

        by_server = zip(
            parted(own // servers, own), parted(h, own), parted(h_seen, own),
            parted(rows // servers, rows), parted(o, rows), parted(o_seen, rows),
            strict=True,
        )  # fmt: skip
        raw = tf.raw_ops
        for server, parts in enumerate(by_server):
            counts, added = self._counts[server], self._added[server]
            h_rows, o_rows, h_accumulators, o_accumulators = (held.variables[server] for held in self.tables.held())
            with tf.device(counts.device):
                here = [tf.identity(part) for part in (*parts, serial, keep, loss, pairs)]
                with tf.control_dependencies(here):  # what has begun has all that it needs
                    at_h, dh, dh_seen, at_o, do, do_seen, number, wanted, lost, weighed = here
                    slot = number % self.turn
                    is_new = number > added.sparse_read(slot)
                    new = tf.cast(is_new, tf.float64)
                    began = raw.AssignAddVariableOp(resource=counts.handle, value=tf.stack([1.0, new, 0.0, 0.0, 0.0]))
                much = is_new & (wanted > 0)
                with tf.control_dependencies([began]):
                    adding = []
                    for variable, at, difference in (
                        (h_rows, at_h, dh),
                        (h_accumulators, at_h, dh_seen),
                        (o_rows, at_o, do),
                        (o_accumulators, at_o, do_seen),
                    ):
                        size = tf.where(much, tf.size(at), 0)
                        adding.append(
                            raw.ResourceScatterAdd(
                                resource=variable.handle, indices=at[:size], updates=difference[:size]
                            )
                        )
                with tf.control_dependencies(adding):
                    sums = [tf.cast(lost, tf.float64) * new, tf.cast(weighed, tf.float64) * new]
                    raw.ResourceScatterMax(resource=added.handle, indices=slot, updates=number)
                    raw.AssignAddVariableOp(resource=counts.handle, value=tf.stack([0.0, 0.0, new, *sums]))

    def _shards(self, rows: int, dim: int | None = None, dtype: str = "float32") -> Shards:
        """Zeros on the servers, a shard on each."""
        tf = self.tf
        shape = (rows,) if dim is None else (rows, dim)

        def zeros(partition_shape: Any = shape, **_offset: Any) -> Any:
            return tf.zeros(partition_shape, dtype)

        with self._strategy.scope():
            made = tf.Variable(zeros, shape=shape, dtype=dtype)
        return Shards(tf, list(getattr(made, "variables", [made])))


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


def sent_of(task: Assignment, serial: int, keep: bool) -> list[npt.NDArray[Any]]:
    """What a worker is sent of a task."""
    return [np.array([serial, keep, *numbers_of(task)], np.int64), np.array(task.rate, np.float32)]


@contextmanager
def _servers(tf: Any) -> Iterator[None]:
    """Turn what TensorFlow says of a server that does not answer into one line."""
    try:
        yield
    except tf.errors.OpError as error:
        if said := re.search(f"^{TrainingError.__name__}: (.* {CANNOT}: .*)$", error.message, re.MULTILINE):
            raise TrainingError(said[1]) from error
        raise TrainingError(
            f"a server of the cluster is lost ({type(error).__name__}): --resume goes on from the last checkpoint"
        ) from error


def _worker_of(done: Any) -> int:
    """Which worker carried out a function; asked of the handle of its result, which is there when the worker is not."""
    device: str = done._get_values().backing_device
    return int(device.partition("/task:")[2].partition("/")[0])
