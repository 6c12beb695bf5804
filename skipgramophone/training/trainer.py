"""The trainer: a generator that trains the epochs in rounds (parts of an epoch); it yields progress after each round.

It makes tasks from a corpus, and an engine carries them out. It does not depend on files, the terminal or track names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import TrainingError
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.training_method import Method
from skipgramophone.settings import RunSettings, TrainSettings
from skipgramophone.training.batches import HELD_OUT, STREAM, rate_for, shape_for
from skipgramophone.training.engine import MakeEngine, Plan
from skipgramophone.training.layout import Assignment, Layout
from skipgramophone.training.local_engine import LocalEngine
from skipgramophone.training.stream import Stretch
from skipgramophone.training.tables import RowArray, Tables
from skipgramophone.training.tasks import noise_table
from skipgramophone.training.tensorflow_runtime import load_tensorflow
from skipgramophone.training.threads import Workers
from skipgramophone.training.vocabulary import Vocabulary

BLOCK = 1 << 14  # number of playlists that one call of `_has_pair` checks
DECAY = 0.3  # the present share of a run, at its end, during which the learning rate decays


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a run."""

    epoch: int  # counted from 1
    rounds: int  # finished rounds of this epoch
    tokens: int  # tokens trained in this epoch so far
    loss_sum: float  # sum of the loss over the pairs of this epoch so far
    pairs: float  # total weight of the pairs of this epoch so far
    epoch_done: bool
    held_out_loss: float | None = None  # mean loss per pair on held-out playlists, at the end of an epoch
    best_held_out: float | None = None  # smallest held-out loss so far
    waited: int = 0  # number of epochs since the epoch with the smallest held-out loss

    @property
    def loss(self) -> float:
        """Mean loss per pair, over this epoch so far."""
        return self.loss_sum / max(self.pairs, 1e-9)


BEGINNING = Progress(epoch=1, rounds=0, tokens=0, loss_sum=0.0, pairs=0.0, epoch_done=False)


def _next_epoch(done: Progress) -> Progress:
    """Return the progress at the beginning of the next epoch."""
    return replace(BEGINNING, epoch=done.epoch + 1, best_held_out=done.best_held_out, waited=done.waited)


class Trainer:
    """Trains on one corpus with one set of settings.

    Attributes:
        method: constants of training.
    """

    def __init__(
        self,
        corpus: Corpus,
        vocabulary: Vocabulary,
        settings: TrainSettings,
        log: Path,
        run: RunSettings | None = None,
        held_out: Corpus | None = None,
        engine: MakeEngine | None = None,
        method: Method | None = None,
    ) -> None:
        """Choose batch sizes and the learning rate, and make the engine.

        Args:
            corpus: playlists to train on.
            vocabulary: the tracks that get a vector.
            settings: training settings; the window size must not be "auto".
            log: file for the messages of TensorFlow.
            run: settings of the training run, such as threads and device.
            held_out: playlists on which the loss is measured after each epoch, if `settings.patience` is above 0.
            engine: function that makes the engine; None makes an engine for this machine.
            method: constants of training; None means the present ones.

        Raises:
            TrainingError: no playlist has two different tracks with a vector, so there are no pairs.
            SettingError: the device is a GPU, and TensorFlow finds none.
        """
        _require_pairs(corpus, vocabulary)
        self.settings = settings
        shape = shape_for(corpus.occurrences, settings.context)
        self.method = method or Method(DECAY, shape.shared)
        self.shape = shape = replace(shape, shared=self.method.shared)
        rate = settings.learning_rate
        self.learning_rate = rate_for(corpus.occurrences, settings.context) if rate is None else rate
        keep = vocabulary.keep(settings.subsample)
        self._learnt_tokens = int(vocabulary.counts[vocabulary.learnt].sum())
        # Expected number of macro-batches per epoch after subsampling, including a partial one. The learning-rate decay
        # is based on it.
        self._expected = -(-int(keep @ vocabulary.counts) // shape.macro) + 1
        self._is_watched = held_out is not None
        self.layout = Layout(
            {STREAM: corpus} | ({HELD_OUT: held_out} if held_out else {}),
            keep=None if keep.min() == 1 else keep,
            noise=noise_table(vocabulary.noise(settings.noise_exponent)),
            context=settings.context,
            shape=shape,
            seed=settings.random_seed,
        )
        tracks, dim = len(vocabulary.counts), settings.embedding_dim
        plan = Plan(tracks, dim, negatives=settings.negatives, layout=self.layout, seed=settings.random_seed)
        self.engine = (engine or partial(LocalEngine, run or RunSettings()))(load_tensorflow(log), plan)

    @property
    def tables(self) -> Tables[RowArray]:
        """The tables of the model. Read them only between two rounds."""
        return self.engine.tables

    def run(self, after: Progress = BEGINNING) -> Iterator[Progress]:
        """Train the remaining epochs, and yield the progress after each round.

        A run on one machine can be stopped after a round, and resumed with the tables and the progress of that round.
        Its result is byte-identical to that of an uninterrupted run.

        Raises:
            TrainingError: the loss is not finite.
        """
        with Workers(self.engine.threads, self.engine.patience) as pool:
            at = after
            while not (at.epoch_done and (at.epoch == self.settings.epochs or self._is_enough(at))):
                for step in self._epoch(pool, _next_epoch(at) if at.epoch_done else at):
                    at = step
                    yield step

    def _is_enough(self, at: Progress) -> bool:
        """Whether the loss on held-out playlists has not decreased for `settings.patience` epochs."""
        return 0 < self.settings.patience <= at.waited

    def _epoch(self, pool: Workers, at: Progress) -> Iterator[Progress]:
        """Train the remaining rounds of one epoch, and yield the progress after each."""
        settings, round_size, epoch = self.settings, self.shape.round, at.epoch - 1
        stretches = islice(self.layout.stretches(STREAM, epoch), at.rounds * round_size, None)

        def next_turn() -> tuple[list[Stretch], Any]:
            turn = list(islice(stretches, self.engine.turn))
            rates = (self._rate(epoch, stretch.number) for stretch in turn)
            tasks = [Assignment(STREAM, epoch, *of) for of in zip(turn, rates, strict=True)]
            return turn, self.engine.prepare(tasks)

        ahead = pool.start(next_turn)
        while (made := ahead.result())[0]:
            ahead = pool.start(next_turn)  # the next tasks are prepared while these are trained
            turn, prepared = made
            outcomes = self.engine.train(pool, prepared)
            at = replace(
                at,
                rounds=at.rounds + -(-len(turn) // round_size),
                tokens=at.tokens + sum(stretch.real for stretch in turn),
                loss_sum=at.loss_sum + sum(outcome.loss for outcome in outcomes),
                pairs=at.pairs + sum(outcome.pairs for outcome in outcomes),
            )
            if not np.isfinite(at.loss_sum):
                raise _diverged(at.epoch, self.learning_rate)
            yield at
        if not at.pairs:
            raise _without_pairs(at.epoch, settings.subsample)
        if settings.subsample == 0 and at.tokens != self._learnt_tokens:
            raise TrainingError(
                f"epoch {at.epoch} trained {at.tokens:,} of {self._learnt_tokens:,} occurrences: please report this bug"
            )
        yield self._validated(pool, replace(at, epoch_done=True))

    def _validated(self, pool: Workers, at: Progress) -> Progress:
        """Measure the loss on the held-out playlists, if there are any, and add it to the progress.

        The negative samples of the held-out playlists are the same after every epoch.
        """
        if not self._is_watched:
            return at
        stretches = self.layout.stretches(HELD_OUT, 0)
        loss = pairs = 0.0
        while turn := list(islice(stretches, self.engine.turn)):
            prepared = self.engine.prepare([Assignment(HELD_OUT, 0, stretch, 0.0) for stretch in turn])
            for outcome in self.engine.measure(pool, prepared):
                loss, pairs = loss + outcome.loss, pairs + outcome.pairs
        found = loss / pairs
        better = at.best_held_out is None or found < at.best_held_out
        return replace(
            at,
            held_out_loss=found,
            best_held_out=found if better else at.best_held_out,
            waited=0 if better else at.waited + 1,
        )

    def rate_of(self, at: Progress) -> float:
        """Return the current learning rate of a run."""
        return self._rate(at.epoch - 1, at.rounds * self.shape.round)

    def _rate(self, epoch: int, number: int) -> float:
        """Return the learning rate of a macro-batch.

        It is constant at first, and decays linearly to a ten-thousandth of its initial value in the last part of the
        run (see `Method`).
        """
        left = 1 - (epoch + min(number / self._expected, 1.0)) / self.settings.epochs
        return self.learning_rate * max(min(left / self.method.decay, 1.0), 1e-4)


def _diverged(epoch: int, rate: float) -> TrainingError:
    """Return the error for a loss that is not finite."""
    return TrainingError.naming(
        lambda named: (
            f"training diverged in epoch {epoch} (the loss is not finite): try a smaller {named('learning_rate')} "
            f"than {rate:g}"
        )
    )


def _without_pairs(epoch: int, subsample: float) -> TrainingError:
    """Return the error for an epoch without pairs."""
    return TrainingError.naming(
        lambda named: (
            f"epoch {epoch} had no pairs to train on: {named('subsample', subsample)} drops nearly all tracks; "
            "use a larger value, or 0 for no subsampling"
        )
    )


def _require_pairs(corpus: Corpus, vocabulary: Vocabulary) -> None:
    """Raise a TrainingError unless a playlist has two different tracks with a vector."""
    if not any(_has_pair(corpus, vocabulary.learnt, first) for first in range(0, len(corpus), BLOCK)):
        least = vocabulary.min_count
        if least > 1:
            raise TrainingError.naming(
                lambda named: (
                    f"no pairs to train on: no playlist has two different tracks with at least {least} occurrences; "
                    f"train with a smaller {named('min_count')}"
                )
            )
        raise TrainingError("no pairs to train on: no playlist has two different tracks; extract longer playlists")


def _has_pair(corpus: Corpus, learnt: npt.NDArray[np.bool_], first: int) -> bool:
    """Return whether one of the `BLOCK` playlists from `first` has two different tracks with a vector."""
    ends = corpus.offsets[first : first + BLOCK + 1]
    track_ids = corpus.track_ids[ends[0] : ends[-1]]
    kept = learnt[track_ids]
    playlist = np.repeat(np.arange(len(ends) - 1), np.diff(ends))[kept]
    differs = np.diff(track_ids[kept]) != 0  # if two tracks of a playlist differ, two adjacent tracks do
    return bool(np.any(differs & (np.diff(playlist) == 0)))
