"""Lists, compares and removes experiments."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from skipgramophone.errors import ExperimentError, SgpError, storage_errors
from skipgramophone.experiment.checkpoint import report_on_run
from skipgramophone.experiment.experiment import Experiment, experiments_in, open_experiment
from skipgramophone.experiment.file_names import EVALUATION, HISTORY
from skipgramophone.experiment.json_files import parse_json, read_json
from skipgramophone.experiment.manifest import COMMAND, PARENT, Manifest
from skipgramophone.experiment.publishing import remove_at_once
from skipgramophone.settings import task

# Errors for a file that is not an evaluation report, or that another version wrote.
NOT_A_REPORT = (SgpError, KeyError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True)
class Overview:
    """The summary of an experiment.

    Attributes:
        name: name of the experiment.
        created: time when its latest stage was published, in ISO 8601 format; empty without a stage.
        bytes: total size of its files.
        states: maps each stage to "current", "stale", "absent" or an error message.
        settings: maps each command to the settings of the stage that it made.
        facts: maps each stage to the results in its manifest: counts, times and versions.
        losses: mean loss of each epoch.
        metrics: maps protocol, ranker and metric to the mean value in the latest evaluation that used the settings of
            the model.
        stale: why a stage is stale, and the command that updates it; None if no stage is stale.
        problem: the error if the experiment cannot be read, otherwise None.
    """

    name: str
    created: str = ""
    bytes: int = 0
    states: dict[str, str] = field(default_factory=dict)
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    losses: list[float] = field(default_factory=list)
    metrics: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    stale: str | None = None
    problem: str | None = None

    def record(self) -> dict[str, Any]:
        """Return one flat record: name, date, size, settings, counts, loss and metrics."""
        flat: dict[str, Any] = {"experiment": self.name, "created": self.created, "bytes": self.bytes}
        flat |= {name: text for name, text in (("stale", self.stale), ("problem", self.problem)) if text}
        flat |= {f"{stage}": state for stage, state in self.states.items()}
        flat |= {f"{command}.{name}": value for command, made in self.settings.items() for name, value in made.items()}
        for name in ("playlists", "tracks", "occurrences"):
            flat[name] = self.facts.get("corpus", {}).get(name)
        flat["loss"] = self.losses[-1] if self.losses else None
        for protocol, rankers in self.metrics.items():
            for ranker, metrics in rankers.items():
                flat |= {f"{protocol}.{ranker}.{metric}": value for metric, value in metrics.items()}
        return flat


def survey(experiments_dir: Path | str | None = None) -> list[Overview]:
    """Return overviews of all experiments in a directory, sorted by name.

    If an experiment cannot be read, its overview has a `problem`.

    Raises:
        ExperimentError: the directory does not exist.
    """
    found = []
    for experiment in experiments_in(experiments_dir):
        try:
            found.append(overview(experiment.name, experiments_dir))
        except SgpError as error:
            found.append(Overview(experiment.name, problem=error.on_command_line))
    return found


def overview(name: str, experiments_dir: Path | str | None = None) -> Overview:
    """Return an overview of one experiment.

    Raises:
        ExperimentError: the experiment does not exist, or its description is damaged.
        StorageError: a file cannot be read.
    """
    experiment = open_experiment(name, experiments_dir, to_manage=True)
    states: dict[str, str] = {}
    manifests: dict[str, Manifest] = {}
    stale: list[str] = []
    for stage in PARENT:
        try:
            if not experiment.has(stage):
                states[stage] = "absent"
                continue
            manifests[stage] = experiment.manifest(stage)
            states[stage] = "current"
            experiment.current(stage)
        except SgpError as error:
            states[stage] = "stale" if stage in manifests else error.on_command_line
            stale += [error.on_command_line] if stage in manifests else []
    return Overview(
        name=name,
        created=max((manifest.created for manifest in manifests.values()), default=""),
        bytes=_bytes(experiment.path),
        states=states,
        settings={COMMAND[stage]: manifest.settings for stage, manifest in manifests.items()},
        facts={stage: manifest.facts for stage, manifest in manifests.items()},
        losses=_losses(experiment),
        metrics=_metrics(experiment, manifests.get("model")),
        stale=next(iter(stale), None),  # the command for a stale model also updates its index
    )


def unfinished_training(name: str, experiments_dir: Path | str | None = None) -> str:
    """Return where an unfinished training run stopped, and how to continue it; "" if there is no such run."""
    experiment = open_experiment(name, experiments_dir, to_manage=True)
    try:
        corpus = experiment.manifest("corpus").digest if experiment.has("corpus") else ""
    except SgpError:  # `overview` reports this error
        return ""
    return report_on_run(experiment.path, corpus)


def changed(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Reduce records to the name of the experiment and the entries whose values differ between the records.

    >>> changed([{"experiment": "a", "epochs": 1, "dim": 9}, {"experiment": "b", "epochs": 2, "dim": 9}])
    [{'experiment': 'a', 'epochs': 1}, {'experiment': 'b', 'epochs': 2}]
    """
    names = list(dict.fromkeys(name for record in records for name in record))
    differing = [name for name in names if len({json.dumps(record.get(name)) for record in records}) > 1]
    kept = list(dict.fromkeys(["experiment", *differing]))
    return [{name: record.get(name) for name in kept} for record in records]


def remove_experiment(name: str, experiments_dir: Path | str | None = None) -> None:
    """Remove an experiment with all its stages.

    Raises:
        ExperimentError: the experiment does not exist, is being written, or is a link to a directory.
        StorageError: a file cannot be removed.
    """
    experiment = open_experiment(name, experiments_dir, to_manage=True)
    if experiment.path.is_symlink():
        raise ExperimentError(
            f"{experiment.path} is a link to {experiment.path.resolve()}, and sgp does not remove linked directories: "
            "remove the directory and the link yourself"
        )
    with experiment.writing("experiments rm"):
        remove_at_once(experiment.path)


def evaluation_bytes(name: str, experiments_dir: Path | str | None = None) -> int:
    """Return the size in bytes of the evaluations of an experiment: reports, and models trained for them.

    Raises:
        ExperimentError: the experiment does not exist.
    """
    return _bytes(open_experiment(name, experiments_dir, to_manage=True).path / EVALUATION)


def remove_evaluations(name: str, experiments_dir: Path | str | None = None) -> None:
    """Remove all evaluation reports of an experiment, and the models that were trained for evaluation.

    The model of the experiment itself is kept.

    Raises:
        ExperimentError: the experiment does not exist, or is being written.
    """
    experiment = open_experiment(name, experiments_dir, to_manage=True)
    with experiment.writing("experiments rm"), storage_errors(experiment.path / EVALUATION, "remove"):
        if (experiment.path / EVALUATION).is_dir():
            shutil.rmtree(experiment.path / EVALUATION)


def _bytes(directory: Path) -> int:
    """Return the total size in bytes of all readable files below a directory."""
    found = 0
    for path in directory.rglob("*"):
        with suppress(OSError):
            status = path.lstat()
            found += status.st_size if stat.S_ISREG(status.st_mode) else 0
    return found


def _losses(experiment: Experiment) -> list[float]:
    """Read the mean loss of each epoch; return an empty list if there is no training history."""
    try:
        lines = (experiment.directory("model") / HISTORY).read_text(encoding="utf-8").splitlines()
        return [float(parse_json(line)["loss"]) for line in lines]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _metrics(experiment: Experiment, model: Manifest | None) -> dict[str, dict[str, dict[str, float]]]:
    """Read the metrics from the reports that `latest_evaluations` returns."""
    return {
        protocol: {
            row["ranker"]: {name: float(value["mean"]) for name, value in row["metrics"].items()}
            for row in report["judgement"]["judged"]
        }
        for protocol, report in latest_evaluations(experiment, model).items()
    }


def latest_evaluations(experiment: Experiment, model: Manifest | None) -> dict[str, dict[str, Any]]:
    """For each protocol, return the latest report that was made with the corpus and settings of a model."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted((experiment.path / EVALUATION).glob("*.json")):
        with suppress(*NOT_A_REPORT):
            report = read_json(path)
            if model is None or (report["corpus"], report["training"]) != (model.parent, model.settings):
                continue
            _require_numbers(report["judgement"])
            of = report["settings"].get("of", "tracks")  # reports of earlier versions have no "of"
            found[task(report["settings"]["protocol"], of)] = report
    return found


def _require_numbers(judgement: dict[str, Any]) -> None:
    """Raise an error if the counts, names or metrics of a report are missing or have the wrong type."""
    int(judgement["questions"]), int(judgement["asked"])
    for row in judgement["judged"]:
        row["ranker"].strip()
        for value in row["metrics"].values():
            float(value["mean"]), float(value["low"]), float(value["high"])
