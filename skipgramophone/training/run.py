"""Run training to completion, with checkpoints."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.checkpoint import (
    Checkpoint,
    advice_on_run,
    read_checkpoint,
    remove_checkpoint,
    write_checkpoint,
)
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import Embeddings, read_embeddings
from skipgramophone.experiment.experiment import Experiment
from skipgramophone.experiment.training_method import Method
from skipgramophone.settings import HELD_OUT_SHARE, RunSettings, TrainSettings
from skipgramophone.training.factorization import write_factors
from skipgramophone.training.memory import require_memory, require_memory_for_factors
from skipgramophone.training.regression import has_ease, write_ease
from skipgramophone.training.smoothing import write_smoothed
from skipgramophone.training.tensorflow_runtime import require_tensorflow
from skipgramophone.training.validation import choose_validation_playlists
from skipgramophone.training.vocabulary import Vocabulary
from skipgramophone.wording import shell_command

if TYPE_CHECKING:
    from skipgramophone.training.tables import Earlier
    from skipgramophone.training.trainer import Progress, Trainer

TRAIN_LOG = "train.log"
Keep: TypeAlias = "Callable[[Trainer, Progress, list[dict[str, Any]]], None]"


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """The report of a training run; the vectors are in files."""

    tracks_learnt: int
    history: list[dict[str, Any]]  # one record per epoch
    seconds: float
    # Number of tokens that were trained in `seconds`. If the run was resumed from a checkpoint, the tokens that were
    # trained before the checkpoint are not counted.
    tokens: int
    conditions: dict[str, Any]  # learning rate, threads, device, sizes of the batches, number of held-out playlists


@dataclass(slots=True)
class Keeper:
    """Writes checkpoints at intervals that are so long that writing takes at most a twentieth of the training time."""

    experiment: Path
    corpus: str  # digest of the corpus that the run trains on
    settings: TrainSettings
    seconds: float  # minimum time between two checkpoints
    last: float = field(default_factory=time.monotonic)

    def keep(self, trainer: Trainer, progress: Progress, history: list[dict[str, Any]]) -> None:
        """Write a checkpoint if at least `seconds` have passed since the last one."""
        if time.monotonic() - self.last >= self.seconds:
            self.keep_now(trainer, progress, history)

    def keep_now(self, trainer: Trainer, progress: Progress, history: list[dict[str, Any]]) -> None:
        """Write a checkpoint, and measure how long this takes."""
        started = time.monotonic()
        checkpoint = Checkpoint(
            corpus=self.corpus,
            settings=asdict(self.settings),
            progress=asdict(progress),
            history=history,
            method=trainer.method,
            arrays=trainer.tables.state(),
        )
        write_checkpoint(self.experiment, checkpoint)
        self.last = time.monotonic()
        self.seconds = max(self.seconds, 20 * (self.last - started))


def _differs(name: str, value: object, given: object, command: str) -> ExperimentError:
    """Return the error for a setting that differs from the one of the unfinished run."""
    return ExperimentError.naming(
        lambda named: (
            f"the unfinished run has {named.either(name, name.replace('_', '-'))} {value}, not {given}: use "
            f"{named('resume', True)} without this {named.either('setting', 'option')}, or start over with "
            f"{command} --force"
        )
    )


def unfinished_run(
    experiment: Experiment, corpus: str, settings: TrainSettings | None, resume: bool, force: bool
) -> Checkpoint | None:
    """Return the unfinished run to resume, or None if a new run starts.

    Args:
        experiment: the experiment.
        corpus: digest of the current corpus of the experiment.
        settings: settings that the unfinished run must have; None allows any settings.
        resume: whether to resume the unfinished run.
        force: whether to delete the unfinished run and start a new one.

    Raises:
        ExperimentError: there is no run to resume; the run to resume has another corpus or other settings; or there is
            an unfinished run, but `resume` and `force` are both false.
    """
    found = read_checkpoint(experiment.path)
    command = shell_command("train", experiment.name)
    if not resume:
        if found and not force:
            advice = advice_on_run(experiment.path, corpus)
            advice += f", or start over with {command} --force" if found.corpus == corpus else ""
            raise ExperimentError(
                f"'{experiment.name}' has an unfinished run at epoch {found.progress['epoch']} of "
                f"{found.settings['epochs']}: {advice}"
            )
        remove_checkpoint(experiment.path)
        return None
    if found is None:
        raise nothing_to_resume(experiment)
    if found.corpus != corpus:
        raise ExperimentError(
            f"cannot resume the unfinished run, because the corpus has changed since: start over with {command} --force"
        )
    for name, value in found.settings.items():
        undecided = name == "window_size" and settings is not None and settings.window_size == "auto"
        if settings is not None and getattr(settings, name) != value and not undecided:
            raise _differs(name, value, getattr(settings, name), command)
    return found


def nothing_to_resume(experiment: Experiment) -> ExperimentError:
    """Return the error for an experiment without an unfinished run."""
    cure = (
        "its model is complete"
        if experiment.has("model")
        else f"start one with {shell_command('train', experiment.name)}"
    )
    return ExperimentError(f"experiment '{experiment.name}' has no unfinished run to resume: {cure}")


def fit(
    corpus: Corpus,
    tracks: int,
    settings: TrainSettings,
    directory: Path,
    run: RunSettings,
    progress: Callable[[Progress], None] | None,
    stage: Callable[[str], None] = lambda _name: None,
    checkpoint: Checkpoint | None = None,
    earlier: Earlier | None = None,
    keep: Keep = lambda _trainer, _progress, _history: None,
    keep_now: Keep = lambda _trainer, _progress, _history: None,
    on_vectors: Callable[[Embeddings], object] = lambda _embeddings: None,
    method: Method | None = None,
) -> TrainingResult:
    """Train all epochs, starting from random rows, from a checkpoint, or from the rows of an earlier model.

    Inside `kept_programs`, programs that earlier runs compiled are used again.

    Args:
        corpus: the playlists.
        tracks: number of tracks in the catalogue.
        settings: training settings; the window size must not be "auto".
        directory: directory for the vectors and the log.
        run: settings of the training run, such as threads, device and cluster.
        progress: called with the progress after each round; may raise KeyboardInterrupt to stop the run there.
        stage: called with the name of each step of the run, except training rounds.
        checkpoint: checkpoint to resume, if any.
        earlier: rows of an earlier model to start from, if any.
        keep: called after each round, when the tables are valid; may write a checkpoint.
        keep_now: called when `progress` stops the run; should write a checkpoint.
        on_vectors: called with the trained vectors, before the factors are computed.
        method: constants of training; None means the present ones. A run that resumes a checkpoint uses those in the
            checkpoint.

    Raises:
        SettingError: TensorFlow is not installed.
        TrainingError: there are no pairs to train on, there is too little memory, or the loss is not finite.
    """
    require_tensorflow()
    if run.role is None:  # in a cluster, the tables are on other machines
        require_memory(tracks, settings.embedding_dim)
    if settings.factors:
        require_memory_for_factors(
            tracks, settings.embedding_dim, len(corpus), corpus.occurrences, has_tables=run.role is None
        )
    result = _fit_vectors(
        corpus,
        tracks,
        settings,
        directory=directory,
        run=run,
        progress=progress,
        stage=stage,
        checkpoint=checkpoint,
        earlier=earlier,
        keep=keep,
        keep_now=keep_now,
        method=checkpoint.method if checkpoint else method,
    )
    embeddings = read_embeddings(directory, tracks)
    on_vectors(embeddings)
    if settings.factors:
        stage("smoothing the vectors")
        write_smoothed(directory, corpus, embeddings)
        stage("factorizing the playlists")
        write_factors(directory, corpus, embeddings)
        if has_ease(len(corpus), result.tracks_learnt):
            stage("fitting a regression to the playlists")
            write_ease(directory, corpus, embeddings)
    return result


def _fit_vectors(
    corpus: Corpus,
    tracks: int,
    settings: TrainSettings,
    *,
    directory: Path,
    run: RunSettings,
    progress: Callable[[Progress], None] | None,
    stage: Callable[[str], None],
    checkpoint: Checkpoint | None,
    earlier: Earlier | None,
    keep: Keep,
    keep_now: Keep,
    method: Method | None,
) -> TrainingResult:
    """Train the vectors and write them."""
    stage("loading TensorFlow")
    # Imported late, because these modules import TensorFlow.
    from skipgramophone.training.engine_choice import engine_for
    from skipgramophone.training.tensorboard import Scalars
    from skipgramophone.training.tensorflow_runtime import load_tensorflow
    from skipgramophone.training.trainer import BEGINNING, Progress, Trainer

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
        engine = until_done.enter_context(engine_for(run, directory, log, stage))
        trainer = Trainer(corpus, vocabulary, settings, log, run=run, held_out=held_out, engine=engine, method=method)
        until_done.enter_context(closing(trainer.engine))
        scalars = Scalars(load_tensorflow(log), Path(run.log_dir)) if run.log_dir else None
        after = BEGINNING
        if checkpoint is not None:
            trainer.tables.restore(checkpoint.arrays)
            history, after = list(checkpoint.history), Progress(**checkpoint.progress)
        elif earlier is not None:
            trainer.tables.initialize_from(earlier)
        stage("compiling")
        for step in trainer.run(after):
            if step.epoch_done:
                history.append(_record(step) | trainer.engine.pop_counts())
            keep(trainer, step, history)
            if scalars:
                scalars.write(step, trainer.rate_of(step))
            if progress:
                try:
                    progress(step)
                except KeyboardInterrupt:
                    keep_now(trainer, step, history)
                    raise
        seconds = time.perf_counter() - started
        before = _tokens(checkpoint) if checkpoint else 0
        trainer.tables.write(directory, vocabulary.learnt)
    conditions = {
        "learning_rate": trainer.learning_rate,
        "learning_rate_decay": trainer.method.decay,
        **trainer.engine.conditions,
        "layout": asdict(trainer.shape),
        "held_out_playlists": len(held_out) if held_out else 0,
    }
    tokens = sum(epoch["tracks"] for epoch in history) - before
    return TrainingResult(
        int(vocabulary.learnt.sum()), history=history, seconds=seconds, tokens=tokens, conditions=conditions
    )


def _tokens(checkpoint: Checkpoint) -> int:
    """Return the number of tokens that a run had trained when it wrote a checkpoint."""
    at = checkpoint.progress
    return sum(int(epoch["tracks"]) for epoch in checkpoint.history) + (0 if at["epoch_done"] else int(at["tokens"]))


def _record(done: Progress) -> dict[str, Any]:
    """Return the record of a finished epoch for the training history."""
    record = {"epoch": done.epoch, "loss": done.loss, "tracks": done.tokens, "pairs": done.pairs}
    return record if done.held_out_loss is None else record | {"held_out_loss": done.held_out_loss}
