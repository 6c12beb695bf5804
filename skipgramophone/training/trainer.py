"""The trainer: epochs of rounds of macro-batches, as a generator of progress.

It knows nothing of files, terminals or names: it takes a corpus, yields how far it has come, and holds the tables. The
macro-batches of a round all pull before any pushes, and pushes are added in their order, so that the same corpus,
settings and seed give the same bytes with any number of threads.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.corpus import Corpus
from skipgramophone.errors import TrainingError
from skipgramophone.settings import RunSettings, TrainSettings
from skipgramophone.training.batches import (
    HELD_OUT,
    NOISE,
    STREAM,
    MacroBatch,
    epoch_batches,
    pair_weights,
    rate_for,
    shape_for,
)
from skipgramophone.training.runtime import device_for, load_tensorflow
from skipgramophone.training.step import compile_macro_batch
from skipgramophone.training.tables import compile_push, new_tables
from skipgramophone.training.workers import Workers
from skipgramophone.vocabulary import Probabilities, Vocabulary

Rows = npt.NDArray[np.int32]
NOISE_PLACES = 1 << 22
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


@dataclass(frozen=True, slots=True)
class _Difference:
    """What a macro-batch changes: unique rows (padded), and the differences of rows and accumulators, as tensors."""

    centre: tuple[Any, Any, Any]
    context: tuple[Any, Any, Any]
    loss: float
    pairs: float


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
    ) -> None:
        """Make ready.

        Args:
            corpus: what is trained on.
            vocabulary: its tracks.
            settings: how to train; the window size has been decided.
            log: where TensorFlow's chatter goes.
            run: how to carry it out.
            held_out: playlists that the loss is watched on, where `settings.patience` is above 0.

        Raises:
            TrainingError: no playlist holds two learnt tracks, so that there is no pair.
            SettingError: a GPU is asked for and there is none.
        """
        run = run or RunSettings()
        _require_pairs(corpus, vocabulary)
        self.settings, self._context = settings, settings.context
        self.threads = run.threads or os.cpu_count() or 1
        self.shape = shape_for(corpus.occurrences, self._context)
        rate = settings.learning_rate
        self.learning_rate = rate_for(corpus.occurrences, self._context) if rate is None else rate
        self._corpus, self._held_out = corpus, held_out
        self._keep = vocabulary.keep(settings.subsample)
        self._learnt_tokens = int(vocabulary.counts[vocabulary.learnt].sum())
        # Macro-batches an epoch, as subsampling will leave them and with one for what is left over: the rates go by it.
        self._expected = -(-int(self._keep @ vocabulary.counts) // self.shape.macro) + 1
        self._noise = noise_table(vocabulary.noise(settings.noise_exponent))
        self._scratch = [np.full(len(vocabulary.counts), -1, np.int32) for _ in range(self.shape.round)]
        tf = load_tensorflow(log)
        self._on_device = device_for(tf, run.device)
        with self._on_device():
            self.tables = new_tables(tf, len(vocabulary.counts), settings.embedding_dim, settings.random_seed)
        weights = pair_weights(self._context, self.shape.block)
        self._program = compile_macro_batch(tf, self.shape, weights, self._context == "bag", settings.negatives)
        self._push = compile_push(tf)
        first = next(self._batches(corpus, STREAM, 0), None)
        # An eighth more than the first macro-batch wants, so that one compiled program will do for nearly all.
        self._usual_places = _rounded_up(len(np.unique(first.tokens)) * 9 // 8, self.shape.macro) if first else 0

    @property
    def device(self) -> str:
        """Where the tables lie: "cpu" or "gpu"."""
        return "gpu" if "GPU" in self.tables.centre.rows.device else "cpu"

    def run(self, after: Progress = BEGINNING) -> Iterator[Progress]:
        """Train what is left of the epochs, telling after each round how far it has come.

        Whenever it tells, the tables are as they are between two rounds: a run that is begun anew with tables and
        progress of that moment ends with the same bytes.

        Raises:
            TrainingError: the loss is no longer a number.
        """
        with Workers(self.threads) as pool:
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
        settings, shape, epoch = self.settings, self.shape, at.epoch - 1
        batches = enumerate(self._batches(self._corpus, STREAM, epoch))

        def next_round() -> list[tuple[int, MacroBatch]]:
            return list(islice(batches, shape.round))

        for _ in islice(batches, at.rounds * shape.round):
            pass  # what was trained before
        ahead = pool.start(next_round)
        while group := ahead.result():
            ahead = pool.start(next_round)  # the next round is laid out while this one trains
            differences = pool.all(
                [
                    partial(self._pull_and_train, batch, self._rates(epoch, number), (NOISE, epoch, number), slot)
                    for slot, (number, batch) in enumerate(group)
                ]
            )
            pool.all([partial(self._push_all, which, differences) for which in ("centre", "context")])
            at = replace(
                at,
                rounds=at.rounds + 1,
                tokens=at.tokens + sum(batch.real for _, batch in group),
                loss_sum=at.loss_sum + sum(difference.loss for difference in differences),
                pairs=at.pairs + sum(difference.pairs for difference in differences),
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
        if self._held_out is None:
            return at
        still = np.zeros(self.shape.steps, np.float32)
        batches = enumerate(self._batches(self._held_out, HELD_OUT, 0))
        loss = pairs = 0.0
        while group := list(islice(batches, self.shape.round)):
            calls = [
                partial(self._pull_and_train, batch, still, (HELD_OUT, 1, number), slot)
                for slot, (number, batch) in enumerate(group)
            ]
            for difference in pool.all(calls):  # at a rate of 0 only accumulators differ: nothing is kept
                loss, pairs = loss + difference.loss, pairs + difference.pairs
        found = loss / pairs
        better = at.best_held_out is None or found < at.best_held_out
        return replace(
            at,
            held_out_loss=found,
            best_held_out=found if better else at.best_held_out,
            waited=0 if better else at.waited + 1,
        )

    def _batches(self, corpus: Corpus, purpose: int, epoch: int) -> Iterator[MacroBatch]:
        """The macro-batches of an epoch over some playlists."""
        seed = (self.settings.random_seed, purpose, epoch)
        return epoch_batches(corpus, self._keep, self._context, self.shape, np.random.default_rng(seed))

    def rate_of(self, at: Progress) -> float:
        """The learning rate that a run has come to."""
        return float(self._rates(at.epoch - 1, at.rounds * self.shape.round)[0])

    def _rates(self, epoch: int, number: int) -> npt.NDArray[np.float32]:
        """Learning rates of the steps of a macro-batch: a straight line from the full rate to a ten-thousandth."""
        left = 1 - (epoch + min(number / self._expected, 1.0)) / self.settings.epochs
        return np.full(self.shape.steps, self.learning_rate * max(left, 1e-4), np.float32)

    def _pull_and_train(
        self, batch: MacroBatch, rates: npt.NDArray[np.float32], noise_of: tuple[int, int, int], slot: int
    ) -> _Difference:
        """Pull the rows of a macro-batch, train on the copies, and say what they have changed by.

        The noise is a function of the seed and `noise_of`: purpose, epoch and number.
        """
        shape, tables = self.shape, self.tables
        rng = np.random.default_rng([self.settings.random_seed, *noise_of])
        noise = self._noise[rng.integers(0, len(self._noise), shape.negatives)]
        centre_rows, context_rows, ids, noise_ids = _number_rows(batch.tokens, noise, self._scratch[slot])
        places = max(self._usual_places, _rounded_up(len(centre_rows), shape.macro))
        rows_h = _padded(centre_rows, places)
        rows_o = _padded(context_rows, places + shape.negatives)
        laid_out = (shape.steps, shape.step_blocks, shape.block)
        with self._on_device():
            *changed, loss, pairs = self._program(
                tables.centre.rows,
                tables.context.rows,
                tables.centre.accumulator,
                tables.context.accumulator,
                rows_h,
                rows_o,
                ids.reshape(laid_out),
                batch.playlist.reshape(laid_out),
                batch.weight.reshape(laid_out),
                noise_ids.reshape(shape.steps, shape.step_blocks // shape.group, shape.shared),
                rates,
            )
        h, o, h_seen, o_seen = changed
        return _Difference((rows_h, h, h_seen), (rows_o, o, o_seen), float(loss), float(pairs))

    def _push_all(self, which: str, differences: list[_Difference]) -> None:
        """Add what a round has changed in a table, in order."""
        table = getattr(self.tables, which)
        with self._on_device():
            for difference in differences:
                self._push(table.rows, table.accumulator, *getattr(difference, which))


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


def noise_table(probability: Probabilities) -> Rows:
    """Tracks in proportion to their probability, int32 (2 ** 22,): a draw from it is one look-up.

    The share of each track is exact to one place in four million; a track with less has its share by the midpoints that
    fall to it.
    """
    midpoints = (np.arange(NOISE_PLACES) + 0.5) / NOISE_PLACES
    drawn = np.searchsorted(np.cumsum(probability), midpoints, "right")
    return np.minimum(drawn, int(np.flatnonzero(probability)[-1])).astype(np.int32)


def _rounded_up(rows: int, macro: int) -> int:
    """The next sixteenth of a macro-batch: every number of places is a program of its own, and few are wanted."""
    step = macro // 16
    return -(-rows // step) * step


def _padded(rows: Rows, places: int) -> Rows:
    """Rows with zeros behind them, int32 (places,)."""
    padded = np.zeros(places, np.int32)
    padded[: len(rows)] = rows
    return padded


def _number_rows(tokens: Rows, noise: Rows, scratch: Rows) -> tuple[Rows, Rows, Rows, Rows]:
    """Find the unique rows of a macro-batch without sorting.

    `scratch` is int32 (tracks,) of -1, and is left so. Returns the unique rows of the tokens, those of tokens and
    noise together (the former first), and the place of each token and of each negative among them.
    """
    unique = _unique(tokens, scratch, 0)
    ids = scratch[tokens]
    fresh = _unique(noise[scratch[noise] < 0], scratch, len(unique))
    noise_ids = scratch[noise]
    both = np.concatenate([unique, fresh])
    scratch[both] = -1
    return unique, both, ids, noise_ids


def _unique(rows: Rows, scratch: Rows, start: int) -> Rows:
    """Unique rows in order of their last place; each one's number from `start` on is left in `scratch`."""
    place = np.arange(len(rows), dtype=np.int32)
    scratch[rows] = place
    unique = rows[scratch[rows] == place]
    scratch[unique] = np.arange(start, start + len(unique), dtype=np.int32)
    return np.asarray(unique, np.int32)
