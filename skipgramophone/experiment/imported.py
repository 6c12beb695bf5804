"""Recognize stages that `sgp import` made from vectors instead of playlists."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skipgramophone.experiment.experiment import Experiment

IMPORTED = "imported"  # key in the `facts` of a manifest; it marks stages that were made from imported vectors


def has_corpus_of_names(experiment: Experiment) -> bool:
    """Whether an import made the corpus, which then contains track names but no playlists."""
    return IMPORTED in experiment.manifest("corpus").facts
