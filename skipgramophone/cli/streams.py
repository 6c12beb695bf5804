"""Standard streams that replace those of Python and lose no data.

With PYTHONUNBUFFERED=1, Python's standard output loses data if the system accepts only a part of a write. It also fails
on a pipe that another process has set to non-blocking. If standard input is non-blocking, Python treats a pause as the
end of the input. The streams of this module write each byte exactly once or raise an error, and read until the
real end of the input.
"""

from __future__ import annotations

import io
import os
import select
import sys
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from skipgramophone.errors import StorageError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

STDIN, STDOUT, STDERR = 0, 1, 2


class _Descriptor(io.IOBase):
    """A stream that never closes its file descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        """Return the file descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Return whether the descriptor is a terminal."""
        return os.isatty(self._descriptor)


class WaitingInput(_Descriptor, io.RawIOBase):
    """A raw input stream that waits for data, even if its file descriptor is non-blocking."""

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Wait for input and read some bytes; return their number, or 0 at the end of the input."""
        while True:
            try:
                return os.readv(self._descriptor, [buffer])
            except BlockingIOError:
                _wait(self._descriptor, select.POLLIN)


@dataclass(frozen=True)
class _Unsent:
    """Data to write, and for each system call so far, how many bytes of the data the system has accepted."""

    data: bytes = b""
    accepted: deque[int] = field(default_factory=deque)

    def write(self, descriptor: int) -> bool:
        """Write the rest of the data with one system call; return whether all data is written.

        Python can raise KeyboardInterrupt between two of its operations, such as between calling `os.write` and storing
        the number of bytes that it has written. `deque.extend` calls `os.write` and stores this number in one
        operation. So the number is never lost, and no byte is written twice if writing continues after an interrupt.
        """
        done = sum(self.accepted)
        if done < len(self.data):
            self.accepted.extend(map(os.write, (descriptor,), (memoryview(self.data)[done:],)))
        return sum(self.accepted) >= len(self.data)


class WaitingOutput(_Descriptor, io.BufferedIOBase):
    """An output stream that waits until all bytes are written, even if its file descriptor is non-blocking."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor)
        self._unsent = _Unsent()

    @property
    def name(self) -> int:
        """The name of the stream: its file descriptor, as Python names streams without a path."""
        return self._descriptor

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: ReadableBuffer) -> int:
        """Wait until output is possible, and write all bytes; return their number."""
        self.flush()
        self._unsent = _Unsent(bytes(data))
        self.flush()
        return len(self._unsent.data)

    def flush(self) -> None:
        """Write what an earlier call could not write because of an interrupt or an error."""
        while True:
            try:
                if self._unsent.write(self._descriptor):
                    return
            except BlockingIOError:
                _wait(self._descriptor, select.POLLOUT)


class ClosedInput(io.RawIOBase):
    """Replaces the standard input if it was closed when the process started.

    Raises:
        StorageError: on each attempt to read.
    """

    def readable(self) -> bool:
        """Return True, so that reading fails with the clear message of `readinto`."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:  # noqa: ARG002
        """Raise an error, because standard input is closed."""
        raise StorageError("cannot read standard input: it is closed")


class ClosedOutput(io.RawIOBase):
    """Replaces the standard output if it was closed when the process started.

    Raises:
        StorageError: on the first attempt to write. Later attempts are ignored, because Python flushes again at exit.
    """

    def __init__(self) -> None:
        self._is_reported = False

    def writable(self) -> bool:
        """Return True, so that writing fails with the clear message of `write`."""
        return True

    def write(self, data: ReadableBuffer) -> int:
        """Raise an error on the first call, because standard output is closed; ignore the data on later calls."""
        if not self._is_reported:
            self._is_reported = True
            raise StorageError("cannot write the result: standard output is closed")
        return memoryview(data).nbytes


def prepare_streams() -> None:
    """Replace the standard streams by streams that lose no data, and that raise an error if they are closed."""
    is_closed = _occupy_closed_descriptors()
    encoding = getattr(sys.stdout or sys.stderr or sys.stdin, "encoding", None) or "utf-8"
    if is_closed[STDIN]:
        sys.stdin = io.TextIOWrapper(io.BufferedReader(ClosedInput()), encoding)
    elif sys.stdin is not None and not sys.stdin.isatty():  # on a terminal, Python's own input supports line editing
        reader = io.BufferedReader(WaitingInput(STDIN), 1 << 16)
        sys.stdin = io.TextIOWrapper(reader, sys.stdin.encoding, errors="replace")
    if is_closed[STDOUT]:
        sys.stdout = _text_writer(io.BufferedWriter(ClosedOutput()), encoding)
    elif sys.stdout is not None:
        sys.stdout = _rebuilt(sys.stdout)
    if is_closed[STDERR]:
        sys.stderr = _text_writer(WaitingOutput(STDERR), encoding)  # the null device
    elif sys.stderr is not None:
        sys.stderr = _rebuilt(sys.stderr)


def discard_stdout() -> None:
    """Redirect standard output to the null device after a failed write, so that Python's flush at exit succeeds."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, STDOUT)
    os.close(null)


def _rebuilt(stream: TextIO) -> TextIO:
    """Return a new stream that writes to the file descriptor of the given stream.

    The new stream loses no data, and escapes characters that its encoding does not have.
    """
    stream.flush()
    return _text_writer(WaitingOutput(stream.fileno()), stream.encoding)


def _text_writer(output: WaitingOutput | io.BufferedWriter, encoding: str) -> TextIO:
    """Return a text stream that writes to `output`; on a terminal and on standard error, each line is flushed."""
    to_errors = isinstance(output, WaitingOutput) and output.fileno() == STDERR
    return io.TextIOWrapper(output, encoding, errors="backslashreplace", line_buffering=to_errors or output.isatty())


def _occupy_closed_descriptors() -> list[bool]:
    """Open the null device on each standard descriptor that is closed; return which of the three were closed.

    If a descriptor stayed closed, the next file to be opened would get its number, such as 1 for standard output, and
    libraries that print to standard output would write into that file.
    """
    is_closed = []
    for descriptor in (STDIN, STDOUT, STDERR):
        try:
            os.fstat(descriptor)
            is_closed.append(False)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is `descriptor`
            os.set_inheritable(null, True)
            is_closed.append(True)
    return is_closed


def _wait(descriptor: int, event: int) -> None:
    """Wait until a descriptor can be read from or written to."""
    poll = select.poll()
    poll.register(descriptor, event)
    poll.poll()
