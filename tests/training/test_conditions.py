"""Tests of options of training: patience, warm starts, memory, devices, TensorBoard metrics."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import skipgramophone as package
from skipgramophone.errors import EvaluationError, SettingError, TrainingError
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import read_embeddings, unit_rows
from skipgramophone.training import memory
from skipgramophone.training.validation import choose_validation_playlists
from tests.conftest import Sgp, two_genres

WriteDump = Callable[..., Path]
SETTINGS = package.TrainSettings(window_size="bag", embedding_dim=8, epochs=4, random_seed=3)


@pytest.fixture
def genres(sgp: Sgp, write_dump: WriteDump, experiments: Path) -> Path:
    """Extract the corpus of experiment "genres"."""
    assert sgp("extract", "genres", write_dump(two_genres(400)), "-q").code == 0
    return experiments / "genres"


def history_of(experiment: Path) -> list[dict[str, float]]:
    """Return the records of the epochs."""
    return [json.loads(line) for line in (experiment / "model" / "history.jsonl").read_text().splitlines()]


def test_held_out_playlists_leave_enough_occurrences_of_every_track() -> None:
    rng = np.random.default_rng(1)
    lists = [rng.choice(50, 8) for _ in range(100)] + [np.array([50, 51])]
    offsets = np.cumsum([0, *map(len, lists)])
    corpus = Corpus(np.concatenate(lists).astype(np.int32), offsets)
    held_out = choose_validation_playlists(corpus, 52, share=0.1, min_count=3, seed=5)
    assert held_out.sum() == 10
    assert not held_out[-1]
    before, after = corpus.counts(52), corpus.playlists(np.flatnonzero(~held_out)).counts(52)
    assert (after[before >= 3] >= 3).all()


def test_if_every_playlist_has_a_rare_track_holding_out_is_an_error() -> None:
    corpus = Corpus(np.arange(8, dtype=np.int32), np.array([0, 4, 8]))
    with pytest.raises(EvaluationError, match=r"would then be too rare for training\. Leave out patience"):
        choose_validation_playlists(corpus, 8, share=0.5, min_count=1, seed=5)


def test_the_loss_on_held_out_playlists_is_recorded_and_decreases(genres: Path) -> None:
    report = package.train("genres", package.TrainSettings(window_size="bag", embedding_dim=8, epochs=4, patience=4))
    records = history_of(genres)
    assert report.epochs == len(records) == 4
    assert records[-1]["held_out_loss"] < records[0]["held_out_loss"]
    facts = json.loads((genres / "model" / "manifest.json").read_text())["facts"]
    assert facts["held_out_playlists"] == 20
    assert records[0]["tracks"] == 400 * 12 - 20 * 12


def test_patience_ends_a_run_whose_loss_no_longer_decreases(sgp: Sgp, genres: Path) -> None:
    # With such a large learning rate, the loss on held-out playlists cannot decrease for long.
    ran = sgp("train", "genres", "-wsz", "bag", "-emb", "8", "-e", "60", "--patience", "2", "-lr", "20")
    assert ran.code == 0
    losses = [record["held_out_loss"] for record in history_of(genres)]
    assert len(losses) < 60
    best = losses.index(min(losses))
    assert len(losses) == best + 1 + 2
    assert f"epochs         {len(losses)} of 60 (stopped by --patience)" in ran.out


def test_a_resumed_run_with_patience_ends_with_the_same_bytes(genres: Path) -> None:
    settings = package.TrainSettings(window_size="bag", embedding_dim=8, epochs=5, patience=1)
    package.train("genres", settings)
    whole = (genres / "model" / "centre.npy").read_bytes(), history_of(genres)

    class Stopped(Exception):  # noqa: N818
        """Simulates an interruption of a run."""

    def stop(at: object) -> None:
        if getattr(at, "epoch", 0) == 3:
            raise Stopped

    with pytest.raises(Stopped):
        package.train("genres", settings, force=True, run=package.RunSettings(checkpoint_seconds=0), progress=stop)
    package.train("genres", resume=True, force=True)
    assert ((genres / "model" / "centre.npy").read_bytes(), history_of(genres)) == whole


def test_a_warm_start_keeps_the_vectors_of_the_earlier_model(
    sgp: Sgp, genres: Path, write_dump: WriteDump, experiments: Path
) -> None:
    package.train("genres", package.TrainSettings(window_size="bag", embedding_dim=8, epochs=10))
    grown = write_dump([*two_genres(400), *[("new", "folk artist 3", f"folk new {at}", "list n") for at in range(3)]])
    assert sgp("extract", "grown", grown, "-q").code == 0
    ran = sgp("train", "grown", "--from", "genres", "-wsz", "bag", "-emb", "8", "-e", "1", "-lr", "1e-9")
    assert ran.code == 0
    assert "vectors        83 tracks × 8; 80 initialized from earlier vectors" in ran.out
    vectors = {}
    for name in ("genres", "grown"):
        with closing(Catalogue(experiments / name / "corpus")) as catalogue:
            unit = unit_rows(read_embeddings(experiments / name / "model", len(catalogue)).centre)
            vectors[name] = {track.name: unit[track.row] for track in catalogue.all_tracks()}
    # With such a small learning rate only the mean has changed, because of three new tracks.
    similarity = [vectors["grown"][name] @ vector for name, vector in vectors["genres"].items()]
    assert min(similarity) > 0.95
    facts = json.loads((experiments / "grown" / "model" / "manifest.json").read_text())["facts"]
    assert (facts["started_from"], facts["tracks_taken_over"]) == ("genres", 80)


def test_training_continues_from_the_own_model_after_append(sgp: Sgp, genres: Path, write_dump: WriteDump) -> None:
    package.train("genres", SETTINGS)
    first, old = history_of(genres), unit_rows(read_embeddings(genres / "model", 80).centre)
    more = [(owner, artist, title, f"new {name}") for owner, artist, title, name in two_genres(40)]
    more += [("new", "folk artist 3", f"folk new {at}", "list n") for at in range(3)]
    by_vectors = ("--by", "cosine", "--json", "--exact")
    before = json.loads(sgp("similar", "genres", "folk 1", *by_vectors).out)
    ran = sgp("extract", "genres", write_dump(more, "more.csv"), "--append")
    options = "--window-size bag --embedding-dim 8 --epochs 4 --random-seed 3"  # of SETTINGS
    onwards = f"to train again, starting from the current vectors, run sgp train genres --force --from genres {options}"
    assert (ran.code, ran.err) == (0, f"next: {onwards}\n")

    # The old model still answers, with a note.
    answer = json.loads(sgp("similar", "genres", "folk 1", "-q", *by_vectors).out)
    note = f"the corpus has grown since the model was trained (3 new tracks have no vector): {onwards}"
    assert answer["notes"] == [note]
    shown = [[(near["title"], near["similarity"]) for near in one["neighbours"]] for one in (before, answer)]
    assert shown[0] == shown[1]
    assert sgp("similar", "genres", "folk 1").err.splitlines()[0] == note  # before the legend of the marks
    by_artist = json.loads(sgp("similar", "genres", "--artist", "folk artist 3", "-q", "--json").out)
    assert not any(seed["title"].startswith("folk new") for seed in by_artist["seeds"])
    assert note in sgp("explain", "genres", "folk 1", "folk 2").err
    ran = sgp("similar", "genres", "folk new 1")
    added = "it was added to the corpus after the model was trained"
    instead = "To use 4 tracks by 'folk artist 3' instead, add --fallback"
    message = f"error: 'folk artist 3 - folk new 1' has no vector: {added}; {onwards}. {instead}\n"
    assert (ran.code, ran.err) == (3, message)
    message = (
        "error: the corpus of 'genres' has grown since the model was made: "
        f"{onwards}; to start over, run sgp train genres --force {options}\n"
    )
    for command in (
        ["export", "genres", "x.csv"],
        ["train", "genres"],
        ["map", "genres"],
        ["index", "genres"],
    ):
        ran = sgp(*command)
        assert (ran.code, ran.out, ran.err) == (1, "", message), command
    assert sgp("check", "genres").out.count("stale") == 1
    again = ("train", "genres", "--from", "genres", "-wsz", "bag", "-emb", "8", "-e", "1", "-lr", "1e-9")
    assert sgp(*again).err.endswith(message)
    ran = sgp(*again, "--force")
    assert "vectors        83 tracks × 8; 80 initialized from earlier vectors" in ran.out
    assert history_of(genres)[0]["loss"] < first[0]["loss"]
    # With such a small learning rate only the mean has changed, because of three new tracks.
    found = unit_rows(read_embeddings(genres / "model", 83).centre)
    assert min(np.einsum("ij,ij->i", found[:80], old)) > 0.95
    assert sgp("similar", "genres", "folk new 1").code == 0

    # After the corpus is replaced, its rows are other tracks, and a warm start is not possible.
    assert sgp("extract", "genres", write_dump(two_genres(40), "other.csv"), "--force", "-q").code == 0
    ran = sgp(*again, "--force")
    assert "the model of 'genres' is out of date: its corpus has been replaced; run sgp train" in ran.err


def test_an_impossible_warm_start_is_a_one_line_error(sgp: Sgp, genres: Path, write_dump: WriteDump) -> None:
    package.train("genres", SETTINGS)
    assert sgp("extract", "other", write_dump([("o", "x", f"t{at}", "l") for at in range(9)], "o.csv"), "-q").code == 0
    for arguments, message in [
        (["--from", "genres", "-emb", "16"], "the vectors of 'genres' have dimension 8, not 16: add -emb 8"),
        (["--from", "genres", "-emb", "8"], "no track of 'other' has a vector in 'genres': choose another experiment"),
        (["--from", "nowhere"], "there is no experiment 'nowhere' in"),
        (["--from", "other"], "experiment 'other' has no model yet: run sgp train other"),
    ]:
        ran = sgp("train", "other", *arguments)
        assert ran.code in (1, 2)
        assert message in ran.err
        assert len(ran.err.splitlines()) == 1


def test_a_run_that_needs_more_memory_than_is_free_is_an_error(
    sgp: Sgp, genres: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert memory.bytes_for(1_000_000, 127) == 3 * 1_000_000 * 128 * 4 + 2**30
    free = memory.free_bytes()
    assert free is not None
    assert 2**20 < free < 2**50
    memory.require_memory(1000, 100)
    monkeypatch.setattr(memory, "free_bytes", lambda: 2**30 + 3 * 80 * 4 * 101)
    with pytest.raises(TrainingError, match="-emb 100 would fit"):
        memory.require_memory(80, 101)
    memory.require_memory(80, 100)
    ran = sgp("train", "genres", "-emb", "101", "-wsz", "bag")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "error: training 80 tracks with 101 dimensions needs about 1.1 GB of memory, but only 1.1 GB are free: "
        "-emb 100 would fit\n"
    )
    assert not (genres / "model").exists()


def test_factors_need_memory_in_addition_to_the_tables(sgp: Sgp, genres: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables, factors = memory.bytes_for(80, 8), memory.bytes_for_ranking(80, 8, 400, 4000)
    assert factors >= 2 * (80 + 400) * 2 * 8 * 4 + 24 * 4000
    monkeypatch.setattr(memory, "free_bytes", lambda: tables)
    ran = sgp("train", "genres", "-emb", "8", "-wsz", "bag")
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert ran.err.startswith(
        "error: training with the factors of the hybrid ranking needs about 1.1 GB of memory, but "
    )
    assert ran.err.endswith("add --no-factors to train only the vectors\n")
    assert sgp("train", "genres", "-emb", "8", "-wsz", "bag", "-e", "1", "--no-factors", "--no-index", "-q").code == 0


def test_a_missing_gpu_is_an_error(sgp: Sgp, genres: Path) -> None:
    from skipgramophone.training.tensorflow_runtime import load_tensorflow

    if load_tensorflow(genres / "log").config.list_physical_devices("GPU"):
        pytest.skip("there is a GPU")
    ran = sgp("train", "genres", "--device", "gpu", "-wsz", "bag")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "error: TensorFlow finds no GPU: leave out --device, or install tensorflow[and-cuda]\n"
    with pytest.raises(SettingError, match="device must be one of auto, cpu, gpu, not 'tpu'"):
        package.RunSettings(device="tpu")  # type: ignore[arg-type]


def test_scalars_are_written_for_tensorboard(genres: Path, tmp_path: Path) -> None:
    run = package.RunSettings(log_dir=tmp_path / "logs")
    package.train("genres", package.TrainSettings(window_size="bag", embedding_dim=8, epochs=3, patience=3), run=run)
    (events,) = (tmp_path / "logs").iterdir()
    values = scalars_of(events.read_bytes())
    records = history_of(genres)
    steps = [sum(int(record["tracks"]) for record in records[: at + 1]) for at in range(3)]
    for name in ("loss", "held_out_loss"):
        assert [step for step, _ in values[name]] == steps
        np.testing.assert_allclose([v for _, v in values[name]], [record[name] for record in records], rtol=1e-6)
    assert len(values["learning_rate"]) == len(values["tracks_per_second"]) == 3


def scalars_of(data: bytes) -> dict[str, list[tuple[int, float]]]:
    """Read the scalars of an event file, record by record."""
    from tensorflow.core.util.event_pb2 import Event  # type: ignore[import-not-found, unused-ignore]
    from tensorflow.python.framework.tensor_util import MakeNdarray  # type: ignore[import-not-found, unused-ignore]

    found: dict[str, list[tuple[int, float]]] = {}
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        event = Event.FromString(data[12 : 12 + length])
        data = data[12 + length + 4 :]
        for value in event.summary.value:
            assert value.metadata.plugin_data.plugin_name == "scalars"
            found.setdefault(value.tag, []).append((event.step, float(MakeNdarray(value.tensor))))
    return found
