"""Commands in messages: copied into a shell, they use the experiment that the message is about."""

from __future__ import annotations

import ast
import re
import shlex
import shutil
from pathlib import Path

import pytest

import skipgramophone
from tests.cli.untrained import give_vectors
from tests.conftest import Sgp, run_sgp

NAME = "my music (new)"
QUOTED = "'my music (new)'"
# Text before a value in an f-string, if the value becomes an unquoted argument of a command.
UNQUOTED = re.compile(r"\bsgp( [\w-]+)+ $")
PLAYLISTS = "".join(f"#EXTINF:1,Artist {at} - Song {at}\n{at}.mp3\n" for at in range(9))


@pytest.fixture
def spaced(sgp: Sgp, experiments: Path, tmp_path: Path) -> Path:
    """The directory of an experiment whose name contains spaces and brackets, with a corpus."""
    (tmp_path / "one.m3u").write_text(PLAYLISTS)
    (tmp_path / "two.m3u").write_text(PLAYLISTS.replace("Song 8", "Song 9"))
    assert sgp("extract", NAME, tmp_path / "one.m3u").code == 0
    ran = sgp("extract", NAME, tmp_path / "two.m3u", "--append")
    assert (ran.code, ran.err) == (0, f"next: sgp train {QUOTED}\n")
    return experiments / NAME


def commands_in(text: str) -> list[list[str]]:
    """The commands of a message, as the words into which a shell splits them."""
    return [shlex.split(found[0]) for found in re.finditer(r"\bsgp (?:'[^']*'|[^';:,)`\n])+", text)]


@pytest.mark.parametrize(
    "words", [("similar", "x"), ("evaluate",), ("map",), ("train", "--resume"), ("explain", "a", "b")]
)
def test_a_message_quotes_the_name_of_the_experiment(sgp: Sgp, spaced: Path, words: tuple[str, ...]) -> None:
    ran = sgp(words[0], spaced.name, *words[1:])
    assert ran.code == 1
    assert commands_in(ran.err) == [["sgp", "train", NAME]]


def test_a_message_about_a_missing_experiment_quotes_its_name(sgp: Sgp, experiments: Path) -> None:
    assert experiments.is_dir()
    assert f": run sgp extract {QUOTED} SOURCE" in sgp("train", NAME).err


def test_messages_about_vectors_quote_the_name(sgp: Sgp, spaced: Path) -> None:
    give_vectors(spaced.parent, NAME)
    unknown = sgp("continue", NAME, "xyzzy", "plugh")
    assert commands_in(unknown.err) == [["sgp", "similar", NAME, "NAME"]]
    again = sgp("train", NAME)
    assert ["sgp", "experiments", "copy", NAME, "NEW"] in commands_in(again.err)
    shutil.rmtree(spaced / "index")
    assert ["sgp", "index", NAME] in commands_in(sgp("similar", NAME, "Song 1", "--by", "cosine").err)
    (spaced / "model" / "centre.npy").unlink()
    assert ["sgp", "import", NAME, "FILE", "--force"] in commands_in(sgp("check", NAME).out)


def test_a_message_quotes_the_name_of_a_file(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("it's mine.m3u").write_text(PLAYLISTS)
    ran = run_sgp("continue", "genres", "it's mine.m3u", "--experiments-dir", trained)
    assert ran.err.endswith('use --file "it\'s mine.m3u"\n')


def test_no_f_string_puts_a_value_into_a_command_without_quotes() -> None:
    package = Path(skipgramophone.__file__).parent
    found = [
        f"{path.relative_to(package)}:{text.lineno}"
        for path in sorted(package.rglob("*.py"))
        for text in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(text, ast.JoinedStr) and _is_unquoted(text)
    ]
    assert found == []


def _is_unquoted(text: ast.JoinedStr) -> bool:
    """Whether an f-string such as f"sgp train {name}" inserts a value into a command."""
    shown = ""
    for part in text.values:
        if isinstance(part, ast.Constant):
            shown += str(part.value)
        elif UNQUOTED.search(shown):
            return True
        else:
            shown += "VALUE"
    return False


def test_the_check_of_f_strings_finds_an_unquoted_name() -> None:
    found = [ast.parse(text, mode="eval").body for text in ('f"run sgp train {n}"', 'f"run {c} of sgp"', 'f"sgp: {n}"')]
    assert [isinstance(each, ast.JoinedStr) and _is_unquoted(each) for each in found] == [True, False, False]
