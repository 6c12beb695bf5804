"""Arrays on disk: npy files, memory-mapped, of the kind that the contract says or not at all; and scratch space."""

from __future__ import annotations

import os
import tempfile
import tokenize
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import ExperimentError, StorageError, reason_of, storage_errors

PIECE = 1 << 16  # rows that are copied at once


class Sliced(Protocol):
    """What can be asked for its shape and for some of its rows: an array, or rows that lie elsewhere."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole."""

    def __getitem__(self, rows: slice, /) -> npt.NDArray[np.float32]:
        """Some rows; it may be a view."""


def read_array(path: Path, dtype: npt.DTypeLike, dimensions: int) -> npt.NDArray[Any]:
    """Map an npy file read-only, insisting on its kind; pickles are refused.

    Raises:
        ExperimentError: the file is damaged or holds something else.
        StorageError: the file cannot be read.
    """
    try:
        with storage_errors(path, "read"), warnings.catch_warnings():
            warnings.simplefilter("error")  # of a header such as nothing that is read today writes
            array = np.lib.format.open_memmap(path, mode="r")
    except (ValueError, TypeError, OverflowError, EOFError, SyntaxError, tokenize.TokenError, Warning) as error:
        raise ExperimentError(f"{path} is damaged: {reason_of(error)}") from error
    if not isinstance(array, np.ndarray) or array.dtype != dtype or array.ndim != dimensions:
        raise ExperimentError(f"{path} is damaged: not a {dimensions}-dimensional array of {np.dtype(dtype)}")
    return array.view(np.ndarray)  # mapped all the same; a memmap makes every look at some rows slow


def write_rows(path: Path, shape: tuple[int, ...], pieces: Iterable[npt.NDArray[np.float32]]) -> None:
    """Write a float32 array to an npy file a piece at a time, so that it is never whole in memory.

    Args:
        path: the file.
        shape: of the whole; its first number is the sum of those of the pieces.
        pieces: rows in order.
    """
    with path.open("wb") as file:
        described = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, described)
        for piece in pieces:
            file.write(np.ascontiguousarray(piece, np.float32).data)


def pieces(rows: int) -> Iterator[slice]:
    """Slices of so many rows that a copy of one is small."""
    return (slice(start, min(start + PIECE, rows)) for start in range(0, rows, PIECE))


def scratch(length: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """An array of zeros in a file without a name: the system may write it out and forget it when memory is short.

    Raises:
        StorageError: there is no room for it where temporary files lie.
    """
    if not length:
        return np.empty(0, dtype)
    size = length * np.dtype(dtype).itemsize
    with spooling(size), tempfile.TemporaryFile(prefix="sgp-") as file:
        if hasattr(os, "posix_fallocate"):  # else a disk that is full when a page is touched is SIGBUS
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.truncate(size)
        return np.memmap(file, dtype, "r+").view(np.ndarray)


@contextmanager
def spooling(size: int | None = None) -> Iterator[None]:
    """Turn an `OSError` of a temporary file into one line that says where it lies, and how large it was to be.

    Raises:
        StorageError: there was one.
    """
    needed = f"{size:,} bytes of temporary files" if size else "temporary files"
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"cannot write {needed} in {tempfile.gettempdir()}: {reason_of(error)}; "
            "set TMPDIR to a place with more room"
        ) from error
