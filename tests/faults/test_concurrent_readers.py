"""Tests of look-ups while a model is replaced: each answer is entirely that of the old or of the new model."""

from __future__ import annotations

import multiprocessing
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import skipgramophone as package
from tests.conftest import dump_text, two_genres

QUERY = "folk 3"
Answer = tuple[tuple[str, float], ...]


def look_up(root: Path, done: Event, results: Any) -> None:
    """Open the experiment and look up a track until the writer is done; return the number, answers and errors."""
    answers: set[Answer] = set()
    errors: set[str] = set()
    look_ups = 0
    while not done.is_set():
        try:
            with package.open("made", root) as experiment:
                answers.add(answer_of(experiment))
        except package.SgpError as error:
            errors.add(str(error))
        look_ups += 1
    results.put((look_ups, answers, errors))


def two_models(root: Path) -> tuple[list[Path], list[Answer]]:
    """Make files of two models for one corpus, import the second, and return the files and the right answers."""
    (root / "dump.csv").write_text(dump_text(two_genres()))
    package.extract("made", root / "dump.csv", experiments_dir=root)
    names = sorted({f"{row[1]} - {row[2]}" for row in two_genres()})
    rng = np.random.default_rng(1)
    models, whole = [root / "one.npz", root / "two.npz"], []
    for model in models:
        np.savez(model, vectors=rng.standard_normal((len(names), 8)).astype(np.float32), tracks=np.array(names))
        package.import_vectors("made", model, force=True, experiments_dir=root)
        with package.open("made", root) as experiment:
            whole.append(answer_of(experiment, package.SimilarSettings(exact=True)))
    assert whole[0] != whole[1]
    return models, whole


def answer_of(experiment: package.Lookup, settings: package.SimilarSettings | None = None) -> Answer:
    """Return the names and similarities of the neighbours."""
    found = experiment.similar(QUERY, settings).neighbours
    return tuple((near.track.name, round(near.similarity, 4)) for near in found)


def test_an_open_experiment_keeps_answering_from_its_model(tmp_path: Path) -> None:
    models, whole = two_models(tmp_path)
    with package.open("made", tmp_path) as experiment:
        package.import_vectors("made", models[0], force=True, experiments_dir=tmp_path)  # also replaces the index
        assert answer_of(experiment) == whole[1]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "replaced"), [(3, 10), pytest.param(8, 100, marks=pytest.mark.by_hand)])
def test_readers_never_see_a_mix_of_two_models(tmp_path: Path, number: int, replaced: int) -> None:
    models, whole = two_models(tmp_path)
    processes = multiprocessing.get_context("spawn")
    done, results = processes.Event(), processes.Queue()
    readers = [processes.Process(target=look_up, args=(tmp_path, done, results)) for _ in range(number)]
    for reader in readers:
        reader.start()
    try:
        for at in range(replaced):
            package.import_vectors("made", models[at % 2], force=True, experiments_dir=tmp_path)
    finally:
        done.set()
    by_reader = [results.get(timeout=120) for _ in readers]
    for reader in readers:
        reader.join()
    assert {error for _, _, errors in by_reader for error in errors} == set()
    assert {answer for _, answers, _ in by_reader for answer in answers} == set(whole)
    assert min(look_ups for look_ups, _, _ in by_reader) >= 5
