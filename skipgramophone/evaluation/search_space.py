"""The search space of `sgp tune`: the settings that differ between trials, and their ranges."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from skipgramophone.settings import Context, TrainSettings
from skipgramophone.training.batches import rate_for

if TYPE_CHECKING:
    from optuna import Trial

WINDOWS = ("bag", 3, 5, 10)
DIMENSIONS = (64, 100, 128, 192)
SUBSAMPLES = (0.0, 1e-2, 1e-3, 1e-4)


class SearchSpace:
    """The ranges in which settings are searched: fixed ranges, extended to include the present settings."""

    def __init__(self, own: TrainSettings, occurrences: int) -> None:
        self._own, self._occurrences = own, occurrences
        self._rate = self.parameters(own, occurrences)["rate"]
        self._windows = list(dict.fromkeys([*map(str, WINDOWS), str(own.context)]))
        self._dimensions = sorted({*DIMENSIONS, own.embedding_dim})
        self._subsamples = sorted({*SUBSAMPLES, own.subsample})

    def parameters(self, settings: TrainSettings, occurrences: int) -> dict[str, Any]:
        """Convert training settings into trial parameters, for a corpus of a given size."""
        usual = rate_for(occurrences, settings.context)
        return {
            "window_size": str(settings.context),
            "embedding_dim": settings.embedding_dim,
            "epochs": settings.epochs,
            "negatives": settings.negatives,
            "noise_exponent": settings.noise_exponent,
            "rate": 1.0 if settings.learning_rate is None else settings.learning_rate / usual,
            "subsample": settings.subsample,
        }

    def suggest(self, trial: Trial) -> None:
        """Let Optuna choose the parameters of a trial."""
        own = self._own
        trial.suggest_categorical("window_size", self._windows)
        trial.suggest_categorical("embedding_dim", self._dimensions)
        trial.suggest_int("epochs", min(5, own.epochs), max(40, own.epochs))
        trial.suggest_int("negatives", min(2, own.negatives), max(15, own.negatives))
        trial.suggest_float("noise_exponent", min(-0.5, own.noise_exponent), max(1.0, own.noise_exponent))
        trial.suggest_float("rate", min(0.1, self._rate), max(5.0, self._rate), log=True)  # times the default rate
        trial.suggest_categorical("subsample", self._subsamples)

    def settings(self, parameters: dict[str, Any], occurrences: int) -> TrainSettings:
        """Convert trial parameters into training settings, for a corpus of a given size."""
        if parameters["rate"] == self._rate and parameters == self.parameters(self._own, self._occurrences):
            return self._own
        window, rate = parameters["window_size"], parameters["rate"]
        context: Context = "bag" if window == "bag" else int(window)
        others = {name: value for name, value in parameters.items() if name != "rate"}
        learning_rate = None if rate == 1.0 else rate * rate_for(occurrences, context)
        return replace(self._own, **others | {"window_size": context, "learning_rate": learning_rate})

    def learning_rate(self, parameters: dict[str, Any], occurrences: int) -> float:
        """Return the initial learning rate of a training run with a trial's settings, on a corpus of a given size."""
        found = self.settings(parameters, occurrences)
        return rate_for(occurrences, found.context) if found.learning_rate is None else found.learning_rate
