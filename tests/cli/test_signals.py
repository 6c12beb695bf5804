"""Ctrl-C and SIGTERM: once in an orderly way, a second time at once."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

STRUCK = """
import os, signal, sys
from skipgramophone.cli import app

signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever whoever runs the tests ignores

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
    """How a process ends whose work is struck by a signal, and what it does while it tidies up."""
    program = STRUCK.format(first=first, then=then)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


def test_terminated_once_it_tidies_up() -> None:
    assert ran(signal.SIGTERM, "pass") == (143, "tidying\n")


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_it_at_once(first: int, second: int) -> None:
    assert ran(first, f"os.kill(os.getpid(), {second}); sys.stderr.write('too late')") == (-second, "tidying\n")


def test_two_signals_that_come_together_end_it_without_a_word() -> None:
    """Python finds both when it looks, and must not leave the second to the system while it handles the first."""
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
