"""Names of several words that are typed without quotes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.untrained import give_vectors
from tests.conftest import Ran, dump_text, run_sgp

NOTE = "each word was used as the name of a track; for one track, quote all of its words"
ADVICE = "did you mean one name? Quote all of its words"


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The experiment "songs": two titles of one word, their combination, and titles that contain one more word."""
    root = tmp_path_factory.mktemp("songs")
    tracks = [("Ann", "Blinding"), ("Bo", "Lights"), ("Cy", "Blinding Lights"), ("Di", "Don't stop"), ("Ed", "Stop Go")]
    tracks += [("Two Words", f"{title} and more") for title in ("Calm", "Storm")]
    rows = [("owner", *track, "list") for track in tracks]
    (root / "dump.csv").write_text(dump_text(rows))
    assert run_sgp("extract", "songs", root / "dump.csv", "-q", "--experiments-dir", root).code == 0
    give_vectors(root, "songs")
    return root


def ask(root: Path, *words: str, command: str = "similar") -> Ran:
    """Run a look-up with the arguments."""
    return run_sgp(command, "songs", *words, "-n", "1", "--experiments-dir", root)


@pytest.mark.parametrize("command", ["similar", "continue"])
@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        ("don't stop", 4, f"several tracks match 'stop'; {ADVICE}: sgp COMMAND songs \"don't stop\""),
        ("cy - blinding", 4, f"several tracks match '-'; {ADVICE}: sgp COMMAND songs 'cy - blinding'"),
        ("two words", 4, f"several tracks match 'two'; {ADVICE}: sgp COMMAND songs 'two words'"),
        ("bilnding lihgts", 3, f"no track matches 'lihgts'; {ADVICE}: sgp COMMAND songs 'bilnding lihgts'"),
    ],
)
def test_an_error_shows_the_command_with_quotes(songs: Path, command: str, words: str, code: int, error: str) -> None:
    ran = ask(songs, *words.split(), command=command)
    assert (ran.code, ran.out, ran.err) == (code, "", f"error: {error.replace('COMMAND', command)}\n")


@pytest.mark.parametrize(
    ("words", "quoted"),
    [
        ("nur ein wort", "sgp similar titles 'nur ein wort'"),  # part of a title
        ("nur ein", "sgp similar titles 'nur ein'"),
        ("ein nur", None),  # in no name next to each other
        ("nur mut", None),
    ],
)
def test_titles_of_one_word_that_several_tracks_have_may_be_one_name(
    tmp_path: Path, words: str, quoted: str | None
) -> None:
    tracks = [("A", "Nur ein Wort (live)"), ("A", "Mut"), ("A", "Wort")]
    tracks += [(artist, title) for artist in ("B", "C") for title in ("Nur", "Ein")]
    (tmp_path / "dump.csv").write_text(dump_text([("owner", *track, "list") for track in tracks]))
    assert run_sgp("extract", "titles", tmp_path / "dump.csv", "-q", "--experiments-dir", tmp_path).code == 0
    give_vectors(tmp_path, "titles")
    ran = run_sgp("similar", "titles", *words.split(), "-n", "1", "--experiments-dir", tmp_path)
    assert (ran.code, ran.out) == (4, "")
    first = words.split()[0]
    if quoted:
        assert ran.err == f"error: several tracks match {first!r}; {ADVICE}: {quoted}\n"
    else:
        assert ADVICE not in ran.err


@pytest.mark.parametrize("command", ["similar", "continue"])
def test_an_answer_for_single_words_has_a_note_with_the_command(songs: Path, command: str) -> None:
    ran = ask(songs, "blinding", "lights", "--json", command=command)
    assert [seed["title"] for seed in json.loads(ran.out)["seeds"]] == ["Blinding", "Lights"]
    assert ran.err.splitlines()[0] == f"{NOTE}: sgp {command} songs 'blinding lights'"


@pytest.mark.parametrize(
    "words",
    [("blinding lights",), ("blinding", "don't stop"), ("blinding", "blinding"), ("lights", "stop go"), ("cy",)],
)
def test_names_with_quotes_and_single_names_have_no_such_note(songs: Path, words: tuple[str, ...]) -> None:
    assert NOTE not in ask(songs, *words).err


def test_words_that_are_the_name_of_nothing_keep_their_own_error(songs: Path) -> None:
    ran = ask(songs, "blinding", "zzzz")
    assert ran.code == 3
    assert ran.err.startswith("error: no track matches 'zzzz'")


def test_an_artist_without_quotes(songs: Path) -> None:
    ran = ask(songs, "two", "words", "--of", "artists")
    assert (ran.code, ran.err) == (4, f"error: several tracks match 'two'; {ADVICE}: sgp similar songs 'two words'\n")


def test_too_many_arguments_may_need_quotes() -> None:
    ran = run_sgp("explain", "demo", "every", "pencil", "knows")
    wanted = (
        "error: got unexpected extra argument(s) (knows); put a name with spaces in quotes; see sgp explain --help\n"
    )
    assert (ran.code, ran.err) == (2, wanted)
