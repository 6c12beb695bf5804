"""Checkpoints: what an unfinished training run needs to go on as if nothing had happened.

    checkpoint/state.json    format, corpus digest, settings, how far the run had come, its history
    checkpoint/*.npy         the tables and accumulators as they were at that point

A checkpoint is published as a stage is: whole or not at all. It stands beside the stages while a run is unfinished, and
is removed when the model is published.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.arrays import Sliced, pieces, read_array, write_rows
from skipgramophone.experiment.json_files import read_json
from skipgramophone.experiment.manifest import FORMAT, require_format
from skipgramophone.experiment.publishing import draft_directory, publish, withdraw

DIRECTORY = "checkpoint"
STATE = "state.json"
KEPT = ("corpus", "settings", "progress", "history")  # fields of a checkpoint that stand in state.json
ARRAYS = {"centre": 2, "context": 2, "centre_accumulator": 1, "context_accumulator": 1}  # dimensions


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """An unfinished run.

    Attributes:
        corpus: digest of the corpus that it trains on.
        settings: those of the run.
        progress: how far it had come, as the trainer told it.
        history: a record for each epoch that was done.
        arrays: the tables of `ARRAYS`, float32; read and written a piece at a time, for they may lie on servers.
    """

    corpus: str
    settings: dict[str, Any]
    progress: dict[str, Any]
    history: list[dict[str, Any]]
    arrays: Mapping[str, Sliced]


def write_checkpoint(experiment: Path, checkpoint: Checkpoint) -> None:
    """Put a checkpoint in the place of the one before.

    Raises:
        StorageError: the file system failed, or is full; the one before stays.
    """
    place = experiment / DIRECTORY
    with draft_directory(place) as draft:
        for name, held in checkpoint.arrays.items():
            write_rows(draft / f"{name}.npy", held.shape, (held[rows] for rows in pieces(held.shape[0])))
        state = {"format": FORMAT} | {name: getattr(checkpoint, name) for name in KEPT}
        (draft / STATE).write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
        publish(draft, place)


def read_checkpoint(experiment: Path) -> Checkpoint | None:
    """The checkpoint of an experiment, or None where there is none.

    Raises:
        ExperimentError: it is damaged, or of a format this version does not know.
    """
    place = experiment / DIRECTORY
    if not place.is_dir():
        return None
    try:
        state = read_json(place / STATE)
        require_format(place / STATE, state)
        arrays = {name: read_array(place / f"{name}.npy", np.float32, rank) for name, rank in ARRAYS.items()}
        return Checkpoint(arrays=arrays, **{name: state[name] for name in KEPT})
    except KeyError as error:
        raise ExperimentError(f"{place} is damaged: it has no {error}; train anew with --force") from error
    except ExperimentError as error:
        raise ExperimentError(f"{error}; train anew with --force") from error


def remove_checkpoint(experiment: Path) -> None:
    """Remove the checkpoint of a run that is done or given up."""
    withdraw(experiment / DIRECTORY)
