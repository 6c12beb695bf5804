"""Pipes, standard output and other idioms of the shell."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.conftest import Sgp, dump_text, run_sgp, two_genres

BLANK = ["\u3000", " ", "\u2003\u2009", "\u3164", "\u2800\u2800", "\u0301"]


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """A named pipe."""
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def feed(pipe: Path, data: bytes) -> threading.Thread:
    """Write bytes into a pipe once somebody reads it."""
    thread = threading.Thread(target=pipe.write_bytes, args=(data,))
    thread.start()
    return thread


def test_a_pipe_is_read_like_a_file(sgp: Sgp, experiments: Path, tmp_path: Path, pipe: Path) -> None:
    text = dump_text(two_genres(20)).encode()
    (tmp_path / "dump.csv").write_bytes(text)
    assert sgp("extract", "file", tmp_path / "dump.csv", "-q").code == 0
    writer = feed(pipe, gzip.compress(text))
    assert sgp("extract", "pipe", pipe, "-q").code == 0
    writer.join()
    for name in ("track_ids.npy", "offsets.npy"):
        assert (experiments / "pipe/corpus" / name).read_bytes() == (experiments / "file/corpus" / name).read_bytes()
    writer = feed(pipe, b"list 1\n")
    assert sgp("extract", "aside", tmp_path / "dump.csv", "--holdout", pipe, "-q").code == 0
    writer.join()
    substituted = 'exec "$@" <(cat dump.csv)'
    command = ["bash", "-c", substituted, "bash", sys.executable, "-m", "skipgramophone", "extract", "bash", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, json.loads(done.stdout)["sources"][0]["file"]) == (0, "pipe")


@pytest.mark.parametrize("text", [b"folk 3\nfolk 10\n", b"#EXTM3U\n#EXTINF:1,folk artist 3 - folk 3\nx.mp3\n"])
def test_a_pipe_is_read_as_a_playlist(trained: Path, pipe: Path, text: bytes) -> None:
    where = ["--experiments-dir", str(trained)]
    (pipe.parent / "list").write_bytes(text)
    expected = run_sgp("similar", "genres", "--file", pipe.parent / "list", *where)
    assert expected.code == 0
    writer = feed(pipe, text)
    assert run_sgp("similar", "genres", "--file", pipe, *where) == expected
    writer.join()
    assert run_sgp("similar", "genres", "--file", "-", *where, stdin=text.decode()) == expected


def test_a_pipe_is_read_for_only_and_import(trained: Path, pipe: Path, tmp_path: Path) -> None:
    where = ["--experiments-dir", str(trained)]
    writer = feed(pipe, b"folk artist 3 - folk 3\n")
    ran = run_sgp("export", "genres", "-", "--format", "word2vec", "--only", pipe, *where)
    writer.join()
    assert (ran.code, ran.out.splitlines()[0]) == (0, "1 16")
    assert run_sgp("export", "genres", tmp_path / "all.npz", "-q", *where).code == 0
    writer = feed(pipe, (tmp_path / "all.npz").read_bytes())
    ran = run_sgp("import", "new", pipe, "--format", "npz", "-q", "--experiments-dir", tmp_path / "new")
    writer.join()
    assert (ran.code, ran.err) == (0, "")
    writer = feed(pipe, b"nonsense")
    ran = run_sgp("import", "bad", pipe, "--format", "npz", "--experiments-dir", tmp_path / "new")
    writer.join()
    assert ran.code == 1
    assert str(pipe) in ran.err
    assert len(ran.err.splitlines()) == 1


def test_devices_are_refused(trained: Path, tmp_path: Path) -> None:
    where = ["--experiments-dir", str(trained)]
    refused = "error: /dev/zero is not a regular file"
    for arguments in (
        ["similar", "genres", "--file", "/dev/zero"],
        ["export", "genres", str(tmp_path / "o.csv"), "--only", "/dev/zero"],
        ["import", "x", "/dev/zero", "--format", "word2vec"],
        ["extract", "x", str(trained / "dump.csv"), "--holdout", "/dev/zero"],
        ["train", "genres", "--force", "--config", "/dev/zero"],
        ["inspect", "/dev/zero"],
    ):
        ran = run_sgp(*arguments, *where)
        assert (ran.code, ran.err.startswith(refused), len(ran.err.splitlines())) in ((1, True, 1), (2, True, 1))


def test_a_map_goes_to_standard_output(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    options = ["--projection", "pca", "--experiments-dir", str(trained)]
    assert run_sgp("map", "genres", "-o", "map.html", *options).code == 0
    ran = run_sgp("map", "genres", "-o", "-", *options)
    assert (ran.code, ran.out) == (0, Path("map.html").read_text(encoding="utf-8"))
    ran = run_sgp("map", "genres", "-o", "-", "--json", *options)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    for arguments in (["map", "genres", "-o", "x.html", "--svg", "-"], ["experiments", "pack", "genres", "-"]):
        ran = run_sgp(*arguments, "--experiments-dir", trained)
        refused = "error: this result cannot be written to standard output (-): give a file\n"
        assert (ran.code, ran.out, ran.err) == (1, "", refused)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["map.html"]


def test_a_file_that_is_named_twice_is_read_once(sgp: Sgp, tmp_path: Path) -> None:
    (folder := tmp_path / "dumps").mkdir()
    dump = folder / "dump.csv"
    dump.write_text(dump_text(two_genres(20)))
    once = sgp("extract", "once", dump, "--json")
    assert '"passed_over": []' in once.out
    ran = sgp("extract", "twice", dump, dump)
    line = f"error: {dump} is given twice, or is part of another source: give each source once\n"
    assert (ran.code, ran.out, ran.err) == (1, "", line)
    (folder / "latest.csv").symlink_to(dump)
    ran = sgp("extract", "linked", folder)
    assert ran.code == 0
    assert f"dumps/latest.csv: the same file as {dump}, which is read once" in ran.out
    assert "rows read        240\n" in ran.out


@pytest.mark.parametrize("name", BLANK)
def test_a_new_experiment_needs_a_visible_name(sgp: Sgp, experiments: Path, name: str) -> None:
    for arguments in (["extract", name, "--sample"], ["import", name, "missing.npz"]):
        ran = sgp(*arguments)
        assert ran.code == 1
        assert len(ran.err.splitlines()) == 1
    assert sgp("extract", name, "--sample").err == f"error: {name!a} cannot be an experiment's name: it is blank\n"
    assert list(experiments.iterdir()) == []
