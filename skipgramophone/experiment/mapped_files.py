"""Detect memory-mapped files that another program has truncated.

The system kills a process with SIGBUS when it reads a mapped page beyond the end of the file. `sgp` never changes a
mapped file, because it replaces files by renaming. Other programs, such as `rsync --inplace`, may change a file in
place.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import ExperimentError


@dataclass(frozen=True, slots=True)
class MappedFile:
    """A file that is mapped into memory."""

    path: Path
    mapping: mmap.mmap

    def is_cut_off(self) -> bool:
        """Whether the file is now shorter than its mapping."""
        return self.mapping.size() < len(self.mapping)


def mapped_files(arrays: Iterable[npt.NDArray[Any]]) -> list[MappedFile]:
    """Return the files to which arrays, or the arrays of which they are slices, are memory-mapped; ignore others."""
    found = []
    for array in arrays:
        base: Any = array
        path = getattr(base, "filename", None)
        while isinstance(base, np.ndarray):
            path = path or getattr(base, "filename", None)
            base = base.base
        if isinstance(base, mmap.mmap) and path is not None:
            found.append(MappedFile(Path(path), base))
    return found


def require_whole(files: Iterable[MappedFile]) -> None:
    """Verify that no file has been truncated since it was mapped.

    Raises:
        ExperimentError: a file is shorter than its mapping.
    """
    for file in files:
        if file.is_cut_off():
            raise ExperimentError(
                f"another program has truncated {file.path} while it was open: "
                "restore the file, then run the command again"
            )
