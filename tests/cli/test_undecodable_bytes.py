"""Bytes that are not UTF-8, in arguments, in lines and in paths: an answer or a one-line error, no traceback."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from skipgramophone.utf8 import is_utf8, printable_path, replace_surrogates, utf8_path
from tests.conftest import run_sgp

LATIN = os.fsdecode(b"caf\xe9")  # "café" in Latin-1, as Python represents an argument
FORMATS = ("annoy", "csv", "faiss", "jsonl", "npz", "onnx", "parquet", "projector", "safetensors", "tsv", "word2vec")
TABLE = "artist,title,playlist\n" + "".join(f"A{at % 7},T{at % 9},P{at % 5}\n" for at in range(60))
COLUMNS = ("--columns", "artist=artist,title=title,playlist=playlist")


def test_text_and_paths_that_are_not_utf8(tmp_path: Path) -> None:
    assert (is_utf8("café"), is_utf8(LATIN), is_utf8("\ud800")) == (True, False, False)
    assert replace_surrogates(f"é{LATIN}\ud800") == "écaf\ufffd\ufffd"
    assert printable_path(Path("a") / LATIN) == "a/caf\\xe9"
    directory = tmp_path / LATIN
    directory.mkdir()
    (directory / "file").write_text("content")
    with utf8_path(directory / "file") as file, utf8_path(directory) as there, utf8_path(tmp_path) as plain:
        assert Path(file).read_text() == "content"
        assert os.listdir(there) == ["file"]  # noqa: PTH208
        assert is_utf8(file + there)
        assert plain == str(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["similar", "genres", LATIN], 3),
        (["similar", "genres", "--like", LATIN], 3),
        (["similar", "genres", "--artist", LATIN], 3),
        (["similar", "genres", "folk 3", "--exclude-artist", LATIN], 3),
        (["continue", "genres", "folk 3", LATIN], 0),
        (["explain", "genres", "folk 3", LATIN], 3),
        (["similar", LATIN, "folk 3"], 1),
        (["evaluate", "genres", "--group", LATIN], 2),
    ],
)
def test_a_name_that_is_not_utf8_is_answered(trained: Path, arguments: list[str], code: int) -> None:
    ran = run_sgp(*arguments, "--experiments-dir", trained)
    assert ran.code == code
    assert code == 0 or len([line for line in ran.err.splitlines() if line.startswith("error: ")]) == 1


def test_a_lone_surrogate_in_a_line_is_answered(trained: Path) -> None:
    lines = '["\\ud800"]\n["folk 3", "\\ud800"]\n'
    ran = run_sgp("continue", "genres", "--stdin", "--experiments-dir", trained, stdin=lines)
    first, second = map(json.loads, ran.out.splitlines())
    assert (ran.code, first["exit_code"], second["seeds"][0]["title"]) == (3, 3, "folk 3")
    assert "no track matches '\\ud800'" in first["error"]


def test_names_that_are_misspelt_by_their_encoding_are_suggested(trained: Path) -> None:
    ran = run_sgp("similar", "genres", os.fsdecode(b"folk\xe9 3"), "-n", "1", "--experiments-dir", trained)
    assert "folk 3" in ran.out + ran.err


def test_an_experiment_in_a_directory_that_is_not_utf8(trained: Path, tmp_path: Path) -> None:
    root = tmp_path / LATIN
    shutil.copytree(trained / "genres", root / "genres")
    where: list[str | Path] = ["--experiments-dir", root]
    plain = run_sgp("explain", "genres", "folk 3", "folk 10", "--experiments-dir", trained)
    assert run_sgp("explain", "genres", "folk 3", "folk 10", *where) == plain
    indexed = run_sgp("similar", "genres", "folk 3", "--by", "cosine", "--json", *where)
    assert (indexed.code, json.loads(indexed.out)["answered_by"]) == (0, "index")
    assert run_sgp("index", "genres", *where).code == 0
    assert run_sgp("check", *where).code == 0
    source = tmp_path / f"{LATIN}.csv"
    source.write_text(TABLE)
    ran = run_sgp("extract", "new", source, *COLUMNS, "--holdout", "0.2", *where)
    assert ran.code == 0, ran.err
    assert "caf\\\\xe9.csv" in (root / "new" / "corpus" / "manifest.json").read_text()
    assert run_sgp("inspect", source, *COLUMNS).code == 0


@pytest.mark.parametrize("format", FORMATS)
def test_a_destination_that_is_not_utf8(trained: Path, tmp_path: Path, format: str) -> None:
    if format in ("faiss", "onnx"):
        pytest.importorskip(format)
    place = tmp_path / LATIN
    ran = run_sgp("export", "genres", place, "--format", format, "--experiments-dir", trained)
    assert ran.code == 0, ran.err
    described = place / "manifest.json" if place.is_dir() else place.with_name(f"{LATIN}.manifest.json")
    listed = json.loads(described.read_text())["files"]
    assert all((described.parent / name).exists() for name in listed)
    if format == "npz":
        assert np.load(place)["centre"].shape[1] == 16
        assert run_sgp("import", "back", place, "--format", "npz", "--experiments-dir", tmp_path / "new").code == 0
