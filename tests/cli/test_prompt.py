"""The prompt of `sgp similar`: how lines are understood, and what appears on a terminal."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

import skipgramophone as sgp
from skipgramophone.cli.prompt import TrackCompleter, _answer
from skipgramophone.cli.prompt_history import LINES_KEPT, SavedHistory, history_file
from skipgramophone.cli.prompt_session import PromptState
from skipgramophone.errors import AmbiguousTrackError, SettingError, UnknownTrackError
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.catalogue_writer import TRACKS, write_catalogue
from skipgramophone.lookup.results import Answer
from tests.conftest import run_sgp, table_of

PENCIL = "Jörund Tarrovale Trio - Every Pencil Knows"


@pytest.fixture
def conversation(sample_root: Path) -> Iterator[PromptState]:
    """A conversation about the sample, with five tracks per answer."""
    with sgp.open("demo", sample_root) as demo:
        yield PromptState(demo, sgp.SimilarSettings(number=5))


def asked(answer: Answer) -> list[tuple[str, float]]:
    """Names and weights of the tracks in the query."""
    return [(seed.track.name, seed.weight) for seed in answer.seeds]


def test_numbers_select_and_signs_add_tracks(conversation: PromptState) -> None:
    first = conversation.answer("every pencil knows")
    assert asked(first) == [(PENCIL, 1)]
    third, second = (first.neighbours[at].track.name for at in (2, 1))
    hopped = conversation.answer("3")
    assert asked(hopped) == [(third, 1)]
    liked = conversation.answer("+ every pencil knows")
    assert asked(liked) == [(third, 1), (PENCIL, 1)]
    fifth = liked.neighbours[4].track.name
    unliked = conversation.answer("-5")
    assert asked(unliked) == [(third, 1), (PENCIL, 1), (fifth, -1)]
    assert asked(conversation.answer(f"-{PENCIL}")) == [(third, 1), (fifth, -1), (PENCIL, -1)]
    assert conversation.answer("<") == unliked
    assert conversation.answer("<") == liked
    assert conversation.answer("<") == hopped
    assert conversation.answer("<") == first
    assert asked(conversation.answer("2")) == [(second, 1)]


def test_lines_without_a_query_change_nothing(conversation: PromptState) -> None:
    for line, why in (("<", "no previous query"), ("-every pencil knows", "needs a track to start from")):
        with pytest.raises(SettingError, match=why):
            conversation.answer(line)
    first = conversation.answer("+every pencil knows")  # with nothing to add to, it starts a query
    listed = conversation.listed
    for line in ("77777", "+qqqqqq"):
        with pytest.raises(UnknownTrackError):
            conversation.answer(line)
    for line in ("-", "="):
        with pytest.raises(SettingError, match=f"nothing follows '{line}': add a name, or a number"):
            conversation.answer(line)
    with pytest.raises(SettingError, match="a query needs a track to start from"):
        conversation.answer("-every pencil knows")
    assert conversation.listed == listed
    assert asked(conversation.answer("+1")) == [*asked(first), (listed[0].name, 1)]


def test_a_list_is_continued_and_its_numbers_count_on(conversation: PromptState) -> None:
    for line, why in ((">", "no list to continue"), (">", "start with a track")):
        with pytest.raises(SettingError, match=why):
            conversation.answer(line)
    first = conversation.answer("every pencil knows")
    assert conversation.next_ranks(first) == "6 to 10"
    second, third = conversation.answer(">"), conversation.answer("+")
    with_more = sgp.SimilarSettings(number=15)
    whole = conversation._lookup.similar("every pencil knows", with_more).neighbours
    assert first.neighbours + second.neighbours + third.neighbours == whole
    assert asked(conversation.answer("12")) == [(whole[11].track.name, 1)]
    assert conversation.answer("<").neighbours == whole[:5]
    assert conversation.answer(">").neighbours == whole[5:10]
    with pytest.raises(AmbiguousTrackError):
        conversation.answer("skyline wandering")
    with pytest.raises(SettingError, match="no list to continue"):  # the list of candidates ends
        conversation.answer(">")


def test_a_list_ends_where_no_more_tracks_pass(sample_root: Path) -> None:
    with sgp.open("demo", sample_root) as demo:
        state = PromptState(demo, sgp.SimilarSettings(number=3, min_count=demo.catalogue.track(3).count))
        first = state.answer(demo.catalogue.track(0).uri or "")
        assert (len(first.neighbours), state.next_ranks(first)) == (3, "4 to 6")
        with pytest.raises(SettingError, match="there are no more tracks"):
            state.answer(">")


def test_the_next_rank_of_a_list_of_one_is_one_number(sample_root: Path) -> None:
    with sgp.open("demo", sample_root) as demo:
        state = PromptState(demo, sgp.SimilarSettings(number=1))
        assert state.next_ranks(state.answer("every pencil knows")) == "2"


@pytest.mark.parametrize("line", ["+3", "-3", "+ 12"])
def test_a_sign_with_a_number_before_any_list_explains_itself(conversation: PromptState, line: str) -> None:
    short = line.replace(" ", "")
    with pytest.raises(SettingError) as refused:
        conversation.answer(line)
    assert str(refused.value) == (
        f"there is no list yet, so '{short}' has no meaning: first type a track, then {short}"
    )


def test_a_number_that_names_nothing_explains_what_numbers_mean(conversation: PromptState) -> None:
    for advice in (
        "a number chooses from a list, and no list has been shown yet: type the name of a track",
        "to choose from the list, type a number from 1 to 5",
    ):
        with pytest.raises(UnknownTrackError) as unknown:
            conversation.answer("77777")
        assert unknown.value.advice == advice
        conversation.answer("every pencil knows")


@pytest.mark.parametrize("sign", ["", "+", "-"])
def test_a_list_of_matches_says_how_to_choose_one(
    conversation: PromptState, sign: str, capsys: pytest.CaptureFixture[str]
) -> None:
    conversation.answer("every pencil knows")
    _answer(conversation, f"{sign}skyline wandering", quiet=False, show_versions=False)
    shown = capsys.readouterr()
    last = len(shown.out.splitlines())
    assert last > 1
    assert shown.err.splitlines()[-1] == f"to choose one, type its number: {sign}1 to {sign}{last}"
    assert len(asked(conversation.answer(f"{sign}{last}"))) == (2 if sign else 1)


def test_an_ambiguous_name_is_settled_by_a_number(conversation: PromptState) -> None:
    with pytest.raises(AmbiguousTrackError) as several:
        conversation.answer("skyline wandering")
    assert [name.split(" (1")[0] for name in several.value.candidates] == [t.name for t in conversation.listed]
    second = conversation.listed[1].name
    assert asked(conversation.answer("2")) == [(second, 1)]
    with pytest.raises(UnknownTrackError):
        conversation.answer("evry pensil nowhere")
    assert conversation.listed[0].name == PENCIL


@pytest.mark.parametrize("sign", ["", "+", "-"])
def test_a_number_beyond_a_list_of_matches_keeps_the_list(conversation: PromptState, sign: str) -> None:
    first = conversation.answer("every pencil knows")
    with pytest.raises(AmbiguousTrackError):
        conversation.answer("skyline wandering")
    matches = conversation.listed
    for number in ("0", "5", "2012"):  # 2012 is part of a name
        with pytest.raises(SettingError) as refused:
            conversation.answer(sign + number)
        assert str(refused.value) == (
            f"the list has the numbers 1 to 4, not {number}; to look up a name, type ={number}"
        )
        assert conversation.listed == matches
    named = conversation.answer("=remastered 2012 skyline wandering")
    assert asked(named) == [(matches[0].name, 1)]
    assert asked(first) != asked(named)


def test_completions_are_names_that_can_be_typed(tmp_path: Path) -> None:
    names = [("A", "song 1", None), ("A", "song \x1b[2J", "x:2"), ("A", "song \u202e", None), ("+44", "song 22", None)]
    write_catalogue(tmp_path, table_of(TRACKS, [(*name, 9 - at, at + 1) for at, name in enumerate(names)]))
    completer = TrackCompleter(Catalogue(tmp_path))

    def completions(typed: str) -> list[tuple[str, int, str]]:
        """Completions as (text, start position, displayed text)."""
        offered = completer.get_completions(Document(typed), CompleteEvent())
        return [(found.text, found.start_position, found.display_text) for found in offered]

    every = [("A - song 1", -4, "A - song 1"), ("x:2", -4, "A - song \\x1b[2J"), ("+44 - song 22", -4, "+44 - song 22")]
    assert completions("song") == completions("+song") == completions("- song") == every
    assert completions("=+44") == [("+44 - song 22", -3, "+44 - song 22")]
    for typed in ("", "+", "22", "-3", "?", "<"):
        assert completions(typed) == []


def test_the_prompt_needs_a_terminal(sample_root: Path) -> None:
    ran = run_sgp("similar", "demo", "--experiments-dir", sample_root)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "error: no TRACK given: try sgp similar demo 'artist - title'"
        ". To read names from standard input, add --stdin; a prompt for names opens only on a terminal\n"
    )


def test_the_history_is_readable_by_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    path = history_file()
    assert path is not None
    history = SavedHistory(path)
    for line in (
        "every pencil",
        "3",
        "+3",
        "- 7",
        "<",
        "?",
        ">",
        "help",
        "exit",
        "  ",
        "x" * 1001,
        "+ «Håkan»\x1b[2J \udcff",
        "=22",
    ):
        history.append_string(line)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    kept = ["=22", "+ «Håkan»\x1b[2J \udcff", "every pencil"]
    assert list(SavedHistory(path).load_history_strings()) == kept

    path.write_bytes(
        path.read_bytes() + b'"half a li\xff\n{}\n[[[\n' + b"[" * 100_000 + b"\n"
    )  # damaged lines are skipped
    assert list(SavedHistory(path).load_history_strings()) == kept
    for at in range(2 * LINES_KEPT):
        SavedHistory(path).store_string(f"song {at}")
    assert len(list(SavedHistory(path).load_history_strings())) == LINES_KEPT
    assert len(path.read_text().splitlines()) == LINES_KEPT
    assert path.stat().st_mode & 0o777 == 0o600

    path.unlink()
    path.mkdir()  # not writable, so the history lasts for the session only
    history = SavedHistory(path)
    history.append_string("every pencil")
    assert (history.get_strings(), list(SavedHistory(path).load_history_strings())) == (["every pencil"], [])
    path.rmdir()
    path.symlink_to(tmp_path / "elsewhere")
    history.append_string("faded raincoat")
    assert not (tmp_path / "elsewhere").exists()


class Terminal:
    """A terminal of 80 columns in which `sgp similar demo` has been started."""

    def __init__(self, root: Path, state: Path) -> None:
        self._name = f"sgp-{uuid.uuid4().hex}"
        program = [sys.executable, "-m", "skipgramophone", "similar", "demo", "-n", "3", "--experiments-dir", str(root)]
        program += ["--fold-versions", "--show-versions"]
        state_home = f"XDG_STATE_HOME={shlex.quote(str(state))}"
        command = f"{state_home} {shlex.join(program)}; echo left with $?; {state_home} {shlex.join(program)}; cat"
        self._tmux("new-session", "-d", "-x", "80", "-y", "50", command)

    def _tmux(self, *arguments: str) -> str:
        """Run a tmux command on this terminal, over a separate server."""
        command = ["tmux", "-f", "/dev/null", "-L", self._name, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def type(self, *keys: str) -> None:
        """Press keys, given by their tmux names."""
        self._tmux("send-keys", "--", *keys)

    def wait_for(self, text: str, end: str = "") -> str:
        """Return the screen once it shows a text and ends with another."""
        screen = ""
        for _ in range(1200):  # a busy machine is slow
            screen = self._tmux("capture-pane", "-p").rstrip()
            if text in screen and screen.endswith(end):
                return screen
            time.sleep(0.05)
        raise AssertionError(f"{text!r} has not come; there is:\n{screen}")

    def close(self) -> None:
        """Close the terminal and end the programs in it."""
        self._tmux("kill-server")


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux, which types into a terminal, is not installed")
def test_a_conversation_on_a_terminal(sample_root: Path, tmp_path: Path) -> None:
    terminal = Terminal(sample_root, tmp_path)
    ready = "demo> type the name of a track, or artist: NAME; ? for help, q to quit"
    try:
        terminal.wait_for(ready)
        terminal.type("every pen")
        terminal.wait_for("Every Pencil Knows (feat.")  # in the menu
        terminal.type("Tab", "Enter")
        answered = "top 3 tracks that go best with 'Jörund Tarrovale Trio - Every Pencil Knows'"
        assert f"demo> {PENCIL}\n" in terminal.wait_for(answered, ready)
        terminal.type("-2", "Enter")
        terminal.wait_for(", away from ", ready)
        terminal.type("skyline wandering", "Enter")
        terminal.wait_for("   4   Jörund & the Inkwells - Skyline, Still Wandering (147×)", ready)
        terminal.type("4", "Enter")
        answered = "top 3 tracks that go best with 'Jörund & the Inkwells - Skyline, Still"
        assert "left out " in terminal.wait_for(answered, ready)  # versions of the given song and of listed songs
        terminal.type(">", "Enter")
        assert "1 to 3; type > for 4 to 6" in terminal.wait_for("tracks from rank 4 that go best with", ready)
        terminal.type("?", "Enter")
        assert "\\n" not in terminal.wait_for("back to the previous query", ready)
        terminal.type("never sent", "C-c")
        terminal.wait_for("never sent", ready)
        terminal.type("Up")
        terminal.wait_for("never sent", "demo> ?")  # the previous line, because the last one was dropped
        terminal.type("C-c")
        terminal.wait_for("never sent", ready)
        terminal.type("q", "Enter")
        assert "Traceback" not in terminal.wait_for("left with 0", ready)  # a new session
        terminal.type("Up")
        terminal.wait_for(
            "left with 0", "demo> skyline wandering"
        )  # the last name; numbers are not kept between sessions
    finally:
        terminal.close()
