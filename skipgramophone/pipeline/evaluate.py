"""Evaluates an experiment on held-out playlists, and measures the stability of its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from skipgramophone import __version__
from skipgramophone.errors import EvaluationError, ExperimentError, SettingError
from skipgramophone.experiment.corpus import HELD_OUT_PREFIX
from skipgramophone.experiment.embeddings import read_embeddings
from skipgramophone.experiment.experiment import Experiment, open_experiment
from skipgramophone.experiment.file_names import EVALUATION, STABILITY_REPORT
from skipgramophone.experiment.imported import IMPORTED
from skipgramophone.experiment.json_files import write_json
from skipgramophone.experiment.manifest import Manifest, now
from skipgramophone.experiment.playlist_table import read_playlist_table
from skipgramophone.experiment.publishing import published_file, remove_leftovers
from skipgramophone.experiment.split_models import NO_SPLIT, with_next_seed
from skipgramophone.experiment.training_method import method_of
from skipgramophone.pipeline.reports import CompareReport, EvaluateReport
from skipgramophone.pipeline.stages import open_corpus
from skipgramophone.settings import (
    EVALUATED_SHARE,
    EvaluateSettings,
    RunSettings,
    Score,
    TrainSettings,
    check_arguments,
    task,
)
from skipgramophone.settings.evaluation import NOT_IN_DEEZER
from skipgramophone.wording import shell_command

if TYPE_CHECKING:
    from skipgramophone.evaluation.artist_level import Evaluated, Model
    from skipgramophone.evaluation.splits import Split
    from skipgramophone.evaluation.stability import Stability
    from skipgramophone.experiment.corpus import Corpus
    from skipgramophone.experiment.embeddings import Embeddings
    from skipgramophone.training.trainer import Progress


@check_arguments()
def evaluate(
    name: str,
    settings: EvaluateSettings | None = None,
    *,
    held_out: Path | str | None = None,
    run: RunSettings | None = None,
    experiments_dir: Path | str | None = None,
    training: Callable[[Progress], None] | None = None,
    judging: Callable[[str, int, int], None] | None = None,
) -> EvaluateReport:
    """Evaluate how well a model with the settings of an experiment predicts held-out playlists.

    Some playlists are held out, and a model is trained on the others with the settings of the experiment. The
    rankings of the model are compared with baselines. The model is kept, so that the next evaluation of the same split
    is quick.

    Args:
        name: name of the experiment.
        settings: settings of the evaluation, such as the protocol and the share of held-out playlists.
        held_out: file that lists the playlists to hold out, one per line. Each line is the name of a playlist, or its
            owner, a tab and its name. If `settings.group`, a regex, is set, a line is not the name of a playlist, but
            the text that the regex matches at the start of an owner's name. Such a line selects all playlists of these
            owners. A line with owner, tab and name is accepted too. If neither this file nor `settings.share` is given,
            but extract has held out playlists, these playlists are used, and the model of the experiment is evaluated.
        run: settings of the training run, such as the number of threads.
        experiments_dir: experiments directory; the default is $SGP_EXPERIMENTS or ./experiments.
        training: called with the progress of training.
        judging: called with the name of the step or the ranker, the amount of finished work and the total.

    Raises:
        EvaluationError: there are too few playlists for a split, or none of the held-out playlists contains a track
            that can be ranked.
        ExperimentError: the experiment has no model, or the model is stale.
    """
    from skipgramophone.evaluation.comparison import compare_rankers
    from skipgramophone.evaluation.snapshots import find_snapshots

    experiment = open_experiment(name, experiments_dir)
    model = experiment.current("model")
    settings = _with_recency(settings or EvaluateSettings(), model)
    with experiment.writing("evaluate"):
        corpus, split, tracks, aside = _held_out(experiment, settings, held_out)
        imported = IMPORTED in model.facts
        model_of_split = _model_of_split(
            experiment, corpus, split, tracks=tracks, aside=aside, run=run, training=training
        )
        evaluated = _evaluated(experiment, corpus, split, models=[model_of_split], settings=settings)
        ((embeddings, trained_with),) = evaluated.models
        judgement = compare_rankers(
            evaluated.corpus,
            split,
            embeddings,
            artists=evaluated.artists,
            training=trained_with,
            settings=settings,
            progress=judging or (lambda _name, _done, _all: None),
        )
        share = EVALUATED_SHARE if settings.share is None else settings.share
        owners = _owners(experiment, split, aside)
        report = EvaluateReport(
            experiment=name,
            settings=asdict(settings),
            training=model.settings,
            corpus=model.parent or "",
            split=split.digest,
            imported=imported,
            set_aside=aside,
            started_from=model.facts.get("started_from"),
            created=now(),
            version=__version__,
            snapshots=find_snapshots(corpus, split, owners, settings.random_seed, to_hold_out=share),
            judgement=judgement,
            held_out_names=split.names,
        )
        _publish_report(experiment, report)
    return report


def _publish_report(experiment: Experiment, report: EvaluateReport) -> None:
    """Write a report to the evaluation directory of an experiment, named after its task and the current time."""
    directory = experiment.path / EVALUATION
    directory.mkdir(exist_ok=True)
    remove_leftovers(directory)
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%S.%f")[:-3] + "Z"  # milliseconds make the name unique
    name = task(report.settings["protocol"], report.settings["of"]).replace(" ", "-")
    with published_file(directory / f"{name}-{stamp}.json") as path:
        write_json(path, asdict(report))


@check_arguments()
def compare_experiments(
    name: str,
    other: str,
    settings: EvaluateSettings | None = None,
    *,
    held_out: Path | str | None = None,
    run: RunSettings | None = None,
    experiments_dir: Path | str | None = None,
    training: Sequence[Callable[[Progress], None]] | None = None,
    judging: Callable[[str, int, int], None] | None = None,
) -> CompareReport:
    """Evaluate two experiments of the same corpus on the same held-out playlists, and report paired differences.

    Args:
        name: name of the first experiment.
        other: name of the second experiment.
        settings: as for `evaluate`.
        held_out: as for `evaluate`.
        run: as for `evaluate`.
        experiments_dir: as for `evaluate`.
        training: two functions that are called with the progress of training, one for each experiment.
        judging: as for `evaluate`.

    Raises:
        EvaluationError: the corpora differ, there are too few playlists, or none of the held-out playlists contains a
            track that can be ranked.
        ExperimentError: an experiment has no model, or the model is stale.
    """
    from skipgramophone.evaluation.paired import compare_models

    if name == other:
        raise EvaluationError.naming(
            lambda named: (
                f"{named.either('other', '--compare')} needs the name of another experiment, not '{name}' itself"
            )
        )
    experiments = [open_experiment(each, experiments_dir) for each in (name, other)]
    manifests = [experiment.current("model") for experiment in experiments]
    settings = _with_recency(settings or EvaluateSettings(), manifests[0])
    if manifests[0].parent != manifests[1].parent:
        raise EvaluationError(
            f"'{name}' and '{other}' have different corpora, so their scores cannot be compared. "
            "To compare settings, copy the experiment and train the copy with other settings: "
            f"{shell_command('experiments', 'copy', name, 'NEW')}, then sgp train NEW --force SETTINGS"
        )
    with experiments[0].writing("evaluate"), experiments[1].writing("evaluate"):
        corpus, split, tracks, aside = _held_out(experiments[0], settings, held_out)
        models = [
            _model_of_split(experiment, corpus, split, tracks=tracks, aside=aside, run=run, training=tell)
            for experiment, tell in zip(experiments, training or (None, None), strict=True)
        ]
        evaluated = _evaluated(experiments[0], corpus, split, models=models, settings=settings)
        comparison = compare_models(
            evaluated.corpus,
            split,
            evaluated.models,
            artists=evaluated.artists,
            settings=settings,
            progress=judging or (lambda _name, _done, _all: None),
        )
    return CompareReport(
        experiments=(name, other),
        settings=asdict(settings),
        corpus=manifests[0].parent or "",
        split=split.digest,
        imported=[each for each, model in zip((name, other), manifests, strict=True) if IMPORTED in model.facts],
        created=now(),
        version=__version__,
        comparison=comparison,
        held_out_names=split.names,
    )


def _with_recency(settings: EvaluateSettings, model: Manifest) -> EvaluateSettings:
    """Return the settings. If the protocol needs a recency and the settings have none, add that of the model."""
    needed = settings.protocol == "next-item" and settings.recency is None
    return replace(settings, recency=model.recency) if needed else settings


def _evaluated(
    experiment: Experiment, corpus: Corpus, split: Split, *, models: list[Model], settings: EvaluateSettings
) -> Evaluated:
    """Return the playlists and models to evaluate, at the level of artists or of tracks (`settings.of`)."""
    from skipgramophone.evaluation.artist_level import Evaluated, artist_level
    from skipgramophone.evaluation.holdout import artist_numbers

    if settings.of == "artists":
        return artist_level(experiment, corpus, split, models)
    return Evaluated(corpus, models, artist_numbers(experiment))


def _held_out(
    experiment: Experiment, settings: EvaluateSettings, held_out: Path | str | None
) -> tuple[Corpus, Split, int, bool]:
    """Return all playlists, their split, the number of tracks, and whether extract made the split.

    Raises:
        SettingError: a file of playlists to hold out is given, but the settings require another split: a share of the
            playlists, or the split of the protocol deezer2018.
    """
    if held_out and settings.protocol == "deezer2018":
        raise SettingError.naming(lambda named: f"{named('held_out')} {NOT_IN_DEEZER}")
    if held_out and settings.share is not None:
        raise SettingError.naming(
            lambda named: (
                f"hold out either a share of the playlists ({named('share')}) "
                f"or those listed in a file ({named('held_out')}), not both"
            )
        )
    from skipgramophone.evaluation.holdout import make_split, read_extract_split

    corpus, tracks = open_corpus(experiment)
    if aside := None if held_out else read_extract_split(experiment, corpus, settings):
        return *aside, tracks, True
    return corpus, make_split(experiment, corpus, settings, None if held_out is None else Path(held_out)), tracks, False


def _owners(experiment: Experiment, split: Split, aside: bool) -> list[str]:
    """Return the owner of each playlist; playlists that extract held out come last."""
    directory, held_out = experiment.directory("corpus"), int(split.held_out.sum()) if aside else 0
    tables = [read_playlist_table(directory, len(split.held_out) - held_out)]
    tables += [read_playlist_table(directory, held_out, HELD_OUT_PREFIX)] if aside else []
    return [owner or "" for table in tables for owner in table["owner"].to_pylist()]


def _model_of_split(
    experiment: Experiment,
    corpus: Corpus,
    split: Split,
    *,
    tracks: int,
    aside: bool,
    run: RunSettings | None,
    training: Callable[[Progress], None] | None,
) -> tuple[Embeddings, TrainSettings]:
    """Return a model that was trained without the held-out playlists, and its training settings."""
    from skipgramophone.evaluation.holdout import held_out_model

    model = experiment.manifest("model")
    own = read_embeddings(experiment.directory("model"), tracks)
    imported = IMPORTED in model.facts
    settings = TrainSettings(embedding_dim=own.dim) if imported else TrainSettings(**model.settings)
    if imported or aside:
        # The model of the experiment is used: imported vectors cannot be retrained, and a model is never trained on the
        # playlists that extract held out.
        return own, settings
    part = split.training_part(corpus)
    run = run or RunSettings()
    kept = held_out_model(
        experiment,
        part,
        tracks,
        settings=settings,
        method=method_of(model.facts),
        split=split.digest,
        run=run,
        progress=training,
    )
    return replace(kept, artists=own.artists), settings


def measure_stability(
    name: str,
    neighbours: int = 10,
    by: Score = "hybrid",
    *,
    run: RunSettings | None = None,
    experiments_dir: Path | str | None = None,
    training: Callable[[Progress], None] | None = None,
) -> Stability:
    """Train a second model with the next seed, and measure how much both models agree on the best results for a track.

    Look-ups that use the same ranking show this agreement until the model is replaced.

    Args:
        name: name of the experiment.
        neighbours: number of best tracks to compare.
        by: the ranking.
        run: settings of the second training run, such as the number of threads. The vectors of this run are kept.
        experiments_dir: experiments directory; the default is $SGP_EXPERIMENTS or ./experiments.
        training: called with the progress of training.

    Raises:
        EvaluationError: too few tracks have vectors.
        ExperimentError: the experiment has no model, or the model is stale or imported.
    """
    from skipgramophone.evaluation.holdout import held_out_model
    from skipgramophone.evaluation.stability import stability_of

    experiment = open_experiment(name, experiments_dir)
    model = experiment.current("model")
    if IMPORTED in model.facts:
        raise ExperimentError(
            f"the vectors of '{name}' were imported and cannot be retrained with another seed: "
            "--stability needs a model that sgp train has trained"
        )
    with experiment.writing("evaluate"):
        corpus, tracks = open_corpus(experiment)
        settings = with_next_seed(TrainSettings(**model.settings))
        other = held_out_model(
            experiment,
            corpus,
            tracks,
            settings=settings,
            method=method_of(model.facts),
            split=NO_SPLIT,
            run=run or RunSettings(),
            progress=training,
        )
        found = stability_of(
            corpus,
            read_embeddings(experiment.directory("model"), tracks),
            other,
            training=settings,
            ranking=by,
            neighbours=neighbours,
        )
        report = {"model": model.digest, "created": now(), "version": __version__, "stability": asdict(found)}
        with published_file(experiment.path / EVALUATION / STABILITY_REPORT) as path:
            write_json(path, report)
    return found
