"""Output on a terminal of 80 columns: it fits, no number is lost, and names cannot control the terminal."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import numpy as np
import pytest
import typer.testing

import skipgramophone as sgp
from skipgramophone.cli.app import app
from skipgramophone.cli.render import console, entry
from tests.conftest import Row, dump_text, run_sgp

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3\d|4\d|9\d|10\d)(?:;\d+)*m")


def on_a_terminal(columns: int, *arguments: str | Path, typed: str = "", **variables: str) -> tuple[int, str]:
    """Run `sgp` on a terminal of a given width, type text, and return exit code and output."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    with subprocess.Popen(
        [sys.executable, "-m", "skipgramophone", *map(str, arguments)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environment | {"TERM": "xterm-256color"} | variables,
        start_new_session=True,
    ) as running:
        os.close(slave)
        os.write(master, typed.encode())
        output = b""
        while True:
            try:
                read = os.read(master, 65536)
            except OSError:  # the terminal closes with its last process
                break
            if not read:
                break
            output += read
    os.close(master)
    return running.returncode, output.decode()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the experiment "hostile": a few tracks with control characters and markup in their names."""
    root = tmp_path_factory.mktemp("hostile")
    names = ["\x1b[31mred", "\x9b31mred", "[bold]x[/bold]", ":heart:", "\u202egnp.exe", "a" * 300, "椎名林檎" * 30, "b"]
    rows: list[Row] = [("o", name, f"title of {name}", f"p{at}") for at in range(9) for name in names]
    (root / "dump.csv").write_text(dump_text(rows), encoding="utf-8")
    vectors = np.random.default_rng(1).standard_normal((len(names), 4)).astype(np.float32)
    tracks = [f"{name} - title of {name}" for name in names]
    np.savez(root / "v.npz", vectors=vectors, tracks=tracks)  # imported, because training would load TensorFlow
    for command in (["extract", "hostile", str(root / "dump.csv")], ["import", "hostile", str(root / "v.npz")]):
        assert run_sgp(*command, "-q", "--experiments-dir", root).code == 0
    return root


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_table_fits_the_terminal_and_keeps_its_numbers(hostile: Path, columns: int) -> None:
    from rich.cells import cell_len

    code, output = on_a_terminal(columns, "similar", "hostile", "title of b", "--experiments-dir", hostile)
    assert code == 0
    plain = ESCAPES.sub("", output).replace("\r", "")
    lines = plain.splitlines()
    assert all(cell_len(line) <= columns for line in lines)
    assert lines[0] == "only 7 of 10 results: there are no more tracks"
    body, hint = lines[4:11], lines[11:]
    assert (
        " ".join(" ".join(hint).split())
        == "names are shortened: to see them in full, widen the window or pipe the output (| less -S)"
    )
    for rank, line in enumerate(body, 1):
        assert re.match(rf" *{rank} +-?\d\.\d{{3}} ", line)
        assert re.search(r" 9 +\d$", line)
    assert "\x1b[31m" not in output.replace("\x1b[1m", "")
    for letter in ("\x9b", "\u202e"):
        assert letter not in output
    assert "\\x1b[" in plain
    assert ":heart:" in plain


@pytest.mark.parametrize(
    "command", [["explain", "hostile", "title of b", "a" * 300], ["continue", "hostile", "title of b"]]
)
def test_other_answers_fit_too(hostile: Path, command: list[str]) -> None:
    from rich.cells import cell_len

    code, output = on_a_terminal(80, *command, "--experiments-dir", hostile)
    assert code == 0
    plain = ESCAPES.sub("", output).replace("\r", "")
    assert all(cell_len(line) <= 80 for line in plain.splitlines())
    assert "\x1b[31m" not in output.replace("\x1b[1m", "")
    assert not {"\x9b", "\u202e"} & set(output)
    ran = run_sgp(*command, "--experiments-dir", hostile)
    assert "\x1b" not in ran.out
    assert "title of [bold]x[/bold]" in ran.out
    assert "椎名林檎" * 30 in ran.out


def test_a_terminal_asks_which_track_is_meant(hostile: Path) -> None:
    command = ("similar", "hostile", "title of", "-n", "1", "--experiments-dir", hostile)
    for typed, number in (("\n", 1), ("4\n", 4), ("99\n0\nno\n4\n", 4)):
        code, output = on_a_terminal(80, *command, typed=typed)
        assert code == 0
        assert "several tracks match 'title of':" in output
        unwrapped = ESCAPES.sub("", output).replace("\r", "").replace("\n       ", " ")
        listed = re.findall(r"^ +(\d)   (.*) \(9×\)", unwrapped, re.MULTILINE)
        assert [int(at) for at, _ in listed] == list(range(1, 9))
        assert f"that goes best with '{listed[number - 1][1][:10]}" in output
    for wrong in ("99", "0"):
        assert f"the list has the numbers 1 to 8, not {wrong}" in output
    assert "no name in the list contains 'no'" in output
    assert on_a_terminal(80, *command, typed="\x04")[0] == 130  # Ctrl-D
    code, output = on_a_terminal(80, *command, "--strict-names")
    assert code == 4
    assert "error: 8 tracks match 'title of'" in output


def test_a_numbered_list_breaks_between_words_and_keeps_its_indent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "24")
    monkeypatch.setenv("TERM", "xterm")
    entry(3, "Every Pencil Knows - Live at Home (12×)", sys.stderr)
    lines = [line.rstrip() for line in ESCAPES.sub("", capsys.readouterr().err).splitlines()]
    assert lines == ["   3   Every Pencil", "       Knows - Live at", "       Home (12×)"]


def test_notes_and_tables_keep_their_order_in_one_stream(sample_root: Path) -> None:
    with sgp.open("demo", sample_root) as made:
        uris = (track.uri for track in made.catalogue.all_tracks() if track.uri and track.count > 9)
        listed = ((uri, made.similar(uri, sgp.SimilarSettings(number=5)).neighbours) for uri in uris)
        unstable = next(uri for uri, nearest in listed if any(near.stable is False for near in nearest))
    command = ["similar", "demo", unstable, "-n", "5", "--experiments-dir", str(sample_root)]
    lines = typer.testing.CliRunner().invoke(app, command).output.splitlines()
    assert lines[0].startswith("top 5 tracks")
    assert lines[1].startswith("rank")
    assert lines[-1].startswith("~ probably not in the top 5")


def test_a_pipe_gets_full_names(hostile: Path) -> None:
    ran = run_sgp("similar", "hostile", "title of b", "--experiments-dir", hostile)
    assert "names are shortened" not in ran.err
    assert "a" * 300 in ran.out
    assert "椎名林檎" * 30 in ran.out
    assert "[bold]x[/bold]" in ran.out
    assert "\x1b" not in ran.out


@pytest.mark.parametrize("columns", [40, 80])
def test_a_pipe_gets_tables_of_the_width_that_columns_sets(
    hostile: Path, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rich.cells import cell_len

    command = ("similar", "hostile", "title of b", "-q", "--experiments-dir", hostile)
    wide = run_sgp(*command)
    monkeypatch.setenv("COLUMNS", str(columns))
    title, *lines = run_sgp(*command).out.splitlines()
    assert title == wide.out.splitlines()[0]  # sentences are never wrapped in a pipe
    assert max(map(cell_len, lines)) <= columns
    for unset in ("", "0", "wide", "-5"):
        monkeypatch.setenv("COLUMNS", unset)
        assert run_sgp(*command).out == wide.out, unset


@pytest.mark.parametrize("size", ["²", "0", "wide", "-5", ""])
def test_a_terminal_ignores_sizes_that_are_not_numbers(size: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("COLUMNS", "LINES"):
        monkeypatch.setenv(variable, size)
    stream = io.StringIO()
    stream.isatty = lambda: True  # type: ignore[method-assign]
    console(stream).print("two words")
    assert "two words" in stream.getvalue()


def test_training_shows_a_bar_that_disappears_a_report_and_nothing_of_tensorflow(hostile: Path) -> None:
    command = ("train", "hostile", "-e", "300", "-emb", "4", "--force", "--experiments-dir", hostile)
    code, output = on_a_terminal(100, *command, NO_COLOR="1")
    assert code == 0
    assert not COLOUR.search(output)
    lines = [line.strip("\n") for line in ESCAPES.sub("", output).split("\r") if line.strip()]
    texts = ESCAPES.sub("", output)
    assert 0 < texts.index("loading TensorFlow") < texts.index("compiling") < texts.index("building the index")
    assert re.search(r"epoch \d+/300  loss \d\.\d{3}  [\d,]+ occurrences/s\r", texts)
    assert output.count("\x1b[1A\x1b[2K") == 1  # the line of the bar is erased
    report = [line.split()[0] for line in lines[lines.index("model of hostile") :]]
    assert report == ["model", "vectors", "context", "recency", "epochs", "learning", "loss", "time", "index"]


def test_a_note_and_an_error_break_between_words(sample_root: Path) -> None:
    for query, code in (("every pencl knos", 0), ("no such track with a long name at all, and some more words", 3)):
        ended, output = on_a_terminal(60, "similar", "demo", query, "-n", "1", "--experiments-dir", sample_root)
        assert ended == code
        printed = ESCAPES.sub("", output).replace("\r", "").splitlines()
        message = printed[: next((at for at, line in enumerate(printed) if line.startswith(("top 1", "  "))), None)]
        assert 2 <= len(message) <= 6
        assert all(len(line) <= 60 for line in message)
        assert query in " ".join(" ".join(message).split())


def test_messages_wrap_between_words_only_so_that_options_can_be_copied(tmp_path: Path) -> None:
    columns = ["artist_name_of_the_track", "title_of_the_recording", "playlist_name_in_the_application_of_the_service"]
    (tmp_path / "wide.csv").write_text(",".join(columns) + "\nA,b,x\nC,d,x\n")
    given = ",".join(f"{role}={name}" for role, name in zip(("artist", "title", "playlist"), columns, strict=True))
    code, output = on_a_terminal(
        60, "extract", "wide", tmp_path / "wide.csv", "--columns", given + "x", "--experiments-dir", tmp_path
    )
    assert code == 1
    for name in (str(tmp_path / "wide.csv"), columns[2]):
        assert name in ESCAPES.sub("", output)
    (tmp_path / "long.csv").write_text(f"Artist,Title,{'n' * 70}\nA,b,x\nC,d,x\n")
    code, output = on_a_terminal(60, "extract", "long", tmp_path / "long.csv", "--experiments-dir", tmp_path)
    assert (code, "--columns artist=Artist,title=Title" in " ".join(output.split())) == (0, True)
    assert "n" * 70 in output
