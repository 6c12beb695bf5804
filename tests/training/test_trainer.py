"""Tests of the trainer: synthetic corpora with known neighbours, reproducible bytes, and errors."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skipgramophone.errors import TrainingError
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import ACCUMULATORS, CENTRE_MEAN, read_embeddings, unit_rows
from skipgramophone.settings import RunSettings, TrainSettings
from skipgramophone.training import local_engine
from skipgramophone.training.batches import STREAM
from skipgramophone.training.local_engine import compile_local_programs
from skipgramophone.training.tables import START_ACCUMULATOR, compile_push
from skipgramophone.training.tasks import NOISE_PLACES, noise_table, number_rows
from skipgramophone.training.trainer import Trainer
from skipgramophone.training.vocabulary import Vocabulary


def genres(tracks: int, playlists: int, seed: int) -> Corpus:
    """Return playlists of two disjoint sets of tracks: rows below `tracks`, and rows from `tracks` on."""
    rng = np.random.default_rng(seed)
    lists = [rng.choice(tracks, 10, replace=False) + tracks * (at % 2) for at in range(playlists)]
    return Corpus(np.concatenate(lists).astype(np.int32), np.arange(0, 10 * playlists + 1, 10, dtype=np.int64))


def trained(corpus: Corpus, settings: TrainSettings, log: Path, threads: int = 2) -> Trainer:
    """Return a trainer that has trained to the end."""
    tracks = int(corpus.track_ids.max()) + 1
    trainer = Trainer(
        corpus,
        Vocabulary(corpus.counts(tracks), settings.min_count),
        settings,
        log / "log",
        RunSettings(threads=threads),
    )
    for _ in trainer.run():
        pass
    return trainer


@pytest.mark.parametrize("window_size", ["bag", 4])
def test_all_neighbours_of_a_track_are_of_its_genre(tmp_path: Path, window_size: int | str) -> None:
    corpus = genres(30, 400, 1)
    settings = TrainSettings(window_size=window_size, embedding_dim=16, epochs=20)  # type: ignore[arg-type]
    unit = unit_rows(trained(corpus, settings, tmp_path).tables.centre.rows[:])
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, -2)
    for row, nearest in enumerate(np.argsort(-similarity, axis=1)[:, :10]):
        assert all((near < 30) == (row < 30) for near in nearest)


def test_the_learning_rate_is_constant_and_then_decays_in_the_last_three_tenths(tmp_path: Path) -> None:
    corpus = genres(30, 400, 2)
    settings = TrainSettings(window_size="bag", embedding_dim=4, epochs=20, learning_rate=0.5)
    trainer = Trainer(corpus, Vocabulary(corpus.counts(60), 1), settings, tmp_path / "log")
    at_end = {step.epoch: trainer.rate_of(step) for step in trainer.run() if step.epoch_done}
    assert set(at_end) == set(range(1, 21))
    # After epoch 14 of 20, the decay begins; after epoch 17, half of it is done. An epoch may have fewer macro-batches
    # than the decay allows for, which changes a rate by up to that of one epoch (0.5 / 6).
    for epoch, rate in at_end.items():
        assert rate == pytest.approx(0.5 if epoch <= 14 else 0.5 * (20 - epoch) / 6, abs=0.5 / 6)
    assert [at_end[epoch] for epoch in range(1, 14)] == [0.5] * 13
    assert at_end[20] < at_end[19] < at_end[18] < at_end[17] < 0.5
    assert at_end[20] >= 0.5e-4


def test_the_first_loss_is_that_of_random_vectors(tmp_path: Path) -> None:
    corpus = genres(30, 400, 2)
    settings = TrainSettings(window_size="bag", embedding_dim=16, epochs=1, learning_rate=1e-4)
    first = next(Trainer(corpus, Vocabulary(corpus.counts(60)), settings, tmp_path / "log").run())
    # With small rows every score is about 0: the loss is log 2 per pair, and log 2 for each of its five negatives.
    assert first.loss == pytest.approx(6 * np.log(2), rel=0.01)


def test_the_loss_decreases_and_every_epoch_trains_every_track(tmp_path: Path) -> None:
    corpus = genres(30, 400, 2)
    trainer = Trainer(
        corpus,
        Vocabulary(corpus.counts(60)),
        TrainSettings(window_size="bag", embedding_dim=16, epochs=5),
        tmp_path / "log",
    )
    done = [step for step in trainer.run() if step.epoch_done]
    assert [step.epoch for step in done] == [1, 2, 3, 4, 5]
    assert all(step.tokens == corpus.occurrences for step in done)
    assert done[-1].loss < done[0].loss - 0.5


def test_the_bytes_depend_on_the_seed_but_not_on_the_number_of_threads(tmp_path: Path) -> None:
    corpus = genres(40, 500, 3)
    settings = TrainSettings(window_size="bag", embedding_dim=8, epochs=3, random_seed=5)
    tables = [trained(corpus, settings, tmp_path, threads).tables for threads in (1, 2, 4)]
    for other in tables[1:]:
        assert other.centre.rows[:].tobytes() == tables[0].centre.rows[:].tobytes()
        assert other.context.rows[:].tobytes() == tables[0].context.rows[:].tobytes()
        for name, value in other.state().items():
            assert value[:].tobytes() == tables[0].state()[name][:].tobytes()
    reseeded = trained(
        corpus, TrainSettings(window_size="bag", embedding_dim=8, epochs=3, random_seed=6), tmp_path
    ).tables
    assert reseeded.centre.rows[:].tobytes() != tables[0].centre.rows[:].tobytes()


@pytest.mark.parametrize(
    ("window_size", "playlists", "macro_batches"), [("bag", 60, 1), ("bag", 240, 3), (5, 30, 1), (5, 120, 3)]
)
def test_an_odd_number_of_macro_batches_gives_the_same_bytes_with_any_number_of_threads(
    tmp_path: Path, window_size: Any, playlists: int, macro_batches: int
) -> None:
    corpus, held_out = genres(40, playlists, 3), genres(40, 40, 4)
    settings = TrainSettings(window_size=window_size, embedding_dim=8, epochs=2, patience=2)
    results = set()
    for threads in (1, 2, 4):
        vocabulary, run = Vocabulary(corpus.counts(80)), RunSettings(threads=threads)
        trainer = Trainer(corpus, vocabulary, settings, tmp_path / "log", run, held_out)
        for epoch in range(2):
            assert len(list(trainer.layout.stretches(STREAM, epoch))) == macro_batches
        state = trainer.tables.state
        tables = b""
        for step in trainer.run():
            if step.epoch_done:
                # The loss on held-out playlists is measured after the last round, and does not change the tables.
                assert b"".join(value[:].tobytes() for value in state().values()) == tables
            tables = b"".join(value[:].tobytes() for value in state().values())
        assert step.held_out_loss is not None
        results.add((tables, step.loss, step.held_out_loss))
    assert len(results) == 1


def program_of(trainer: Trainer) -> Any:
    """Return a compiled program of a trainer."""
    engine: Any = trainer.engine
    return engine._programs.on_tables


def test_runs_of_one_shape_share_one_compiled_program_and_train_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = genres(40, 500, 3)
    settings = TrainSettings(window_size="bag", embedding_dim=8, epochs=2, random_seed=5)
    first = trained(corpus, settings, tmp_path)
    program = program_of(first)
    traces = program.experimental_get_tracing_count()
    assert program_of(trained(corpus, settings, tmp_path)) is program
    assert program.experimental_get_tracing_count() == traces
    # Empty caches for this test alone: later tests would otherwise compile their programs again.
    for name, cached in (("compile_local_programs", compile_local_programs), ("compile_push", compile_push)):
        monkeypatch.setattr(local_engine, name, lru_cache(cached.__wrapped__))
    alone = trained(corpus, settings, tmp_path)
    assert program_of(alone) is not program
    for name, value in alone.tables.state().items():
        assert value[:].tobytes() == first.tables.state()[name][:].tobytes()


def test_rare_tracks_get_no_vector_and_are_never_negatives(tmp_path: Path) -> None:
    lists = np.tile(np.arange(59, dtype=np.int32), 5)
    corpus = Corpus(np.append(lists, [59, 0]).astype(np.int32), np.append(np.arange(0, 296, 59), 297).astype(np.int64))
    trainer = trained(corpus, TrainSettings(window_size="bag", embedding_dim=16, epochs=2, min_count=2), tmp_path)
    trainer.tables.write(tmp_path, Vocabulary(corpus.counts(60), 2).learnt)
    embeddings = read_embeddings(tmp_path, 60)
    assert embeddings.learnt().tolist() == [True] * 59 + [False]
    assert not embeddings.context[59].any()
    assert np.load(tmp_path / ACCUMULATORS)[:, 59].tolist() == [np.float32(START_ACCUMULATOR)] * 2


def test_subtracting_the_mean_of_the_centre_vectors_keeps_every_prediction(tmp_path: Path) -> None:
    corpus = genres(30, 100, 8)
    tables = trained(corpus, TrainSettings(window_size="bag", embedding_dim=16, epochs=2), tmp_path).tables
    learnt = np.arange(60) % 7 != 3
    tables.write(tmp_path, learnt)
    embeddings = read_embeddings(tmp_path, 60)
    np.testing.assert_allclose(np.load(tmp_path / CENTRE_MEAN), tables.centre.rows[:][learnt].mean(axis=0), atol=1e-6)
    assert np.abs(embeddings.centre[learnt].mean(axis=0)).max() < 1e-6
    before = tables.centre.rows[:] @ tables.context.rows[:].T
    after = embeddings.centre @ embeddings.context.T + embeddings.context_bias
    np.testing.assert_allclose(after[learnt][:, learnt], before[learnt][:, learnt], atol=1e-5)
    assert not embeddings.centre[~learnt].any()
    assert not embeddings.context_bias[~learnt].any()


def test_negatives_are_drawn_with_their_probability() -> None:
    probability = Vocabulary(np.array([1000, 100, 10, 1, 0])).noise(0.75)
    share = np.bincount(noise_table(probability), minlength=5) / NOISE_PLACES
    np.testing.assert_allclose(share, probability, atol=1 / NOISE_PLACES)
    assert share[4] == 0


@pytest.mark.parametrize("track_ids", [[0, 1, 2], [0, 0, 0], [1, 1, 2]])
def test_a_corpus_without_pairs_of_different_tracks_is_an_error(tmp_path: Path, track_ids: list[int]) -> None:
    """Each playlist has one track, perhaps repeated."""
    ends = np.concatenate([[0], 1 + np.flatnonzero(np.diff(track_ids)), [len(track_ids)]])
    corpus = Corpus(np.array(track_ids, np.int32), ends.astype(np.int64))
    with pytest.raises(
        TrainingError, match="no pairs to train on: no playlist has two different tracks; extract longer playlists"
    ):
        trained(corpus, TrainSettings(window_size="bag"), tmp_path)


def test_an_epoch_without_pairs_after_subsampling_is_an_error(tmp_path: Path) -> None:
    message = "epoch 1 had no pairs to train on: subsample=1e-15 drops nearly all tracks; use a larger value, or 0"
    with pytest.raises(TrainingError, match=message):
        trained(
            genres(30, 50, 5), TrainSettings(window_size="bag", embedding_dim=16, epochs=1, subsample=1e-15), tmp_path
        )


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(
        TrainingError, match=r"training diverged in epoch \d+ \(the loss is not finite\): try a smaller learning_rate"
    ):
        trained(genres(30, 200, 4), TrainSettings(window_size="bag", embedding_dim=16, learning_rate=1e30), tmp_path)


def test_unique_rows_are_those_that_numpy_finds() -> None:
    rng = np.random.default_rng(7)
    scratch = np.full(50, -1, np.int32)
    for _ in range(50):
        tokens = rng.integers(0, 50, rng.integers(1, 40)).astype(np.int32)
        noise = rng.integers(0, 50, rng.integers(1, 40)).astype(np.int32)
        of_tokens, both, ids, noise_ids = number_rows(tokens, noise, scratch)
        unique = both[:of_tokens]
        assert sorted(unique) == np.unique(tokens).tolist()
        assert sorted(both) == np.unique(np.concatenate([tokens, noise])).tolist()
        assert unique[ids].tolist() == tokens.tolist()
        assert both[noise_ids].tolist() == noise.tolist()
        assert (scratch == -1).all()
