"""Trains track vectors on a corpus, and publishes the model and the index."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skipgramophone.evaluation.context_process import choosing_context
from skipgramophone.experiment.artists import read_artists
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.checkpoint import Checkpoint, read_checkpoint, remove_checkpoint
from skipgramophone.experiment.corpus import Corpus, read_corpus
from skipgramophone.experiment.embeddings import Embeddings
from skipgramophone.experiment.experiment import Experiment, open_experiment
from skipgramophone.experiment.file_names import HISTORY
from skipgramophone.experiment.json_files import write_lines
from skipgramophone.experiment.manifest import ORDER, RECENCY
from skipgramophone.experiment.track_artists import track_artists
from skipgramophone.lookup.index_builder import bytes_for_index
from skipgramophone.parallel import background_thread
from skipgramophone.pipeline.reports import TrainReport
from skipgramophone.pipeline.stages import IndexBuild, open_corpus, package_versions, publishing_index
from skipgramophone.settings import IndexSettings, RunSettings, TrainSettings, check_arguments
from skipgramophone.training.cluster.config import WORKER, Role
from skipgramophone.training.memory import bytes_for_ranking, has_memory_for
from skipgramophone.training.program_cache import kept_programs
from skipgramophone.training.run import TRAIN_LOG, Keeper, TrainingResult, fit, nothing_to_resume, unfinished_run
from skipgramophone.training.tensorflow_runtime import load_tensorflow, require_tensorflow
from skipgramophone.training.warm_start import earlier_rows
from skipgramophone.wording import shell_command

if TYPE_CHECKING:
    from skipgramophone.evaluation.recency_choice import RecencyChoice
    from skipgramophone.evaluation.window_choice import ContextChoice
    from skipgramophone.training.tables import Earlier
    from skipgramophone.training.trainer import Progress, Trainer

ENOUGH_PLAYLISTS = 10  # training warns if there are fewer different playlists than this
ENOUGH_OCCURRENCES = 1000  # with a window as context, training warns only if there are also fewer occurrences than this


@check_arguments()
def train(
    name: str,
    settings: TrainSettings | None = None,
    index_settings: IndexSettings | None = None,
    *,
    force: bool = False,
    resume: bool = False,
    start_from: str | None = None,
    no_index: bool = False,
    run: RunSettings | None = None,
    experiments_dir: Path | str | None = None,
    progress: Callable[[Progress], None] | None = None,
    stage: Callable[[str], None] = lambda _name: None,
) -> TrainReport:
    """Train vectors on a corpus, then build the index.

    Checkpoints are written during training. With `resume`, a run that was interrupted or killed continues from the last
    checkpoint. On one machine, its result is byte-identical to that of an uninterrupted run.

    Args:
        name: name of the experiment.
        settings: training settings. With `resume`, they must be None or equal to those of the unfinished run.
        index_settings: settings of the index.
        force: replace an existing model, and discard an unfinished run.
        resume: continue the unfinished run.
        start_from: experiment whose vectors are the initial vectors; tracks without a vector in it start from random
            vectors. It may be the experiment that is trained.
        no_index: do not build the index; look-ups then use exact search.
        run: settings of the training run, such as threads, device and cluster.
        experiments_dir: experiments directory; the default is $SGP_EXPERIMENTS or ./experiments.
        progress: called with the progress of training.
        stage: called with the name of each step before the first epoch, and again before the index is built.

    Raises:
        SettingError: TensorFlow is not installed.
        TrainingError: there is nothing to train on, there is too little memory, or the loss is no longer finite.
        ExperimentError: the experiment has no corpus, or already has a model.
        StorageError: the disk failed or is full.
    """
    started = time.perf_counter()
    require_tensorflow()
    experiment = open_experiment(name, experiments_dir)
    with experiment.writing("train"):
        digest = experiment.manifest("corpus").digest
        checkpoint = unfinished_run(experiment, digest, settings, resume=resume, force=force)
        if checkpoint is None:
            copy = shell_command("experiments", "copy", name, "NEW")
            experiment.require_new("model", force, keep=f"to keep it, train a copy ({copy})")
        settings = TrainSettings(**checkpoint.settings) if checkpoint else settings or TrainSettings()
        stage("reading the corpus")
        corpus, tracks = open_corpus(experiment)
        earlier, started_from = None, start_from
        if start_from is not None and checkpoint is None:
            earlier = earlier_rows(open_experiment(start_from, experiments_dir), experiment, settings.embedding_dim)
            if start_from == name:  # record the experiment from which the current vectors came
                started_from = experiment.manifest("model").facts.get("started_from") or name
        with nullcontext() if no_index else publishing_index(experiment, index_settings or IndexSettings()) as build:
            training = _Training(
                experiment,
                digest=digest,
                corpus=corpus,
                tracks=tracks,
                checkpoint=checkpoint,
                earlier=earlier,
                started_from=started_from,
                run=run or RunSettings(),
                build=build,
                progress=progress,
                stage=stage,
            )
            report = _publish_model(training, settings)
            remove_checkpoint(experiment.path)
            if build:
                stage("building the index")
                report = replace(report, index=build.facts())
    return replace(report, seconds=round(time.perf_counter() - started, 2))


@dataclass(frozen=True, slots=True)
class _Training:
    """A training run: what it starts from, and how it is run."""

    experiment: Experiment
    digest: str  # of the corpus
    corpus: Corpus
    tracks: int  # number of tracks in the catalogue
    checkpoint: Checkpoint | None  # of the run that is resumed
    earlier: Earlier | None  # the initial vectors, if they come from an earlier model
    started_from: str | None  # name of the experiment from which the initial vectors come
    run: RunSettings
    build: IndexBuild | None  # builds the index of the model
    progress: Callable[[Progress], None] | None
    stage: Callable[[str], None]


def _publish_model(training: _Training, settings: TrainSettings) -> TrainReport:
    """Choose the context if it is "auto", train a model, and publish it. The report does not include the index."""
    experiment, corpus, tracks = training.experiment, training.corpus, training.tracks
    choosing: AbstractContextManager[Callable[[], ContextChoice] | None] = nullcontext()
    if settings.window_size == "auto":
        choosing = choosing_context(experiment.directory("corpus"), corpus, tracks, settings.random_seed)
    with (
        choosing as choose,
        _choosing_recency(corpus, tracks, settings.random_seed) as recency,
        experiment.publishing("model", asdict(settings)) as draft,
        kept_programs(),
    ):
        order = None
        if choose:
            training.stage("choosing the context")
            load_tensorflow(draft.path / TRAIN_LOG)  # in the meantime
            order = choose()
            settings = replace(settings, window_size=order.window_size)
            draft.settings = asdict(settings)
        fitted = _fit(training, settings, draft.path, after_round=recency)
        write_lines(draft.path / HISTORY, fitted.history)
        _write_artists(experiment, draft.path)
        facts = _facts(training, fitted)
        draft.facts |= facts | fitted.conditions | {"versions": package_versions("tensorflow", "numpy")}
        draft.facts |= {"started_from": training.started_from, ORDER: asdict(order) if order else None}
        draft.facts |= {RECENCY: asdict(recency().result())}
    few = too_few_playlists(corpus, settings)
    return TrainReport(
        experiment.name,
        asdict(settings),
        index=None,
        order=order,
        recency=recency().result(),
        few_playlists=few,
        **facts,
    )


@contextmanager
def _choosing_recency(corpus: Corpus, tracks: int, seed: int) -> Iterator[Callable[[], Future[RecencyChoice]]]:
    """Yield a function that starts to choose the recency in a background thread when it is called for the first time.

    It is first called after the first training round. If the recency were chosen earlier, loading TensorFlow would take
    longer, because both hold Python's interpreter lock.
    """
    from skipgramophone.evaluation.recency_choice import choose_recency

    with background_thread() as thread:
        yield cache(lambda: thread.submit(choose_recency, corpus, tracks, seed))


def _fit(
    training: _Training, settings: TrainSettings, directory: Path, after_round: Callable[[], object]
) -> TrainingResult:
    """Train with checkpoints, and start to build the index when the vectors are trained.

    Args:
        training: the training run.
        settings: training settings with the chosen context.
        directory: directory for the files of the model.
        after_round: called after each training round.
    """
    keeper = Keeper(training.experiment.path, training.digest, settings, training.run.checkpoint_seconds)

    def keep(trainer: Trainer, done: Progress, history: list[dict[str, Any]]) -> None:
        after_round()
        keeper.keep(trainer, done, history)

    def take_vectors(embeddings: Embeddings) -> None:
        if training.build:
            training.build.take(embeddings, start=_has_memory_for_both(training.corpus, embeddings))

    return fit(
        training.corpus,
        training.tracks,
        settings,
        directory=directory,
        run=training.run,
        progress=training.progress,
        stage=training.stage,
        checkpoint=training.checkpoint,
        earlier=training.earlier,
        keep=keep,
        keep_now=keeper.keep_now,
        on_vectors=take_vectors,
    )


def _facts(training: _Training, fitted: TrainingResult) -> dict[str, Any]:
    """Return the results of a training run that both the manifest and the report contain."""
    return {
        "tracks": training.tracks,
        "tracks_learnt": fitted.tracks_learnt,
        "tracks_taken_over": len(training.earlier.rows) if training.earlier else 0,
        "occurrences": training.corpus.occurrences,
        "epochs": len(fitted.history),
        "first_loss": fitted.history[0]["loss"],
        "last_loss": fitted.history[-1]["loss"],
        "learning_rate": fitted.conditions["learning_rate"],
        "seconds": round(fitted.seconds, 2),
        "tracks_per_second": round(fitted.tokens / fitted.seconds),
    }


def too_few_playlists(corpus: Corpus, settings: TrainSettings) -> int | None:
    """Count the playlists that have different sets of tracks; return None if there are enough for training.

    Playlists with one track do not count. If the context is a window, a corpus with many occurrences is sufficient,
    even if it consists of a single long playlist.
    """
    if settings.window_size != "bag" and corpus.occurrences >= ENOUGH_OCCURRENCES:
        return None
    different: set[bytes] = set()
    for number in np.flatnonzero(corpus.lengths() > 1).tolist():
        tracks = np.unique(corpus.track_ids[corpus.offsets[number] : corpus.offsets[number + 1]])
        different |= {tracks.tobytes()} if len(tracks) > 1 else set()
        if len(different) == ENOUGH_PLAYLISTS:
            return None
    return len(different)


def serve(name: str, role: Role, experiments_dir: Path | str | None = None) -> None:
    """Run a worker or a parameter server of a cluster until the chief process of the cluster ends.

    Raises:
        ExperimentError: this is a worker, and the experiment whose corpus it reads does not exist.
        TrainingError: another program uses the port of this process.
    """
    from skipgramophone.training.cluster import member

    member.serve(role, open_experiment(name, experiments_dir).path if role.job == WORKER else None)


def unfinished_settings(name: str, experiments_dir: Path | str | None = None) -> TrainSettings:
    """Return the settings of the unfinished training run of an experiment.

    Raises:
        ExperimentError: there is no unfinished run, or its checkpoint is damaged.
    """
    experiment = open_experiment(name, experiments_dir)
    found = read_checkpoint(experiment.path)
    if found is None:
        raise nothing_to_resume(experiment)
    return TrainSettings(**found.settings)


def unfinished_epoch(name: str, experiments_dir: Path | str | None = None) -> tuple[int, int] | None:
    """Return the current epoch of an unfinished run and its number of epochs, or None if there is no such run.

    Raises:
        ExperimentError: there is no such experiment, or the checkpoint is damaged.
    """
    found = read_checkpoint(open_experiment(name, experiments_dir).path)
    return (found.progress["epoch"], found.settings["epochs"]) if found else None


def epochs_and_occurrences(name: str, experiments_dir: Path | str | None = None) -> tuple[int, int]:
    """Return the number of epochs of a model (0 if it was imported), and the number of occurrences in its corpus.

    Raises:
        ExperimentError: the experiment has no model, or the model is stale.
    """
    model = open_experiment(name, experiments_dir).current("model")
    return model.settings.get("epochs", 0), occurrences(name, experiments_dir)


def occurrences(name: str, experiments_dir: Path | str | None = None) -> int:
    """Return the number of occurrences in the corpus of an experiment, which is the maximum number of tokens per epoch.

    Raises:
        ExperimentError: the experiment has no corpus, or the corpus is damaged.
    """
    experiment = open_experiment(name, experiments_dir)
    experiment.manifest("corpus")
    return read_corpus(experiment.directory("corpus")).occurrences


def _has_memory_for_both(corpus: Corpus, embeddings: Embeddings) -> bool:
    """Whether there is enough memory to build the index while the factors are computed."""
    tracks, dim = embeddings.centre.shape
    needed = bytes_for_ranking(tracks, dim, len(corpus), corpus.occurrences) + bytes_for_index(tracks, dim)
    return has_memory_for(needed)


def _write_artists(experiment: Experiment, directory: Path) -> None:
    """Write the artists of all tracks for the hybrid ranking; write nothing if the catalogue has no artists."""
    with closing(Catalogue(experiment.directory("corpus"))) as catalogue:
        artists = read_artists(catalogue)
    if len(artists):
        track_artists(artists).write(directory)
