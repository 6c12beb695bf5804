"""Tests of resumed runs: they end with the same bytes, regardless of where and how they were interrupted."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import skipgramophone as package
from tests.conftest import MODEL_FILES, Sgp, dump_text, two_genres

WriteDump = Callable[..., Path]
EAGER = package.RunSettings(checkpoint_seconds=0)
SETTINGS = package.TrainSettings(window_size="bag", embedding_dim=8, epochs=4, random_seed=3)
FILES = (*MODEL_FILES, "history.jsonl")


class Stopped(Exception):  # noqa: N818
    """Simulates an interruption of a run."""


def model_bytes(experiments: Path, name: str) -> dict[str, bytes]:
    """Return the contents of the files that training writes."""
    return {file: (experiments / name / "model" / file).read_bytes() for file in FILES}


def stop_after(rounds: int) -> Callable[[object], None]:
    """Return a progress function that stops the run after some rounds."""
    left = [rounds]

    def listen(_progress: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Stopped

    return listen


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make experiments with one corpus: "whole" is trained, "broken" is not, "stopped" has a checkpoint."""
    root = tmp_path_factory.mktemp("prepared")
    (root / "dump.csv").write_text(dump_text(two_genres(400)))
    for name in ("whole", "broken", "stopped"):
        package.extract(name, root / "dump.csv", experiments_dir=root)
    package.train("whole", SETTINGS, experiments_dir=root)
    with pytest.raises(Stopped):
        package.train("stopped", SETTINGS, run=EAGER, progress=stop_after(1), experiments_dir=root)
    return root


@pytest.fixture
def corpus(prepared: Path, experiments: Path) -> Path:
    """Copy the prepared experiments."""
    return shutil.copytree(prepared, experiments, dirs_exist_ok=True)


@pytest.mark.parametrize("stops", [[1], [2, 1], [7], [9, 1, 3], [4, 4, 4]])
def test_a_run_that_is_interrupted_after_any_round_ends_with_the_same_bytes(corpus: Path, stops: list[int]) -> None:
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


def test_an_unfinished_run_is_not_overwritten_or_resumed_with_other_settings(
    sgp: Sgp, corpus: Path, write_dump: WriteDump
) -> None:
    with pytest.raises(Stopped):
        package.train("broken", SETTINGS, run=EAGER, progress=stop_after(3))
    ran = sgp("train", "broken")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "error: 'broken' has an unfinished run at epoch 1 of 4: continue with sgp train broken --resume, or start over "
        "with sgp train broken --force\n"
    )
    other = sgp("train", "broken", "--resume", "-e", "9")
    assert other.err == (
        "error: the unfinished run has epochs 4, not 9: use --resume without this option, or start over with "
        "sgp train broken --force\n"
    )
    with pytest.raises(package.SgpError, match="the unfinished run has embedding_dim 8, not 100"):
        package.train("broken", package.TrainSettings(epochs=4, random_seed=3), resume=True)
    assert sgp("train", "broken", "--resume", "-e", "4", "-q").code == 0
    assert model_bytes(corpus, "broken") == model_bytes(corpus, "whole")
    none = sgp("train", "broken", "--resume")
    message = "error: experiment 'broken' has no unfinished run to resume: its model is complete\n"
    assert none.err == message
    with pytest.raises(Stopped):
        package.train("broken", SETTINGS, force=True, run=EAGER, progress=stop_after(3))
    assert sgp("extract", "broken", write_dump(two_genres(50), "other.csv"), "--force", "-q").code == 0
    again = "the run cannot be resumed, because the corpus has changed since; start over with sgp train broken --force"
    started = sgp("train", "broken")
    assert (started.code, started.err) == (1, f"error: 'broken' has an unfinished run at epoch 1 of 4: {again}\n")
    (found,) = (each for each in package.check("broken").findings if each.state == "unfinished")
    assert found.what == f"a training run stopped in epoch 1: {again}"
    assert sgp("experiments", "broken").err.splitlines()[-1] == f"unfinished: {found.what}"
    shutil.rmtree(corpus / "broken" / "model")
    assert sgp("similar", "broken", "x").err == (
        f"error: experiment 'broken' has no model yet, because its training was interrupted: {again}\n"
    )
    stale = sgp("train", "broken", "--resume")
    assert stale.err == (
        "error: cannot resume the unfinished run, because the corpus has changed since: start over with "
        "sgp train broken --force\n"
    )
    assert sgp("train", "broken", "--force", "-e", "1", "-emb", "8", "-q").code == 0
    assert not (corpus / "broken" / "checkpoint").exists()


def test_a_run_of_an_earlier_version_is_resumed_with_its_constants(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr("skipgramophone.training.trainer.DECAY", 1.0)
        earlier.setattr("skipgramophone.training.batches.BAG_SHARED", 16)
        package.train("whole", SETTINGS, force=True)
        with pytest.raises(Stopped):
            package.train("broken", SETTINGS, run=EAGER, progress=stop_after(2))
    state = corpus / "broken" / "checkpoint" / "state.json"
    fields = json.loads(state.read_text())
    assert (fields.pop("decay"), fields.pop("shared")) == (1.0, 16)
    state.write_text(json.dumps(fields))
    package.train("broken", resume=True)
    assert model_bytes(corpus, "broken") == model_bytes(corpus, "whole")
    for wrong in (0, 0.0, 1.5, "0.3", None, True):
        state.parent.mkdir(exist_ok=True)
        state.write_text(json.dumps(fields | {"decay": wrong}))
        with pytest.raises(package.SgpError, match="its field 'decay' is not a number above 0 and up to 1; restore it"):
            package.train("broken", resume=True)
    for wrong in (0, -1, 1025, 16.0, "16", None, True):
        state.write_text(json.dumps(fields | {"shared": wrong}))
        with pytest.raises(package.SgpError, match="its field 'shared' is not a whole number from 1 to 1,024; restore"):
            package.train("broken", resume=True)


@pytest.mark.parametrize("text", ["", "{}", '{"format": 9}', "[]", "[" * 100_000])
def test_a_damaged_checkpoint_is_a_one_line_error(sgp: Sgp, corpus: Path, text: str) -> None:
    (corpus / "stopped" / "checkpoint" / "state.json").write_text(text)
    ran = sgp("train", "stopped", "--resume")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error: ")
    assert len(ran.err.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "how",
    [
        signal.SIGKILL,
        pytest.param(signal.SIGINT, marks=pytest.mark.by_hand),
        pytest.param(signal.SIGTERM, marks=pytest.mark.by_hand),
    ],
)
def test_a_run_that_is_killed_at_random_moments_ends_with_the_same_bytes(
    sgp: Sgp, write_dump: WriteDump, experiments: Path, how: int
) -> None:
    rng = random.Random(int(how))
    dump = write_dump(two_genres(1500))
    for name in ("whole", "broken"):
        assert sgp("extract", name, dump, "-q").code == 0
    options = ["-emb", "16", "-e", "150", "-rs", "5"]
    assert sgp("train", "whole", *options, "-q").code == 0
    command = [sys.executable, "-m", "skipgramophone", "train", "broken", "--checkpoint-every", "0.05"]

    def next_options() -> list[str]:
        """Return the options of the next run: the signal may have come before the first checkpoint."""
        return ["--resume"] if (experiments / "broken" / "checkpoint").exists() else options

    def last_checkpoint() -> int:
        """Return the time of the last checkpoint in nanoseconds, or 0."""
        state = experiments / "broken" / "checkpoint" / "state.json"
        with contextlib.suppress(FileNotFoundError):
            return state.stat().st_mtime_ns
        return 0

    for _ in range(2):
        if (experiments / "broken" / "model").exists():
            break
        before = last_checkpoint()
        with subprocess.Popen(
            [*command, *next_options()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            while last_checkpoint() == before and running.poll() is None:
                time.sleep(0.01)
            time.sleep(rng.uniform(0, 0.5))
            running.send_signal(how)
            _, err = running.communicate()
        # The exit code is that of the signal if it came before the program had installed its handlers.
        assert running.returncode in (-how, 130, 143, 0), err
        assert "Traceback" not in err or running.returncode == -how
    if not (experiments / "broken" / "model").exists():
        assert sgp("train", "broken", *next_options(), "-q").code == 0
    assert model_bytes(experiments, "broken") == model_bytes(experiments, "whole")
    left = {path.name for path in (experiments / "broken").iterdir()}
    assert left <= {".lock", "corpus", "experiment.json", "model", "index", "checkpoint"}
    manifest = json.loads((experiments / "broken" / "model" / "manifest.json").read_text())
    assert manifest["settings"]["random_seed"] == 5
