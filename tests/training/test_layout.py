"""Tests of layouts: every process makes the same tasks, from a corpus in memory or on disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skipgramophone import __version__
from skipgramophone.errors import ExperimentError, TrainingError
from skipgramophone.experiment.corpus import Corpus, read_corpus
from skipgramophone.settings import Context
from skipgramophone.training import stream
from skipgramophone.training.batches import HELD_OUT, STREAM, BatchShape
from skipgramophone.training.cluster.config import Role
from skipgramophone.training.cluster.worker import TaskMaker, numbers_of
from skipgramophone.training.layout import Assignment, Layout, read_layout
from skipgramophone.training.stream import Epoch, random_at, shuffle_within
from skipgramophone.training.tasks import noise_table
from skipgramophone.training.vocabulary import Probabilities
from tests.training.test_batches import SHAPE, corpus_of, distinct_playlists

TRACKS = 300
KEEP = np.random.default_rng(7).random(TRACKS)


def random_corpus(seed: int) -> Corpus:
    """Return 60 playlists of 0 to 30 random tracks."""
    rng = np.random.default_rng(seed)
    return corpus_of([rng.integers(0, TRACKS, length).tolist() for length in rng.integers(0, 31, 60)])


def layout_of(corpus: Corpus, held_out: Corpus, keep: Probabilities | None = None) -> Layout:
    """Return a layout with small batches."""
    noise = noise_table(np.full(TRACKS, 1 / TRACKS))
    return Layout({STREAM: corpus, HELD_OUT: held_out}, keep=keep, noise=noise, context="bag", shape=SHAPE, seed=5)


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=40),
    st.integers(0, 5),
    st.integers(1, 4),
    st.booleans(),
    st.sampled_from(["bag", 2]),
)
def test_each_macro_batch_is_the_same_when_it_is_made_alone(
    lengths: list[int], seed: int, runs_per_pool: int, is_subsampled: bool, context: Context
) -> None:
    corpus = corpus_of(distinct_playlists(lengths))
    keep = np.random.default_rng(seed).random(sum(lengths)) if is_subsampled else None
    with pytest.MonkeyPatch.context() as small:
        small.setattr(stream, "RUN", 3)
        small.setattr(stream, "POOL", 3 * runs_per_pool)
        small.setattr(stream, "MEASURED", 2)

        def epoch() -> Epoch:
            return Epoch(corpus, keep, context, shape=SHAPE, seed=(seed, 1))

        whole = epoch()
        stretches = list(whole.stretches())
        in_order = [whole.macro_batch(stretch) for stretch in stretches]
        alone = [epoch().macro_batch(stretch) for stretch in reversed(stretches)]
    for one, other in zip(in_order, reversed(alone), strict=True):
        assert one.tokens.tobytes() == other.tokens.tobytes()
        assert one.playlist.tobytes() == other.playlist.tobytes()
    assert [batch.real for batch in in_order] == [stretch.real for stretch in stretches]
    # Each token of this corpus has its own track id, equal to its position: the tracks show which positions are kept.
    places = np.arange(sum(lengths))
    drawn = (random_at(places, whole._for_keeping) >> np.uint64(11)) * 2.0**-53
    expected = places if keep is None else places[drawn < keep]
    found = np.concatenate([np.empty(0, np.int32), *(batch.tokens[batch.playlist > 0] for batch in in_order)])
    assert np.sort(found).tolist() == expected.tolist()
    for batch in in_order[1:-1]:  # only the first and the last may have padding
        assert batch.real == SHAPE.macro


def test_pools_have_playlists_from_all_parts_of_the_corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "RUN", 4)
    monkeypatch.setattr(stream, "POOL", 64)
    corpus = corpus_of(distinct_playlists([1] * 1021))
    shape = BatchShape(block=4, group=2, shared=2, step_blocks=2, steps=8)
    epoch = Epoch(corpus, None, "bag", shape=shape, seed=(1,))
    first = np.concatenate([epoch.macro_batch(stretch).tokens for stretch in list(epoch.stretches())[:2]])
    counted = np.bincount(first // 256, minlength=4)
    assert counted.min() > 10  # of 128, about 32 of each quarter; 4.5 standard deviations are 22
    assert np.mean(np.abs(np.diff(first)) == 1) < 0.2  # playlists of a run do not stay next to each other


def test_random_numbers_are_those_of_splitmix64() -> None:
    # The first numbers of the reference program for seed 1234567 (https://prng.di.unimi.it/splitmix64.c).
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    assert random_at(np.arange(1, 5), np.uint64(1234567)).tolist() == expected


def test_both_ways_of_shuffling_return_the_same_order() -> None:
    rng = np.random.default_rng(3)
    playlist = np.sort(rng.integers(0, 50, 4000))
    drawn = rng.integers(0, 1 << 63, 4000, np.uint64)
    short = shuffle_within(playlist, drawn)
    assert np.array_equal(short, shuffle_within(playlist + (1 << 40), drawn))
    assert np.array_equal(playlist[short], playlist)


@pytest.mark.parametrize("keep", [None, KEEP])
@pytest.mark.parametrize("on_disk", [True, False])
@pytest.mark.parametrize("servers", [1, 3])
def test_a_worker_makes_the_tasks_of_the_chief(
    tmp_path: Path, on_disk: bool, keep: Probabilities | None, servers: int
) -> None:
    corpus, held_out = random_corpus(1), random_corpus(2)
    if on_disk:
        (tmp_path / "corpus").mkdir()
        corpus.write(tmp_path / "corpus")
        corpus = read_corpus(tmp_path / "corpus")
    layout = layout_of(corpus, held_out, keep)
    (tmp_path / "model").mkdir()
    layout.write(tmp_path / "model" / "for")
    assert (tmp_path / "model" / "for" / "track_ids.npy").exists() != on_disk
    maker = TaskMaker(Role({"worker": ["localhost:1"]}, "worker", 0), tmp_path)
    made = 0
    for purpose, epoch in ((STREAM, 0), (HELD_OUT, 0), (STREAM, 3)):
        for stretch in layout.stretches(purpose, epoch):
            what = Assignment(purpose, epoch, stretch, 0.25)
            task = layout.task(what, layout.macro_batch(what), np.full(TRACKS, -1, np.int32))
            arguments = b"model/for", np.int32(TRACKS), np.int32(servers), np.array(numbers_of(what))
            rows, (places, *counts), *work = maker.make(*arguments)
            assert places == task.places
            assert sum(counts[:servers]) == task.of_tokens
            # Rows of the shards, grouped by server: first those of tokens, then those of negatives.
            whole = rows * servers + np.repeat([*range(servers)] * 2, counts)
            assert sorted(whole[: task.of_tokens]) == sorted(task.rows[: task.of_tokens])
            assert sorted(whole) == sorted(task.rows)
            for mine, own, names in zip(work, task.work[:-1], (True, False, False, True), strict=True):
                assert (whole[mine] if names else mine).tolist() == (task.rows[own] if names else own).tolist()
            made += 1
    assert made > 20


def test_a_worker_that_cannot_read_the_corpus_raises_an_error(tmp_path: Path) -> None:
    maker = TaskMaker(Role({"worker": ["a:1", "b:2"]}, "worker", 1), tmp_path)
    numbers = np.zeros(7, np.int64)
    with pytest.raises(TrainingError, match=r"worker 1 at b:2 cannot read .*layout.json does not exist: every worker"):
        maker.make(b"model/for", np.int32(TRACKS), np.int32(1), numbers)
    (tmp_path / "corpus").mkdir()
    random_corpus(1).write(tmp_path / "corpus")
    (tmp_path / "model").mkdir()
    layout_of(read_corpus(tmp_path / "corpus"), random_corpus(2)).write(tmp_path / "model" / "for")
    shutil.rmtree(tmp_path / "corpus")
    (tmp_path / "corpus").mkdir()
    random_corpus(3).write(tmp_path / "corpus")
    with pytest.raises(ExperimentError, match="does not contain the corpus of the chief"):
        read_layout(tmp_path / "model" / "for")


def test_a_worker_of_another_version_raises_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model").mkdir()
    monkeypatch.setattr("skipgramophone.training.layout.__version__", "9.9.9")
    layout_of(random_corpus(1), random_corpus(2)).write(tmp_path / "model" / "for")
    monkeypatch.undo()
    maker = TaskMaker(Role({"worker": ["a:1"]}, "worker", 0), tmp_path)
    line = (
        f"worker 0 at a:1 cannot read the files of the chief: the chief runs skipgramophone 9.9.9, not {__version__}: "
        "install the same version of skipgramophone on all machines"
    )
    with pytest.raises(TrainingError) as raised:
        maker.make(b"model/for", np.int32(TRACKS), np.int32(1), np.zeros(7, np.int64))
    assert str(raised.value) == line
