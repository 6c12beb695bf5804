"""Evaluation of artists instead of tracks: converts playlists to lists of artists, and computes vectors of artists.

Each track is replaced by the artists in its artist credit (`experiment.artists`). An artist occurs once per playlist.
The protocols, baselines and metrics are the same as for tracks: some artists of a held-out playlist are given, and a
ranking has to find the others among all artists. The vector of an artist is computed from its tracks in the training
playlists, weighted by their counts there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from skipgramophone.evaluation.splits import Split
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.artists import read_artists
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import Embeddings
from skipgramophone.experiment.experiment import Experiment
from skipgramophone.lookup.artist_vectors import artist_vectors
from skipgramophone.settings import TrainSettings

Model = tuple[Embeddings, TrainSettings]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Playlists and models to evaluate, at the level of tracks or of artists.

    Attributes:
        corpus: all playlists.
        models: models that were trained on the training playlists, with their settings.
        artists: int64 (tracks,), the artist id of each track; tracks of one artist have the same id.
    """

    corpus: Corpus
    models: list[Model]
    artists: Rows


def artist_level(experiment: Experiment, corpus: Corpus, split: Split, models: list[Model]) -> Evaluated:
    """Replace tracks by artists in the playlists and the models, and return the result.

    Args:
        experiment: the experiment; the artists are taken from its catalogue.
        corpus: all playlists.
        split: the held-out playlists.
        models: models that were trained on the training playlists, with their settings.

    Raises:
        ExperimentError: the catalogue is damaged, or a vector is not finite.
    """
    catalogue = Catalogue(experiment.directory("corpus"))
    artists, tracks = read_artists(catalogue), len(catalogue)
    catalogue.close()
    counts = split.training_part(corpus).counts(tracks)
    found: list[Model] = []
    for embeddings, settings in models:
        unit = artist_vectors(artists, embeddings.centre, counts).unit
        own = Embeddings(unit, np.zeros_like(unit), np.zeros(len(unit), np.float32))
        found.append((own, replace(settings, min_count=1)))  # --min-count was a limit on tracks, not on artists
    return Evaluated(artists.playlists_of(corpus), found, np.arange(len(artists)))
