"""Standard streams: every byte is read and written, or the exit code is not 0."""

from __future__ import annotations

import fcntl
import io
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import numpy as np
import pytest

from skipgramophone.cli.streams import WaitingOutput
from tests.conftest import run_sgp

SGP = [sys.executable, "-m", "skipgramophone"]
COLUMNS = "artist=artist,title=title,playlist=playlist"
QUERIES = "every pencil knows\n" * 60  # their answers are longer than a pipe holds


def environment(root: Path, **variables: str) -> dict[str, str]:
    """The environment of a command, with an experiments directory and more variables."""
    return {**os.environ, "SGP_EXPERIMENTS": str(root), **variables}


def wait_until_full(descriptor: int, writer: subprocess.Popen[bytes]) -> None:
    """Wait until no more bytes can be written to a pipe, and a little longer, so that its writer notices."""
    while writer.poll() is None and select.select([], [descriptor], [], 0)[1]:
        time.sleep(0.01)
    time.sleep(0.1)


@pytest.fixture(scope="module")
def expected(sample_root: Path) -> str:
    """The answers to all queries."""
    done = run_sgp("similar", "demo", "-", "--experiments-dir", sample_root, stdin=QUERIES)
    assert (done.code, done.out.count("\n")) == (0, 60)
    return done.out


def test_a_non_blocking_output_gets_every_byte(sample_root: Path, expected: str) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    command = [*SGP, "similar", "demo", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=writing, env=environment(sample_root)) as process:
        assert process.stdin is not None
        process.stdin.write(QUERIES.encode())
        process.stdin.close()
        wait_until_full(writing, process)
        os.close(writing)
        with open(reading, "rb") as file:  # noqa: PTH123
            assert file.read().decode() == expected
    assert process.returncode == 0


@pytest.fixture
def interrupting_pipe() -> Iterator[tuple[int, int]]:
    """The two ends of a pipe. The system sends a signal as soon as bytes are written, and its handler raises."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        fcntl.fcntl(reading, fcntl.F_SETFL, 0)
        raise KeyboardInterrupt

    reading, writing = os.pipe()
    before = signal.signal(signal.SIGIO, interrupt)
    fcntl.fcntl(reading, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(reading, fcntl.F_SETFL, os.O_ASYNC)
    yield reading, writing
    signal.signal(signal.SIGIO, before)
    os.close(reading)


def test_an_interrupt_while_writing_repeats_no_byte(interrupting_pipe: tuple[int, int]) -> None:
    reading, writing = interrupting_pipe
    stream = io.TextIOWrapper(WaitingOutput(writing), "utf-8", line_buffering=True)
    with pytest.raises(KeyboardInterrupt):
        stream.write("a result\n")
    stream.write("interrupted\n")
    os.close(writing)
    with open(reading, closefd=False) as file:
        assert file.read() == "a result\ninterrupted\n"


def test_a_non_blocking_input_is_read_to_its_end(sample_root: Path, expected: str, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    first, *others = QUERIES.encode().splitlines(keepends=True)
    command, pipe = [*SGP, "similar", "demo", "-"], subprocess.PIPE
    with subprocess.Popen(
        command, stdin=reading, stdout=pipe, stderr=pipe, text=True, env=environment(sample_root)
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        with open(writing, "wb", buffering=0) as file:  # noqa: PTH123
            file.write(first)
            found = process.stdout.readline()
            time.sleep(0.1)  # the command reads from an empty pipe
            for line in others:
                file.write(line)
                found += process.stdout.readline()
        assert (process.stdout.read(), process.stderr.read()) == ("", "")
    os.close(reading)
    assert process.returncode == 0
    assert found == expected


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_that_is_cut_is_an_error(sample_root: Path, tmp_path: Path, unbuffered: str, expected: str) -> None:
    place = tmp_path / "out.json"
    with place.open("wb") as file:
        done = subprocess.run(
            ["bash", "-c", 'ulimit -f 40; exec "$@"', "bash", *SGP, "similar", "demo", "-"],
            input=QUERIES.encode(),
            stdout=file,
            stderr=subprocess.PIPE,
            env=environment(sample_root, PYTHONUNBUFFERED=unbuffered),
        )
    assert place.stat().st_size < len(expected)
    assert done.returncode == 1
    assert done.stderr.decode() == "error: cannot write the result: File too large\n"


@pytest.mark.parametrize("arguments", ["--help", "--version", "train --help", "experiments", "check", "export demo -"])
def test_a_full_or_closed_output_is_an_error(sample_root: Path, arguments: str) -> None:
    words = [*arguments.split(), *(["--format", "csv"] if arguments.startswith("export") else [])]
    for redirection, message in (
        (">/dev/full", "error: cannot write the result: No space left on device\n"),
        (">&-", "error: cannot write the result: standard output is closed\n"),
    ):
        done = subprocess.run(
            ["bash", "-c", f'exec "$@" {redirection}', "bash", *SGP, *words],
            env=environment(sample_root),
            stderr=subprocess.PIPE,
            text=True,
        )
        assert (done.returncode, done.stderr) == (1, message)


@pytest.mark.parametrize("arguments", ["similar demo -", "continue demo -", "continue demo --stdin", "extract new -"])
def test_a_closed_input_is_an_error(sample_root: Path, arguments: str) -> None:
    done = subprocess.run(
        ["bash", "-c", 'exec "$@" <&-', "bash", *SGP, *arguments.split()],
        env=environment(sample_root),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: cannot read standard input: it is closed\n"
    assert not (sample_root / "new").exists()


def test_no_letter_is_replaced_without_a_word(tmp_path: Path) -> None:
    dump = tmp_path / "dump.csv"
    dump.write_text("artist,title,playlist\nMúm,Ég,one\nMúm,Green,one\nMúm,Ég,two\nMúm,Green,two\n", encoding="utf-8")
    ascii_output, place = environment(tmp_path, PYTHONIOENCODING="ascii"), ("-q", "--experiments-dir", tmp_path)
    assert run_sgp("extract", "x", dump, "--columns", COLUMNS, *place).code == 0
    vectors = np.eye(2, 4, dtype=np.float32)  # imported, because training would load TensorFlow
    np.savez(tmp_path / "v.npz", vectors=vectors, tracks=["Múm - Ég", "Múm - Green"])
    assert run_sgp("import", "x", tmp_path / "v.npz", *place).code == 0
    look_up = [*SGP, "similar", "x", "green", "-n", "1", "-q", "--format"]
    done = subprocess.run([*look_up, "json"], env=ascii_output, capture_output=True)
    assert json.loads(done.stdout)["neighbours"][0]["artist"] == "Múm"
    for format in ("csv", "tsv", "plain", "m3u8"):
        done = subprocess.run([*look_up, format], env=ascii_output, capture_output=True)
        assert (done.returncode, done.stdout) == (1, b"")
        assert done.stderr == (
            rb"error: standard output has the encoding ascii, which cannot represent '\xfa': "
            b"set PYTHONIOENCODING=utf-8, or use --format json\n"
        )


@pytest.mark.parametrize(
    "arguments",
    [
        ["experiments"],
        ["experiments", "demo"],
        ["experiments", "demo", "--json"],
        ["explain", "demo", "every pencil knows", "every library knows"],
        ["similar", "demo", "every pencil knows"],
        ["check", "demo"],
        ["--help"],
    ],
    ids=" ".join,
)
def test_a_closed_pipe_is_no_error(sample_root: Path, arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*SGP, *arguments], stdout=writing, stderr=subprocess.PIPE, text=True, env=environment(sample_root), check=False
    )
    os.close(writing)
    assert (done.returncode, "error" in done.stderr) == (0, False)
