"""Shards: the rows of a table, spread over the parameter servers of a cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from skipgramophone.errors import TrainingError
from skipgramophone.experiment.embeddings import Matrix
from skipgramophone.training.cluster.worker import CANNOT


@dataclass(frozen=True, slots=True)
class Shards:
    """Some columns of a table on parameter servers. Row r of the table is row r // servers of shard r % servers.

    Attributes:
        tf: the TensorFlow module.
        variables: one float32 variable of shape (rows of the shard, all columns) per server.
        columns: the columns that this object reads and writes.
        is_flat: whether to read and write a single column as a one-dimensional array.
    """

    tf: Any
    variables: Sequence[Any]
    columns: slice
    is_flat: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the whole array."""
        rows = sum(int(variable.shape[0]) for variable in self.variables)
        return (rows,) if self.is_flat else (rows, self.columns.stop - self.columns.start)

    def __getitem__(self, rows: slice) -> Matrix:
        """Return a copy of consecutive rows."""
        values = np.empty((rows.stop - rows.start, self.columns.stop - self.columns.start), np.float32)
        with server_errors(self.tf):
            for variable, here, there in self._parts(rows):
                with self.tf.device(variable.device):
                    found = variable.sparse_read(there)[:, self.columns]
                values[here] = found.numpy()
        return values[:, 0] if self.is_flat else values

    def __setitem__(self, rows: slice, values: Matrix) -> None:
        """Set consecutive rows."""
        with server_errors(self.tf):
            for variable, here, there in self._parts(rows):
                own = values[here, None] if self.is_flat else values[here]
                with self.tf.device(variable.device):
                    whole = variable.sparse_read(there)
                    changed = [whole[:, : self.columns.start], own, whole[:, self.columns.stop :]]
                    variable.scatter_update(self.tf.IndexedSlices(self.tf.concat(changed, 1), there))

    def _parts(self, rows: slice) -> list[tuple[Any, slice, Any]]:
        """Split `rows` by shard.

        For each shard that contains some of `rows`, return three values: the variable of the shard, a slice that
        selects the shard's part of `rows`, and the row numbers of this part in the shard.
        """
        servers = len(self.variables)
        parts = []
        for shard, variable in enumerate(self.variables):
            first = (shard - rows.start) % servers
            there = np.arange(rows.start + first, rows.stop, servers) // servers
            if len(there):
                parts.append((variable, slice(first, None, servers), there))
        return parts


@contextmanager
def server_errors(tf: Any) -> Iterator[None]:
    """Turn a TensorFlow error into a one-line `TrainingError`: a lost server, or an error that a worker raised."""
    try:
        yield
    except tf.errors.OpError as error:
        if found := re.search(f"^{TrainingError.__name__}: (.* {CANNOT}: .*)$", error.message, re.MULTILINE):
            raise TrainingError(found[1]) from error
        kind = type(error).__name__
        raise TrainingError.naming(
            lambda named: (
                f"lost a server of the cluster ({kind}): add {named('resume', True)} to continue from the last "
                "checkpoint"
            )
        ) from error
