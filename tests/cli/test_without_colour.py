"""Output without colours: with NO_COLOR or on a dumb terminal, the words are the same as with colours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_terminal import COLOUR, ESCAPES, on_a_terminal
from tests.conftest import dump_text, run_sgp, two_genres

COMMANDS = [
    ("similar", "demo", "every pencil knows", "-n", "3"),
    ("similar", "demo", "every pencl knos", "-n", "3"),  # a note
    ("similar", "demo", "no such track at all"),  # an error with suggestions
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[2])
def test_the_words_are_the_same_without_colours(sample_root: Path, command: tuple[str, ...]) -> None:
    place = ("--experiments-dir", sample_root)
    code, coloured = on_a_terminal(80, *command, *place)
    words = ESCAPES.sub("", coloured).split()
    assert len(words) > 10
    assert on_a_terminal(80, *command, *place, TERM="dumb") == (code, ESCAPES.sub("", coloured))
    without = on_a_terminal(80, *command, *place, NO_COLOR="1")
    assert (without[0], ESCAPES.sub("", without[1]).split()) == (code, words)
    assert not COLOUR.search(without[1])


def test_progress_and_warnings_of_extract_are_in_words(tmp_path: Path) -> None:
    (tmp_path / "dump.csv").write_text(dump_text(two_genres()))
    command = ("extract", "x", tmp_path / "dump.csv", "--force", "--experiments-dir", tmp_path)
    code, output = on_a_terminal(80, *command, NO_COLOR="1")
    assert code == 0
    assert "corpus of x" in output
    assert not COLOUR.search(output)
    code, output = on_a_terminal(80, *command, TERM="dumb")
    assert code == 0
    assert "corpus of x" in output
    assert "\x1b" not in output  # on a dumb terminal, there is no bar that is drawn again and again


@pytest.mark.slow
def test_progress_and_warnings_of_train_are_in_words(tmp_path: Path) -> None:
    place = ("--experiments-dir", tmp_path)
    assert run_sgp("extract", "x", "--sample", "-nr", "1000", "-q", *place).code == 0
    code, output = on_a_terminal(80, "train", "x", "-e", "1", "-emb", "4", *place, TERM="dumb")
    assert code == 0
    assert "model of x" in output
    assert "vectors" in output
    assert "\x1b" not in output


def test_the_prompt_works_without_colours(sample_root: Path) -> None:
    command = ("similar", "demo", "-n", "2", "--experiments-dir", sample_root)
    for variables in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        code, output = on_a_terminal(80, *command, typed="every pencil knows\nquit\n", **variables)
        assert code == 0
        assert "top 2 tracks" in output
        assert not COLOUR.search(output)
