"""Computing the smoothed vectors of a model; `experiment.smoothed` documents the equations."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skipgramophone.experiment.arrays import pieces
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import Embeddings, unit_rows
from skipgramophone.experiment.postings import membership
from skipgramophone.experiment.smoothed import write_smoothed_rows


def write_smoothed(directory: Path, corpus: Corpus, embeddings: Embeddings) -> None:
    """Smooth trained vectors over the playlists of a corpus, and write the file beside the vectors.

    Args:
        directory: directory for the file.
        corpus: the playlists.
        embeddings: the vectors of all tracks; tracks without a vector get zeros.
    """
    playlists = membership(corpus, len(embeddings))
    lengths = np.maximum(np.asarray(playlists.sum(axis=1), np.float32), 1)
    of_playlists = unit_rows(np.asarray(playlists @ unit_rows(embeddings.centre), np.float32))
    of_playlists /= np.sqrt(lengths).reshape(-1, 1)
    by_track, learnt = playlists.T.tocsr(), embeddings.learnt().reshape(-1, 1)
    rows = (unit_rows(by_track[some] @ of_playlists) * learnt[some] for some in pieces(len(embeddings)))
    write_smoothed_rows(directory, embeddings.centre.shape, rows)
