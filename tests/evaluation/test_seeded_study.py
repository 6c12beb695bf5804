"""A study in a journal: its proposals do not depend on interruptions, and no settings are tried twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from skipgramophone.evaluation.search_space import SearchSpace
from skipgramophone.evaluation.seeded_study import RANDOM_TRIALS, SeededStudy
from skipgramophone.settings import TrainSettings
from skipgramophone.training.batches import rate_for

optuna = pytest.importorskip("optuna", reason="tuning needs Optuna")

if TYPE_CHECKING:
    from optuna import Trial

OCCURRENCES = 300_000
OWN, USUAL = TrainSettings(window_size=7, learning_rate=0.25), TrainSettings(window_size="bag")
SPACE = SearchSpace(OWN, OCCURRENCES)
FIXED = [SPACE.parameters(settings, OCCURRENCES) for settings in (OWN, USUAL)]

Parameters = list[dict[str, Any]]


def value(parameters: dict[str, Any]) -> float:
    """Return how good parameters are: best at a rate of 2 and a noise exponent of 0.5."""
    return -abs(float(parameters["rate"]) - 2) - abs(float(parameters["noise_exponent"]) - 0.5)


def search(
    journal: Path,
    trials: int,
    *,
    fixed: Parameters | None = None,
    seed: int = 42,
    evaluate: Callable[[dict[str, Any]], float] = value,
) -> Parameters:
    """Run trials in a new `SeededStudy`, as a new process does, and return the parameters of all finished ones."""
    study = SeededStudy(journal, "search", seed=seed, fixed=FIXED if fixed is None else fixed)

    def objective(trial: Trial) -> float:
        SPACE.suggest(trial)
        found = evaluate(trial.params)
        trial.report(found, 0)
        if trial.should_prune():
            raise study.pruned
        return found

    for _ in range(trials):
        study.run(objective)
    return [trial.params for trial in study.finished]


@pytest.mark.parametrize("seed", [42, 2**63 - 1])
def test_a_continued_search_proposes_what_one_run_proposes(tmp_path: Path, seed: int) -> None:
    whole = search(tmp_path / "whole.log", RANDOM_TRIALS + 6, seed=seed)
    assert whole[:2] == FIXED
    assert all(one not in whole[:at] for at, one in enumerate(whole))
    parts = tmp_path / "parts.log"
    for trials in (1, 1, 2, 5, 5):  # also breaks after the first fixed trial, and among the random ones
        found = search(parts, trials, seed=seed)
        assert found == whole[: len(found)]
    assert len(found) == len(whole)
    assert search(tmp_path / "other.log", 4, seed=seed - 1)[2:] != whole[2:4]


@pytest.mark.parametrize("stopped", [0, 1, 2, 9])
def test_an_interrupted_trial_runs_again_with_the_same_settings(tmp_path: Path, stopped: int) -> None:
    whole = search(tmp_path / "whole.log", 11)
    journal = tmp_path / "journal.log"
    search(journal, stopped)
    seen: Parameters = []

    def interrupted(parameters: dict[str, Any]) -> float:
        seen.append(parameters)
        raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            search(journal, 1, evaluate=interrupted)
    assert seen == [whole[stopped]] * 2
    assert search(journal, 11 - stopped) == whole


def test_a_fixed_trial_that_an_earlier_search_queued_runs_once(tmp_path: Path) -> None:
    journal = tmp_path / "journal.log"
    backend = optuna.storages.journal.JournalFileBackend(str(journal))
    study = optuna.create_study(
        storage=optuna.storages.JournalStorage(backend), study_name="search", direction="maximize"
    )
    for parameters in FIXED:  # version 0.6.0 queued both at the start
        study.enqueue_trial(parameters)
    study.ask()  # the first one was running when the search was killed
    found = search(journal, 4)
    assert found[:2] == FIXED[::-1]
    assert all(parameters not in FIXED for parameters in found[2:])


def test_equal_fixed_trials_run_once(tmp_path: Path) -> None:
    found = search(tmp_path / "journal.log", 3, fixed=[FIXED[0], FIXED[0]])
    assert found[0] == FIXED[0]
    assert FIXED[0] not in found[1:]


def test_the_learning_rate_of_a_trial_is_that_of_its_settings() -> None:
    at_default, own = FIXED[1], FIXED[0]
    default = rate_for(2_000_000, "bag")
    assert SPACE.learning_rate(at_default, 2_000_000) == default
    assert SPACE.learning_rate(own, 2_000_000) == 0.25  # the present setting, whatever the corpus
    half = at_default | {"rate": 0.5}
    assert SPACE.learning_rate(half, 2_000_000) == SPACE.settings(half, 2_000_000).learning_rate == default / 2
