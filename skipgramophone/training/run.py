"""A training run from its beginning, or from a checkpoint, to its end; now and then it is kept as it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.checkpoint import Checkpoint, read_checkpoint, remove_checkpoint, write_checkpoint
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.experiment import Experiment
from skipgramophone.settings import HELD_OUT_SHARE, RunSettings, TrainSettings
from skipgramophone.training.memory import require_memory
from skipgramophone.training.validation import choose_validation_playlists
from skipgramophone.training.vocabulary import Vocabulary

if TYPE_CHECKING:
    from skipgramophone.training.tables import Earlier
    from skipgramophone.training.trainer import Progress, Trainer

TRAIN_LOG = "train.log"


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a training run says of itself; its vectors lie in the directory that it was given."""

    tracks_learnt: int
    history: list[dict[str, Any]]  # a record an epoch
    seconds: float
    conditions: dict[str, Any]  # learning rate, threads, device, layout of the batches, playlists held out


@dataclass(slots=True)
class Keeper:
    """Keeps a run now and then, and never spends more than a twentieth of the time on it."""

    experiment: Path
    corpus: str  # digest of the corpus that the run trains on
    settings: TrainSettings
    seconds: float  # least time between two checkpoints
    last: float = field(default_factory=time.monotonic)

    def keep(self, trainer: Trainer, progress: Progress, history: list[dict[str, Any]]) -> None:
        """Write a checkpoint, if it is time."""
        now_is = time.monotonic()
        if now_is - self.last < self.seconds:
            return
        state = trainer.tables.state()
        write_checkpoint(
            self.experiment, Checkpoint(self.corpus, asdict(self.settings), asdict(progress), history, state)
        )
        self.last = time.monotonic()
        self.seconds = max(self.seconds, 20 * (self.last - now_is))


def unfinished_run(
    experiment: Experiment, corpus: str, settings: TrainSettings | None, resume: bool, force: bool
) -> Checkpoint | None:
    """The unfinished run to go on with, if that was asked for.

    Args:
        experiment: where it stands.
        corpus: digest of the present corpus.
        settings: those that it must have, or None for its own.
        resume: go on with it.
        force: give it up.

    Raises:
        ExperimentError: there is one and nothing was said of it, there is none, or it is of another corpus or other
            settings.
    """
    found = read_checkpoint(experiment.path)
    again = f"sgp train {experiment.name}"
    if not resume:
        if found and not force:
            raise ExperimentError(
                f"an unfinished run of '{experiment.name}' stands at epoch {found.progress['epoch']} of "
                f"{found.settings['epochs']}: {again} --resume goes on with it, {again} --force starts anew"
            )
        remove_checkpoint(experiment.path)
        return None
    if found is None:
        raise ExperimentError(f"experiment '{experiment.name}' has no unfinished run: run {again}")
    if found.corpus != corpus:
        raise ExperimentError(f"the unfinished run was of another corpus than the present one: run {again} --force")
    for name, value in found.settings.items():
        undecided = name == "window_size" and settings is not None and settings.window_size == "auto"
        if settings is not None and getattr(settings, name) != value and not undecided:
            raise ExperimentError(
                f"the unfinished run has {name.replace('_', '-')} {value}, not {getattr(settings, name)}: leave it out "
                f"with --resume, or run {again} --force"
            )
    return found


def fit(
    corpus: Corpus,
    tracks: int,
    settings: TrainSettings,
    directory: Path,
    run: RunSettings,
    progress: Callable[[Progress], None] | None,
    checkpoint: Checkpoint | None = None,
    earlier: Earlier | None = None,
    keep: Callable[[Trainer, Progress, list[dict[str, Any]]], None] = lambda _trainer, _progress, _history: None,
) -> Fitted:
    """Train to the end, from the beginning, from a checkpoint or from an earlier model's rows.

    Args:
        corpus: the playlists.
        tracks: rows of the catalogue.
        settings: how to train; the window size has been decided.
        directory: where the vectors, the history and the log are written.
        run: how to carry it out.
        progress: is told how far it has come.
        checkpoint: where to go on from.
        earlier: rows to begin with.
        keep: may write a checkpoint, whenever the tables are between two rounds.

    Raises:
        TrainingError: there is nothing to train on, no memory for it, or the loss is no longer a number.
    """
    # Here, because it imports TensorFlow.
    from skipgramophone.training.engine_choice import engine_for
    from skipgramophone.training.tensorboard import Scalars
    from skipgramophone.training.tensorflow_runtime import load_tensorflow
    from skipgramophone.training.trainer import BEGINNING, Progress, Trainer

    if run.role is None:  # in a cluster of machines the tables lie elsewhere
        require_memory(tracks, settings.embedding_dim)
    started = time.perf_counter()
    log = directory / TRAIN_LOG
    log.touch()
    held_out = None
    if settings.patience:
        chosen = choose_validation_playlists(
            corpus, tracks, share=HELD_OUT_SHARE, min_count=settings.min_count, seed=settings.random_seed
        )
        corpus, held_out = corpus.playlists(np.flatnonzero(~chosen)), corpus.playlists(np.flatnonzero(chosen))
    vocabulary = Vocabulary(corpus.counts(tracks), settings.min_count)
    history: list[dict[str, Any]] = []
    with ExitStack() as until_done:
        engine = until_done.enter_context(engine_for(run, directory, log))
        trainer = Trainer(corpus, vocabulary, settings, log, run, held_out, engine)
        until_done.enter_context(closing(trainer.engine))
        scalars = Scalars(load_tensorflow(log), run.log_dir) if run.log_dir else None
        after = BEGINNING
        if checkpoint is not None:
            trainer.tables.restore(checkpoint.arrays)
            history, after = list(checkpoint.history), Progress(**checkpoint.progress)
        elif earlier is not None:
            trainer.tables.begin_with(earlier)
        for step in trainer.run(after):
            if step.epoch_done:
                history.append(_record(step) | trainer.engine.account())
            keep(trainer, step, history)
            if scalars:
                scalars.write(step, trainer.rate_of(step))
            if progress:
                progress(step)
        seconds = time.perf_counter() - started
        trainer.tables.write(directory, vocabulary.learnt)
    conditions = {
        "learning_rate": trainer.learning_rate,
        **trainer.engine.conditions,
        "layout": asdict(trainer.shape),
        "held_out_playlists": len(held_out) if held_out else 0,
    }
    return Fitted(int(vocabulary.learnt.sum()), history, seconds, conditions)


def _record(done: Progress) -> dict[str, Any]:
    """What is kept of an epoch."""
    record = {"epoch": done.epoch, "loss": done.loss, "tracks": done.tokens, "pairs": done.pairs}
    return record if done.held_out_loss is None else record | {"held_out_loss": done.held_out_loss}
