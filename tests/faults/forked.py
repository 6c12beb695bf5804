"""Processes of `sgp` that start quickly: forks of a process that has imported the package but has not used it."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

SECONDS = 300.0  # time limit of an answer, and of the end of a process


class Sgp:
    """A process of `sgp` with pipes as standard streams."""

    def __init__(self, root: Path, *arguments: str, prepare: Callable[[], object] = lambda: None) -> None:
        """Start the process; `prepare` is called in it first."""
        pipes = [os.pipe(), os.pipe(), os.pipe()]  # standard input, output and error: (end to read, end to write)
        self.pid = os.fork()
        if not self.pid:
            for stream, ends in enumerate(pipes):
                os.dup2(ends[bool(stream)], stream)
            os.closerange(3, 1 << 10)
            prepare()
            run(root, arguments)
        for stream, ends in enumerate(pipes):
            os.close(ends[bool(stream)])
        self.stdin, self.out, self.err = pipes[0][1], pipes[1][0], pipes[2][0]
        self.code: int | None = None
        self._read = b""

    def write(self, text: str) -> None:
        """Write to standard input."""
        with suppress(BrokenPipeError):
            os.write(self.stdin, text.encode())

    def line(self) -> str | None:
        """Return the next line of standard output, "" at its end, or None if there is none in time."""
        limit = time.monotonic() + SECONDS
        while b"\n" not in self._read:
            if not select.select([self.out], [], [], max(0.0, limit - time.monotonic()))[0]:
                return None
            more = os.read(self.out, 1 << 16)
            if not more:
                return ""
            self._read += more
        line, _, self._read = self._read.partition(b"\n")
        return line.decode()

    def is_running(self) -> bool:
        """Whether the process has not ended."""
        if self.code is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            self.code = os.waitstatus_to_exitcode(status) if ended else None
        return self.code is None

    def end(self) -> tuple[int | None, str, str]:
        """Close standard input; return the exit code (None: it did not end in time) and the output."""
        os.close(self.stdin)
        limit = time.monotonic() + SECONDS
        texts = {self.out: self._read, self.err: b""}
        open_ones = [self.out, self.err]
        while open_ones and time.monotonic() < limit:
            for stream in select.select(open_ones, [], [], 1)[0]:
                if more := os.read(stream, 1 << 16):
                    texts[stream] += more
                else:
                    open_ones.remove(stream)
        while self.is_running() and time.monotonic() < limit:
            time.sleep(0.01)
        if self.is_running():
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.out)
        os.close(self.err)
        return self.code, texts[self.out].decode(), texts[self.err].decode()


def run(root: Path, arguments: Sequence[str]) -> NoReturn:
    """Run `sgp` in this process, which was just forked, and end the process."""
    code = 70
    try:
        sys.argv = ["sgp", *arguments, "--experiments-dir", str(root)]
        signal.signal(signal.SIGINT, signal.default_int_handler)
        from skipgramophone.cli.app import main as sgp

        try:
            sgp()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 - the traceback is a fault
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def done(
    root: Path, *arguments: str, stdin: str = "", prepare: Callable[[], object] = lambda: None
) -> tuple[int | None, str, str]:
    """Run `sgp`; return its exit code and output."""
    process = Sgp(root, *arguments, prepare=prepare)
    process.write(stdin)
    return process.end()
