"""The trainer: epochs of rounds of macro-batches, as a generator of progress.

It knows nothing of files, terminals or names, nor of where tasks are carried out: it takes a corpus, makes tasks of it,
has an engine train them, and yields how far it has come.
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
from skipgramophone.settings import RunSettings, TrainSettings
from skipgramophone.training.batches import HELD_OUT, STREAM, rate_for, shape_for
from skipgramophone.training.engine import MakeEngine, Plan
from skipgramophone.training.layout import Assignment, Layout
from skipgramophone.training.local_engine import Machine
from skipgramophone.training.stream import Stretch
from skipgramophone.training.tables import Held, Tables
from skipgramophone.training.tasks import noise_table
from skipgramophone.training.tensorflow_runtime import load_tensorflow
from skipgramophone.training.threads import Workers
from skipgramophone.training.vocabulary import Vocabulary

LOOKED_AT = 1 << 14  # playlists at once


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come."""

    epoch: int  # counted from 1
    rounds: int  # of this epoch, so far
    tokens: int  # of this epoch, so far
    loss_sum: float  # over the pairs of this epoch, so far
    pairs: float  # weight of the pairs of this epoch, so far
    epoch_done: bool
    held_out_loss: float | None = None  # mean loss a pair on playlists that are not trained on; of a done epoch
    best_held_out: float | None = None  # the smallest of those so far
    waited: int = 0  # epochs since then

    @property
    def loss(self) -> float:
        """Mean loss a pair, over this epoch so far."""
        return self.loss_sum / max(self.pairs, 1e-9)


BEGINNING = Progress(epoch=1, rounds=0, tokens=0, loss_sum=0.0, pairs=0.0, epoch_done=False)


def _next_epoch(done: Progress) -> Progress:
    """The beginning of the epoch after one that is done."""
    return replace(BEGINNING, epoch=done.epoch + 1, best_held_out=done.best_held_out, waited=done.waited)


class Trainer:
    """Trains one corpus with one set of settings."""

    def __init__(
        self,
        corpus: Corpus,
        vocabulary: Vocabulary,
        settings: TrainSettings,
        log: Path,
        run: RunSettings | None = None,
        held_out: Corpus | None = None,
        engine: MakeEngine | None = None,
    ) -> None:
        """Make ready.

        Args:
            corpus: what is trained on.
            vocabulary: its tracks.
            settings: how to train; the window size has been decided.
            log: where TensorFlow's chatter goes.
            run: how to carry it out.
            held_out: playlists that the loss is watched on, where `settings.patience` is above 0.
            engine: makes what carries it out; None: this machine does.

        Raises:
            TrainingError: no playlist holds two learnt tracks, so that there is no pair.
            SettingError: a GPU is asked for and there is none.
        """
        _require_pairs(corpus, vocabulary)
        self.settings = settings
        self.shape = shape = shape_for(corpus.occurrences, settings.context)
        rate = settings.learning_rate
        self.learning_rate = rate_for(corpus.occurrences, settings.context) if rate is None else rate
        keep = vocabulary.keep(settings.subsample)
        self._learnt_tokens = int(vocabulary.counts[vocabulary.learnt].sum())
        # Macro-batches an epoch, as subsampling will leave them and with one for what is left over: the rates go by it.
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
        plan = Plan(len(vocabulary.counts), settings.embedding_dim, settings.negatives, self.layout)
        self.engine = (engine or partial(Machine, run or RunSettings()))(load_tensorflow(log), plan)

    @property
    def tables(self) -> Tables[Held]:
        """The tables as they are between two rounds."""
        return self.engine.tables

    def run(self, after: Progress = BEGINNING) -> Iterator[Progress]:
        """Train what is left of the epochs, telling after each round how far it has come.

        Whenever it tells, the tables are as they are between two rounds: a run that is begun anew with tables and
        progress of that moment ends with the same bytes.

        Raises:
            TrainingError: the loss is no longer a number.
        """
        with Workers(self.engine.threads) as pool:
            at = after
            while not (at.epoch_done and (at.epoch == self.settings.epochs or self._is_enough(at))):
                for step in self._epoch(pool, _next_epoch(at) if at.epoch_done else at):
                    at = step
                    yield step

    def _is_enough(self, at: Progress) -> bool:
        """Whether the loss on held-out playlists has not become smaller for as many epochs as patience lasts."""
        return 0 < self.settings.patience <= at.waited

    def _epoch(self, pool: Workers, at: Progress) -> Iterator[Progress]:
        """Train what is left of one epoch."""
        settings, round_size, epoch = self.settings, self.shape.round, at.epoch - 1
        stretches = islice(self.layout.stretches(STREAM, epoch), at.rounds * round_size, None)

        def next_turn() -> tuple[list[Stretch], Any]:
            turn = list(islice(stretches, self.engine.turn))
            rates = (self._rate(epoch, stretch.number) for stretch in turn)
            what = [Assignment(STREAM, epoch, *of) for of in zip(turn, rates, strict=True)]
            return turn, self.engine.ready(what)

        ahead = pool.start(next_turn)
        while (made := ahead.result())[0]:
            ahead = pool.start(next_turn)  # what comes next is made ready while this trains
            turn, ready = made
            outcomes = self.engine.train(pool, ready)
            at = replace(
                at,
                rounds=at.rounds + -(-len(turn) // round_size),
                tokens=at.tokens + sum(stretch.real for stretch in turn),
                loss_sum=at.loss_sum + sum(outcome.loss for outcome in outcomes),
                pairs=at.pairs + sum(outcome.pairs for outcome in outcomes),
            )
            if not np.isfinite(at.loss_sum):
                raise TrainingError(
                    f"the loss of epoch {at.epoch} is no longer a number: try a smaller --learning-rate "
                    f"than {self.learning_rate:g}"
                )
            yield at
        if not at.pairs:
            raise TrainingError(
                f"epoch {at.epoch} had no pair to train on: --subsample {settings.subsample:g} drops nearly everything"
            )
        if settings.subsample == 0 and at.tokens != self._learnt_tokens:
            raise TrainingError(
                f"epoch {at.epoch} trained {at.tokens:,} tracks of {self._learnt_tokens:,}: report this"
            )
        yield self._watched(pool, replace(at, epoch_done=True))

    def _watched(self, pool: Workers, at: Progress) -> Progress:
        """Measure the loss on held-out playlists, if there are any; the noise is the same each time."""
        if not self._is_watched:
            return at
        stretches = self.layout.stretches(HELD_OUT, 0)
        loss = pairs = 0.0
        while turn := list(islice(stretches, self.engine.turn)):
            ready = self.engine.ready([Assignment(HELD_OUT, 0, stretch, 0.0) for stretch in turn])
            for outcome in self.engine.measure(pool, ready):
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
        """The learning rate that a run has come to."""
        return self._rate(at.epoch - 1, at.rounds * self.shape.round)

    def _rate(self, epoch: int, number: int) -> float:
        """The learning rate of a macro-batch: a straight line from the full rate to a ten-thousandth."""
        left = 1 - (epoch + min(number / self._expected, 1.0)) / self.settings.epochs
        return self.learning_rate * max(left, 1e-4)


def _require_pairs(corpus: Corpus, vocabulary: Vocabulary) -> None:
    """Refuse a corpus in which no playlist holds two learnt tracks."""
    if not any(_holds_pair(corpus, vocabulary.learnt, first) for first in range(0, len(corpus), LOOKED_AT)):
        rare = vocabulary.min_count > 1
        raise TrainingError(
            "there is no pair to train on: no playlist holds two tracks"
            + (f" that occur {vocabulary.min_count} times or more; train with a smaller --min-count" if rare else "")
            + ("" if rare else "; extract playlists that hold more")
        )


def _holds_pair(corpus: Corpus, learnt: npt.NDArray[np.bool_], first: int) -> bool:
    """Whether one of some playlists holds two learnt tracks."""
    ends = corpus.offsets[first : first + LOOKED_AT + 1]
    before = np.concatenate([[0], np.cumsum(learnt[corpus.track_ids[ends[0] : ends[-1]]])])
    return bool(np.any(np.diff(before[ends - ends[0]]) >= 2))
