"""The layout of a training run: all data from which its tasks are made.

A task depends only on the layout, the epoch and the number of the task. Given the layout and the corpus, a worker on
another machine therefore makes the same tasks as this process. For workers, the layout is written to a directory:

    layout.json      shape, context, seed, directories and sizes of the corpora
    noise.npy        int32, tracks in proportion to their probability as a negative
    keep.npy         float64 (tracks,), probability that an occurrence is kept; only with subsampling or a minimum count
    track_ids.npy offsets.npy                      the playlists to train on, unless they are on disk already
    held_out_track_ids.npy held_out_offsets.npy    the held-out playlists
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from skipgramophone import __version__
from skipgramophone.errors import ExperimentError, storage_errors
from skipgramophone.experiment.arrays import read_array, write_array
from skipgramophone.experiment.corpus import HELD_OUT_PREFIX, Corpus, read_corpus
from skipgramophone.experiment.new_files import write_new_text
from skipgramophone.settings import Context
from skipgramophone.training.batches import HELD_OUT, NOISE, STREAM, BatchShape, MacroBatch
from skipgramophone.training.step import Work
from skipgramophone.training.stream import Epoch, Stretch
from skipgramophone.training.tasks import Task, TrackIds, number_rows
from skipgramophone.training.vocabulary import Probabilities

DESCRIPTION, NOISE_FILE, KEEP_FILE = "layout.json", "noise.npy", "keep.npy"
PREFIXES = {STREAM: "", HELD_OUT: HELD_OUT_PREFIX}  # maps the purpose of a corpus to the prefix of its file names


class OtherVersionError(ExperimentError):
    """Another version of this package wrote the layout; the running version might make different tasks from it."""


class Assignment(NamedTuple):
    """The part of the stream on which a task trains, and the learning rate of the task."""

    purpose: int  # STREAM or HELD_OUT
    epoch: int  # number of the epoch, counted from 0; always 0 for held-out playlists
    stretch: Stretch
    rate: float  # learning rate; 0 leaves all rows unchanged


class Layout:
    """Makes the tasks of a training run."""

    def __init__(
        self,
        corpora: Mapping[int, Corpus],
        *,
        keep: Probabilities | None,
        noise: TrackIds,
        context: Context,
        shape: BatchShape,
        seed: int,
    ) -> None:
        """Store the data, and estimate how many rows a task usually needs.

        Args:
            corpora: playlists to train on (STREAM) and, for early stopping, held-out playlists (HELD_OUT).
            keep: float64 (tracks,), probability that an occurrence of a track is kept; None keeps all.
            noise: int32, a table in which each track occurs in proportion to its probability as a negative sample
                (`tasks.noise_table`).
            context: "bag", or the window size.
            shape: sizes of the batches.
            seed: random seed of the run.
        """
        self.context, self.shape, self.seed = context, shape, seed
        self._corpora, self._keep, self._noise = corpora, keep, noise
        self._epochs: dict[tuple[int, int], Epoch] = {}  # cache with a single entry, the epoch that was used last
        first = next(self.stretches(STREAM, 0), None)
        tokens = self.macro_batch(Assignment(STREAM, 0, first, 0.0)).tokens if first else np.empty(0)
        # Reserve an eighth more rows than the first macro-batch needs, so that one compiled program fits nearly all
        # macro-batches.
        self._usual_places = self._rounded_up(len(np.unique(tokens)) * 9 // 8)

    def stretches(self, purpose: int, epoch: int) -> Iterator[Stretch]:
        """Yield the parts of an epoch's stream, one per macro-batch."""
        return self._epoch(purpose, epoch).stretches()

    def macro_batch(self, what: Assignment) -> MacroBatch:
        """Make the macro-batch of an assignment."""
        return self._epoch(what.purpose, what.epoch).macro_batch(what.stretch)

    def task(self, what: Assignment, batch: MacroBatch, scratch: TrackIds, parts: int = 1) -> Task:
        """Make the task of a macro-batch.

        Args:
            what: the part of the stream, and the learning rate.
            batch: the macro-batch of this part.
            scratch: a work array, int32 (tracks,); all its values must be -1, and are -1 again afterwards.
            parts: number of parameter servers, among which the rows are divided. The rows of tokens are sorted by their
                remainder modulo this number, and so are the rows of negatives.
        """
        of_tokens, rows, ids, noise_ids = number_rows(batch.tokens, self._negatives(what), scratch, parts)
        work = self._work(batch, ids, noise_ids, what.rate)
        return Task(rows, of_tokens, max(self._usual_places, self._rounded_up(of_tokens)), work)

    def work_on_tables(self, what: Assignment, batch: MacroBatch) -> Work:
        """Make the arguments for training a macro-batch on whole tables."""
        return self._work(batch, batch.tokens, self._negatives(what), what.rate)

    def _negatives(self, what: Assignment) -> TrackIds:
        """Draw the negatives of a macro-batch, int32 (negatives,)."""
        # The negatives of held-out playlists are the same in each epoch and differ from the negatives of training.
        of = (NOISE, what.epoch) if what.purpose == STREAM else (HELD_OUT, 1)
        rng = np.random.default_rng([self.seed, *of, what.stretch.number])
        return self._noise[rng.integers(0, len(self._noise), self.shape.negatives)]

    def _work(self, batch: MacroBatch, ids: TrackIds, noise_ids: TrackIds, rate: float) -> Work:
        """Return the arguments of the compiled program, given the rows of tokens and negatives."""
        shape = self.shape
        blocks = (shape.steps, shape.step_blocks, shape.block)
        return Work(
            ids=ids.reshape(blocks),
            playlist=batch.playlist.reshape(blocks),
            weight=batch.weight.reshape(blocks),
            noise=noise_ids.reshape(shape.steps, shape.step_blocks // shape.group, shape.shared),
            rates=np.full(shape.steps, rate, np.float32),
        )

    def write(self, directory: Path) -> None:
        """Write the layout for workers; do not copy a corpus that is already on disk.

        Raises:
            StorageError: the file system failed or is full.
        """
        with storage_errors(directory, "write"):
            directory.mkdir()
            write_array(directory / NOISE_FILE, self._noise)
            if self._keep is not None:
                write_array(directory / KEEP_FILE, self._keep)
            places = {}
            for purpose, corpus in self._corpora.items():
                if corpus.directory is None:
                    corpus.write(directory, PREFIXES[purpose])
                place = corpus.directory or directory
                places[PREFIXES[purpose]] = [os.path.relpath(place, directory), len(corpus), corpus.occurrences]
            content = {"version": __version__, "shape": asdict(self.shape), "context": self.context}
            content |= {"seed": self.seed, "corpora": places}
            write_new_text(directory / DESCRIPTION, json.dumps(content))

    def _epoch(self, purpose: int, epoch: int) -> Epoch:
        """Return the stream of an epoch; the stream that was used last is cached."""
        found = self._epochs.get((purpose, epoch))
        if found is None:
            seed = (self.seed, purpose, epoch)
            found = Epoch(self._corpora[purpose], self._keep, self.context, shape=self.shape, seed=seed)
            self._epochs = {(purpose, epoch): found}
        return found

    def _rounded_up(self, rows: int) -> int:
        """Round up to a multiple of a sixteenth of a macro-batch.

        This limits the number of different sizes, because each size needs its own compiled program.
        """
        step = self.shape.macro // 16
        return -(-rows // step) * step


def read_layout(directory: Path) -> Layout:
    """Read a layout that another process wrote, and memory-map its corpora.

    Raises:
        OtherVersionError: another version of this package wrote the layout.
        ExperimentError: the layout does not exist or is damaged, or a corpus differs from the corpus of the chief.
        StorageError: a file cannot be read.
    """
    with storage_errors(directory, "read"):
        if not (directory / DESCRIPTION).is_file():
            raise ExperimentError(f"{directory / DESCRIPTION} does not exist")
        content = json.loads((directory / DESCRIPTION).read_text(encoding="utf-8"))
    if (version := content.get("version", "0.5 or earlier")) != __version__:
        raise OtherVersionError(f"the chief runs skipgramophone {version}, not {__version__}")
    corpora = {}
    for purpose, prefix in PREFIXES.items():
        if prefix not in content["corpora"]:
            continue
        place, playlists, occurrences = content["corpora"][prefix]
        own = "" if place != "." else prefix  # a corpus in another directory has no prefix in its file names
        corpora[purpose] = read_corpus(directory / place, own)
        if (len(corpora[purpose]), corpora[purpose].occurrences) != (playlists, occurrences):
            raise ExperimentError(f"{directory / place} does not contain the corpus of the chief")
    keep = directory / KEEP_FILE
    return Layout(
        corpora,
        keep=read_array(keep, np.float64, 1) if keep.exists() else None,
        noise=read_array(directory / NOISE_FILE, np.int32, 1),
        context=content["context"],
        shape=BatchShape(**content["shape"]),
        seed=content["seed"],
    )
