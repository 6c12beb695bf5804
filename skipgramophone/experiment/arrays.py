"""Arrays on disk: memory-mapped npy files with validated dtype and shape, and temporary arrays."""

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

from skipgramophone.errors import DamagedFileError, StorageError, reason_of, storage_errors
from skipgramophone.parallel import stop_if_cancelled

PIECE = 1 << 16  # number of rows to copy per step
WRITTEN_AT_ONCE = 1 << 24  # number of elements of an array that are written per step
Rows = npt.NDArray[np.int64]  # row numbers of the catalogue


class RowSource(Protocol):
    """Protocol for matrices that are read in slices of rows, such as an array or a matrix on a parameter server."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the whole matrix."""

    def __getitem__(self, rows: slice, /) -> npt.NDArray[np.float32]:
        """Return a slice of rows, possibly as a view."""


def read_array(path: Path, dtype: npt.DTypeLike, dimensions: int) -> npt.NDArray[Any]:
    """Memory-map an npy file read-only, and validate its dtype and number of dimensions; pickles are refused.

    Raises:
        ExperimentError: the file is damaged or contains something else.
        StorageError: the file cannot be read.
    """
    try:
        with storage_errors(path, "read"), warnings.catch_warnings():
            warnings.simplefilter("error")  # for some invalid headers, numpy issues only a warning
            array = np.lib.format.open_memmap(path, mode="r")
    except (ValueError, TypeError, OverflowError, EOFError, SyntaxError, tokenize.TokenError, Warning) as error:
        raise DamagedFileError(f"{path} is damaged: {reason_of(error)}") from error
    if not isinstance(array, np.ndarray) or array.dtype != dtype or array.ndim != dimensions:
        raise DamagedFileError(f"{path} is damaged: not a {dimensions}-dimensional array of {np.dtype(dtype)}")
    return array.view(np.ndarray)  # the view is still memory-mapped; slices of np.memmap itself would be slow


def write_array(path: Path, array: npt.NDArray[Any]) -> None:
    """Write an array to a new npy file.

    A long array is written in pieces, because an interrupt is not handled while a piece is written.
    """
    if array.ndim != 1:
        with path.open("xb") as file:
            np.save(file, array, allow_pickle=False)
        return
    parts = (array[start : start + WRITTEN_AT_ONCE] for start in range(0, len(array), WRITTEN_AT_ONCE))
    write_rows(path, array.shape, parts, array.dtype)


def write_rows(
    path: Path, shape: tuple[int, ...], pieces: Iterable[npt.NDArray[Any]], dtype: npt.DTypeLike = np.float32
) -> None:
    """Write an array to an npy file piece by piece, so that the whole array is never in memory.

    Args:
        path: the file to write.
        shape: shape of the whole array.
        pieces: arrays of consecutive rows, from the first to the last.
        dtype: type of the numbers in the file.
    """
    stored = np.dtype(dtype).newbyteorder("<")
    with path.open("xb") as file:
        described = {"descr": stored.str, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, described)
        for piece in pieces:
            stop_if_cancelled()
            file.write(np.ascontiguousarray(piece, stored).data)


def pieces(rows: int) -> Iterator[slice]:
    """Return slices that cover `rows` rows, each of at most `PIECE` rows."""
    return (slice(start, min(start + PIECE, rows)) for start in range(0, rows, PIECE))


def scratch(length: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Return an array of zeros in a temporary file without a name, so that it does not have to fit into memory.

    Raises:
        StorageError: there is not enough space for temporary files.
    """
    if not length:
        return np.empty(0, dtype)
    size = length * np.dtype(dtype).itemsize
    with temporary_file_errors(size), tempfile.TemporaryFile(prefix="sgp-") as file:
        if hasattr(os, "posix_fallocate"):  # reserve the space now: a later write to a full disk would raise SIGBUS
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.truncate(size)
        return np.memmap(file, dtype, "r+").view(np.ndarray)


@contextmanager
def temporary_file_errors(size: int | None = None) -> Iterator[None]:
    """Turn an `OSError` about temporary files into a `StorageError` that names their directory and size.

    Raises:
        StorageError: the `with` block raised an `OSError`.
    """
    needed = f"{size:,} bytes of temporary files" if size else "temporary files"
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"cannot write {needed} in {tempfile.gettempdir()}: {reason_of(error)}; "
            "set TMPDIR to a directory with more free space"
        ) from error
