"""Too little memory: one clear error line and no half-written file, in Python code and in native code."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest

from skipgramophone.cli.memory_limit import memory_shortage
from skipgramophone.errors import ExperimentError, TrainingError
from skipgramophone.experiment.user_state import MOST_BYTES, KeptLines
from skipgramophone.training import memory

SGP = [sys.executable, "-m", "skipgramophone"]


def limited(megabytes: int, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `sgp` with a limit of address space, and with as many threads of OpenBLAS as a user has."""
    limit = megabytes * 1_000_000
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    return subprocess.run(
        [*SGP, *map(str, arguments)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=environment,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )


def test_a_command_with_too_little_address_space_ends_in_one_line(sample_root: Path) -> None:
    where: list[str | Path] = ["--experiments-dir", sample_root]
    before = sorted(sample_root.rglob("*"))
    for megabytes, arguments in (
        (130, ["similar", "demo", "pelican"]),  # OpenBLAS interrupts or ends its process
        (300, ["inspect", "demo"]),
    ):
        ran = limited(megabytes, *arguments, *where)
        line = f"error: out of memory: raise the limit of {megabytes} MB (ulimit -v), or use less data\n"
        assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", line)
    assert sorted(sample_root.rglob("*")) == before


def test_a_process_that_the_loader_ends_is_reported() -> None:
    # If a new thread gets no memory for its variables, glibc writes this line and ends the process (elf/dl-tls.c).
    program = """
import os
from skipgramophone.cli.memory_limit import run_supervised

def end() -> None:
    os.write(2, b"cannot allocate memory for thread-local data: ABORT\\n")
    os._exit(127)

run_supervised(end)
"""
    ran = subprocess.run(
        ["bash", "-c", 'ulimit -v 2000000; exec "$@"', "bash", sys.executable, "-c", program],
        capture_output=True,
        text=True,
    )
    line = "error: out of memory: raise the limit of 2,048 MB (ulimit -v), or use less data\n"
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", line)


def test_training_needs_address_space(sample_root: Path) -> None:
    ran = limited(3000, "train", "demo", "--force", "-wsz", "bag", "--experiments-dir", sample_root)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith(
        "error: training 2,984 tracks with 100 dimensions needs 3.8 GB of address space, but only 3.0"
    )
    assert len(ran.stderr.splitlines()) == 1


def test_address_space_counts_in_the_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (10**10, -1))
    memory.require_memory(1000, 100)
    with pytest.raises(TrainingError, match="raise the limit with ulimit -v 15388766 or more"):
        memory.require_memory(10_000_000, 99)  # 3 tables of 4e9 bytes and 7 * 2^29 for libraries, in KiB


def test_a_limited_command_passes_on_answers_exit_codes_and_signals(sample_root: Path) -> None:
    where = ["--experiments-dir", str(sample_root)]
    free = subprocess.run([*SGP, "similar", "demo", "pelican", *where], capture_output=True, text=True)
    ran = limited(2000, "similar", "demo", "pelican", *where)
    assert (ran.returncode, ran.stdout, ran.stderr) == (free.returncode, free.stdout, free.stderr)
    for number, code, line in ((signal.SIGINT, 130, "interrupted\n"), (signal.SIGTERM, 143, "")):
        with subprocess.Popen(
            ["bash", "-c", 'ulimit -v 2000000; exec "$@"', "bash", *SGP, "similar", "demo", "--stdin", *where],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdin
            assert process.stdout
            process.stdin.write("every pencil knows\n")
            process.stdin.flush()
            assert process.stdout.readline().startswith('{"query": "every pencil knows"')
            time.sleep(0.1)
            process.send_signal(number)
            assert process.stderr
            assert (process.wait(10), process.stderr.read()) == (code, line)


def test_shortage_is_found_in_the_causes_of_an_error() -> None:
    damaged = ExperimentError("playlists.parquet is damaged")
    damaged.__cause__ = pa.ArrowMemoryError("malloc of size 4194304 failed")
    assert str(memory_shortage(damaged)) == "out of memory: close other programs, or use less data"
    assert memory_shortage(RuntimeError("can't start new thread")) is not None
    no_thread = "Unknown error: Failed to launch worker thread: Resource temporarily unavailable"
    assert memory_shortage(pa.lib.ArrowException(no_thread)) is not None
    for other in (
        RuntimeError("a bug"),
        ImportError("No module named 'x'"),
        OSError(2, "absent"),
        SystemError("a bug"),
    ):
        assert memory_shortage(other) is None


def test_state_files_that_never_end_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "zero").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe")
    for name in ("zero", "pipe"):
        kept = KeptLines(tmp_path / name, most=3)
        kept.add("line")
        assert kept.read() == []
    (tmp_path / "large").write_text("x" * 2 * MOST_BYTES + "\nlast\n")
    assert KeptLines(tmp_path / "large", most=3).read() == ["last"]
