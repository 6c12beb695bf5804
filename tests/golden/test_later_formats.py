"""Experiments that later versions made, with factors, locations and held-out playlists, and altered copies of them.

The version after 0.5.0 made `second` from 40 playlists of `two_genres(40, 8, 20)` in M3U, with `extract --holdout 0.1`
and `sgp train second -wsz bag -emb 4 -e 3`. The version after 0.6.0 made `third` in the same way, from the same
playlists with albums; it has artists, EASE and smoothed vectors, too.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import run_sgp
from tests.oracle.reference import Reference

GOLDEN = Path(__file__).parent / "experiments"
NAMES = ("second", "third")
FILES = [
    (name, str(path.relative_to(GOLDEN / name)))
    for name in NAMES
    for path in sorted((GOLDEN / name).rglob("*"))
    if path.is_file()
]
REMARKS = ("model/train.log", "model/history.jsonl", "corpus/rejects.jsonl")  # no look-up needs them


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory with copies of the experiments; git does not keep the times of their files."""
    for name in NAMES:
        shutil.copytree(GOLDEN / name, tmp_path / name)
    return tmp_path


def ask(root: Path, name: str, *words: str) -> Any:
    """Return the answer to a look-up in an experiment."""
    ran = run_sgp("similar", name, "folk 3", "--like", "folk 4", *words, "--json", "-q", "--experiments-dir", root)
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("by", ["cosine", "cosine+count", "model", "factors", "hybrid"])
def test_the_format_loads(root: Path, by: str, name: str) -> None:
    answer, reference = ask(root, name, "--by", by, "-n", "4"), Reference.load(GOLDEN / name)
    asked = {seed["position"] - 1: 1.0 for seed in answer["seeds"]}
    scores = reference.scores(asked, by)
    scores[list(asked)] = -np.inf
    rows = [near["position"] - 1 for near in answer["neighbours"]]
    assert scores[rows] == pytest.approx(np.sort(scores)[::-1][:4], abs=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_locations_and_durations_load(root: Path, name: str) -> None:
    ran = run_sgp("similar", name, "folk 3", "-n", "1", "--format", "m3u8", "-q", "--experiments-dir", root)
    title = ran.out.splitlines()[-1].split("/")[-1].removesuffix(".mp3")
    assert [line for line in ran.out.splitlines() if line.startswith(f"#EXTINF:{100 + len(title)},")]
    assert ran.out.splitlines()[-1].endswith(f"/{title}.mp3")


@pytest.mark.parametrize(("name", "file"), FILES)
def test_a_copy_without_a_file_gives_one_line(root: Path, name: str, file: str) -> None:
    (root / name / file).unlink()
    checked = run_sgp("check", name, "--experiments-dir", root)
    words = ["similar", name, "folk 3", "--like", "folk 4", "--by", "hybrid", "-n", "3"]
    for ran in (
        run_sgp(*words, "--experiments-dir", root),
        run_sgp("experiments", name, "--experiments-dir", root),
    ):
        assert ran.code == 0 or ran.err.count("\n") == 1
    assert checked.code in (1, 5)


@pytest.mark.parametrize(("name", "file"), [(name, file) for name, file in FILES if file.endswith((".json", ".jsonl"))])
def test_line_ends_of_windows_do_not_change_answers(root: Path, name: str, file: str) -> None:
    right = ask(root, name, "--by", "hybrid")
    path = root / name / file
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    words = ["similar", name, "folk 3", "--like", "folk 4", "--by", "hybrid", "--json", "-q"]
    ran = run_sgp(*words, "--experiments-dir", root)
    if ran.code:
        assert (ran.code, ran.err.count("\n")) == (1, 1)  # its size is not that of the manifest
    else:
        assert json.loads(ran.out)["neighbours"] == right["neighbours"]


@pytest.mark.parametrize("name", NAMES)
def test_other_times_do_not_change_answers(root: Path, name: str) -> None:
    right = ask(root, name)
    for path in (root / name).rglob("*"):
        os.utime(path, (0, 2**33))
    assert ask(root, name) == right


@pytest.mark.parametrize(("name", "file"), [(name, file) for name, file in FILES if file.endswith(".npy")])
def test_another_byte_order_is_never_misread(root: Path, name: str, file: str) -> None:
    right = ask(root, name, "--by", "hybrid")
    path = root / name / file
    values = np.load(path)
    np.save(path, values.astype(values.dtype.newbyteorder(">")))
    words = ["similar", name, "folk 3", "--like", "folk 4", "--by", "hybrid", "--json", "-q"]
    ran = run_sgp(*words, "--experiments-dir", root)
    if ran.code:
        assert (ran.code, ran.err.count("\n")) == (1, 1)
    else:
        assert json.loads(ran.out)["neighbours"] == right["neighbours"]
    assert run_sgp("check", name, "--experiments-dir", root).code == 5


def test_another_exponent_is_used_and_found_by_check(root: Path) -> None:
    path = root / "second" / "model" / "factors.json"
    path.write_text(path.read_text().replace('"exponent": 1,', '"exponent": 0,'))
    assert ask(root, "second", "--by", "factors")["neighbours"]
    assert run_sgp("check", "second", "--experiments-dir", root).code == 5


@pytest.mark.parametrize("words", [["similar", "second", "folk 3"], ["experiments", "second"], ["check", "second"]])
def test_a_later_format_is_refused_by_name(root: Path, words: list[str]) -> None:
    path = root / "second" / "experiment.json"
    path.write_text(path.read_text().replace('"format": 1', '"format": 2'))
    ran = run_sgp(*words, "--experiments-dir", root)
    assert ran.code != 0
    assert "format 2" in ran.out + ran.err
