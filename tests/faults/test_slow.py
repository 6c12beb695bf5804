"""What answers late: standard input that comes in drips, or stalls, and a disk that takes its time."""

from __future__ import annotations

import fcntl
import io
import os
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import skipgramophone as package
from skipgramophone.pipeline import extract as use_case
from skipgramophone.pipeline.reports import Reading, Writing
from tests.conftest import Ran, Sgp, dump_text, two_genres
from tests.faults.slow_disk import can_serve

DRIPS, PAUSE = 20, 0.05
AT_ONCE = 5.0  # seconds, on a machine that is busy otherwise


class Drips(io.RawIOBase):
    """Data that come in so many pieces."""

    def __init__(self, data: bytes, pieces: int) -> None:
        edges = [len(data) * at // pieces for at in range(pieces + 1)]
        self._pieces = [data[start:end] for start, end in pairwise(edges)]

    def readable(self) -> bool:
        """Whether it can be read."""
        return True

    def readinto(self, place: Any) -> int:
        """Give the next piece."""
        some = self._pieces.pop(0) if self._pieces else b""
        place[: len(some)] = some
        return len(some)


class Slow:
    """A command that reads from a pipe that is not filled at once."""

    def __init__(self, *arguments: str | Path) -> None:
        self._read, self._write = os.pipe()
        command = [sys.executable, "-m", "skipgramophone", *map(str, arguments)]
        unignored = (
            "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
        )
        self.running = subprocess.Popen(
            [sys.executable, "-c", unignored, *command],
            stdin=self._read, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def give(self, data: bytes) -> None:
        """Write some data, and wait until they are taken."""
        os.write(self._write, data)
        waiting = bytearray(4)
        while self.running.poll() is None:
            fcntl.ioctl(self._read, termios.FIONREAD, waiting)
            if waiting == struct.pack("i", 0):
                return
            time.sleep(0.01)

    def end(self, number: int | None = None) -> Ran:
        """End the input, or, with a signal, the command; what is left of it."""
        if number is not None:
            self.running.send_signal(number)
        else:
            os.close(self._write)
        out, err = self.running.communicate(timeout=60)
        if number is not None:
            os.close(self._write)
        os.close(self._read)
        return Ran(self.running.returncode, out, err)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files lie."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    return tmp_path / "tmp"


def test_a_source_that_comes_in_drips_is_the_same_corpus(
    sgp: Sgp, write_dump: Callable[..., Path], experiments: Path, temporary: Path
) -> None:
    rows = two_genres()
    assert sgp("extract", "whole", write_dump(rows), "-q").code == 0
    data = dump_text(rows).encode()
    slow = Slow("extract", "drips", "-", "-q", "--experiments-dir", experiments)
    for at in range(0, len(data), len(data) // DRIPS + 1):
        slow.give(data[at : at + len(data) // DRIPS + 1])
        time.sleep(PAUSE)
    assert slow.end() == Ran(0, "", "")
    for path in (experiments / "whole" / "corpus").iterdir():
        if path.name != "manifest.json":
            assert (experiments / "drips" / "corpus" / path.name).read_bytes() == path.read_bytes()
    assert list(temporary.iterdir()) == []


def test_it_is_told_how_much_has_come(monkeypatch: pytest.MonkeyPatch, experiments: Path) -> None:
    data = dump_text(two_genres()).encode()
    told: list[Reading | Writing] = []
    drips = io.BufferedReader(Drips(data, 3))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(drips))
    report = package.extract("drips", Path("-"), experiments_dir=experiments, progress=told.append)
    size = len(data)
    assert told[:4] == [Reading(size * at // 3, 0, 0) for at in (1, 2, 3)] + [Reading(size, size, report.rows_read)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_source_that_stalls_is_given_up_at_once(experiments: Path, temporary: Path, number: signal.Signals) -> None:
    slow = Slow("extract", "stalled", "-", "-q", "--experiments-dir", experiments)
    slow.give(dump_text(two_genres()).encode())
    struck = time.monotonic()
    ran = slow.end(number)
    assert time.monotonic() - struck < AT_ONCE
    assert ran.code == (130 if number == signal.SIGINT else 143)
    assert len(ran.err.splitlines()) <= 1
    assert "Traceback" not in ran.err
    assert list(temporary.iterdir()) == []
    assert not (experiments / "stalled").exists()


def test_no_thread_writes_on_in_whose_start_an_interrupt_falls(
    monkeypatch: pytest.MonkeyPatch, write_dump: Callable[..., Path], experiments: Path
) -> None:
    written: list[Path] = []

    def write_late(directory: Path, _encoded: object) -> None:
        time.sleep(4 * PAUSE)
        written.append(directory)

    def start(thread: threading.Thread) -> None:
        real_start(thread)
        raise KeyboardInterrupt

    def write(*given: Any) -> None:
        monkeypatch.setattr(threading.Thread, "start", start)
        real_write(*given)

    real_start, real_write = threading.Thread.start, use_case.write_corpus
    monkeypatch.setattr(use_case, "write_corpus", write)
    monkeypatch.setattr(use_case, "_write_playlists", write_late)
    with pytest.raises(KeyboardInterrupt):
        package.extract("x", write_dump(two_genres()), experiments_dir=experiments)
    time.sleep(8 * PAUSE)
    assert written == []


@pytest.mark.slow
@pytest.mark.skipif(not can_serve(), reason="no file system can be served here: it takes FUSE and mfusepy")
def test_a_slow_disk_makes_the_same() -> None:
    asked = ["--every", "9", "--delay", "0.004", "--of", "extract", "index", "import --force"]
    command = [sys.executable, "-m", "tests.faults.slow_disk", *asked]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("bad: 0") == 3
