"""Readers beside a writer: each answer is of the old model or of the new one, whole, however often it is replaced."""

from __future__ import annotations

import multiprocessing
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import skipgramophone as package
from tests.conftest import dump_text, two_genres

READERS, REPLACED = 8, 100
QUERY = "folk 3"


def look_up(root: Path, done: Event, told: Any) -> None:
    """Look a track up, each time from the beginning, until the writer is done; tell what was answered, and errors."""
    answers: set[tuple[tuple[str, float], ...]] = set()
    errors: set[str] = set()
    asked = 0
    while not done.is_set():
        try:
            with package.open("made", root) as experiment:
                found = experiment.similar(QUERY).neighbours
            answers.add(tuple((near.track.name, round(near.similarity, 4)) for near in found))
        except package.SgpError as error:
            errors.add(str(error))
        asked += 1
    told.put((asked, answers, errors))


@pytest.mark.slow
def test_readers_see_the_old_or_the_new_and_never_a_mix(tmp_path: Path) -> None:
    (tmp_path / "dump.csv").write_text(dump_text(two_genres()))
    package.extract("made", tmp_path / "dump.csv", experiments_dir=tmp_path)
    names = sorted({f"{row[1]} - {row[2]}" for row in two_genres()})
    rng = np.random.default_rng(1)
    models = [tmp_path / "one.npz", tmp_path / "two.npz"]
    for model in models:
        np.savez(model, vectors=rng.standard_normal((len(names), 8)).astype(np.float32), tracks=np.array(names))
    whole = []
    for model in models:
        package.import_vectors("made", model, force=True, experiments_dir=tmp_path)
        with package.open("made", tmp_path) as experiment:
            found = experiment.similar(QUERY, package.SimilarSettings(exact=True)).neighbours
        whole.append(tuple((near.track.name, round(near.similarity, 4)) for near in found))
    assert whole[0] != whole[1]

    processes = multiprocessing.get_context("spawn")
    done, told = processes.Event(), processes.Queue()
    readers = [processes.Process(target=look_up, args=(tmp_path, done, told)) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    try:
        for at in range(REPLACED):
            package.import_vectors("made", models[at % 2], force=True, experiments_dir=tmp_path)
    finally:
        done.set()
    told_by_each = [told.get(timeout=120) for _ in readers]
    for reader in readers:
        reader.join()
    assert {error for _, _, errors in told_by_each for error in errors} == set()
    assert {answer for _, answers, _ in told_by_each for answer in answers} == set(whole)
    assert min(asked for asked, _, _ in told_by_each) >= 10
