"""An interrupted run goes on as if nothing had happened: the same bytes, wherever and however it was stopped."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import skipgramophone as package
from tests.conftest import Sgp, two_genres

WriteDump = Callable[..., Path]
EAGER = package.RunSettings(checkpoint_seconds=0)
SETTINGS = package.TrainSettings(window_size="bag", embedding_dim=8, epochs=4, random_seed=3)
FILES = ("centre.npy", "context.npy", "context_bias.npy", "accumulators.npy", "centre_mean.npy", "history.jsonl")


class Stopped(Exception):  # noqa: N818
    """Stands for whatever stops a run."""


@pytest.fixture
def corpus(sgp: Sgp, write_dump: WriteDump, experiments: Path) -> Path:
    """Experiments "whole" and "broken" with the same corpus; "whole" is trained undisturbed."""
    dump = write_dump(two_genres(400))
    for name in ("whole", "broken"):
        assert sgp("extract", name, dump, "-q").code == 0
    package.train("whole", SETTINGS)
    return experiments


def model_bytes(experiments: Path, name: str) -> dict[str, bytes]:
    """The bytes that a training run is to make."""
    return {file: (experiments / name / "model" / file).read_bytes() for file in FILES}


def stop_after(rounds: int) -> Callable[[object], None]:
    """A listener that stops the run after it was told of some rounds."""
    left = [rounds]

    def listen(_progress: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Stopped

    return listen


@pytest.mark.parametrize("stops", [[1], [2, 1], [7], [9, 1, 3], [4, 4, 4]])
def test_stopped_anywhere_it_ends_with_the_same_bytes(corpus: Path, stops: list[int]) -> None:
    resume = False
    for rounds in stops:
        with pytest.raises(Stopped):
            package.train("broken", None if resume else SETTINGS, resume=resume, run=EAGER, progress=stop_after(rounds))
        assert (corpus / "broken" / "checkpoint" / "state.json").exists()
        assert not (corpus / "broken" / "model").exists()
        resume = True
    package.train("broken", resume=True, run=package.RunSettings(threads=1))
    assert model_bytes(corpus, "broken") == model_bytes(corpus, "whole")
    assert not (corpus / "broken" / "checkpoint").exists()


def test_an_unfinished_run_is_neither_forgotten_nor_mixed_up(sgp: Sgp, corpus: Path, write_dump: WriteDump) -> None:
    with pytest.raises(Stopped):
        package.train("broken", SETTINGS, run=EAGER, progress=stop_after(3))
    ran = sgp("train", "broken")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "error: an unfinished run of 'broken' stands at epoch 1 of 4: sgp train broken --resume goes on with it, "
        "sgp train broken --force starts anew\n"
    )
    other = sgp("train", "broken", "--resume", "-e", "9")
    assert other.err == (
        "error: the unfinished run has epochs 4, not 9: leave it out with --resume, or run sgp train broken --force\n"
    )
    with pytest.raises(package.SgpError, match="the unfinished run has embedding-dim 8, not 100"):
        package.train("broken", package.TrainSettings(epochs=4, random_seed=3), resume=True)
    assert sgp("train", "broken", "--resume", "-e", "4", "-q").code == 0
    assert model_bytes(corpus, "broken") == model_bytes(corpus, "whole")
    none = sgp("train", "broken", "--resume")
    assert none.err == "error: experiment 'broken' has no unfinished run: run sgp train broken\n"
    with pytest.raises(Stopped):
        package.train("broken", SETTINGS, force=True, run=EAGER, progress=stop_after(3))
    assert sgp("extract", "broken", write_dump(two_genres(50), "other.csv"), "--force", "-q").code == 0
    stale = sgp("train", "broken", "--resume")
    assert stale.err == (
        "error: the unfinished run was of another corpus than the present one: run sgp train broken --force\n"
    )
    assert sgp("train", "broken", "--force", "-e", "1", "-emb", "4", "-q").code == 0
    assert not (corpus / "broken" / "checkpoint").exists()


@pytest.mark.parametrize("text", ["", "{}", '{"format": 9}', "[]", "[" * 100_000])
def test_a_damaged_checkpoint_is_one_line(sgp: Sgp, corpus: Path, text: str) -> None:
    with pytest.raises(Stopped):
        package.train("broken", SETTINGS, run=EAGER, progress=stop_after(1))
    (corpus / "broken" / "checkpoint" / "state.json").write_text(text)
    ran = sgp("train", "broken", "--resume")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error: ")
    assert len(ran.err.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_killed_at_random_it_ends_with_the_same_bytes(
    sgp: Sgp, write_dump: WriteDump, experiments: Path, how: int
) -> None:
    rng = random.Random(int(how))
    dump = write_dump(two_genres(3000))
    for name in ("whole", "broken"):
        assert sgp("extract", name, dump, "-q").code == 0
    options = ["-emb", "16", "-e", "400", "-rs", "5"]
    assert sgp("train", "whole", *options, "-q").code == 0
    command = [sys.executable, "-m", "skipgramophone", "train", "broken", "--checkpoint-every", "0.05"]

    def what_next() -> list[str]:
        """How the run goes on: a signal may find it before its first checkpoint, or while the index is built."""
        return ["--resume"] if (experiments / "broken" / "checkpoint").exists() else options

    for _ in range(3):
        if (experiments / "broken" / "model").exists():
            break
        with subprocess.Popen(
            [*command, *what_next()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            time.sleep(rng.uniform(4, 6))
            running.send_signal(how)
            _, complaint = running.communicate()
        # Killed by the signal itself where it came before the program could take care of it.
        assert running.returncode in (-how, 130, 143, 0), complaint
        assert "Traceback" not in complaint or running.returncode == -how
    if not (experiments / "broken" / "model").exists():
        assert sgp("train", "broken", *what_next(), "-q").code == 0
    assert model_bytes(experiments, "broken") == model_bytes(experiments, "whole")
    left = {path.name for path in (experiments / "broken").iterdir()}
    assert left <= {".lock", "corpus", "experiment.json", "model", "index", "checkpoint"}
    manifest = json.loads((experiments / "broken" / "model" / "manifest.json").read_text())
    assert manifest["settings"]["random_seed"] == 5
