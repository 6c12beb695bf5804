"""How far two trainings agree on what is near a track: what `sgp evaluate --stability` found, read again by look-ups.

A report is used for the model that it was made of, and for no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.experiment import Experiment, read_json

EVALUATION = "evaluation"
REPORT = "stability.json"


@dataclass(frozen=True, slots=True)
class Agreement:
    """On what share of the nearest of tracks of one stratum two trainings with other seeds agree."""

    neighbours: int  # how many nearest were compared
    tracks: str  # the stratum by frequency: head, middle or tail
    mean: float
    low: float  # of the 95 % interval of the mean
    high: float


@dataclass(frozen=True, slots=True)
class StabilityReport:
    """The agreement of each stratum, and the least count of a track of it; the most frequent tracks come first."""

    neighbours: int
    strata: tuple[tuple[int, Agreement | None], ...]  # None where no track of it was asked about

    def of(self, count: int) -> Agreement | None:
        """The agreement on tracks that are about as frequent as one with a count."""
        return next((agreement for least, agreement in self.strata if count >= least), None)


def read_stability(experiment: Experiment) -> StabilityReport | None:
    """The report on the present model; None where there is none, or none that can be read (`sgp check` names it)."""
    path = experiment.path / EVALUATION / REPORT
    try:
        if not path.is_file() or (report := read_json(path)).get("model") != experiment.manifest("model").digest:
            return None
        found = report["stability"]
        neighbours, counts, shares = found["neighbours"], found["least"], found["by_frequency"]
        strata = tuple((_whole(counts[name]), _agreement(neighbours, name, shares.get(name))) for name in counts)
        return StabilityReport(_whole(neighbours), strata)
    except (ExperimentError, OSError, KeyError, TypeError, ValueError, AttributeError):
        return None


def _agreement(neighbours: int, name: str, share: Mapping[str, Any] | None) -> Agreement | None:
    """The agreement that a report tells of one stratum."""
    if share is None:
        return None
    values = [share[part] for part in ("mean", "low", "high")]
    if not all(isinstance(value, float) and 0 <= value <= 1 for value in values):
        raise ValueError
    return Agreement(neighbours, name, *values)


def _whole(number: Any) -> int:
    """A whole number."""
    if type(number) is not int:
        raise TypeError
    return number
