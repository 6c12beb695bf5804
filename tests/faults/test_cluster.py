"""Tests of clusters whose processes are killed: training continues or can be resumed, and no track is left out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from skipgramophone.experiment.corpus import Corpus
from skipgramophone.settings import RunSettings, TrainSettings
from skipgramophone.training.engine_choice import engine_for
from skipgramophone.training.trainer import Trainer
from skipgramophone.training.vocabulary import Vocabulary
from tests.conftest import Sgp, members, two_genres

PLAYLISTS, EPOCHS = 3000, 30
TRACKS = PLAYLISTS * 12
OPTIONS = ["-wsz", "bag", "-emb", "8", "-e", str(EPOCHS), "--local-cluster", "2x2", "--checkpoint-every", "0"]

pytestmark = [
    pytest.mark.by_hand,
    pytest.mark.usefixtures("network"),  # members communicate through sockets
    pytest.mark.skipif(sys.platform != "linux", reason="needs /proc"),
]


@pytest.fixture
def genres(sgp: Sgp, write_dump: Callable[..., Path], experiments: Path) -> Path:
    """Extract the corpus of experiment "genres"."""
    assert sgp("extract", "genres", write_dump(two_genres(PLAYLISTS)), "-q").code == 0
    return experiments / "genres"


def start_training(experiment: Path) -> subprocess.Popen[str]:
    """Start a training run, and wait for its first checkpoint."""
    command = [sys.executable, "-m", "skipgramophone", "train", experiment.name, *OPTIONS, "-q"]
    interrupt = signal.signal(signal.SIGINT, signal.SIG_DFL)  # a background job of a shell ignores it
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    signal.signal(signal.SIGINT, interrupt)
    while not (experiment / "checkpoint").exists():
        assert running.poll() is None, running.communicate()
        time.sleep(0.05)
    return running


def check_finished(experiment: Path) -> list[dict[str, int]]:
    """Check that each epoch has trained all tracks and that no member is left; return the records of the epochs."""
    history = [json.loads(line) for line in (experiment / "model" / "history.jsonl").read_text().splitlines()]
    assert [record["epoch"] for record in history] == list(range(1, EPOCHS + 1))
    assert {record["tracks"] for record in history} == {TRACKS}
    assert members(experiment.parent) == []
    return history


def test_a_worker_that_is_killed_is_replaced(genres: Path) -> None:
    running = start_training(genres)
    os.kill(members(genres.parent, "worker")[0], signal.SIGKILL)
    out, err = running.communicate()
    assert (running.returncode, out, err) == (0, "", "")
    for record in check_finished(genres):
        assert sum(record["tracks_by_worker"]) == TRACKS  # type: ignore[call-overload]
        assert 0 <= record["partly_twice"] <= record["done_again"]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_members_end_with_a_killed_chief_and_the_run_can_be_resumed(
    sgp: Sgp, genres: Path, how: signal.Signals
) -> None:
    running = start_training(genres)
    running.send_signal(how)
    _, err = running.communicate()
    assert running.returncode == {signal.SIGKILL: -9, signal.SIGINT: 130, signal.SIGTERM: 143}[how]
    assert "Traceback" not in err
    while members(genres.parent):  # never ends if a member does not notice
        time.sleep(0.1)
    assert sgp("train", "genres", "--resume", "--local-cluster", "1x2", "-q").code == 0
    check_finished(genres)


def test_a_killed_server_ends_the_run_which_can_be_resumed(sgp: Sgp, genres: Path) -> None:
    running = start_training(genres)
    os.kill(members(genres.parent, "ps")[0], signal.SIGKILL)
    _, err = running.communicate()
    assert running.returncode == 1
    assert err.startswith("error: lost a server of the cluster (")
    assert len(err.splitlines()) == 1
    assert members(genres.parent) == []
    assert sgp("train", "genres", "--resume", "-q").code == 0  # a single process can resume it, too
    check_finished(genres)


def test_an_interrupt_at_any_moment_of_an_epoch_is_raised(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    corpus = Corpus(rng.integers(0, 500, TRACKS).astype(np.int32), np.arange(0, TRACKS + 1, 12))
    settings = TrainSettings(window_size="bag", embedding_dim=8, epochs=100_000)
    log = tmp_path / "log"
    log.touch()
    raised = 0

    def interrupt(_number: int, _frame: object) -> None:
        nonlocal raised
        raised += 1
        raise KeyboardInterrupt

    with engine_for(RunSettings(local_cluster="1x1"), tmp_path, log) as engine:
        trainer = Trainer(corpus, Vocabulary(corpus.counts(500)), settings, log, engine=engine)
        kept = signal.signal(signal.SIGALRM, interrupt)
        try:
            with closing(trainer.engine):
                for _ in range(400):
                    before = raised
                    with pytest.raises(KeyboardInterrupt):
                        run = trainer.run()
                        signal.setitimer(signal.ITIMER_REAL, float(rng.uniform(0.002, 0.08)))
                        while raised == before:  # an interrupt that was lost raises nothing here, and the test fails
                            next(run)
        finally:
            signal.signal(signal.SIGALRM, kept)
