"""Damaged indexes and models: look-ups use exact search, or say in one line what is wrong."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skipgramophone.experiment.trusted_files import remember_verified
from skipgramophone.lookup import opened_index
from skipgramophone.lookup.annoy_index import IndexFacts, require_sound_nodes
from tests.conftest import run_sgp

BY_COSINE = ("--by", "cosine", "--json")  # uses the index in small corpora too


def test_a_damaged_or_missing_index_is_replaced_by_exact_search(trained: Path, tmp_path: Path) -> None:
    root = tmp_path / "copy"
    shutil.copytree(trained, root)
    by_index = json.loads(run_sgp("similar", "genres", "folk 3", *BY_COSINE, "--experiments-dir", root).out)
    assert by_index["answered_by"] == "index"
    exact = json.loads(run_sgp("similar", "genres", "folk 3", *BY_COSINE, "--exact", "--experiments-dir", root).out)
    index = root / "genres" / "index"
    whole = (index / "tracks.annoy").read_bytes()
    noise = np.random.default_rng(1).bytes(len(whole))
    half = len(whole) // 2
    breaks: list[tuple[str, Callable[[], object]]] = [
        ("the index is damaged", lambda: (index / "tracks.annoy").write_bytes(b"short")),
        ("the index is damaged", lambda: (index / "tracks.annoy").write_bytes(noise)),
        ("the index is damaged", lambda: (index / "tracks.annoy").write_bytes(whole[:half] + noise[half:])),
        ("the index is stale or damaged", lambda: (index / "manifest.json").write_text("{")),
        ("no index", lambda: shutil.rmtree(index)),
    ]
    for why, break_it in breaks:
        break_it()
        ran = run_sgp("similar", "genres", "folk 3", *BY_COSINE, "--experiments-dir", root)
        assert ran.code == 0
        assert ran.err == f"{why}: used exact search; rebuild it with sgp index genres\n"
        answer = json.loads(ran.out)
        assert answer["answered_by"] == "exact search"
        assert answer["neighbours"] == exact["neighbours"]
    built = run_sgp("index", "genres", "--experiments-dir", root)
    assert built.code == 0
    assert built.out.splitlines()[:2] == ["index of genres", "tracks        81 × 16"]
    assert json.loads(run_sgp("similar", "genres", "folk 3", *BY_COSINE, "--experiments-dir", root).out) == by_index


def test_an_index_that_crashes_annoy_or_has_low_recall_is_not_used(trained: Path, tmp_path: Path) -> None:
    true = json.loads(run_sgp("similar", "genres", "folk 3", *BY_COSINE, "--exact", "--experiments-dir", trained).out)
    shutil.copytree(trained, tmp_path / "copy")
    place = tmp_path / "copy" / "genres" / "index" / "tracks.annoy"
    status, whole = place.stat(), place.read_bytes()
    facts = json.loads((place.parent / "manifest.json").read_text())
    # The manifest check compares size and time only, so other bytes of the same size and time reach Annoy's checks.
    death = r"Annoy crashed on the index \(SIG\w+; .*pip install.*\)"
    for content, is_taken_for_sound, why in (
        (np.random.default_rng(1).bytes(len(whole)), False, "the index is damaged"),
        (np.random.default_rng(1).bytes(len(whole)), True, death),
        (b"\xff" * len(whole), True, death),
        (b"\0" * len(whole), False, "the index is damaged"),
        (whole[: len(whole) // 2] * 2, False, "the index is damaged"),
    ):
        place.write_bytes(content)
        os.utime(place, ns=(status.st_atime_ns, status.st_mtime_ns))
        if is_taken_for_sound:
            remember_verified([place])
        ran = run_sgp("similar", "genres", "folk 3", *BY_COSINE, "--experiments-dir", tmp_path / "copy")
        answer = json.loads(ran.out)
        assert (ran.code, answer["neighbours"], answer["answered_by"]) == (0, true["neighbours"], "exact search")
        assert re.fullmatch(rf"{why}: used exact search; rebuild it with sgp index genres\n", ran.err)
    place.write_bytes(whole)
    os.utime(place, ns=(status.st_atime_ns, status.st_mtime_ns))
    facts["facts"]["recall_at_10"] = 0.25
    (place.parent / "manifest.json").write_text(json.dumps(facts))
    ran = run_sgp("similar", "genres", "folk 3", *BY_COSINE, "--experiments-dir", tmp_path / "copy")
    assert ran.err.startswith("recall@10 of the index is 25.0%, below")
    assert json.loads(ran.out)["neighbours"] == true["neighbours"]


def test_an_index_is_verified_once(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []

    def counted(path: Path, facts: IndexFacts) -> None:
        read.append(path)
        require_sound_nodes(path, facts)

    monkeypatch.setattr(opened_index, "require_sound_nodes", counted)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    shutil.copytree(trained, tmp_path / "copy")
    place = tmp_path / "copy" / "genres" / "index" / "tracks.annoy"
    asked = ("similar", "genres", "folk 3", *BY_COSINE, "--experiments-dir", tmp_path / "copy")

    def times_read() -> int:
        before = len(read)
        assert json.loads(run_sgp(*asked).out)["answered_by"] == "index"
        return len(read) - before

    assert (times_read(), times_read()) == (1, 0)
    kept = tmp_path / "state" / "skipgramophone" / "sound"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "genres" not in kept.read_text()
    # A rewritten file is another file, even if its size and time are the same.
    status = place.stat()
    place.write_bytes(place.read_bytes())
    os.utime(place, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (times_read(), times_read()) == (1, 0)
    kept.write_bytes(b"\xff\0rubbish\n" * 5000)
    assert (times_read(), times_read()) == (1, 0)
    run_sgp("index", "genres", "--experiments-dir", tmp_path / "copy")  # the builder has verified it
    assert times_read() == 0
    monkeypatch.setenv("XDG_STATE_HOME", str(place))  # a file, so no state can be written below it
    assert (times_read(), times_read()) == (1, 1)


def test_a_copied_index_is_used(trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path / "copy", copy_function=shutil.copyfile)  # new times
    ran = run_sgp("similar", "genres", "folk 3", *BY_COSINE, "--experiments-dir", tmp_path / "copy")
    assert (ran.err, json.loads(ran.out)["answered_by"]) == ("", "index")


def test_a_query_vector_that_is_not_finite_is_refused(trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path / "copy")
    centre = np.load(tmp_path / "copy" / "genres" / "model" / "centre.npy", mmap_mode="r+")
    row = json.loads(run_sgp("similar", "genres", "folk 3", "--json", "--experiments-dir", trained).out)["seeds"][0]
    centre[row["position"] - 1, 2] = np.nan
    centre.flush()
    ran = run_sgp("similar", "genres", "folk 3", "--experiments-dir", tmp_path / "copy")
    assert (ran.code, ran.out) == (1, "")
    options = "--embedding-dim 16 --epochs 10"  # of the training
    assert ran.err == (
        f"error: the vector of '{row['artist']} - folk 3' is not finite: run sgp train genres --force {options}\n"
    )
    for command in (["similar", "genres", "folk 4", "--exact"], ["continue", "genres", "folk 4"]):
        ran = run_sgp(*command, "--experiments-dir", tmp_path / "copy")
        assert (ran.code, ran.out) == (1, "")
        assert ran.err == "error: the model contains values that are not finite: run sgp train again with --force\n"


@pytest.mark.parametrize("number", [0x7FC00000, 0x7F800001, 0x7F800000, 0x7F61B1E6])  # NaN twice, infinity, 3e38
def test_a_model_with_numbers_that_are_not_finite_gives_one_line(trained: Path, tmp_path: Path, number: int) -> None:
    shutil.copytree(trained, tmp_path / "copy")
    near = json.loads(run_sgp("similar", "genres", "folk 4", "--json", "--experiments-dir", trained).out)["neighbours"]
    centre = np.load(tmp_path / "copy" / "genres" / "model" / "centre.npy", mmap_mode="r+")
    centre.view(np.uint32)[near[0]["position"] - 1, 2] = number
    centre.flush()
    for command in (["similar", "genres", "folk 4"], ["export", "genres", str(tmp_path / "x.csv"), "--normalise"]):
        ran = run_sgp(*command, "--experiments-dir", tmp_path / "copy")  # a warning of NumPy would be an error
        assert (ran.code, ran.out) == (1, "")
        assert ran.err == "error: the model contains values that are not finite: run sgp train again with --force\n"
