"""Errors for an experiment that is missing because `sgp` was started in another directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import run_sgp

OTHER_DIRECTORY = "; to use another directory, give --experiments-dir DIR or set SGP_EXPERIMENTS"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The present directory, which contains no experiments; no experiments directory is named."""
    monkeypatch.delenv("SGP_EXPERIMENTS", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("makes_directory", [False, True])
@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["similar", "demo", "x"], "there is no experiment 'demo' in {}: run sgp extract demo SOURCE"),
        (["experiments", "demo"], "there is no experiment 'demo' in {}; sgp experiments lists all"),
        (["inspect", "demo"], "no experiment 'demo' in {}, and no file of that name"),
    ],
)
def test_the_default_directory_is_shown_in_full_with_the_option_for_another(
    elsewhere: Path, words: list[str], problem: str, makes_directory: bool
) -> None:
    if makes_directory:
        (elsewhere / "experiments").mkdir()
    ran = run_sgp(*words)
    place = problem.format(elsewhere / "experiments")
    assert (ran.code, ran.out, ran.err) == (1, "", f"error: {place}{OTHER_DIRECTORY}\n")


def test_a_list_of_no_experiments_also_shows_the_directory_in_full(elsewhere: Path) -> None:
    advice = f"to make one, run sgp extract NAME SOURCE{OTHER_DIRECTORY}"
    line = f"there are no experiments in {elsewhere / 'experiments'}: {advice}\n"
    assert run_sgp("experiments").err == f"error: {line}"
    (elsewhere / "experiments").mkdir()
    assert run_sgp("experiments").err == line


def test_the_option_is_not_mentioned_for_a_named_directory_that_exists(elsewhere: Path) -> None:
    (elsewhere / "mine").mkdir()
    named = f"error: there is no experiment 'demo' in {elsewhere / 'mine'}: run sgp extract demo SOURCE"
    assert run_sgp("similar", "demo", "x", "--experiments-dir", "mine").err == f"{named}\n"
    missing = run_sgp("similar", "demo", "x", "--experiments-dir", "mien").err
    assert missing == f"{named.replace('mine', 'mien')}{OTHER_DIRECTORY}\n"
