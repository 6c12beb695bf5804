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
    """Some columns of a table on servers: row r of the table is row r // servers of shard r % servers.

    Attributes:
        tf: the TensorFlow module.
        variables: a float32 variable a server, (its rows, all columns).
        columns: which of them these are.
        is_flat: whether it is one column, to be seen as numbers and not as rows.
    """

    tf: Any
    variables: Sequence[Any]
    columns: slice
    is_flat: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole."""
        rows = sum(int(variable.shape[0]) for variable in self.variables)
        return (rows,) if self.is_flat else (rows, self.columns.stop - self.columns.start)

    def __getitem__(self, rows: slice) -> Matrix:
        """A copy of some neighbouring rows."""
        values = np.empty((rows.stop - rows.start, self.columns.stop - self.columns.start), np.float32)
        with server_errors(self.tf):
            for variable, here, there in self._parts(rows):
                with self.tf.device(variable.device):
                    found = variable.sparse_read(there)[:, self.columns]
                values[here] = found.numpy()
        return values[:, 0] if self.is_flat else values

    def __setitem__(self, rows: slice, values: Matrix) -> None:
        """Set some neighbouring rows."""
        with server_errors(self.tf):
            for variable, here, there in self._parts(rows):
                own = values[here, None] if self.is_flat else values[here]
                with self.tf.device(variable.device):
                    whole = variable.sparse_read(there)
                    changed = [whole[:, : self.columns.start], own, whole[:, self.columns.stop :]]
                    variable.scatter_update(self.tf.IndexedSlices(self.tf.concat(changed, 1), there))

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


@contextmanager
def server_errors(tf: Any) -> Iterator[None]:
    """Turn what TensorFlow says of a server that does not answer into one line."""
    try:
        yield
    except tf.errors.OpError as error:
        if said := re.search(f"^{TrainingError.__name__}: (.* {CANNOT}: .*)$", error.message, re.MULTILINE):
            raise TrainingError(said[1]) from error
        raise TrainingError(
            f"a server of the cluster is lost ({type(error).__name__}): --resume goes on from the last checkpoint"
        ) from error
