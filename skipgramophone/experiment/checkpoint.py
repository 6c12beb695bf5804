"""Checkpoints: the complete state of an unfinished training run, which can be resumed with the same result.

    checkpoint/state.json    format, corpus digest, settings, progress and history of the run
    checkpoint/*.npy         vectors and accumulators at the time of the checkpoint

Like a stage, a checkpoint is always complete or absent. Its directory is next to the directories of the stages. It is
removed when the model is published.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from skipgramophone.errors import DamagedFileError, ExperimentError, StorageError
from skipgramophone.experiment.arrays import RowSource, pieces, read_array, write_rows
from skipgramophone.experiment.json_files import read_json
from skipgramophone.experiment.manifest import FORMAT, require_format
from skipgramophone.experiment.new_files import write_new_text
from skipgramophone.experiment.publishing import draft_directory, publish, withdraw
from skipgramophone.experiment.training_method import MOST_SHARED, OLD_METHOD, Method, is_decay, is_shared
from skipgramophone.wording import shell_command

DIRECTORY = "checkpoint"
STATE = "state.json"
KEPT = ("corpus", "settings", "progress", "history")  # fields of a checkpoint that are in state.json
# name of each array of a checkpoint -> number of its dimensions
ARRAYS = {"centre": 2, "context": 2, "centre_accumulator": 1, "context_accumulator": 1}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of an unfinished training run.

    Attributes:
        corpus: digest of the corpus that the run trains on.
        settings: training settings of the run.
        progress: the progress of the run, in the format of the trainer.
        history: one record per finished epoch.
        method: constants of training with which the run began.
        arrays: the arrays with the names in `ARRAYS`, float32. They are copied in pieces, because they may be on
            parameter servers.
    """

    corpus: str
    settings: dict[str, Any]
    progress: dict[str, Any]
    history: list[dict[str, Any]]
    method: Method
    arrays: Mapping[str, RowSource]


def write_checkpoint(experiment: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, which replaces the previous one.

    Raises:
        StorageError: the file system failed, or is full; the previous checkpoint is kept.
    """
    place = experiment / DIRECTORY
    with draft_directory(place) as draft:
        for name, held in checkpoint.arrays.items():
            write_rows(draft / f"{name}.npy", held.shape, (held[rows] for rows in pieces(held.shape[0])))
        state = {"format": FORMAT} | {name: getattr(checkpoint, name) for name in KEPT} | asdict(checkpoint.method)
        write_new_text(draft / STATE, json.dumps(state, indent=2) + "\n")
        publish(draft, place)


def read_checkpoint(experiment: Path) -> Checkpoint | None:
    """Read the checkpoint of an experiment, or return None if there is none.

    Raises:
        ExperimentError: the checkpoint is damaged, or has a format that this version does not know.
    """
    place = experiment / DIRECTORY
    if not place.is_dir():
        return None
    again = f"restore it from a backup, or start over with {shell_command('train', experiment.name, '--force')}"
    try:
        state = read_json(place / STATE)
        require_format(place / STATE, state)
        method = _method(place / STATE, state)
        arrays = {name: read_array(place / f"{name}.npy", np.float32, rank) for name, rank in ARRAYS.items()}
        return Checkpoint(method=method, arrays=arrays, **{name: state[name] for name in KEPT})
    except KeyError as error:
        raise ExperimentError(f"{place} is damaged: it has no {error}; {again}") from error
    except DamagedFileError as error:
        raise ExperimentError(f"{error.problem}; {again}") from error


def _method(path: Path, state: dict[str, Any]) -> Method:
    """Return the constants in the state of a run. One that is not in the state is that of versions up to 0.6.0."""
    found = replace(OLD_METHOD, **{name: state[name] for name in Method.__slots__ if name in state})
    if not is_decay(found.decay):
        raise DamagedFileError(f"{path} is damaged: its field 'decay' is not a number above 0 and up to 1")
    if not is_shared(found.shared):
        raise DamagedFileError(f"{path} is damaged: its field 'shared' is not a whole number from 1 to {MOST_SHARED:,}")
    return found


def advice_on_run(experiment: Path, corpus: str) -> str:
    """Return text that says how to continue the unfinished run of an experiment, or "" if there is no such run.

    Args:
        experiment: directory of the experiment.
        corpus: digest of its corpus. A run on another corpus cannot be resumed.
    """
    if not (experiment / DIRECTORY).is_dir():
        return ""
    command = shell_command("train", experiment.name)
    if _state_of_run(experiment).get("corpus", corpus) != corpus:
        return f"the run cannot be resumed, because the corpus has changed since; start over with {command} --force"
    return f"continue with {command} --resume"


def report_on_run(experiment: Path, corpus: str) -> str:
    """Return text that says where the unfinished run of an experiment stopped, and how to continue it.

    Return "" if there is no such run.

    Args:
        experiment: directory of the experiment.
        corpus: digest of its corpus.
    """
    advice = advice_on_run(experiment, corpus)
    if not advice:
        return ""
    try:
        place = f" in epoch {_state_of_run(experiment)['progress']['epoch']}"
    except (KeyError, TypeError):
        place = ""
    return f"a training run stopped{place}: {advice}"


def _state_of_run(experiment: Path) -> dict[str, Any]:
    """Return the state of the unfinished run of an experiment; it is empty if the file cannot be read."""
    try:
        return read_json(experiment / DIRECTORY / STATE)
    except (DamagedFileError, StorageError):
        return {}  # the error is ignored here, because `sgp train --resume` reports it


def remove_checkpoint(experiment: Path) -> None:
    """Remove the checkpoint of a run that is finished or abandoned."""
    withdraw(experiment / DIRECTORY)
