"""Answers and reports equal those of the reference; tests marked `by_hand` run thousands of cases."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import numpy as np
import pytest

import skipgramophone as sgp
from tests.conftest import run_sgp
from tests.oracle.metrics import next_item, questions
from tests.oracle.other_questions import (
    ask_artists,
    ask_blend,
    ask_continuation,
    ask_explanation,
    ask_playlists,
    ask_route,
)
from tests.oracle.questions import Oracle
from tests.oracle.reference import Reference
from tests.oracle.reports import check_exports, check_inspection
from tests.oracle.shapes import SETTINGS, SHAPES, make_shape

ASKED = (Oracle.similar, ask_continuation, ask_blend, ask_route, ask_explanation, ask_playlists, ask_artists)
PLAIN = sgp.TrainSettings(window_size="bag", embedding_dim=8, epochs=3)
SPREAD = "SGP_ORACLE_DUMP"  # environment variable: a file to extract, for corpora that are not in the repository


def ask_everything(oracle: Oracle, rounds: int) -> None:
    """Run random queries of every kind, and require the answers of the reference."""
    for ask in ASKED:
        for _ in range(rounds * (4 if ask is Oracle.similar else 1)):
            ask(oracle)
    assert not oracle.problems, "\n".join(oracle.problems[:5])
    assert len(oracle.recalls) < 20 or np.mean(oracle.recalls) > 0.7  # equal vectors can be exchanged


@pytest.fixture
def copied(sample_root: Path, tmp_path: Path) -> Path:
    """A directory with the trained sample, in which files can be written."""
    (tmp_path / "demo").symlink_to(sample_root / "demo")
    return tmp_path


def test_answers_about_the_sample(copied: Path) -> None:
    ask_everything(Oracle(copied, "demo", random.Random(1)), rounds=1)


def require_same_metrics(root: Path, name: str, tolerance: float) -> None:
    """Evaluate the experiment on its held-out playlists, and require the metrics of the reference."""
    ran = run_sgp(
        "evaluate", name, "--protocol", "next-item", "--baselines", "none", "--json", "-q", "--experiments-dir", root
    )
    assert ran.code == 0, ran.err
    reference = Reference.load(root / name)
    for judged in json.loads(ran.out)["judgement"]["judged"]:
        if judged["ranker"] != "index":
            expected = next_item(reference, judged["ranker"])
            found = {metric: judged["metrics"][metric]["mean"] for metric in expected}
            differences = {metric: abs(found[metric] - expected[metric]) for metric in expected}
            differences["clicks"] /= 51
            assert max(differences.values()) <= tolerance, (judged["ranker"], found, expected)


@pytest.mark.by_hand
@pytest.mark.parametrize("shape", SHAPES)
def test_extreme_shapes(tmp_path: Path, shape: str) -> None:
    make_shape(tmp_path, shape, PLAIN, shape)
    oracle = Oracle(tmp_path, shape, random.Random(2))
    ask_everything(oracle, rounds=15)
    check_inspection(oracle)
    if shape != "giant":  # all cosines of 5,000 tracks take too much memory
        check_exports(oracle)
    assert not oracle.problems, "\n".join(oracle.problems[:5])


@pytest.mark.by_hand
@pytest.mark.parametrize("label", SETTINGS)
def test_settings_at_their_bounds(tmp_path: Path, label: str) -> None:
    make_shape(tmp_path, "power-law", SETTINGS[label], "bounds")
    oracle = Oracle(tmp_path, "bounds", random.Random(3))
    if not SETTINGS[label].factors:
        oracle.rankings = tuple(by for by in oracle.rankings if by != "factors")
    ask_everything(oracle, rounds=15)
    check_exports(oracle)
    assert not oracle.problems, "\n".join(oracle.problems[:5])


@pytest.mark.by_hand
@pytest.mark.parametrize("source", ["sample", SPREAD])
def test_large_corpora_and_their_evaluation(tmp_path: Path, source: str) -> None:
    if source != "sample" and source not in os.environ:
        pytest.skip(f"{SPREAD} names no file")
    files = [] if source == "sample" else [Path(os.environ[SPREAD])]
    settings = sgp.ExtractSettings(holdout=0.1)
    sgp.extract("large", files, settings, sample=not files, experiments_dir=tmp_path)
    sgp.train("large", sgp.TrainSettings(window_size="bag"), experiments_dir=tmp_path)
    oracle = Oracle(tmp_path, "large", random.Random(4))
    joint = oracle.reference.tracks["artist"].str.contains(r",|&|feat\.|/|\+").any()
    for ask in ASKED[: len(ASKED) - int(joint)]:  # the reference does not split joint credits
        for _ in range(60):
            ask(oracle)
    check_inspection(oracle)
    check_exports(oracle)
    assert not oracle.problems, "\n".join(oracle.problems[:5])
    require_same_metrics(tmp_path, "large", 3e-3 if source == "sample" else 1 / len(questions(oracle.reference)))
