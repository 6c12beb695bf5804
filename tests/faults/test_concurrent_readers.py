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
Answered = tuple[tuple[str, float], ...]


def look_up(root: Path, done: Event, told: Any) -> None:
    """Look a track up, each time from the beginning, until the writer is done; tell what was answered, and errors."""
    answers: set[Answered] = set()
    errors: set[str] = set()
    asked = 0
    while not done.is_set():
        try:
            with package.open("made", root) as experiment:
                answers.add(answered(experiment))
        except package.SgpError as error:
            errors.add(str(error))
        asked += 1
    told.put((asked, answers, errors))


def two_models(root: Path) -> tuple[list[Path], list[Answered]]:
    """Files of two models for one corpus, the second of which is in place, and what exact search finds by each."""
    (root / "dump.csv").write_text(dump_text(two_genres()))
    package.extract("made", root / "dump.csv", experiments_dir=root)
    names = sorted({f"{row[1]} - {row[2]}" for row in two_genres()})
    rng = np.random.default_rng(1)
    models, whole = [root / "one.npz", root / "two.npz"], []
    for model in models:
        np.savez(model, vectors=rng.standard_normal((len(names), 8)).astype(np.float32), tracks=np.array(names))
        package.import_vectors("made", model, force=True, experiments_dir=root)
        with package.open("made", root) as experiment:
            whole.append(answered(experiment, package.SimilarSettings(exact=True)))
    assert whole[0] != whole[1]
    return models, whole


def answered(experiment: package.Lookup, settings: package.SimilarSettings | None = None) -> Answered:
    """Names and similarities that are found."""
    found = experiment.similar(QUERY, settings).neighbours
    return tuple((near.track.name, round(near.similarity, 4)) for near in found)


def test_an_answer_is_of_the_model_that_was_opened(tmp_path: Path) -> None:
    models, whole = two_models(tmp_path)
    with package.open("made", tmp_path) as experiment:
        package.import_vectors("made", models[0], force=True, experiments_dir=tmp_path)  # with an index of its own
        assert answered(experiment) == whole[1]


@pytest.mark.slow
def test_readers_see_the_old_or_the_new_and_never_a_mix(tmp_path: Path) -> None:
    models, whole = two_models(tmp_path)
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
