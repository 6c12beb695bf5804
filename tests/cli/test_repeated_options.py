"""An option that takes one value is refused if it is given several times with different values."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Sgp, run_sgp


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            "evaluate x --score hybrid --score cosine",
            "--score takes one value, not 'hybrid' and 'cosine'; see sgp evaluate --help",
        ),
        ("similar x y -n 5 --number=6", "--number takes one value, not '5' and '6'; see sgp similar --help"),
        ("train x -e 3 -e3 --epochs 4", "--epochs takes one value, not '3' and '4'; see sgp train --help"),
        ("train x --learning_rate 0.1 -lr 0.2", "--learning-rate takes one value, not '0.1' and '0.2'; see sgp train"),
        ("experiments copy x y --experiments-dir a --experiments-dir b", "--experiments-dir takes one value, not 'a'"),
    ],
)
def test_two_values_are_refused(sgp: Sgp, command: str, message: str) -> None:
    ran = sgp(*command.split())
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert ran.err.startswith(f"error: {message}"), ran.err


def test_equal_values_flags_and_options_that_can_be_repeated_are_accepted(trained: Path) -> None:
    where = ["--experiments-dir", str(trained)]
    ran = run_sgp("similar", "genres", "folk 3", *where, *where, "-n", "2", "-n", "2", "-q", "-q", "--json", "--json")
    assert ran.code == 0, ran.err
    artists = ["--artist", "folk artist 1", "--artist", "folk artist 2"]
    assert run_sgp("similar", "genres", *artists, *where, "-q").code == 0
    # After `--`, words are names and not options.
    ran = run_sgp("similar", "genres", *where, "-n", "2", "--", "-n", "3")
    assert "takes one value" not in ran.err


def test_help_is_printed_whatever_the_other_options_are() -> None:
    assert run_sgp("train", "x", "-e", "1", "-e", "2", "--help").code == 0
