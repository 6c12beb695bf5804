"""Ctrl-C and SIGTERM: the first ends the command in order, the second immediately."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

STRUCK = """
import os, signal, sys
from skipgramophone.cli import app

signal.signal(signal.SIGINT, signal.default_int_handler)  # in case the parent process ignores it

def work():
    try:
        os.kill(os.getpid(), {first})
        while True:
            pass
    finally:
        sys.stderr.write("tidying\\n")
        {then}

app.app = work
app.main()
"""


def ran(first: int, then: str) -> tuple[int, str]:
    """Exit status and output of a process that gets one signal while it works and others while it cleans up."""
    program = STRUCK.format(first=first, then=then)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


def test_one_sigterm_cleans_up() -> None:
    assert ran(signal.SIGTERM, "pass") == (143, "tidying\n")


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_it_immediately(first: int, second: int) -> None:
    assert ran(first, f"os.kill(os.getpid(), {second}); sys.stderr.write('too late')") == (-second, "tidying\n")


def test_two_simultaneous_signals_end_it_without_a_traceback() -> None:
    """Python notices both signals together; the second must not cause a traceback while it handles the first."""
    both = {signal.SIGINT, signal.SIGTERM}
    program = STRUCK.format(first=0, then="").replace(
        "while True:\n            pass",
        f"signal.pthread_sigmask(signal.SIG_BLOCK, {{{', '.join(str(int(one)) for one in both)}}})\n"
        f"        os.kill(os.getpid(), {int(signal.SIGTERM)}); os.kill(os.getpid(), {int(signal.SIGINT)})\n"
        f"        signal.pthread_sigmask(signal.SIG_SETMASK, set())",
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGTERM
    assert done.stderr in ("", "tidying\n")
