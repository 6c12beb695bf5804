"""A training run from its beginning, or from a checkpoint, to its end; now and then it is kept as it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from skipgramophone.checkpoint import Checkpoint, read_checkpoint, remove_checkpoint, write_checkpoint
from skipgramophone.corpus import Corpus
from skipgramophone.embeddings import Embeddings
from skipgramophone.errors import ExperimentError, SettingError
from skipgramophone.experiment import Experiment
from skipgramophone.settings import TrainSettings
from skipgramophone.vocabulary import Vocabulary

if TYPE_CHECKING:
    from skipgramophone.training.trainer import Progress, Trainer

TRAIN_LOG = "train.log"


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a training run leaves."""

    embeddings: Embeddings
    accumulators: npt.NDArray[np.float32]
    history: list[dict[str, Any]]  # a record an epoch
    seconds: float
    conditions: dict[str, Any]  # threads, device, layout of the batches


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
        if settings is not None and getattr(settings, name) != value:
            raise ExperimentError(
                f"the unfinished run has {name.replace('_', '-')} {value}, not {getattr(settings, name)}: leave it out "
                f"with --resume, or run {again} --force"
            )
    return found


def fit(
    corpus: Corpus,
    tracks: int,
    settings: TrainSettings,
    log: Path,
    threads: int | None,
    progress: Callable[[Progress], None] | None,
    checkpoint: Checkpoint | None = None,
    keep: Callable[[Trainer, Progress, list[dict[str, Any]]], None] = lambda _trainer, _progress, _history: None,
) -> Fitted:
    """Train to the end, from the beginning or from a checkpoint."""
    from skipgramophone.training.trainer import BEGINNING, Progress, Trainer  # here, because it imports TensorFlow

    if threads is not None and threads < 1:
        raise SettingError(f"threads must be at least 1, not {threads}")
    started = time.perf_counter()
    log.touch()
    vocabulary = Vocabulary(corpus.counts(tracks), settings.min_count)
    trainer = Trainer(corpus, vocabulary, settings, log, threads)
    history: list[dict[str, Any]] = []
    after = BEGINNING
    if checkpoint is not None:
        trainer.tables.restore(checkpoint.arrays)
        history, after = list(checkpoint.history), Progress(**checkpoint.progress)
    for step in trainer.run(after):
        if step.epoch_done:
            history.append({"epoch": step.epoch, "loss": step.loss, "tracks": step.tokens, "pairs": step.pairs})
        keep(trainer, step, history)
        if progress:
            progress(step)
    conditions = {
        "learning_rate": trainer.learning_rate,
        "threads": trainer.threads,
        "device": "cpu",
        "layout": asdict(trainer.shape),
    }
    seconds = time.perf_counter() - started
    embeddings = trainer.tables.embeddings(vocabulary.learnt)
    return Fitted(embeddings, trainer.tables.accumulators(), history, seconds, conditions)
