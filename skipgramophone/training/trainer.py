"""The trainer: epochs of rounds of macro-batches, as a generator of progress.

It knows nothing of files, terminals or names: it takes a corpus, yields how far it has come, and holds the tables. The
macro-batches of a round all pull before any pushes, and pushes are added in their order, so that the same corpus,
settings and seed give the same bytes with any number of threads.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.corpus import Corpus
from skipgramophone.errors import TrainingError
from skipgramophone.settings import TrainSettings
from skipgramophone.training.batches import NOISE, MacroBatch, epoch_batches, pair_weights, rate_for, shape_for
from skipgramophone.training.runtime import load_tensorflow
from skipgramophone.training.step import compile_macro_batch
from skipgramophone.training.tables import compile_push, new_tables
from skipgramophone.vocabulary import Probabilities, Vocabulary

Rows = npt.NDArray[np.int32]
NOISE_PLACES = 1 << 22


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come."""

    epoch: int  # counted from 1
    rounds: int  # of this epoch, so far
    tokens: int  # of this epoch, so far
    loss_sum: float  # over the pairs of this epoch, so far
    pairs: float  # weight of the pairs of this epoch, so far
    epoch_done: bool

    @property
    def loss(self) -> float:
        """Mean loss a pair, over this epoch so far."""
        return self.loss_sum / max(self.pairs, 1e-9)


BEGINNING = Progress(epoch=1, rounds=0, tokens=0, loss_sum=0.0, pairs=0.0, epoch_done=False)


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
        self, corpus: Corpus, vocabulary: Vocabulary, settings: TrainSettings, log: Path, threads: int | None = None
    ) -> None:
        """Make ready.

        Raises:
            TrainingError: no playlist holds two learnt tracks, so that there is no pair.
        """
        _require_pairs(corpus, vocabulary)
        self.settings = settings
        self.threads = threads or os.cpu_count() or 1
        self.shape = shape_for(corpus.occurrences, settings.window_size)
        rate = settings.learning_rate
        self.learning_rate = rate_for(corpus.occurrences, settings.window_size) if rate is None else rate
        self._corpus = corpus
        self._keep = vocabulary.keep(settings.subsample)
        # Macro-batches an epoch, as subsampling will leave them and with one for what is left over: the rates go by it.
        self._expected = -(-int(self._keep @ vocabulary.counts) // self.shape.macro) + 1
        self._noise = noise_table(vocabulary.noise(settings.noise_exponent))
        self._scratch = [np.full(len(vocabulary.counts), -1, np.int32) for _ in range(self.shape.round)]
        bag = settings.window_size == "bag"
        weights = pair_weights(settings.window_size, self.shape.block)
        tf = load_tensorflow(log)
        self.tables = new_tables(tf, len(vocabulary.counts), settings.embedding_dim, settings.random_seed)
        self._program = compile_macro_batch(tf, self.shape, weights, bag, settings.negatives)
        self._push = compile_push(tf)
        first = next(epoch_batches(corpus, self._keep, settings.window_size, self.shape, settings.random_seed, 0), None)
        self._usual_places = _rounded_up(len(np.unique(first.tokens)), self.shape.macro) if first else 0

    def run(self, after: Progress = BEGINNING) -> Iterator[Progress]:
        """Train what is left of the epochs, telling after each round how far it has come.

        Whenever it tells, the tables are as they are between two rounds: a run that is begun anew with tables and
        progress of that moment ends with the same bytes.

        Raises:
            TrainingError: the loss is no longer a number.
        """
        with ThreadPoolExecutor(self.threads) as pool:
            if not after.epoch_done:
                yield from self._epoch(pool, after)
            for epoch in range(after.epoch + 1, self.settings.epochs + 1):
                yield from self._epoch(pool, replace(BEGINNING, epoch=epoch))

    def _epoch(self, pool: ThreadPoolExecutor, at: Progress) -> Iterator[Progress]:
        """Train what is left of one epoch."""
        settings, shape, epoch = self.settings, self.shape, at.epoch - 1
        batches = enumerate(
            epoch_batches(self._corpus, self._keep, settings.window_size, shape, settings.random_seed, epoch)
        )

        def next_round() -> list[tuple[int, MacroBatch]]:
            return list(islice(batches, shape.round))

        for _ in islice(batches, at.rounds * shape.round):
            pass  # what was trained before
        ahead = pool.submit(next_round)
        while group := ahead.result():
            ahead = pool.submit(next_round)  # the next round is laid out while this one trains
            jobs = [
                pool.submit(self._pull_and_train, batch, self._rates(epoch, number), epoch, number, slot)
                for slot, (number, batch) in enumerate(group)
            ]
            differences = [job.result() for job in jobs]
            for push in [pool.submit(self._push_all, which, differences) for which in ("centre", "context")]:
                push.result()
            at = Progress(
                epoch=at.epoch,
                rounds=at.rounds + 1,
                tokens=at.tokens + sum(batch.real for _, batch in group),
                loss_sum=at.loss_sum + sum(difference.loss for difference in differences),
                pairs=at.pairs + sum(difference.pairs for difference in differences),
                epoch_done=False,
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
        yield replace(at, epoch_done=True)

    def _rates(self, epoch: int, number: int) -> npt.NDArray[np.float32]:
        """Learning rates of the steps of a macro-batch: a straight line from the full rate to a ten-thousandth."""
        left = 1 - (epoch + min(number / self._expected, 1.0)) / self.settings.epochs
        return np.full(self.shape.steps, self.learning_rate * max(left, 1e-4), np.float32)

    def _pull_and_train(
        self, batch: MacroBatch, rates: npt.NDArray[np.float32], epoch: int, number: int, slot: int
    ) -> _Difference:
        """Pull the rows of a macro-batch, train on the copies, and say what they have changed by."""
        shape, tables = self.shape, self.tables
        rng = np.random.default_rng([self.settings.random_seed, NOISE, epoch, number])
        noise = self._noise[rng.integers(0, len(self._noise), shape.negatives)]
        centre_rows, context_rows, ids, noise_ids = _number_rows(batch.tokens, noise, self._scratch[slot])
        places = max(self._usual_places, _rounded_up(len(centre_rows), shape.macro))
        rows_h = _padded(centre_rows, places)
        rows_o = _padded(context_rows, places + shape.negatives)
        laid_out = (shape.steps, shape.step_blocks, shape.block)
        *changed, loss, pairs = self._program(
            tables.centre.rows,
            tables.context.rows,
            tables.centre.accumulator,
            tables.context.accumulator,
            rows_h,
            rows_o,
            ids.reshape(laid_out),
            batch.playlist.reshape(laid_out),
            batch.others.reshape(laid_out),
            noise_ids.reshape(shape.steps, shape.step_blocks // shape.group, shape.shared),
            rates,
        )
        h, o, h_seen, o_seen = changed
        return _Difference((rows_h, h, h_seen), (rows_o, o, o_seen), float(loss), float(pairs))

    def _push_all(self, which: str, differences: list[_Difference]) -> None:
        """Add what a round has changed in a table, in order."""
        table = getattr(self.tables, which)
        for difference in differences:
            self._push(table.rows, table.accumulator, *getattr(difference, which))


def _require_pairs(corpus: Corpus, vocabulary: Vocabulary) -> None:
    """Refuse a corpus in which no playlist holds two learnt tracks."""
    learnt = vocabulary.learnt[np.asarray(corpus.track_ids)]
    before = np.concatenate([[0], np.cumsum(learnt)])
    inside = before[corpus.offsets[1:]] - before[corpus.offsets[:-1]]
    if not np.any(inside >= 2):
        rare = vocabulary.min_count > 1
        raise TrainingError(
            "there is no pair to train on: no playlist holds two tracks"
            + (f" that occur {vocabulary.min_count} times or more; train with a smaller --min-count" if rare else "")
            + ("" if rare else "; extract playlists that hold more")
        )


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
