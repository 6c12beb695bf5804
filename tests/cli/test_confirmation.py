"""The question before an experiment is removed, commands that people type for others, and interrupts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.test_terminal import ESCAPES, on_a_terminal
from tests.conftest import run_sgp


@pytest.fixture
def root(trained: Path, tmp_path: Path) -> Path:
    """A directory with a copy of the experiment "genres"."""
    shutil.copytree(trained / "genres", tmp_path / "genres")
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "code", "last", "questions"),
    [
        ("y\n", 0, "removed 'genres'", 1),
        ("YES\n", 0, "removed 'genres'", 1),
        ("n\n", 1, "'genres' was not removed", 1),
        ("no\n", 1, "'genres' was not removed", 1),
        ("\n", 1, "'genres' was not removed", 1),
        ("maybe\n1\nyes\n", 0, "removed 'genres'", 3),
        ("\x04", 130, "'genres' was not removed", 1),  # Ctrl-D
        ("perhaps\n\x04", 130, "'genres' was not removed", 2),
    ],
)
def test_the_question_before_a_removal(root: Path, typed: str, code: int, last: str, questions: int) -> None:
    ran, output = on_a_terminal(100, "experiments", "rm", "genres", "--experiments-dir", root, typed=typed)
    output = ESCAPES.sub("", output)
    assert (ran, output.endswith(f"{last}\r\n")) == (code, True)
    assert (root / "genres").exists() == (code != 0)
    assert output.count("? yes or no [no]: ") == questions
    assert output.count("is neither yes nor no; Ctrl-C ends the command") == questions - 1
    assert "rror" not in output
    assert "Abort" not in output


def test_evaluations_that_are_kept_are_named(root: Path) -> None:
    command = ("experiments", "rm", "genres", "--evaluations", "--experiments-dir", root)
    output = ESCAPES.sub("", on_a_terminal(100, *command, typed="n\n")[1])
    assert output.endswith("the evaluations of 'genres' were not removed\r\n")


@pytest.mark.parametrize(
    ("words", "cure"),
    [
        ("rm genres", "sgp experiments rm genres"),
        ("rm", "sgp experiments rm NAME"),
        ("rm --yes", "sgp experiments rm NAME"),
        ("list", "sgp experiments"),
        ("ls", "sgp experiments"),
        ("mv genres other", "sgp experiments rename genres other"),
        ("pack genres", "sgp experiments pack genres ARCHIVE"),
        ("show genres", "sgp experiments genres"),
        ("compare a b", "sgp evaluate a --compare b"),
    ],
)
def test_a_command_of_experiments_without_that_word(words: str, cure: str) -> None:
    ran = run_sgp(*words.split())
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"error: sgp has no command '{words.split()[0]}': run {cure}\n"


@pytest.mark.parametrize("command", [["rm"], ["copy"], ["rename"], ["pack"], []])
def test_an_experiment_that_cannot_be_managed_is_not_to_be_extracted(trained: Path, command: list[str]) -> None:
    other = {"copy": ["x"], "rename": ["x"], "pack": ["x.zip"], "rm": ["--yes"]}.get("".join(command), [])
    for name, near in (("nosuch", ";"), ("genes", "; did you mean 'genres'?")):
        ran = run_sgp("experiments", *command, name, *other, "--experiments-dir", trained)
        assert (ran.code, ran.err) == (
            1,
            f"error: there is no experiment '{name}' in {trained}{near} sgp experiments lists all\n",
        )
