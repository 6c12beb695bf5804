"""Row numbers: an array, or all numbers in ascending order, which need no memory."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]


class RowNumbers(Protocol):
    """Protocol for row numbers: an array, or `AllRows`."""

    def __len__(self) -> int:
        """Return the number of rows."""

    def __getitem__(self, places: slice | Ids, /) -> npt.NDArray[Any]:
        """Return the row numbers at the given indices."""


class AllRows:
    """The numbers of all rows in ascending order, which can be sliced and indexed like the array `arange(rows)`."""

    def __init__(self, rows: int) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return self._rows

    def __getitem__(self, places: slice | Ids, /) -> npt.NDArray[Any]:
        return np.arange(*places.indices(self._rows)) if isinstance(places, slice) else places
