"""Reads the report of `sgp evaluate --stability` for look-ups.

The report shows how much two models that were trained with different seeds agree on nearest neighbours. Look-ups use
the report only if it was measured for the current model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.experiment import Experiment
from skipgramophone.experiment.file_names import EVALUATION, STABILITY_REPORT
from skipgramophone.experiment.json_files import read_json


@dataclass(frozen=True, slots=True)
class Agreement:
    """Share of nearest neighbours that two trainings with different seeds have in common, for tracks of one stratum."""

    neighbours: int  # number of neighbours that are compared per track
    tracks: str  # the stratum by count: head, middle or tail
    mean: float
    low: float  # bounds of the 95 % interval of the mean
    high: float


@dataclass(frozen=True, slots=True)
class StabilityReport:
    """The agreement of two trainings in three strata: head (frequent tracks), middle and tail (rare tracks).

    For each stratum, the lowest count of its tracks is also stored, so that the stratum of a track can be found by its
    count.
    """

    ranking: str  # the ranking whose results were compared
    neighbours: int
    strata: tuple[tuple[int, Agreement | None], ...]  # None if no track of the stratum was compared

    def of(self, count: int) -> Agreement | None:
        """Return the agreement for the stratum to which a track with this count belongs."""
        return next((agreement for least, agreement in self.strata if count >= least), None)


def read_stability(experiment: Experiment, model: str) -> StabilityReport | None:
    """Read the report for the model with the digest `model`; return None if it does not exist or is damaged."""
    path = experiment.path / EVALUATION / STABILITY_REPORT
    try:
        if not path.is_file() or (report := read_json(path)).get("model") != model:
            return None
        found = report["stability"]
        neighbours, counts, shares = found["neighbours"], found["least"], found["by_frequency"]
        strata = tuple((_whole(counts[name]), _agreement(neighbours, name, shares.get(name))) for name in counts)
        # versions before 0.6 did not store the ranking, because they measured only the cosine
        ranking = str(found.get("ranking", "cosine"))
        return StabilityReport(ranking, _whole(neighbours), strata)
    except (ExperimentError, OSError, KeyError, TypeError, ValueError, AttributeError):
        return None


def _agreement(neighbours: int, name: str, share: Mapping[str, Any] | None) -> Agreement | None:
    """Convert the entry `share` of a report, for the stratum `name`; return None if there is no entry."""
    if share is None:
        return None
    values = [share[part] for part in ("mean", "low", "high")]
    if not all(isinstance(value, float) and 0 <= value <= 1 for value in values):
        raise ValueError
    return Agreement(neighbours, name, *values)


def _whole(number: Any) -> int:
    """Return the value if it is a whole number, else raise TypeError."""
    if type(number) is not int:
        raise TypeError
    return number
