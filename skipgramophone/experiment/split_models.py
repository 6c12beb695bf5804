"""Directories of models trained for an evaluation: one for each combination of corpus, split and settings."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

from skipgramophone.experiment.embeddings import Embeddings, read_embeddings
from skipgramophone.experiment.experiment import Experiment
from skipgramophone.experiment.file_names import EVALUATION
from skipgramophone.experiment.manifest import Manifest
from skipgramophone.experiment.training_method import OLD_METHOD, Method, method_of
from skipgramophone.settings import TrainSettings

MODELS = "models"  # directory for these models inside the evaluation directory
TERMS = (
    "artists",
    "factors",
    "ease",
    "smoothed",
)  # terms of the hybrid ranking; models of earlier versions of sgp may lack some of them
NO_SPLIT = "nothing"  # used instead of the digest of a split if no playlist is held out


def split_model_directory(
    experiment: Experiment,
    corpus: str,
    settings: TrainSettings,
    *,
    split: str,
    method: Method,
    cluster: str | None = None,
) -> Path:
    """Return the directory for a model trained on the training playlists of a split. It need not exist yet.

    Args:
        experiment: the experiment.
        corpus: digest of the experiment's corpus.
        settings: training settings.
        split: digest of the split, or `NO_SPLIT`.
        method: constants of training.
        cluster: workers x servers of the local cluster that trains the model, such as "2x1", or None. Each cluster has
            its own directory, because the result of a cluster is not reproducible.
    """
    key: dict[str, object] = {"corpus": corpus, "split": split, "settings": asdict(settings)}
    key |= {"terms": TERMS} if split != NO_SPLIT else {}
    key |= {"cluster": cluster} if cluster else {}
    key |= {name: value for name, value in asdict(method).items() if value != getattr(OLD_METHOD, name)}
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]
    return experiment.path / EVALUATION / MODELS / digest


def with_next_seed(settings: TrainSettings) -> TrainSettings:
    """Return the settings with the next random seed, for the second training of a stability measurement."""
    return replace(settings, random_seed=settings.random_seed + 1)


def read_second_training(experiment: Experiment, model: Manifest, tracks: int) -> Embeddings | None:
    """Read the vectors of a model's second training, which measures its stability.

    Return None if the model was not trained a second time.
    """
    settings = with_next_seed(TrainSettings(**model.settings))
    method = method_of(model.facts)
    directory = split_model_directory(experiment, str(model.parent), settings, split=NO_SPLIT, method=method)
    return read_embeddings(directory, tracks) if directory.is_dir() else None
