"""What an evaluation holds out: the split of an experiment's playlists, and the model that has seen one part alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from skipgramophone.agreement import EVALUATION
from skipgramophone.catalogue import Catalogue
from skipgramophone.corpus import Corpus
from skipgramophone.embeddings import Embeddings, read_embeddings
from skipgramophone.errors import storage_errors
from skipgramophone.evaluation.splits import (
    Split,
    group_keys,
    groups_of,
    split_at_random,
    split_by_name,
    split_of_last_tracks,
)
from skipgramophone.experiment import Experiment
from skipgramophone.fitting import fit
from skipgramophone.lookup import PLAYLISTS
from skipgramophone.playlists.names import identity
from skipgramophone.publishing import draft_directory, publish, remove_leftovers
from skipgramophone.settings import EvaluateSettings, RunSettings, TrainSettings
from skipgramophone.twins import with_twins

if TYPE_CHECKING:
    from skipgramophone.training.trainer import Progress

MODELS = "models"  # below it: those that were trained on a part of the playlists
NOTHING = "nothing"  # stands for a split that holds nothing out


def split_of(experiment: Experiment, corpus: Corpus, settings: EvaluateSettings, held_out: Path | None) -> Split:
    """Hold out playlists, at random or by name; playlists of one group and twins stay together."""
    import pyarrow.parquet as pq

    if settings.protocol == "deezer2018":
        return split_of_last_tracks(len(corpus))
    playlists = pq.read_table(experiment.directory("corpus") / PLAYLISTS)
    owners, names = playlists["owner"].to_pylist(), playlists["name"].to_pylist()
    groups = with_twins(corpus, groups_of(owners, settings.group), settings.random_seed)
    if held_out is None:
        return split_at_random(groups, settings.share, settings.random_seed)
    with storage_errors(held_out, "read"):
        lines = held_out.read_text(encoding="utf-8").splitlines()
    keys = names if settings.group is None else group_keys(owners, settings.group)
    return split_by_name(keys, groups, frozenset(line for line in lines if line))


def held_out_model(
    experiment: Experiment,
    training: Corpus,
    tracks: int,
    settings: TrainSettings,
    split: str,
    run: RunSettings,
    progress: Callable[[Progress], None] | None,
) -> Embeddings:
    """A model that was trained on the training part of a split, from an earlier evaluation if there was one.

    `split` is its digest, or `NOTHING`.
    """
    kept = place_of_model(experiment, settings, split)
    if not kept.is_dir():
        kept.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(kept.parent)
        with draft_directory(kept) as draft:
            fit(training, tracks, settings, draft, run, progress)
            publish(draft, kept)
    return read_embeddings(kept, tracks)


def place_of_model(experiment: Experiment, settings: TrainSettings, split: str) -> Path:
    """Where a model lies that was trained on a part of the playlists, if it has been."""
    made_of = {"corpus": experiment.manifest("corpus").digest, "split": split, "settings": asdict(settings)}
    key = hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:16]
    return experiment.path / EVALUATION / MODELS / key


def other_seed(settings: TrainSettings) -> TrainSettings:
    """The same settings with the next seed, for a second training that the first is compared with."""
    return replace(settings, random_seed=settings.random_seed + 1)


def second_training(experiment: Experiment, tracks: int) -> Embeddings | None:
    """The vectors that the present model was compared with, where they are kept."""
    settings = other_seed(TrainSettings(**experiment.manifest("model").settings))
    place = place_of_model(experiment, settings, NOTHING)
    return read_embeddings(place, tracks) if place.is_dir() else None


def artist_numbers(experiment: Experiment) -> npt.NDArray[np.int64]:
    """Numbers of the artists of all tracks, equal for one artist, int64 (tracks,)."""
    number: dict[str, int] = {}
    catalogue = Catalogue(experiment.directory("corpus"))
    artists = (identity(track.artist) for track in catalogue.all_tracks())
    return np.fromiter((number.setdefault(artist, len(number)) for artist in artists), np.int64, len(catalogue))
