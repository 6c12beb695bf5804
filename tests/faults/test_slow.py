"""Tests of slow input: standard input that arrives in small pieces or stalls, and slow disks."""

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
from skipgramophone.pipeline import corpus_files
from skipgramophone.pipeline import extract as use_case
from skipgramophone.pipeline.reports import Reading, Writing
from tests.conftest import Ran, Sgp, dump_text, two_genres
from tests.faults.slow_disk import can_serve

PIECES, PAUSE = 20, 0.01
SOON = 5.0  # seconds, allowing for a busy machine


class Pieces(io.RawIOBase):
    """A stream that returns data in a number of pieces."""

    def __init__(self, data: bytes, pieces: int) -> None:
        edges = [len(data) * at // pieces for at in range(pieces + 1)]
        self._pieces = [data[start:end] for start, end in pairwise(edges)]

    def readable(self) -> bool:
        """Whether it can be read."""
        return True

    def readinto(self, place: Any) -> int:
        """Read the next piece."""
        some = self._pieces.pop(0) if self._pieces else b""
        place[: len(some)] = some
        return len(some)


class Slow:
    """A command that reads from a pipe, which is filled piece by piece."""

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

    def write(self, data: bytes) -> None:
        """Write some data to the pipe, and wait until the command has read them."""
        os.write(self._write, data)
        waiting = bytearray(4)
        while self.running.poll() is None:
            fcntl.ioctl(self._read, termios.FIONREAD, waiting)
            if waiting == struct.pack("i", 0):
                return
            time.sleep(0.01)

    def end(self, number: int | None = None) -> Ran:
        """Close the input, or send a signal to the command, and return the result."""
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
    """Set the directory for temporary files."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    return tmp_path / "tmp"


def test_input_in_small_pieces_makes_the_same_corpus(
    sgp: Sgp, write_dump: Callable[..., Path], experiments: Path, temporary: Path
) -> None:
    rows = two_genres()
    assert sgp("extract", "whole", write_dump(rows), "-q").code == 0
    data = dump_text(rows).encode()
    slow = Slow("extract", "pieces", "-", "-q", "--experiments-dir", experiments)
    for at in range(0, len(data), len(data) // PIECES + 1):
        slow.write(data[at : at + len(data) // PIECES + 1])
        time.sleep(PAUSE)
    assert slow.end() == Ran(0, "", "")
    for path in (experiments / "whole" / "corpus").iterdir():
        if path.name != "manifest.json":
            assert (experiments / "pieces" / "corpus" / path.name).read_bytes() == path.read_bytes()
    assert list(temporary.iterdir()) == []


def test_progress_reports_the_bytes_that_have_arrived(monkeypatch: pytest.MonkeyPatch, experiments: Path) -> None:
    data = dump_text(two_genres()).encode()
    reported: list[Reading | Writing] = []
    pieces = io.BufferedReader(Pieces(data, 3))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(pieces))
    report = package.extract("pieces", Path("-"), experiments_dir=experiments, progress=reported.append)
    size = len(data)
    assert reported[:4] == [Reading(size * at // 3, 0, 0) for at in (1, 2, 3)] + [Reading(size, size, report.rows_read)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_command_whose_input_stalls(experiments: Path, temporary: Path, number: signal.Signals) -> None:
    slow = Slow("extract", "stalled", "-", "-q", "--experiments-dir", experiments)
    slow.write(dump_text(two_genres()).encode())
    started = time.monotonic()
    ran = slow.end(number)
    assert time.monotonic() - started < SOON
    assert ran.code == (130 if number == signal.SIGINT else 143)
    assert len(ran.err.splitlines()) <= 1
    assert "Traceback" not in ran.err
    assert list(temporary.iterdir()) == []
    assert not (experiments / "stalled").exists()


def test_an_interrupt_while_a_thread_starts_stops_the_thread_from_writing(
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

    real_start, real_write = threading.Thread.start, corpus_files.write_corpus
    monkeypatch.setattr(use_case, "write_corpus", write)
    monkeypatch.setattr(corpus_files, "_write_playlists", write_late)
    with pytest.raises(KeyboardInterrupt):
        package.extract("x", write_dump(two_genres()), experiments_dir=experiments)
    time.sleep(8 * PAUSE)
    assert written == []


@pytest.mark.slow
@pytest.mark.skipif(not can_serve(), reason="needs FUSE and mfusepy")
def test_commands_make_the_same_stages_on_a_slow_disk() -> None:
    options = ["--every", "9", "--delay", "0.004", "--of", "extract", "index", "import --force"]
    command = [sys.executable, "-m", "tests.faults.slow_disk", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("failures: 0") == 3
