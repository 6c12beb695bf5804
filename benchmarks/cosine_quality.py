"""Measures the quality of the ranking by cosine of vectors that are trained without some validation playlists."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from skipgramophone.evaluation.protocols import make_queries
from skipgramophone.evaluation.rankers import Cosine
from skipgramophone.evaluation.scorecard import RankedCatalogue, Scorecard, score_ranker
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import read_embeddings, unit_rows
from skipgramophone.experiment.training_method import Method
from skipgramophone.settings import Protocol, RunSettings, TrainSettings
from skipgramophone.training.program_cache import kept_programs
from skipgramophone.training.run import fit

PROTOCOLS: tuple[Protocol, ...] = ("continuation", "lookup")
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Measured:
    """The results of one training run: a scorecard per protocol, and the processor time of training in seconds."""

    cards: list[Scorecard]
    seconds: float


class CosineQuality:
    """Trains on some playlists of a corpus, and queries the vectors with others."""

    def __init__(
        self, corpus: Corpus, tracks: int, *, part: Corpus, held_out: Flags, least: int = 1, draws: int = 1
    ) -> None:
        """Draw the queries.

        Args:
            corpus: all playlists.
            tracks: number of tracks in the catalogue.
            part: the playlists to train on.
            held_out: the validation playlists, bool (playlists of `corpus`,).
            least: minimum number of occurrences in `part` of a ranked track.
            draws: number of random choices of the given tracks per playlist.
        """
        self._part, self._tracks, self._counts = part, tracks, part.counts(tracks)
        ranked = self._counts >= least
        self.rows = np.flatnonzero(ranked)
        self._queries = [
            make_queries(corpus, held_out, ranked, protocol, seed=1, draws=draws).renumbered(self.rows, tracks).queries
            for protocol in PROTOCOLS
        ]

    def measure(self, settings: TrainSettings, method: Method | None = None) -> Measured:
        """Train vectors, and score the ranking by cosine; see `fit` for `method`."""
        started = time.process_time()
        with tempfile.TemporaryDirectory() as directory, kept_programs():
            fit(self._part, self._tracks, settings, Path(directory), RunSettings(), None, method=method)
            unit = unit_rows(np.asarray(read_embeddings(Path(directory), self._tracks).centre[self.rows]))
        used = time.process_time() - started
        catalogue = RankedCatalogue(self._counts[self.rows], np.arange(len(self.rows)))
        return Measured([score_ranker(Cosine(unit), asked, catalogue, k=10) for asked in self._queries], used)
