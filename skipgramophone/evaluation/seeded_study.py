"""An Optuna study that is stored in a journal, and that proposes the same settings whether or not it is interrupted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skipgramophone.errors import SettingError

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

RANDOM_TRIALS = 8  # number of first trials with random settings; later settings depend on earlier results
UNSTOPPED_TRIALS = 4  # no trial is stopped early before this many trials are complete


class SeededStudy:
    """A study whose next proposal depends only on the seed, the number of finished trials and their results.

    Optuna's samplers draw from one random generator, which starts again from the seed in each process. A continued
    search would therefore repeat proposals. Here, each trial has a generator of its own.
    """

    def __init__(self, journal: Path, name: str, *, seed: int, fixed: Sequence[dict[str, Any]]) -> None:
        """Open the study in a journal, or create it.

        Args:
            journal: file that records the trials; it may contain several studies.
            name: name of the study.
            seed: random seed.
            fixed: parameters of the first trials. Each is tried once.

        Raises:
            SettingError: Optuna is not installed.
        """
        self._optuna, self._seed, self._fixed = load_optuna(), seed, fixed
        journal.parent.mkdir(parents=True, exist_ok=True)
        backend = self._optuna.storages.journal.JournalFileBackend(str(journal))
        self._study: Study = self._optuna.create_study(
            storage=self._optuna.storages.JournalStorage(backend),
            study_name=name,
            pruner=self._optuna.pruners.MedianPruner(n_startup_trials=UNSTOPPED_TRIALS),
            direction="maximize",
            load_if_exists=True,
        )

    @property
    def finished(self) -> list[FrozenTrial]:
        """The finished trials, oldest first, without trials that were running when a search was interrupted."""
        return self._study.get_trials(states=self._states("COMPLETE", "PRUNED"))

    @property
    def best(self) -> FrozenTrial:
        """The complete trial with the highest value.

        Raises:
            ValueError: no trial is complete.
        """
        return self._study.best_trial

    @property
    def pruned(self) -> type[Exception]:
        """The exception that an objective raises to stop its trial early."""
        pruned: type[Exception] = self._optuna.TrialPruned
        return pruned

    def run(self, objective: Callable[[Trial], float]) -> FrozenTrial:
        """Run one trial, and return it.

        Args:
            objective: asks the trial for parameters, and returns the value to maximize, or raises `pruned`.
        """
        finished = self.finished
        generator = np.random.SeedSequence([self._seed, len(finished)])
        seed = int(generator.generate_state(1)[0])  # 32 bits, because Optuna accepts no larger seeds
        self._study.sampler = self._optuna.samplers.TPESampler(seed=seed, n_startup_trials=RANDOM_TRIALS)
        tried = [trial.params for trial in finished]
        missing = [parameters for parameters in self._fixed if parameters not in tried]
        # A trial that waits was queued by a search that was interrupted before the trial began. It runs next.
        if missing and not self._study.get_trials(deepcopy=False, states=self._states("WAITING")):
            self._study.enqueue_trial(missing[0])
        self._study.optimize(objective, n_trials=1)
        return self.finished[-1]

    def _states(self, *names: str) -> list[Any]:
        """Return the Optuna states of trials with the given names, such as "COMPLETE"."""
        return [self._optuna.trial.TrialState[name] for name in names]


def load_optuna() -> Any:
    """Import Optuna, and silence its log.

    Raises:
        SettingError: Optuna is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise SettingError("tuning needs Optuna: pip install 'skipgramophone[tune]'") from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna
