"""Standard streams that lose nothing.

Python's own standard output drops the rest of a short write under PYTHONUNBUFFERED=1, and fails on a pipe that another
process has set to non-blocking; a non-blocking standard input looks as if it had ended. The streams here write all
bytes or raise an error, and wait for input until it ends.
"""

from __future__ import annotations

import io
import os
import select
import sys
from typing import TYPE_CHECKING, TextIO

from skipgramophone.errors import StorageError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

STDIN, STDOUT, STDERR = 0, 1, 2


class _Descriptor(io.RawIOBase):
    """A stream over a file descriptor, which it does not own."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        """Return the file descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Return whether the descriptor is a terminal."""
        return os.isatty(self._descriptor)


class WaitingInput(_Descriptor):
    """A file descriptor that is read until it ends, even if it is set to non-blocking."""

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read some bytes, waiting for them; 0 at the end."""
        while True:
            try:
                return os.readv(self._descriptor, [buffer])
            except BlockingIOError:
                _wait(self._descriptor, select.POLLIN)


class WaitingOutput(_Descriptor):
    """A file descriptor that is written to, even if it is set to non-blocking."""

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: ReadableBuffer) -> int:
        """Write some bytes, waiting for room; a `BufferedWriter` around this writes the rest."""
        while True:
            try:
                return os.write(self._descriptor, data)
            except BlockingIOError:
                _wait(self._descriptor, select.POLLOUT)


class ClosedInput(io.RawIOBase):
    """Standard input that the caller has closed.

    Raises:
        StorageError: on each attempt to read.
    """

    def readable(self) -> bool:
        """Return True, so that the attempt to read gives the clear message."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:  # noqa: ARG002
        """Refuse to read."""
        raise StorageError("cannot read standard input: it is closed")


class ClosedOutput(io.RawIOBase):
    """Standard output that the caller has closed.

    Raises:
        StorageError: on the first attempt to write. Later ones are ignored, because Python flushes again at its exit.
    """

    def __init__(self) -> None:
        self._is_reported = False

    def writable(self) -> bool:
        """Return True, so that the attempt to write gives the clear message."""
        return True

    def write(self, data: ReadableBuffer) -> int:
        """Refuse to write."""
        if not self._is_reported:
            self._is_reported = True
            raise StorageError("cannot write the result: standard output is closed")
        return memoryview(data).nbytes


def prepare_streams() -> None:
    """Replace the standard streams by ones that wait, write everything, and say that they are closed."""
    is_closed = _occupy_closed_descriptors()
    encoding = getattr(sys.stdout or sys.stderr or sys.stdin, "encoding", None) or "utf-8"
    if is_closed[STDIN]:
        sys.stdin = io.TextIOWrapper(io.BufferedReader(ClosedInput()), encoding)
    elif sys.stdin is not None and not sys.stdin.isatty():  # on a terminal, Python's own edits lines
        reader = io.BufferedReader(WaitingInput(STDIN), 1 << 16)
        sys.stdin = io.TextIOWrapper(reader, sys.stdin.encoding, errors="replace")
    if is_closed[STDOUT]:
        sys.stdout = _text_writer(ClosedOutput(), encoding)
    elif sys.stdout is not None:
        sys.stdout = _rebuilt(sys.stdout)
    if is_closed[STDERR]:
        sys.stderr = _text_writer(WaitingOutput(STDERR), encoding)  # the null device
    elif sys.stderr is not None:
        sys.stderr = _rebuilt(sys.stderr)


def discard_stdout() -> None:
    """Send buffered output to the null device, so that the flush at exit does not fail again."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, STDOUT)
    os.close(null)


def _rebuilt(stream: TextIO) -> TextIO:
    """A stream to the same descriptor that writes everything; characters that it cannot encode are escaped."""
    stream.flush()
    return _text_writer(WaitingOutput(stream.fileno()), stream.encoding)


def _text_writer(raw: io.RawIOBase, encoding: str) -> TextIO:
    """A text stream over a descriptor, flushed per line on a terminal and on standard error."""
    to_errors = isinstance(raw, WaitingOutput) and raw.fileno() == STDERR
    writer = io.BufferedWriter(raw)
    return io.TextIOWrapper(writer, encoding, errors="backslashreplace", line_buffering=to_errors or raw.isatty())


def _occupy_closed_descriptors() -> list[bool]:
    """Open the null device on closed standard descriptors, and return which of the three were closed.

    Otherwise the next file that is opened would get such a number, and what a library prints would end up in it.
    """
    is_closed = []
    for descriptor in (STDIN, STDOUT, STDERR):
        try:
            os.fstat(descriptor)
            is_closed.append(False)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)  # the lowest free number, because lower ones are occupied
            os.set_inheritable(null, True)
            is_closed.append(True)
    return is_closed


def _wait(descriptor: int, event: int) -> None:
    """Wait until a descriptor can be read from or written to."""
    poll = select.poll()
    poll.register(descriptor, event)
    poll.poll()
