"""Stages that `sgp import` made from vectors instead of playlists."""

from __future__ import annotations

from skipgramophone.experiment.experiment import Experiment

IMPORTED = "imported"  # fact in the manifest of a stage that was made from imported vectors


def has_corpus_of_names(experiment: Experiment) -> bool:
    """Whether the corpus was made by an import: it then holds track names but no playlists."""
    return IMPORTED in experiment.manifest("corpus").facts
