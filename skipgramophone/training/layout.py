"""The layout of a run: all that makes its tasks, each a function of seed, epoch and number and of nothing before it.

Whoever has the layout and can read the corpus makes the same tasks: this process, or a worker elsewhere, for which it
is written to a directory:

    layout.json      shape, context, seed, where the corpora lie, their sizes
    noise.npy        int32, tracks in proportion to their probability as a negative
    keep.npy         float64 (tracks,), probability that an occurrence is kept, where some are not
    track_ids.npy offsets.npy    a corpus that lies nowhere else; held_out_… that of the held-out playlists
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from skipgramophone.errors import ExperimentError, storage_errors
from skipgramophone.experiment.arrays import read_array
from skipgramophone.experiment.corpus import HELD_OUT_PREFIX, Corpus, read_corpus
from skipgramophone.settings import Context
from skipgramophone.training.batches import HELD_OUT, NOISE, STREAM, BatchShape, MacroBatch
from skipgramophone.training.step import Work
from skipgramophone.training.stream import Epoch, Stretch
from skipgramophone.training.tasks import Rows, Task, number_rows
from skipgramophone.training.vocabulary import Probabilities

DESCRIPTION, NOISE_FILE, KEEP_FILE = "layout.json", "noise.npy", "keep.npy"
PREFIXES = {STREAM: "", HELD_OUT: HELD_OUT_PREFIX}  # of a corpus's files, by what it is for


class Assignment(NamedTuple):
    """What a task is to train."""

    purpose: int  # STREAM or HELD_OUT
    epoch: int  # from 0; 0 for held-out playlists
    stretch: Stretch
    rate: float  # at 0 no row changes


class Layout:
    """What tasks are made by."""

    def __init__(
        self,
        corpora: Mapping[int, Corpus],
        keep: Probabilities | None,
        noise: Rows,
        context: Context,
        shape: BatchShape,
        seed: int,
    ) -> None:
        """Make ready.

        Args:
            corpora: playlists to train on (STREAM) and, where the loss is watched, held-out ones (HELD_OUT).
            keep: float64 (tracks,), probability with which each occurrence of a track is kept; None: all are.
            noise: int32, tracks in proportion to their probability as a negative (`tasks.noise_table`).
            context: of a token.
            shape: how tokens are laid out.
            seed: of the run.
        """
        self.context, self.shape, self.seed = context, shape, seed
        self._corpora, self._keep, self._noise = corpora, keep, noise
        self._epochs: dict[tuple[int, int], Epoch] = {}  # the one that was asked for last
        first = next(self.stretches(STREAM, 0), None)
        tokens = self.macro_batch(Assignment(STREAM, 0, first, 0.0)).tokens if first else np.empty(0)
        # An eighth more than the first macro-batch of the run wants, so that one compiled program will do for nearly
        # all.
        self._usual_places = self._rounded_up(len(np.unique(tokens)) * 9 // 8)

    def stretches(self, purpose: int, epoch: int) -> Iterator[Stretch]:
        """The macro-batches of an epoch."""
        return self._epoch(purpose, epoch).stretches()

    def macro_batch(self, what: Assignment) -> MacroBatch:
        """Lay out a macro-batch."""
        return self._epoch(what.purpose, what.epoch).macro_batch(what.stretch)

    def task(self, what: Assignment, batch: MacroBatch, scratch: Rows, parts: int = 1) -> Task:
        """Make the task of a macro-batch.

        Args:
            what: where it lies.
            batch: it.
            scratch: int32 (tracks,) of -1 to scribble on; it is left so.
            parts: rows of tokens, and those of negatives, are to stand by what is left when they are divided by this.
        """
        shape = self.shape
        # The noise of held-out playlists is the same each time, and none of a training epoch's.
        of = (NOISE, what.epoch) if what.purpose == STREAM else (HELD_OUT, 1)
        rng = np.random.default_rng([self.seed, *of, what.stretch.number])
        noise = self._noise[rng.integers(0, len(self._noise), shape.negatives)]
        of_tokens, rows, ids, noise_ids = number_rows(batch.tokens, noise, scratch, parts)
        blocks = (shape.steps, shape.step_blocks, shape.block)
        work = Work(
            ids.reshape(blocks),
            batch.playlist.reshape(blocks),
            batch.weight.reshape(blocks),
            noise_ids.reshape(shape.steps, shape.step_blocks // shape.group, shape.shared),
            np.full(shape.steps, what.rate, np.float32),
        )
        return Task(rows, of_tokens, max(self._usual_places, self._rounded_up(of_tokens)), work)

    def write(self, directory: Path) -> None:
        """Write it for workers elsewhere; a corpus that lies on disk stays where it is.

        Raises:
            StorageError: the file system failed, or is full.
        """
        with storage_errors(directory, "write"):
            directory.mkdir()
            np.save(directory / NOISE_FILE, self._noise)
            if self._keep is not None:
                np.save(directory / KEEP_FILE, self._keep)
            lies = {}
            for purpose, corpus in self._corpora.items():
                if corpus.directory is None:
                    corpus.write(directory, PREFIXES[purpose])
                place = corpus.directory or directory
                lies[PREFIXES[purpose]] = [os.path.relpath(place, directory), len(corpus), corpus.occurrences]
            said = {"shape": asdict(self.shape), "context": self.context, "seed": self.seed, "corpora": lies}
            (directory / DESCRIPTION).write_text(json.dumps(said), encoding="utf-8")

    def _epoch(self, purpose: int, epoch: int) -> Epoch:
        """The stream of an epoch, remembered for as long as no other is asked for."""
        found = self._epochs.get((purpose, epoch))
        if found is None:
            found = Epoch(self._corpora[purpose], self._keep, self.context, self.shape, (self.seed, purpose, epoch))
            self._epochs = {(purpose, epoch): found}
        return found

    def _rounded_up(self, rows: int) -> int:
        """The next sixteenth of a macro-batch: every number of places is a program of its own, and few are wanted."""
        step = self.shape.macro // 16
        return -(-rows // step) * step


def read_layout(directory: Path) -> Layout:
    """Read a layout that another process wrote, and map its corpora.

    Raises:
        ExperimentError: it is not there or damaged, or a corpus is another than it says.
        StorageError: a file cannot be read.
    """
    with storage_errors(directory, "read"):
        if not (directory / DESCRIPTION).is_file():
            raise ExperimentError(f"{directory / DESCRIPTION} is not there")
        said = json.loads((directory / DESCRIPTION).read_text(encoding="utf-8"))
    corpora = {}
    for purpose, prefix in PREFIXES.items():
        if prefix not in said["corpora"]:
            continue
        place, playlists, occurrences = said["corpora"][prefix]
        own = "" if place != "." else prefix  # where it lies elsewhere it is a corpus of its own
        corpora[purpose] = read_corpus(directory / place, own)
        if (len(corpora[purpose]), corpora[purpose].occurrences) != (playlists, occurrences):
            raise ExperimentError(f"{directory / place} holds another corpus than the chief's")
    kept = directory / KEEP_FILE
    return Layout(
        corpora,
        read_array(kept, np.float64, 1) if kept.exists() else None,
        read_array(directory / NOISE_FILE, np.int32, 1),
        said["context"],
        BatchShape(**said["shape"]),
        said["seed"],
    )
