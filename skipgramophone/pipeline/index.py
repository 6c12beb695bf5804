"""Rebuilds the Annoy index of a model."""

from __future__ import annotations

from pathlib import Path

from skipgramophone.experiment.embeddings import read_embeddings
from skipgramophone.experiment.experiment import open_experiment
from skipgramophone.lookup.annoy_index import IndexFacts
from skipgramophone.pipeline.stages import open_corpus, publish_index
from skipgramophone.settings import IndexSettings, check_arguments


@check_arguments()
def build_index(
    name: str, settings: IndexSettings | None = None, *, experiments_dir: Path | str | None = None
) -> IndexFacts:
    """Rebuild the Annoy index of a model, and return its parameters and recall.

    Raises:
        ExperimentError: the experiment has no model, or the model is stale.
        StorageError: the disk failed or is full.
    """
    experiment = open_experiment(name, experiments_dir)
    with experiment.writing("index"):
        experiment.current("model")
        _, tracks = open_corpus(experiment)
        embeddings = read_embeddings(experiment.directory("model"), tracks)
        return publish_index(experiment, embeddings, settings or IndexSettings())
