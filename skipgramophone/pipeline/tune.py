"""Searches for better training settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.experiment import open_experiment
from skipgramophone.experiment.imported import IMPORTED
from skipgramophone.experiment.json_files import write_json
from skipgramophone.experiment.new_files import write_new_text
from skipgramophone.experiment.publishing import published_file
from skipgramophone.experiment.track_artists import read_track_artists
from skipgramophone.pipeline.stages import open_corpus
from skipgramophone.settings import EvaluateSettings, RunSettings, TrainSettings, TuneSettings, check_arguments
from skipgramophone.settings_file import settings_text

if TYPE_CHECKING:
    from skipgramophone.evaluation.tuning import TrialReport, TuneReport

TUNING = "tuning"  # subdirectory of an experiment for the journal, the best settings and the report of the search


@check_arguments()
def tune(
    name: str,
    settings: TuneSettings | None = None,
    *,
    run: RunSettings | None = None,
    experiments_dir: Path | str | None = None,
    found: Callable[[int], None] = lambda _trials: None,
    tell: Callable[[TrialReport], None] = lambda _trial: None,
) -> TuneReport:
    """Search for training settings whose model predicts held-out playlists better than the model of the experiment.

    The best settings are written to `tuning/best.toml`, for `sgp train --config`, and the report to
    `tuning/report.json`.

    Trials are stored. If the same search was run before, it continues. `settings.trials` is the maximum number of
    trials, including the stored ones.

    Args:
        name: name of the experiment.
        settings: settings of the search; None means the defaults.
        run: settings of the training runs, such as the number of threads.
        experiments_dir: experiments directory; the default is $SGP_EXPERIMENTS or ./experiments.
        found: called before the first trial with the number of stored trials.
        tell: called after each trial with its report.

    Raises:
        EvaluationError: there are too few playlists for a split.
        ExperimentError: the experiment has no model, or the model is stale or imported.
        SettingError: Optuna is not installed.
    """
    from skipgramophone.evaluation.holdout import make_split, read_extract_split
    from skipgramophone.evaluation.tuning import tune as search

    settings = settings or TuneSettings()
    experiment = open_experiment(name, experiments_dir)
    model = experiment.current("model")
    if IMPORTED in model.facts:
        raise ExperimentError(
            f"cannot tune the model of '{name}', because it was imported and has no training settings to start from; "
            "tune an experiment that sgp train has trained"
        )
    with experiment.writing("tune"):
        corpus, tracks = open_corpus(experiment)
        held_out = EvaluateSettings(
            protocol=settings.protocol, share=settings.share, group=settings.group, random_seed=settings.random_seed
        )
        if aside := read_extract_split(experiment, corpus, replace(held_out, share=None)):
            corpus, test = aside
        else:
            test = make_split(experiment, corpus, held_out, None)
        directory = experiment.path / TUNING
        own = TrainSettings(**model.settings)
        report = search(
            name,
            corpus,
            tracks,
            artists=read_track_artists(experiment.directory("model"), tracks),
            test=test,
            own=own,
            settings=settings,
            journal=directory / "journal.log",
            run=run or RunSettings(),
            found=found,
            tell=tell,
        )
        with published_file(directory / "best.toml") as path:
            write_new_text(path, settings_text({"train": report.winner}))
        with published_file(directory / "report.json") as path:
            write_json(path, asdict(report))
    return report
