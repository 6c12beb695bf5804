"""`sgp run`: extract, train and look up one track in one command, as the script run_experiment.py did."""

from __future__ import annotations

from typing import Annotated

from skipgramophone.cli import answers, options
from skipgramophone.cli import extract as extract_command
from skipgramophone.cli import similar as similar_command
from skipgramophone.cli import train as train_command
from skipgramophone.cli.interruption import UNCHANGED, interrupted_as
from skipgramophone.cli.options import only, with_settings, without
from skipgramophone.settings import ExtractSettings, RunSettings, SimilarSettings, TrainSettings
from skipgramophone.wording import shell_command


@with_settings
def run(
    experiment: options.Experiment,
    source: options.Sources = None,
    csv_path: options.CsvPath = None,
    sample: options.Sample = False,
    *,
    reading: Annotated[ExtractSettings, without("holdout", "group", "random_seed")],
    settings: Annotated[TrainSettings, only("window_size", "embedding_dim", "epochs", "learning_rate", "random_seed")],
    force: options.Force = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Extract playlists, train, and show an example look-up.

    Accepts the options of sgp extract for reading sources, and the options of run_experiment.py, the script that this
    command replaces. Names of options may contain underscores instead of hyphens.

    \b
    sgp run demo --sample
    sgp run large_wsz --csv_path spotify_playlists.csv --window_size 4
    """
    sources = extract_command.source_files(
        "run", experiment, source, csv_path, sample=sample, experiments_dir=experiments_dir
    )
    with interrupted_as(UNCHANGED):
        extracted = extract_command.run_extract(
            experiment,
            sources,
            reading,
            sample=sample,
            force=force,
            quiet=quiet,
            experiments_dir=experiments_dir,
        )
    extract_command.show(extracted, json=False, quiet=quiet)
    trained = train_command.run_train(
        experiment,
        settings,
        RunSettings(),
        force=force,
        quiet=quiet,
        experiments_dir=experiments_dir,
        result="the corpus is complete, but no model was trained on it; continue with "
        f"`{shell_command('train', experiment)}`",
    )
    train_command.show(trained, json=False, quiet=quiet)
    answer = similar_command.first_look(experiment, SimilarSettings(), experiments_dir)
    answers.show(answer, "table", quiet)
