"""Ctrl-C during training keeps a checkpoint, and the resumed run ends with the same bytes."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer

import skipgramophone as sgp
from skipgramophone.cli.app import WRITING, _errors_as_exit_codes, app
from skipgramophone.cli.interruption import Stopping
from skipgramophone.cli.train import run_train
from skipgramophone.settings import RunSettings, TrainSettings
from skipgramophone.training.trainer import Progress
from tests.conftest import run_sgp

SETTINGS = TrainSettings(window_size="bag", embedding_dim=8, epochs=6)


def at(epoch: int, done: bool = False) -> Progress:
    """The progress after a round."""
    return Progress(epoch=epoch, rounds=1, tokens=9, loss_sum=1.0, pairs=1.0, epoch_done=done)


@pytest.fixture
def ctrl_c(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt, and press it in the third epoch."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    checked = Stopping.checked

    def pressing(self: Stopping, _progress: Callable[[Progress], None]) -> Callable[[Progress], None]:
        def press(now: Progress) -> None:
            if now.epoch == 3:
                os.kill(os.getpid(), signal.SIGINT)

        return checked(self, press)

    monkeypatch.setattr(Stopping, "checked", pressing)
    yield
    signal.signal(signal.SIGINT, former)


@pytest.mark.usefixtures("ctrl_c")
def test_a_run_that_is_interrupted_early_can_be_resumed(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("whole", "broken"):
        shutil.copytree(trained / "genres", tmp_path / name)
    whole = sgp.train("whole", SETTINGS, force=True, no_index=True, experiments_dir=tmp_path)
    with pytest.raises(SystemExit) as ended, _errors_as_exit_codes():
        run_train("broken", SETTINGS, RunSettings(), force=True, quiet=True, experiments_dir=tmp_path, no_index=True)
    assert ended.value.code == 130
    message = "interrupted at epoch 3 of 6; continue with `sgp train broken --resume`\n"
    assert capsys.readouterr().err == message
    monkeypatch.undo()
    resumed = sgp.train("broken", SETTINGS, resume=True, no_index=True, experiments_dir=tmp_path)
    assert resumed.epochs == whole.epochs == 6
    for file in ("centre.npy", "context.npy"):
        assert (tmp_path / "broken" / "model" / file).read_bytes() == (tmp_path / "whole" / "model" / file).read_bytes()
    # The rate counts the tokens of the resumed run only: from within epoch 3 on.
    facts = json.loads((tmp_path / "broken" / "model" / "manifest.json").read_text())["facts"]
    assert facts["tracks_per_second"] * facts["seconds"] <= 1.1 * 4 * whole.occurrences
    assert resumed.seconds >= facts["seconds"]  # the report's time is that of the whole command


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("train.open_corpus", "interrupted before the first checkpoint: nothing was changed"),
        (
            "stages.IndexBuild.facts",
            "interrupted: the model is complete, but its index is not; build it with `sgp index x`",
        ),
    ],
)
def test_the_message_states_what_a_run_without_a_checkpoint_leaves(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, message: str
) -> None:
    def press(*_: object) -> None:
        raise KeyboardInterrupt

    shutil.copytree(trained / "genres", tmp_path / "x")
    monkeypatch.setattr(f"skipgramophone.pipeline.{step}", press)
    with pytest.raises(KeyboardInterrupt) as ended:
        run_train("x", SETTINGS, RunSettings(), force=True, quiet=True, experiments_dir=tmp_path)
    assert str(ended.value) == message


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("extract.write_corpus", "interrupted: nothing was changed\n"),
        (
            "train.open_corpus",
            "interrupted before the first checkpoint: the corpus is complete, but no model was trained on it; "
            "continue with `sgp train x`\n",
        ),
    ],
)
def test_an_interrupted_sgp_run_states_whether_the_corpus_is_complete(
    experiments: Path, monkeypatch: pytest.MonkeyPatch, step: str, message: str
) -> None:
    def press(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"skipgramophone.pipeline.{step}", press)
    ran = run_sgp("run", "x", "--sample", "-q")
    assert (ran.code, ran.err) == (130, message)
    assert (experiments / "x" / "corpus").is_dir() == step.startswith("train")


def test_ctrl_c_waits_for_the_end_of_a_round_only_while_there_is_one() -> None:
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with Stopping(epochs=2) as stopping:
            check = stopping.checked(lambda _at: None)
            with pytest.raises(KeyboardInterrupt):  # nothing to keep yet
                os.kill(os.getpid(), signal.SIGINT)
            check(at(1))
            os.kill(os.getpid(), signal.SIGINT)
            assert signal.getsignal(signal.SIGINT) == signal.SIG_DFL  # a second one ends the process
            with pytest.raises(KeyboardInterrupt):
                check(at(1))
        assert signal.getsignal(signal.SIGINT) == signal.default_int_handler
        with Stopping(epochs=2) as stopping:
            check = stopping.checked(lambda _at: None)
            check(at(1, done=True))
            check(at(2, done=True))
            with pytest.raises(KeyboardInterrupt):  # the index is being built
                os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, former)


@pytest.mark.parametrize(
    ("interrupt", "code", "line"),
    [(KeyboardInterrupt(), 130, "interrupted\n"), (SystemExit(143), 143, "")],
)
def test_an_error_during_the_clean_up_after_an_interrupt_is_no_traceback(
    interrupt: BaseException, code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended, _errors_as_exit_codes():
        try:
            raise interrupt
        finally:
            raise ValueError("cannot close")
    assert (ended.value.code, capsys.readouterr().err) == (code, line)


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("extract", "interrupted: nothing was changed\n"),
        ("train", "interrupted: nothing was changed\n"),
        ("similar", "interrupted\n"),
        ("import", "interrupted\n"),
        ("evaluate", "interrupted\n"),
        ("experiments", "interrupted\n"),
    ],
)
def test_only_commands_that_write_at_their_end_state_that_nothing_was_changed(
    command: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    context = typer.Context(typer.main.get_command(app))
    context.invoked_subcommand = command
    with pytest.raises(SystemExit) as ended, _errors_as_exit_codes(context):
        raise KeyboardInterrupt
    assert (ended.value.code, capsys.readouterr().err) == (130, line)


def test_the_commands_that_write_at_their_end_exist() -> None:
    assert set(WRITING) <= set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def test_an_unexpected_error_remains_a_traceback() -> None:
    with pytest.raises(ValueError, match="a bug"), _errors_as_exit_codes():
        raise ValueError("a bug")
