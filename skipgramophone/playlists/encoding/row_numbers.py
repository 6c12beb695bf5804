"""Row numbers: an array, or all numbers in ascending order, which need no memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]


class Rows(Protocol):
    """Protocol for row numbers, such as an array."""

    def __len__(self) -> int:
        """Return the number of rows."""

    def __iter__(self) -> Iterator[Any]:
        """Return an iterator over the row numbers."""

    def __getitem__(self, places: slice | Ids, /) -> npt.NDArray[Any]:
        """Return the row numbers at some places."""


class AllRows:
    """The numbers of all rows in ascending order, as if they were in an array."""

    def __init__(self, rows: int) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return self._rows

    def __iter__(self) -> Iterator[int]:
        return iter(range(self._rows))

    def __getitem__(self, places: slice | Ids, /) -> npt.NDArray[Any]:
        return np.arange(*places.indices(self._rows)) if isinstance(places, slice) else places
